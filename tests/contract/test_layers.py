"""Imports point downward only. The imports are read from the source, not observed: one in a function counts too."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.contract.project import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LAYERS: Final[dict[str, int]] = {
    "pycommunicate_cli": 6,
    "pycommunicate.testing": 6,
    "examples": 6,
    "tests": 6,
    "pycommunicate.server.app.communicate": 5,
    "pycommunicate.server.app.discovered": 5,
    "pycommunicate.server.app.http": 5,
    "pycommunicate.server.app.reloading": 5,
    "pycommunicate.server.connection.gateway": 5,
    "pycommunicate.server.serving": 5,
    "pycommunicate.server.app.channel": 4,
    "pycommunicate.server.app.configuration": 4,
    "pycommunicate.server.app.ending": 4,
    "pycommunicate.server.app.context": 3,
    "pycommunicate.server.app.failurenotice": 3,
    "pycommunicate.server.app.execution": 4,
    "pycommunicate.server.app.browsercookies": 3,
    "pycommunicate.server.app.cookies": 3,
    "pycommunicate.server.app.cookiewatch": 4,
    "pycommunicate.server.app.forwarded": 4,
    "pycommunicate.server.app.hosts": 4,
    "pycommunicate.server.app.mounttokens": 4,
    "pycommunicate.server.app.newest": 4,
    "pycommunicate.server.app.notfound": 4,
    "pycommunicate.server.app.owedcookies": 4,
    "pycommunicate.server.app.page": 4,
    "pycommunicate.server.app.pages": 4,
    "pycommunicate.server.app.policy": 3,
    "pycommunicate.server.app.policyheader": 4,
    "pycommunicate.server.app.program": 4,
    "pycommunicate.server.app.script": 4,
    "pycommunicate.server.app.sessionchange": 3,
    "pycommunicate.server.app.shares": 4,
    "pycommunicate.server.app.templates": 4,
    "pycommunicate.server.app.tickets": 4,
    "pycommunicate.server.app.topics": 4,
    "pycommunicate.server.app.usertracker": 4,
    "pycommunicate.server.app.violations": 4,
    "pycommunicate.server.app.work": 4,
    "pycommunicate.server.connection.doorguard": 4,
    "pycommunicate.server.connection.socketguard": 4,
    "pycommunicate.server.edge": 4,
    "pycommunicate.server.discovery": 4,
    "pycommunicate.server.routes": 4,
    "pycommunicate.server.routing": 4,
    "pycommunicate.server.doors": 3,
    "pycommunicate.server.bases.controller": 3,
    "pycommunicate.server.bases.views": 3,
    "pycommunicate.server.connection.ahead": 3,
    "pycommunicate.server.connection.closures": 3,
    "pycommunicate.server.connection.cost": 3,
    "pycommunicate.server.connection.credit": 3,
    "pycommunicate.server.connection.entrance": 3,
    "pycommunicate.server.connection.frames": 3,
    "pycommunicate.server.connection.foresight": 3,
    "pycommunicate.server.connection.guard": 3,
    "pycommunicate.server.connection.handlers": 3,
    "pycommunicate.server.connection.ids": 3,
    "pycommunicate.server.connection.inbox": 3,
    "pycommunicate.server.connection.kept": 3,
    "pycommunicate.server.connection.lanes": 3,
    "pycommunicate.server.connection.listeners": 3,
    "pycommunicate.server.connection.loglimit": 3,
    "pycommunicate.server.connection.outbox": 3,
    "pycommunicate.server.connection.pressure": 3,
    "pycommunicate.server.connection.reads": 3,
    "pycommunicate.server.connection.refusals": 3,
    "pycommunicate.server.connection.resume": 3,
    "pycommunicate.server.connection.runtime": 3,
    "pycommunicate.server.connection.timers": 3,
    "pycommunicate.server.connection.websocket": 3,
    "pycommunicate.proxies": 2,
    "pycommunicate.server.current": 2,
    "pycommunicate.server.peers": 2,
    "pycommunicate.server.ranking": 2,
    "pycommunicate.templating": 2,
    "pycommunicate.engine": 1,
    "pycommunicate.listening": 1,
    "pycommunicate.protocol": 1,
    "pycommunicate.reload": 1,
    "pycommunicate.sessions": 1,
    "pycommunicate.tracebacks": 1,
    "pycommunicate.errors": 0,
    "pycommunicate.freezing": 0,
    "pycommunicate.keys": 1,
}
"""The row of each room; a package stands for all that is in it. A room imports rooms of lower rows, and itself."""

ARROWS: Final[dict[str, set[str]]] = {
    "pycommunicate.server.app.reloading": {"pycommunicate.server.app.communicate"},
    "pycommunicate.server.app.discovered": {"pycommunicate.server.app.http"},
    "pycommunicate.server.app.mounttokens": {
        "pycommunicate.server.app.newest",
        "pycommunicate.server.app.page",
        "pycommunicate.server.app.usertracker",
    },
    "pycommunicate.server.app.cookiewatch": {"pycommunicate.server.app.usertracker"},
    "pycommunicate.server.app.sessionchange": {"pycommunicate.server.app.context"},
    "pycommunicate.server.app.tickets": {"pycommunicate.server.app.usertracker"},
    "pycommunicate.server.app.communicate": {
        "pycommunicate.server.app.discovered",
        "pycommunicate.server.app.http",
        "pycommunicate.server.connection.gateway",
        "pycommunicate.server.serving",
        "pycommunicate.testing",  # upward: `app.test_browser()` loads it when it is called
    },
    "pycommunicate.reload": {"pycommunicate.tracebacks"},
    "pycommunicate.sessions": {"pycommunicate.keys"},
    "pycommunicate.server.app.ending": {"pycommunicate.server.app.pages"},
    "pycommunicate.server.app.page": {"pycommunicate.server.app.execution", "pycommunicate.server.app.work"},
    "pycommunicate.server.app.work": {"pycommunicate.server.app.channel", "pycommunicate.server.app.execution"},
    "pycommunicate.server.app.pages": {"pycommunicate.server.app.page", "pycommunicate.server.app.shares"},
    "pycommunicate.server.app.policyheader": {"pycommunicate.server.app.page"},
    "pycommunicate.server.app.notfound": {"pycommunicate.server.routes"},
    "pycommunicate.server.bases.controller": {"pycommunicate.server.bases.views"},
    "pycommunicate.server.discovery": {"pycommunicate.server.routing"},
    "pycommunicate.server.connection.ahead": {
        "pycommunicate.server.connection.foresight",
        "pycommunicate.server.connection.ids",
        "pycommunicate.server.connection.outbox",
    },
    "pycommunicate.server.connection.credit": {
        "pycommunicate.server.connection.inbox",
        "pycommunicate.server.connection.outbox",
    },
    "pycommunicate.server.connection.foresight": {
        "pycommunicate.server.connection.outbox",
        "pycommunicate.server.connection.reads",
    },
    "pycommunicate.server.connection.listeners": {"pycommunicate.server.connection.closures"},
    "pycommunicate.server.connection.pressure": {"pycommunicate.server.connection.outbox"},
    "pycommunicate.server.connection.refusals": {"pycommunicate.server.connection.loglimit"},
    "pycommunicate.server.connection.runtime": {
        "pycommunicate.server.connection.foresight",
        "pycommunicate.server.connection.handlers",
        "pycommunicate.server.connection.refusals",
    },
    "pycommunicate.server.connection.socketguard": {"pycommunicate.server.connection.doorguard"},
    "pycommunicate.server.connection.websocket": {
        "pycommunicate.server.connection.entrance",
        "pycommunicate.server.connection.frames",
        "pycommunicate.server.connection.guard",
        "pycommunicate.server.connection.refusals",
    },
}
"""Within a row nobody imports a neighbour, but for these."""

EXCEPTIONS: Final[set[tuple[str, str]]] = {
    ("pycommunicate", "*"),  # the face loads its names when they are used; type checkers read them here
    ("pycommunicate.server.bases.views", "pycommunicate.server.bases.controller"),  # the type of `view.controller`
    ("pycommunicate.proxies.context", "pycommunicate.server.app.usertracker"),  # the type of `context.user`
    *(  # and of what a page hands to its controller and views
        (f"pycommunicate.server.{one}", f"pycommunicate.server.{other}")
        for one in ("bases.controller", "bases.views")
        for other in ("app.topics", "app.usertracker", "connection.timers")
    ),
}
"""(importer, imported) modules that are allowed all the same, under `if TYPE_CHECKING:` only. Each with its reason."""

ONLY_IN: Final[dict[str, set[str]]] = {
    "flask_socketio": {"pycommunicate.server.connection.gateway"},
}
"""Packages of others that only these rooms may import."""

PURE: Final[set[str]] = {"pycommunicate.errors", "pycommunicate.protocol"}
"""Rooms of plain values, without I/O: of others they import only the standard library's parts that do none."""
IMPURE: Final[set[str]] = {
    "asyncio",
    "engineio",
    "eventlet",
    "flask",
    "gevent",
    "http",
    "os",
    "pathlib",
    "simple_websocket",
}
IMPURE.update({"socket", "socketio", "subprocess", "threading", "time", "werkzeug", "wsproto"})

