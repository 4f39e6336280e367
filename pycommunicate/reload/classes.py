"""A class that was made anew is merged into the one that lives on, so that instances and subclasses follow."""

from abc import ABCMeta
from functools import partial
from types import FunctionType
from typing import Any, Final

from pycommunicate.reload.living import DECLARED, Undo, adopt_class, patch_function

_OWN: Final = frozenset({"__dict__", "__weakref__", "__module__", "_abc_impl", "__orig_bases__", "__subclasshook__"})
_MISSING: Final = object()


class CannotMerge(Exception):
    """The class can't become the other in place. The message says why."""


def check_can_be_remade(cls: type) -> None:
    """Raise `CannotMerge` where running the class statement again has effects elsewhere."""
    if type(cls) not in (type, ABCMeta) and type(cls).__module__ not in {"typing", "typing_extensions"}:
        raise CannotMerge(f"its metaclass is {type(cls).__qualname__}")
    hook = getattr(cls.__init_subclass__, "__func__", None)
    ours = getattr(hook, "__module__", "").partition(".")[0] == "pycommunicate"  # which only checks
    if isinstance(hook, FunctionType) and not ours:
        raise CannotMerge(f"{hook.__qualname__} is called for each class that is made")


def merge(old: type, new: type, changed: set[str], undo: Undo) -> "Merged":
    """Make `old` what `new` is.

    :param changed: names that the class's body binds in another way than before; what it binds as before keeps its value.
    :raises CannotMerge: the layout of the instances differs.
    """
    if old.__dict__.get("__slots__") != new.__dict__.get("__slots__"):
        raise CannotMerge("its __slots__ changed")
    merged = Merged()
    bases = tuple(old if base is new else base for base in new.__bases__)
    if bases != old.__bases__:
        before = old.__bases__
        try:
            old.__bases__ = bases
        except TypeError as error:
            raise CannotMerge(f"its base classes changed: {error}") from None
        undo.note(partial(setattr, old, "__bases__", before))
        merged.names.add("__bases__")
    for name, value in tuple(vars(new).items()):
        if name not in _OWN:
            _take(old, name, value, changed, merged, undo)
    for name in changed | {name for name in vars(old) if name.startswith(DECLARED)}:
        if name not in vars(new) and name in vars(old):
            undo.delete(old, name)
            merged.names.add(name)
    return merged


class Merged:
    """What a merge did."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        """Attributes that have another value now."""
        self.replaced: list[object] = []
        """Functions that could not be patched: whoever holds one runs its old code."""


def _take(old: type, name: str, value: Any, changed: set[str], merged: Merged, undo: Undo) -> None:
    before = vars(old).get(name, _MISSING)
    if before is not _MISSING and _patched(before, value, merged, undo):
        return
    dunder = name.startswith("__") and name.endswith("__")
    if before is not _MISSING and name not in changed and not dunder and not _is_code(value):
        return  # a list that fills in the meantime, say
    if before is not _MISSING and not _is_code(value) and _equal(before, value):
        return
    for function in _functions(value):
        adopt_class(function, old, undo)
    if before is not _MISSING:
        merged.replaced.extend(_functions(before))
    undo.set(old, name, value)
    if not dunder or name in {"__init__", "__call__", "__str__", "__repr__", "__eq__"}:
        merged.names.add(name)


def _patched(before: Any, value: Any, merged: Merged, undo: Undo) -> bool:
    if isinstance(before, FunctionType) and isinstance(value, FunctionType):
        return patch_function(before, value, undo)
    if isinstance(before, staticmethod | classmethod) and type(before) is type(value):
        inner, other = before.__func__, value.__func__
        return (
            isinstance(inner, FunctionType) and isinstance(other, FunctionType) and patch_function(inner, other, undo)
        )
    if type(before) is property and type(value) is property:
        parts = [(getattr(before, part), getattr(value, part)) for part in ("fget", "fset", "fdel")]
        if any((one is None) != (other is None) for one, other in parts):
            return False
        both = [(one, other) for one, other in parts if one is not None]
        return all(
            isinstance(one, FunctionType) and isinstance(other, FunctionType) and patch_function(one, other, undo)
            for one, other in both
        )
    if isinstance(before, type) and isinstance(value, type) and before.__qualname__ == value.__qualname__:
        nested = merge(before, value, set(vars(before)) | set(vars(value)), undo)
        merged.names |= nested.names
        merged.replaced += nested.replaced
        return True
    return False


def _functions(value: Any) -> list[FunctionType]:
    if isinstance(value, staticmethod | classmethod):
        value = value.__func__
    parts = [value.fget, value.fset, value.fdel] if isinstance(value, property) else [value]
    return [part for part in parts if isinstance(part, FunctionType)]


def _is_code(value: Any) -> bool:
    return isinstance(value, FunctionType | staticmethod | classmethod | property)


def _equal(one: Any, other: Any) -> bool:
    try:
        return one is other or (type(one) is type(other) and bool(one == other))
    except Exception:
        return False
