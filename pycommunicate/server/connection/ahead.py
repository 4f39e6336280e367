"""Ahead of the socket: `load()` runs for a page that is still being served, and its operations travel inside the page."""

from pycommunicate.engine import Engine
from pycommunicate.protocol.operations import Op
from pycommunicate.server.connection.foresight.changes import PLAIN_ID, Changes
from pycommunicate.server.connection.outbox import Outbox

_FIRST_OPERATION = 0


class Ahead:
    """What is known before there is a browser: the page's HTML, and what `load()` has written.

    An element that has an id in the HTML can be named without asking. Everything else waits for the socket.
    """

    def __init__(self, engine: Engine, html: str, most_bytes: int) -> None:
        self._html = html
        self._ids: dict[str, tuple[str, ...]] | None = None
        self._found: dict[str, int] = {}
        self._changes = Changes()
        self._seen = _FIRST_OPERATION
        self._bytes = most_bytes
        self._lost_track = False
        self.packets: list[str] = []
        """The messages that travel inside the page."""
        self.paused = engine.event()
        """Set when `load()` has ended, or waits for the browser: there is nothing to wait for now."""
        self.arrived = engine.event()
        """Set when the socket has come, or the page has ended."""

    def carry(self, packet: str) -> None:
        """Take in a message, as a connection would; past the bound it waits for the socket."""
        self._bytes -= len(packet)
        if self._bytes >= 0:
            self.packets.append(packet)

    def find(self, selector: str, outbox: Outbox) -> int | None:
        """Return the handle of what `selector` finds, 0 where it has none as yet; None where only the browser knows."""
        plain = PLAIN_ID.match(selector)
        if plain is None:
            return None
        if self._ids is None:
            from pycommunicate.server.connection.ids import ids_of  # noqa: PLC0415 - nothing of it elsewhere

            self._ids = ids_of(self._html)
        around = self._ids.get(plain[1])
        if around is None or not self._catch_up(outbox):
            return None
        handle = self._found.get(plain[1])
        known = (handle or -1, *(self._found[name] for name in around if name in self._found))
        return handle or 0 if self._changes.leave_match(selector, known, -1) else None

    def named(self, selector: str, handle: int) -> None:
        """Note the handle that an element was given."""
        self._found[selector[1:]] = handle

    def _catch_up(self, outbox: Outbox) -> bool:
        written = outbox.since(self._seen)
        if written is None:
            self._lost_track = True
            return False
        for operations in written:
            # The names that we give ourselves change nothing.
            self._changes.add(operation for operation in operations if operation[0] != Op.BIND)
        self._seen = outbox.last_written
        return not self._lost_track
