"""The entrance: connections that come all at once are let in one after the other, so that whoever is inside, or only wants a page, does not wait for them."""

from collections import deque
from collections.abc import Callable

from pycommunicate.engine import Engine, Event

_MOST = 20_000


class Entrance:
    """Lets in one connection for each turn of the loop, in the order in which they came.

    What a connection costs (a handshake, a page that is rendered, its `load()`) is spent over the turns after it was let in. A turn in
    which there is much to do is long, so no more are let in than are done with; nothing has to be counted, and nobody can hold a place.
    """

    def __init__(self, engine: Engine, most: int = _MOST) -> None:
        self._engine = engine
        self._most = most
        self._open = True
        self._waiting: deque[tuple[Event, Callable[[], bool]]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def enter(self, gone: Callable[[], bool]) -> bool:
        """Block until it is the caller's turn. False where too many wait already, or where the peer is `gone` when the turn comes."""
        if self._open:
            self._open = False
            self._engine.call_later(0, self._next)
            return True
        if len(self._waiting) >= self._most:
            return False
        turn = self._engine.event()
        self._waiting.append((turn, gone))
        turn.wait()
        return not gone()

    def _next(self) -> None:
        if not self._waiting:
            self._open = True
            return
        self._engine.call_later(0, self._next)
        while self._waiting:
            turn, gone = self._waiting.popleft()
            turn.set()
            if not gone():  # else it costs nothing, and the next may come too
                return
