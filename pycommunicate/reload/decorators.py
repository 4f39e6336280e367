"""Which decorators may run again while the application serves.

A decorator is a call, and a call can do anything: `@bp.get("/")` registers, which Flask refuses once it serves, and what is registered can't be taken back.
So what is new, gone or decorated otherwise is taken over in place only if its decorators are known to leave nothing behind. What merely runs again (a value
that it uses changed) may have the project's own decorators, too: they ran before, with the same arguments.
"""

import ast
import builtins
import importlib
from collections.abc import Iterable, Mapping
from types import BuiltinFunctionType, FunctionType
from typing import Any, Final

_PURE: Final = frozenset({"builtins", "contextlib", "dataclasses", "functools", "typing"})
_OURS: Final = frozenset({"route", "error_handler"})
"""They leave a mark on what they decorate; the routes are made from the marks, after all has run."""
_ACCESSORS: Final = frozenset({"getter", "setter", "deleter"})


def decorators_of(node: ast.AST) -> tuple[ast.expr, ...]:
    """Return the decorators of a function or class."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return tuple(node.decorator_list)
    return ()


def inner_decorators(node: ast.AST) -> dict[str, tuple[str, ast.expr]]:
    """Return the decorators in a class's body: for each (with its place) the name that it decorates, and itself."""
    found: dict[str, tuple[str, ast.expr]] = {}
    for inner in node.body if isinstance(node, ast.ClassDef) else ():
        for decorator in decorators_of(inner):
            name = inner.name  # type: ignore[attr-defined]
            found[f"{name} {ast.dump(decorator)}"] = (name, decorator)
        found |= inner_decorators(inner)
    return found


def name_of(decorator: ast.expr) -> str:
    """Return a decorator as it is named: `bp.get` of `@bp.get("/")`."""
    return ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator)


def leads_to(decorator: ast.expr, namespace: Mapping[str, Any], imports: Iterable[ast.stmt] = ()) -> Any:
    """Return what a decorator's name leads to; None if it is not known.

    :param namespace: the names of the module as they are now.
    :param imports: the module's imports as they will be; they take precedence.
    """
    first, *rest = name_of(decorator).split(".")
    found: Any = _imported(first, imports)
    if found is None:
        found = namespace.get(first, getattr(builtins, first, None))
    for part in rest:
        found = getattr(found, part, None)
    return found


def leaves_nothing(found: Any) -> bool:
    """Whether a decorator is known to leave nothing behind."""
    if not isinstance(found, FunctionType | BuiltinFunctionType | type):
        return False
    home = found.__module__ or ""
    return home in _PURE or (home.startswith("pycommunicate.") and found.__name__ in _OURS)


def is_accessor(decorator: ast.expr, decorates: str) -> bool:
    """Whether it is a property's own: `@name.setter` at `def name` in a class."""
    return name_of(decorator) in {f"{decorates}.{accessor}" for accessor in _ACCESSORS}


def _imported(name: str, imports: Iterable[ast.stmt]) -> Any:
    """Return what a module's imports bind to a name, of the modules that are trusted; nothing else is imported."""
    for node in imports:
        for alias in getattr(node, "names", ()):
            if (alias.asname or alias.name.partition(".")[0]) != name:
                continue
            source = _absolute(node) if isinstance(node, ast.ImportFrom) else str(alias.name)
            if source.partition(".")[0] not in {*_PURE, "pycommunicate"}:
                continue
            if isinstance(node, ast.ImportFrom):
                return getattr(importlib.import_module(source), alias.name, None)
            return importlib.import_module(source if alias.asname else source.partition(".")[0])
    return None


def _absolute(node: ast.ImportFrom) -> str:
    return "" if node.level else node.module or ""
