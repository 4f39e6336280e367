"""How long the import of a project may take."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import FrameType, TracebackType
from typing import Any

from pycommunicate.reload.limit import TookTooLong, greenlet_limit, time_limit


def ended_after(seconds: float) -> AbstractContextManager[None]:
    """End the block with `TookTooLong` after `seconds`, even where it waits and other greenlets run."""
    import gevent  # noqa: PLC0415 - not before it has patched

    loop: Any = gevent.get_hub().loop
    return greenlet_limit(seconds, loop.run_callback)


def told_after(seconds: float, tell: Callable[[TookTooLong], object]) -> AbstractContextManager[None]:
    """Call `tell` after `seconds`, once, with an error that says where the block is; it goes on."""
    told: list[TookTooLong] = []

    def elsewhere(error: TookTooLong) -> bool:
        if not told:
            told.append(error)
            tell(error.with_traceback(_traceback_to(sys._getframe(2))))
        return True

    return time_limit(seconds, elsewhere=elsewhere)


def _traceback_to(frame: FrameType | None) -> TracebackType | None:
    """Return the traceback that an exception raised in `frame` would have."""
    found: TracebackType | None = None
    while frame is not None:
        found = TracebackType(found, frame, frame.f_lasti, frame.f_lineno)
        frame = frame.f_back
    return found
