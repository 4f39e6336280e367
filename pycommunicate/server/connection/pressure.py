"""Back-pressure: a page's own handlers wait for a browser that is behind."""

from collections.abc import Callable

from pycommunicate.engine import Engine, Event
from pycommunicate.server.connection.outbox import Outbox


class Pressure:
    """Knows whether the outbox has room, and lets handlers wait until it has."""

    __slots__ = ("_deadline", "_engine", "_outbox", "_room")

    def __init__(self, engine: Engine, outbox: Outbox, deadline: float) -> None:
        self._engine = engine
        self._outbox = outbox
        self._deadline = deadline
        self._room: Event | None = None

    def wait(self, still_wanted: Callable[[], bool]) -> bool:
        """Block until there is room or it is no longer wanted. False where the browser applied nothing until the deadline."""
        self._outbox.flush()
        while self._outbox.full and still_wanted():
            room = self._room = self._room or self._engine.event()
            room.wait(self._deadline)
            if not room.is_set():
                return False
        return True

    def ease(self) -> None:
        """Wake who waits, if there is room now."""
        if self._room is not None and not self._outbox.full:
            room, self._room = self._room, None
            room.set()
