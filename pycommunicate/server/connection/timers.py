"""Timers of a page."""

import time
from collections.abc import Callable
from typing import Any

from pycommunicate.engine import Engine
from pycommunicate.engine import Timer as EngineTimer


class Timer:
    """A timer of a view, which `View.add_timer` returns: calls back every so many seconds until `cancel()` or the view's end."""

    __slots__ = ("_beat", "_cancelled", "_due", "_engine", "_owner", "_seconds", "run")

    def __init__(
        self, engine: Engine, seconds: float, run: Callable[["Timer"], None], owner: set[Any], *, drift: bool = True
    ) -> None:
        """Call `run` every so many seconds, counted from the end of the call before, or without `drift` from the first start."""
        self._engine = engine
        self._seconds = seconds
        self.run = run
        self._owner = owner
        self._due: EngineTimer | None = None
        self._cancelled = False
        self._beat = None if drift else 0.0
        """When it is due next, by `time.monotonic()`; 0: not started yet. None: it drifts."""
        owner.add(self)

    def start(self) -> None:
        """Be due in `seconds`, or at the next beat, unless cancelled or due already."""
        if not self._cancelled and self._due is None:
            self._due = self._engine.call_later(self._pause(), self._fire)

    def _pause(self) -> float:
        if self._beat is None:
            return self._seconds
        now = time.monotonic()
        late = now - (self._beat or now)
        self._beat = now - late % self._seconds + self._seconds
        return self._beat - now

    def cancel(self) -> None:
        """End the timer. A call under way is finished. May be called again."""
        self._cancelled = True
        self._owner.discard(self)
        self.run = _nothing  # it leads to the view, which may keep its timer
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _fire(self) -> None:
        self._due = None
        if not self._cancelled:
            self.run(self)


def _nothing(_timer: Timer) -> None:
    """What a timer that has ended does."""
