"""Closures that the same lines made: what differs is what is kept of them. A thousand rows have a thousand handlers, and hardly any ever runs."""

from types import CellType, CodeType, FunctionType
from typing import Any, NamedTuple
from weakref import getweakrefcount


class Lines(NamedTuple):
    """What functions share that the same lines made."""

    code: CodeType
    globals: dict[str, Any]


def lines_of(function: Any) -> Lines | None:
    """Return the lines that made a closure; None where the function has none, or more of its own than that."""
    return Lines(function.__code__, function.__globals__) if _is_plain(function) else None


def cells_of(function: Any, lines: Lines) -> tuple[CellType, ...] | None:
    """Return the closure of `function` where nothing else tells it from others of these lines; None where something may.

    What `put_together` makes of it runs the same code on the same variables. It is another object, which nothing in it can notice: a function
    that speaks of itself speaks of the variable that holds it. Who has put attributes on it, wrapped it or watches it (a weak reference, as signals
    have them) keeps it whole.
    """
    if not _is_plain(function) or function.__code__ is not lines.code or function.__globals__ is not lines.globals:
        return None
    closure: tuple[CellType, ...] = function.__closure__
    return closure


def put_together(lines: Lines, cells: tuple[CellType, ...]) -> FunctionType:
    """Return the function again whose closure is `cells`."""
    return FunctionType(lines.code, lines.globals, None, None, cells)


def _is_plain(function: Any) -> bool:
    return (
        type(function) is FunctionType
        and bool(function.__closure__)
        and function.__defaults__ is None
        and function.__kwdefaults__ is None
        and function.__name__ is function.__code__.co_name
        and function.__qualname__ is function.__code__.co_qualname
        and not function.__dict__
        and not getweakrefcount(function)
    )
