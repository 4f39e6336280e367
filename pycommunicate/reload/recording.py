"""Which of the project's functions run in a block: `sys.setprofile`, for the greenlet that entered the block."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from pycommunicate.reload.graph import is_skipped

_recording: ContextVar[set[CodeType] | None] = ContextVar("pycommunicate_recording", default=None)


class Recorder:
    """Records for one project. Templates count: their code carries their files' names."""

    def __init__(self, folder: Path) -> None:
        # A path may be imported by its own name or, through a link, by another.
        self._prefixes = tuple({f"{one}{os.sep}" for one in (folder.absolute(), folder.resolve())})
        self._own: dict[str, bool] = {}
        self._open = 0
        self._profiler: Any = None

    def owns(self, file: str) -> bool:
        """Whether `file` is one of the project's own."""
        known = self._own.get(file)
        if known is None:
            known = self._own[file] = self._is_own(file)
        return known

    def _is_own(self, file: str) -> bool:
        if not file.startswith(self._prefixes):
            return False
        return not any(is_skipped(parent) for parent in Path(file).parents if str(parent).startswith(self._prefixes))

    @contextmanager
    def recording(self, into: set[CodeType]) -> Iterator[None]:
        """Add to `into` what runs in the block; also to the sets of the blocks around it."""
        outer = _recording.get()
        mine: set[CodeType] = set()
        token = _recording.set(mine)
        if not self._open:
            self._profiler = sys.getprofile()
        self._open += 1
        sys.setprofile(self._called)  # of this greenlet: others have their own, or none
        try:
            yield
        finally:
            self._open -= 1
            if not self._open:
                sys.setprofile(self._profiler)
            _recording.reset(token)
            into |= mine
            if outer is not None:
                outer |= mine

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Keep what runs in the block out of the sets around it: a module that is imported keeps its own."""
        token = _recording.set(None)
        try:
            yield
        finally:
            _recording.reset(token)

    def _called(self, frame: FrameType, event: str, _argument: Any) -> None:
        if event != "call":
            return
        code = frame.f_code
        known = self._own.get(code.co_filename)
        if known or (known is None and self.owns(code.co_filename)):
            mine = _recording.get()
            if mine is not None:
                mine.add(code)
