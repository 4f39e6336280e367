"""The entrance: connections that come all at once are let in one after the other, so that whoever is inside, or only wants a page, does not wait for them."""

from collections import deque
from collections.abc import Callable
from typing import Final

from pycommunicate.engine import Engine, Event
from pycommunicate.server.peers import network_of
from pycommunicate.server.ranking import Ranking

_MOST: Final = 20_000


class _Turn:
    __slots__ = ("event", "gone", "refused")

    def __init__(self, event: Event, gone: Callable[[], bool]) -> None:
        self.event = event
        self.gone = gone
        self.refused = False


class Entrance:
    """Lets in one connection for each turn of the loop: network addresses take turns, and those of one address are let in in their order.

    What a connection costs (a handshake, a page that is rendered, its `load()`) is spent over the turns after it was let in. A turn in
    which there is much to do is long, so no more are let in than are done with; nothing has to be counted, and nobody can hold a place.
    A thousand connections from one address cost a connection from another one turn.
    """

    def __init__(self, engine: Engine, most: int = _MOST) -> None:
        self._engine = engine
        self._most = most
        self._open = True
        self._waiting: dict[str, deque[_Turn]] = {}  # the address whose turn is next: first
        self._numbers: Ranking[str] = Ranking()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def enter(self, gone: Callable[[], bool], peer: str = "") -> bool:
        """Block until it is the caller's turn. False where too many wait already, or where the peer is `gone` when the turn comes.

        Where too many wait, the one who came last from the address with the most waiting is turned away.
        """
        if self._open:
            self._open = False
            self._engine.call_later(0, self._next)
            return True
        network = network_of(peer)
        turn = _Turn(self._engine.event(), gone)
        self._waiting.setdefault(network, deque()).append(turn)
        self._change(network, 1)
        if self._count > self._most:
            last = self._take(self._numbers.most(), last=True)
            if last is turn:
                return False
            last.refused = True
            last.event.set()
        turn.event.wait()
        return not turn.refused and not gone()

    def _next(self) -> None:
        if not self._waiting:
            self._open = True
            return
        self._engine.call_later(0, self._next)
        while self._waiting:
            turn = self._take(next(iter(self._waiting)))
            turn.event.set()
            if not turn.gone():  # else it costs nothing, and the next may come too
                return

    def _take(self, network: str, *, last: bool = False) -> _Turn:
        queue = self._waiting[network] if last else self._waiting.pop(network)
        turn = queue.pop() if last else queue.popleft()
        if queue:
            self._waiting[network] = queue  # behind the others, where the first was taken
        else:
            self._waiting.pop(network, None)
        self._change(network, -1)
        return turn

    def _change(self, network: str, by: int) -> None:
        self._count += by
        self._numbers.change(network, by)