CHECKED: Final = ("pycommunicate", "pycommunicate_cli")


@dataclass(frozen=True)
class Import:
    """One import: the module it names, or the package it takes a name from."""

    target: str
    line: int
    typing_only: bool


@dataclass(frozen=True)
class Module:
    """A module's name, and the file in which it stands."""

    name: str
    file: str
    source: str

    @property
    def is_package(self) -> bool:
        return self.file.endswith("__init__.py")


def room(name: str) -> str | None:
    """The longest entry of the table that holds a module."""
    found = [entry for entry in LAYERS if name == entry or name.startswith(entry + ".")]
    return max(found, key=len, default=None)


def modules_of(root: Path) -> list[Module]:
    """Every module that is checked."""
    found = []
    for top in CHECKED:
        for path in sorted((root / top).rglob("*.py")):
            relative = path.relative_to(root)
            parts = relative.with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found.append(Module(name, relative.as_posix(), path.read_text("utf-8")))
    return found


def imports_of(module: Module, known: set[str]) -> Iterator[Import]:
    """The imports in a module. `from a import b` is an import of `a.b` where that is a module."""
    tree = ast.parse(module.source, module.file)
    guarded = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        typing_only = id(node) in guarded
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno, typing_only)
        elif isinstance(node, ast.ImportFrom):
            base = absolute(module, node)
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield Import(inner if inner in known else base, node.lineno, typing_only)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield Import(first.value, node.lineno, typing_only)


