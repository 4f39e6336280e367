"""Living functions: found by the code that they run, brought to new code where they are, and back."""

import gc
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from types import CellType, CodeType, FunctionType, MethodType
from typing import Any

CLASS_CELL = "__class__"
"""The free variable behind `super()` and `__class__`: it stays the class that lives on."""

DECLARED = "__pycommunicate"
"""How the attributes begin in which our decorators keep what they declare: they go with the decorator."""

_FEW = 16


class Undo:
    """What was changed, so that it can be changed back."""

    def __init__(self) -> None:
        self._steps: list[Callable[[], object]] = []

    def note(self, step: Callable[[], object]) -> None:
        """Have `step` run first when all is undone."""
        self._steps.append(step)

    def set(self, target: object, name: str, value: object) -> None:
        """Set an attribute."""
        missing = object()
        before = vars(target).get(name, missing) if hasattr(target, "__dict__") else getattr(target, name, missing)
        setattr(target, name, value)
        self._steps.append(
            partial(delattr, target, name) if before is missing else partial(setattr, target, name, before)
        )

    def delete(self, target: object, name: str) -> None:
        """Delete an attribute."""
        before = vars(target)[name]
        delattr(target, name)
        self._steps.append(partial(setattr, target, name, before))

    def put_back(self, content: dict[str, Any]) -> None:
        """Have what a dictionary holds now put back."""
        self._steps.append(partial(_put_back, content, dict(content)))

    def all(self) -> None:
        """Change everything back, the latest first."""
        while self._steps:
            self._steps.pop()()


def functions_of(codes: Collection[CodeType]) -> list[FunctionType]:
    """Return every living function that runs one of `codes`: methods, closures, lambdas, whoever holds them."""
    wanted = {id(code) for code in codes}
    if not wanted:
        return []
    # Looking for who refers to a few is done in C, for many at once it compares each with each.
    found = gc.get_referrers(*codes) if len(wanted) <= _FEW else gc.get_objects()
    return [one for one in found if type(one) is FunctionType and id(one.__code__) in wanted]


def swap_codes(became: Mapping[CodeType, CodeType], undo: Undo) -> list[FunctionType]:
    """Give every living function the code that its own became. Return those that can't take it.

    :param became: by identity; make it with `ByIdentity`.
    """
    refused = []
    for function in functions_of(became):
        old, new = function.__code__, became[function.__code__]
        try:
            function.__code__ = new
        except ValueError:  # it has other free variables
            refused.append(function)
        else:
            undo.note(partial(setattr, function, "__code__", old))
    return refused


class ByIdentity(dict[Any, Any]):
    """A mapping from codes by what they are, not by what they equal: two lambdas on one line may be equal."""

    def __init__(self) -> None:
        super().__init__()
        self._keys: dict[int, Any] = {}

    def __setitem__(self, key: Any, value: Any) -> None:
        self._keys[id(key)] = key
        super().__setitem__(id(key), value)

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(id(key))

    def __contains__(self, key: object) -> bool:
        return super().__contains__(id(key))

    def __iter__(self) -> Any:
        return iter(self._keys.values())

    def get(self, key: Any, default: Any = None) -> Any:
        """Return what `key` is mapped to."""
        return super().get(id(key), default)


def patch_function(old: FunctionType, new: FunctionType, undo: Undo) -> bool:
    """Make `old` what `new` is, where that is possible: code, defaults, and what decorators closed over."""
    if old.__code__ is not new.__code__:
        before = old.__code__
        try:
            old.__code__ = new.__code__
        except ValueError:
            return False
        undo.note(partial(setattr, old, "__code__", before))
    for name in ("__defaults__", "__kwdefaults__", "__doc__", "__annotations__"):
        before = getattr(old, name)
        setattr(old, name, getattr(new, name))
        undo.note(partial(setattr, old, name, before))
    undo.put_back(vars(old))
    wrapped, becomes = vars(old).get("__wrapped__"), vars(new).get("__wrapped__")
    for name in [name for name in vars(old) if name.startswith(DECLARED)]:
        del vars(old)[name]
    vars(old).update(vars(new))
    for name, mine, other in zip(old.__code__.co_freevars, old.__closure__ or (), new.__closure__ or (), strict=True):
        if name != CLASS_CELL:
            _patch_cell(mine, other, undo)
    if (
        isinstance(wrapped, FunctionType)
        and isinstance(becomes, FunctionType)
        and patch_function(wrapped, becomes, undo)
    ):
        vars(old)["__wrapped__"] = wrapped
    return True


def _patch_cell(mine: CellType, other: CellType, undo: Undo) -> None:
    try:
        before, after = mine.cell_contents, other.cell_contents
    except ValueError:  # an empty cell
        return
    if before is after:
        return
    if isinstance(before, FunctionType) and isinstance(after, FunctionType) and patch_function(before, after, undo):
        return
    mine.cell_contents = after
    undo.note(partial(setattr, mine, "cell_contents", before))


def _put_back(target: dict[str, Any], content: dict[str, Any]) -> None:
    target.clear()
    target.update(content)


def adopt_class(function: FunctionType, owner: type, undo: Undo) -> None:
    """Have `super()` in a method of a class made anew mean the class that lives on."""
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        if name == CLASS_CELL:
            before = cell.cell_contents
            cell.cell_contents = owner
            undo.note(partial(setattr, cell, "cell_contents", before))


def reaches(handler: object, wanted: Iterable[object], depth: int = 6) -> bool:
    """Whether calling `handler` leads to one of the objects `wanted`: itself, in a bound method, a partial, a closure."""
    objects = {id(one) for one in wanted}
    return bool(objects) and _reaches(handler, objects, depth)


def _reaches(handler: object, wanted: set[int], depth: int) -> bool:
    if id(handler) in wanted:
        return True
    if depth == 0:
        return False
    inner: list[object] = []
    if isinstance(handler, MethodType):
        inner = [handler.__func__]
    elif isinstance(handler, partial):
        inner = [handler.func, *handler.args, *handler.keywords.values()]
    elif isinstance(handler, FunctionType):
        inner = [cell.cell_contents for cell in handler.__closure__ or () if _is_full(cell)]
    return any(
        _reaches(one, wanted, depth - 1) for one in inner if isinstance(one, FunctionType | MethodType | partial)
    )


def _is_full(cell: CellType) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False
