"""Which texts stand in the code that asks. Only they are shared between visitors: a text that was computed may be somebody's secret."""

import re
import sys
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any

_MOST_FRAMES = 24
_FORMAT = re.compile(r"\{[^{}]*\}|%[-+ #0-9.]*[sdrx]")
_OURS = "pycommunicate."


class Texts:
    """The texts in the code of the callers: those of the innermost frames, out to the code `outermost`."""

    def __init__(self, outermost: CodeType | None) -> None:
        self.whole: set[str] = set()
        for frame in _frames(outermost):
            self.whole.update(_of_code(frame.f_code.co_consts))
            self.whole.update(_of_names(frame))

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


def _of_code(constants: tuple[Any, ...]) -> Iterator[str]:
    for constant in constants:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, tuple | frozenset):
            yield from _of_code(tuple(constant))


def _of_names(frame: FrameType) -> Iterator[str]:
    owner = type(frame.f_locals.get("self"))
    for name in frame.f_code.co_names:
        yield name
        value = frame.f_globals.get(name, getattr(owner, name, None))
        if isinstance(value, str):
            yield value
        elif isinstance(value, tuple | frozenset):
            yield from _of_code(tuple(value))