def absolute(module: Module, node: ast.ImportFrom) -> str:
    """The package that a `from` import names, in full."""
    if node.level == 0:
        return node.module or ""
    parts = module.name.split(".")
    kept = parts[: len(parts) - node.level + module.is_package]
    return ".".join([*kept, *([node.module] if node.module else [])])


def violations(modules: Iterable[Module]) -> list[str]:
    """Every import that the table does not allow, as a sentence."""
    modules = list(modules)
    known = {module.name for module in modules}
    packages = {name.rpartition(".")[0] for name in known}
    found = []
    for module in modules:
        if room(module.name) is None and not (module.is_package and module.name in packages | set(CHECKED)):
            found.append(f"{module.file}: {module.name} is not in the table LAYERS")
            continue
        for one in imports_of(module, known):
            reason = why_not(module.name, one)
            if reason:
                found.append(f"{module.file}:{one.line}: {module.name} imports {one.target}: {reason}")
    return found


def why_not(importer: str, one: Import) -> str:
    """Why an import is not allowed; empty if it is."""
    top = one.target.partition(".")[0]
    home = room(importer)
    if top not in {entry.partition(".")[0] for entry in LAYERS}:
        if top in ONLY_IN and home not in ONLY_IN[top]:
            return f"only {', '.join(sorted(ONLY_IN[top]))} may"
        if home in PURE and top in IMPURE:
            return f"{home} holds plain values, without I/O"
        return ""
    target = room(one.target)
    if one.typing_only and {(importer, one.target), (importer, "*")} & EXCEPTIONS:
        return ""
    if home is None:
        return "a package that is only a folder of rooms imports nothing of the project"
    if target is None:
        return "" if LAYERS[home] == 6 else "that is no room of the table (name the module itself)"
    if target == home or LAYERS[target] < LAYERS[home] or target in ARROWS.get(home, ()):
        return ""
    direction = "a neighbour" if LAYERS[target] == LAYERS[home] else "upward"
    return f"{direction}, from row {LAYERS[home]} ({home}) to row {LAYERS[target]} ({target})"


