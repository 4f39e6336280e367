"""Credit: telling the browser which events came, and how many more it may send."""

from pycommunicate.engine import Engine
from pycommunicate.protocol.messages import encode
from pycommunicate.server.connection.inbox import Inbox
from pycommunicate.server.connection.outbox import Send

_DELAY = 0.2
_AT_ONCE = 64


class Credit:
    """Rides on every batch of operations; where none is due, it is sent by itself, soon."""

    __slots__ = ("_at_once", "_due", "_engine", "_epoch", "_inbox", "_send", "_told")

    def __init__(self, engine: Engine, inbox: Inbox) -> None:
        self._engine = engine
        self._inbox = inbox
        self._send: Send | None = None
        self._due = self._at_once = False
        self.begin("")

    def begin(self, epoch: str) -> None:
        """Start a new epoch."""
        self._epoch = epoch
        self._told = (0, self._inbox.allowed)

    def attach(self, send: Send | None) -> None:
        """Go on over another connection, or over none for now."""
        self._send = send

    def tell(self) -> tuple[int, int]:
        """Return (received, allowed) for a message that is about to go out."""
        self._told = (self._inbox.received, self._inbox.allowed)
        return self._told

    def soon(self) -> None:
        """Something was received or finished: the browser is told within 0.2 s, on the next turn where much has come."""
        received, allowed = self._told
        if self._inbox.received - received >= _AT_ONCE or self._inbox.allowed - allowed >= _AT_ONCE:
            if not self._at_once:
                self._at_once = True
                self._engine.call_soon(self._fire)  # it may ride on what the handlers write
        elif not self._due:
            self._due = True
            self._engine.call_later(_DELAY, self._fire_late)

    def _fire_late(self) -> None:
        self._due = False
        self._fire()

    def _fire(self) -> None:
        self._at_once = False
        if self._told != (self._inbox.received, self._inbox.allowed):
            self._tell_now()

    def _tell_now(self) -> None:
        if self._send is not None:
            self._send(encode("credit", self._epoch, *self.tell()))
