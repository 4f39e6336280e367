"""Which texts stand in the code that asks. Only they are shared between visitors: a text that was computed may be somebody's secret.

A constant of a function stands in its code object. The value of a global or of a class's attribute may have been computed from what somebody
typed; it counts only if its text is a constant of the module that holds it. That module's code is read once, when the first such value is met.
"""

import re
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final

LONGEST: Final = 300
"""Characters of a text that is shared."""
_MOST_FRAMES: Final = 24
_MOST_MODULES: Final = 256
_FORMAT = re.compile(r"\{[^{}]*\}|%[-+ #0-9.]*[sdrx]")
_OURS = "pycommunicate."


class Texts:
    """The texts in the code of the callers: those of the innermost frames, out to the code `outermost`."""

    def __init__(self, outermost: CodeType | None) -> None:
        self.whole: set[str] = set()
        for frame in _frames(outermost):
            self.whole.update(_of_code(frame.f_code.co_consts))
            self.whole.update(frame.f_code.co_names)
            for module, values in _values(frame):
                self.whole.update(_standing(values, module))

    @property
    def pieces(self) -> set[str]:
        """The texts, and what stands in them between the gaps of `str.format` and `%`."""
        return {piece for text in self.whole for piece in _FORMAT.split(text)} | self.whole


def _frames(outermost: CodeType | None) -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(1)
    for _ in range(_MOST_FRAMES):
        if frame is None:
            return
        if not frame.f_globals.get("__name__", "").startswith(_OURS):
            yield frame
        if frame.f_code is outermost:
            return
        frame = frame.f_back


def _of_code(constants: Iterable[Any]) -> Iterator[str]:
    for constant in constants:
        if isinstance(constant, str):
            if len(constant) <= LONGEST:
                yield constant
        elif isinstance(constant, tuple | frozenset):
            yield from _of_code(constant)


def _values(frame: FrameType) -> Iterator[tuple[Mapping[str, Any], list[str]]]:
    """Yield modules and the texts that their globals, or the attributes of their classes, hold under names in the frame's code."""
    names = frame.f_code.co_names
    yield frame.f_globals, list(_of_code(frame.f_globals[name] for name in names if name in frame.f_globals))
    for owner in type(frame.f_locals.get("self")).__mro__:
        held = vars(owner)
        module = sys.modules.get(owner.__module__)
        if module is not None and module is not sys.modules["builtins"]:
            yield vars(module), list(_of_code(held[name] for name in names if name in held))


def _standing(texts: list[str], module: Mapping[str, Any]) -> Iterable[str]:
    """Return those of the texts that are constants in the module's code."""
    return _constants_of(module).intersection(texts) if texts else ()


_known: dict[str, tuple[int, frozenset[str]]] = {}


def _constants_of(module: Mapping[str, Any]) -> frozenset[str]:
    name, file = str(module.get("__name__")), str(module.get("__file__"))
    try:
        changed = Path(file).stat().st_mtime_ns
    except (OSError, ValueError):
        changed = 0
    known = _known.get(name)
    if known is None or known[0] != changed:
        if len(_known) >= _MOST_MODULES:
            _known.clear()
        known = _known[name] = (changed, frozenset(_all_of(_code_of(module, file))))
    return known[1]


def _code_of(module: Mapping[str, Any], file: str) -> CodeType | None:
    loader: Any = module.get("__loader__")
    name = getattr(loader, "name", module.get("__name__"))
    with warnings.catch_warnings():  # who imported it was told
        warnings.simplefilter("ignore")
        try:
            if name != "__main__" and hasattr(loader, "get_code"):
                code: CodeType | None = loader.get_code(name)
                return code
            return compile(Path(file).read_bytes(), file, "exec", dont_inherit=True)
        except (OSError, ImportError, SyntaxError, ValueError):
            return None


def _all_of(code: CodeType | None) -> Iterator[str]:
    waiting = [code] if code is not None else []
    while waiting:
        constants = waiting.pop().co_consts
        yield from _of_code(constants)
        waiting.extend(constant for constant in constants if isinstance(constant, CodeType))
