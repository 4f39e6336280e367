"""The inbox: events as they come from the browser, each taken once, in order, and no more than there is room for."""

from pycommunicate.errors import ProtocolError


class Inbox:
    """Counts the events of one epoch. The browser may send event n only while n <= `allowed`."""

    __slots__ = ("_room", "finished", "received")

    def __init__(self, room: int) -> None:
        self._room = room
        self.begin()

    def begin(self) -> None:
        """Start a new epoch."""
        self.received = 0
        self.finished = 0

    @property
    def allowed(self) -> int:
        """The number of the last event that there is room for."""
        return self.finished + self._room

    def take(self, number: int) -> bool:
        """Whether event `number` is new. Raises `ProtocolError` where one was left out or there was no room."""
        if number <= self.received:
            return False
        if number != self.received + 1:
            raise ProtocolError(f"event {number} came after {self.received}")
        if number > self.allowed:
            raise ProtocolError(f"event {number} came without credit")
        self.received = number
        return True

    def finish(self) -> None:
        """One event has been handled (or ignored): there is room for another."""
        self.finished += 1