def test_imports_point_downward() -> None:
    found = violations(modules_of(ROOT))
    assert not found, "\n" + "\n".join(found)


def test_every_room_that_lower_rows_name_exists() -> None:
    """The table has no entry that is only a memory, but for rooms that are still to be built."""
    to_be_built = {"pycommunicate.testing", "pycommunicate.reload", "pycommunicate.server.routing"}
    for entry in set(LAYERS) - to_be_built:
        path = ROOT / entry.replace(".", "/")
        assert path.is_dir() or path.with_suffix(".py").is_file(), (
            f"{entry} stands in the table, but there is no such module"
        )


def test_importing_the_face_imports_nothing() -> None:
    face = Module("pycommunicate", "pycommunicate/__init__.py", (ROOT / "pycommunicate/__init__.py").read_text("utf-8"))
    outer = {
        one.target for one in imports_of(face, set()) if not one.typing_only and one.target.startswith("pycommunicate")
    }
    assert not outer


@pytest.mark.parametrize(
    ("name", "source", "said"),
    [
        ("pycommunicate.engine", "import pycommunicate.errors", ""),
        ("pycommunicate.engine", "from pycommunicate import errors", ""),
        ("pycommunicate.protocol.codec", "from .operations import Op", ""),
        ("pycommunicate.protocol.codec", "from . import operations", ""),
        ("pycommunicate.protocol.codec", "from ..engine import choose", "a neighbour, from row 1"),
        ("pycommunicate.errors", "\nfrom pycommunicate.engine import x", ":2: pycommunicate.errors imports"),
        (
            "pycommunicate.errors",
            "def f():\n import pycommunicate.engine",
            "upward, from row 0 (pycommunicate.errors) to",
        ),
        ("pycommunicate.errors", "import importlib\nimportlib.import_module('pycommunicate.engine')", "upward"),
        ("pycommunicate.errors", "if TYPE_CHECKING:\n from pycommunicate.engine import Engine", "upward"),
        ("pycommunicate.engine", "from pycommunicate import View", "no room of the table"),
        ("pycommunicate.engine", "import tests.tools", "upward"),
        ("pycommunicate.server.app.communicate", "import pycommunicate.server.serving", ""),
        ("pycommunicate.server.serving", "import pycommunicate.server.app.communicate", "a neighbour"),
        ("pycommunicate.server.connection.gateway", "import flask_socketio", ""),
        (
            "pycommunicate.server.serving",
            "from flask_socketio import SocketIO",
            "only pycommunicate.server.connection.gateway",
        ),
        ("pycommunicate.protocol.codec", "import flask", "without I/O"),
        ("pycommunicate_cli.run", "from pycommunicate import View", ""),
        ("pycommunicate.cellar", "", "not in the table LAYERS"),
    ],
)
def test_the_check_itself(name: str, source: str, said: str) -> None:
    others = [
        Module(other, other.replace(".", "/") + ".py", "")
        for other in ("pycommunicate.errors", "pycommunicate.engine", "pycommunicate.protocol.operations")
        if other != name
    ]
    found = violations([*others, Module(name, name.replace(".", "/") + ".py", source)])
    if said:
        assert len(found) == 1, found
        assert said in found[0]
    else:
        assert found == []
