"""Closures that the same lines made: what differs is what is kept of them. A thousand rows have a thousand handlers, and hardly any ever runs."""

from types import CellType, FunctionType
from typing import Any


def cells_of(function: Any, like: FunctionType) -> tuple[CellType, ...] | None:
    """Return the closure of `function` where nothing else tells it from `like`; None where something may.

    What `put_together` makes of it runs the same code on the same variables. It is another object, which nothing in it can notice: a function
    that speaks of itself speaks of the variable that holds it. Who has put attributes on it, or wrapped it, keeps it whole.
    """
    if (
        type(function) is not FunctionType
        or function.__closure__ is None
        or function.__code__ is not like.__code__
        or function.__globals__ is not like.__globals__
        or function.__defaults__ is not None
        or function.__kwdefaults__ is not None
        or function.__name__ is not like.__name__
        or function.__dict__
    ):
        return None
    return function.__closure__


def put_together(like: FunctionType, cells: tuple[CellType, ...]) -> FunctionType:
    """Return the function again whose closure is `cells`."""
    return FunctionType(like.__code__, like.__globals__, like.__name__, None, cells)
