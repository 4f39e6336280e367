"""The import graph of a project: read from its files, nothing is run."""

import ast
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SKIPPED: Final = frozenset({"__pycache__", "node_modules", "site-packages", "venv", "env", "build", "dist"})
"""Folders that hold no modules of a project, besides hidden ones and virtual environments."""


@dataclass(frozen=True)
class Edge:
    """An import that runs when `importer` is imported."""

    importer: str
    imported: str
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def is_skipped(folder: Path) -> bool:
    """Whether a folder is none of the project's own: hidden, a virtual environment, a cache."""
    return folder.name.startswith(".") or folder.name in SKIPPED or (folder / "pyvenv.cfg").exists()


def python_files(folder: Path) -> Iterator[Path]:
    """Every Python file of the project, sorted."""
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    for entry in entries:
        if entry.is_dir():
            if not is_skipped(entry):
                yield from python_files(entry)
        elif entry.suffix == ".py":
            yield entry


def module_name(file: Path, root: Path) -> str | None:
    """Return the name under which `file` is imported with `root` on `sys.path`; None where it has none."""
    parts = list(file.relative_to(root).with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts) if parts and all(part.isidentifier() for part in parts) else None


def import_graph(root: Path) -> list[Edge]:
    """Return the imports between the modules of a project that run when their module is imported.

    Not those in functions, nor under `if TYPE_CHECKING`. Files that can't be parsed have none.
    """
    modules = {name: file for file in python_files(root) if (name := module_name(file, root))}
    return [edge for name, file in modules.items() for edge in _edges(name, file, modules)]


def _edges(name: str, file: Path, modules: dict[str, Path]) -> Iterator[Edge]:
    try:
        tree = ast.parse(file.read_bytes(), str(file))
    except (OSError, SyntaxError, ValueError):
        return
    package = name.split(".") if file.name == "__init__.py" else name.split(".")[:-1]
    for node in _running(tree.body):
        for target in targets(node, package, modules):
            if target != name:
                yield Edge(name, target, str(file), node.lineno)


def _running(body: Iterable[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            yield from _running(node.orelse)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for inner in ("body", "orelse", "handlers", "finalbody"):
                yield from _running(getattr(node, inner, []))


def targets(node: ast.Import | ast.ImportFrom, package: list[str], modules: Container[str]) -> Iterator[str]:
    """The modules, of those known, that an import in the package `package` (its parts) imports."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name in modules)
        return
    base = package[: len(package) - node.level + 1] if node.level else []
    home = ".".join([*base, *([node.module] if node.module else [])])
    inner = [f"{home}.{alias.name}" if home else alias.name for alias in node.names]
    found = [name for name in inner if name in modules]
    yield from found
    if len(found) < len(inner) and home in modules:
        yield home


def cycles(edges: Iterable[Edge]) -> list[list[Edge]]:
    """Return a shortest cycle through every module that is on one, each cycle once."""
    onward: dict[str, list[Edge]] = {}
    for edge in edges:
        onward.setdefault(edge.importer, []).append(edge)
    found: dict[frozenset[str], list[Edge]] = {}
    for start in onward:
        cycle = cycle_through(start, onward)
        if cycle:
            found.setdefault(frozenset(edge.importer for edge in cycle), cycle)
    return list(found.values())


def cycle_through(start: str, onward: dict[str, list[Edge]]) -> list[Edge]:
    """Return the shortest way from `start` back to it; empty where there is none."""
    ways: dict[str, list[Edge]] = {start: []}
    queue = [start]
    while queue:
        here = queue.pop(0)
        for edge in onward.get(here, ()):
            if edge.imported == start:
                return [*ways[here], edge]
            if edge.imported not in ways:
                ways[edge.imported] = [*ways[here], edge]
                queue.append(edge.imported)
    return []


def shown(cycle: list[Edge]) -> str:
    """Return a cycle as text: `a -> b -> a`."""
    return " -> ".join([*(edge.importer for edge in cycle), cycle[0].importer])
