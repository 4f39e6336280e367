"""The listeners of one page, and what the server knows of its tree: enough to drop the listeners of what it deletes."""

from array import array
from bisect import bisect_left
from collections.abc import Callable
from itertools import count
from types import CellType
from typing import Any, NamedTuple

from pycommunicate.protocol.checked import LARGEST_HANDLE
from pycommunicate.proxies.dom.listener import Terms
from pycommunicate.server.connection.closures import Lines, cells_of, lines_of, put_together

_FEWEST_GAPS = 32


class Kind(NamedTuple):
    """What all listeners share that were made by the same lines."""

    event: str
    takes_event: bool
    once: bool
    while_running: str
    selector: str | None
    habit: Any
    """What its handlers ask; see `server.connection.foresight.habits`."""


class Listening:
    """One listener while its handler runs, or is about to."""

    __slots__ = ("handle", "handler", "kind", "number", "operands")

    def __init__(self, number: int, handle: int, handler: Callable[..., object], kind: Kind) -> None:
        self.number = number
        self.handle = handle
        self.handler = handler
        self.kind = kind
        self.operands: Any = None
        """What the browser was told of its handler's arguments: their names, and what they were."""


class Listeners:
    """Numbers handles and listeners of one epoch.

    Handles are checked where they come in: a parent's is lower than those of what is inside it, so that to go outward comes to an end.

    A page may have thousands of listeners, and hardly any ever runs: one is an entry in four columns, 24 bytes and no object of its own. Of handlers
    that the same lines made, the first is kept as it is, of others their closures.
    """

    __slots__ = (
        "_gaps",
        "_handle",
        "_handlers",
        "_handles",
        "_kinds",
        "_known",
        "_lines",
        "_number",
        "_numbers",
        "_parents",
        "operands",
        "whole",
    )

    def __init__(self) -> None:
        self.whole = False
        """Keep every handler as it is: hot reload looks for the functions that there are."""
        self.begin()

    def __len__(self) -> int:
        return len(self._numbers) - self._gaps

    def begin(self) -> None:
        """Start a new epoch: handles and listeners of the one before are gone."""
        self._number = count(1)
        self._handle = count(1)
        self._numbers = array("i")  # ascending
        self._handles = array("i")
        self._handlers: list[Callable[..., object] | tuple[CellType, ...] | None] = []  # None: a gap
        self._lines: dict[Any, Lines] = {}  # by habit: who has the same one runs the same code
        self._kinds: list[Kind] = []
        self._gaps = 0
        self._known: dict[tuple[Any, ...], Kind] = {}
        self.operands: dict[int, Any] = {}
        """What the browser was told of handlers' arguments, by the listener's number."""
        self._parents = array("i", [0])

    def new_handle(self, parent: int = 0) -> int:
        """Return the next handle. From any thread."""
        handle = next(self._handle)
        parents = self._parents
        if handle == len(parents):
            parents.append(parent)
        else:  # other threads were between the two; a parent that is not known is no harm
            parents.extend([0] * (handle + 1 - len(parents)))
            parents[handle] = parent
        return handle

    @property
    def last_handle(self) -> int:
        """The highest handle that was given in this epoch. What a browser says of a higher one is not true."""
        return len(self._parents) - 1

    def parent_of(self, handle: int) -> int:
        """Return the handle of the element around `handle`, 0 where it is not known."""
        return self._parents[handle] if 0 < handle < len(self._parents) else 0

    def new_number(self) -> int:
        """Return the number for a listener that is about to be kept. From any thread."""
        return next(self._number)

    def keep(self, number: int, handle: int, handler: Callable[..., object], terms: Terms, habit: Any) -> None:
        """Keep a listener.

        :raises ValueError: the number or the handle does not fit its column. Nothing was kept.
        """
        if not (0 < number <= LARGEST_HANDLE and -LARGEST_HANDLE <= handle <= LARGEST_HANDLE):
            message = f"listener {number} of the element {handle}: a number has at most 31 bits"
            raise ValueError(message)
        key = (*terms, habit)
        kind = self._known.get(key)
        if kind is None:
            kind = self._known[key] = Kind(*key)
        kept = handler if habit is None or self.whole else self._briefly(handler, habit)
        numbers = self._numbers
        if numbers and number < numbers[-1]:  # it was made in another thread
            place = bisect_left(numbers, number)
            numbers.insert(place, number)
            self._handles.insert(place, handle)
            self._handlers.insert(place, kept)
            self._kinds.insert(place, kind)
            return
        numbers.append(number)
        self._handles.append(handle)
        self._handlers.append(kept)
        self._kinds.append(kind)

    def get(self, number: int) -> Listening | None:
        """Return a listener, None where it has ended."""
        place = self._place(number)
        if place is None:
            return None
        listening = Listening(number, self._handles[place], self._handler(place), self._kinds[place])
        listening.operands = self.operands.get(number)
        return listening

    def has(self, number: int) -> bool:
        """Whether there is a listener of that number."""
        return self._place(number) is not None

    def remove(self, number: int) -> bool:
        """Let a listener go. Return whether it was there."""
        place = self._place(number)
        if place is None:
            return False
        self._drop(place)
        self._close_gaps()
        return True

    def remove_within(self, handle: int, *, inside: bool) -> list[int]:
        """Let go of the listeners of `handle` and of what the server put inside it (with `inside`: only of these). Return their numbers."""
        removed: list[int] = []
        parent_of = self.parent_of
        for place, handler in enumerate(self._handlers):
            if handler is None:
                continue
            around = parent_of(self._handles[place]) if inside else self._handles[place]
            while around and around != handle:
                around = parent_of(around)
            if around == handle:
                self._drop(place)
                removed.append(self._numbers[place])
        self._close_gaps()
        return removed

    def handlers(self) -> list[Callable[..., object]]:
        """Return the handlers of all listeners."""
        return [self._handler(place) for place, kept in enumerate(self._handlers) if kept is not None]

    def with_habit(self, habit: Any) -> list[tuple[int, Callable[..., object]]]:
        """Return the listeners whose handlers have that habit: number and handler."""
        return [
            (self._numbers[place], self._handler(place))
            for place, kind in enumerate(self._kinds)
            if kind.habit is habit and self._handlers[place] is not None
        ]

    def _briefly(self, handler: Callable[..., object], habit: Any) -> Callable[..., object] | tuple[CellType, ...]:
        lines = self._lines.get(habit)
        if lines is not None:
            return cells_of(handler, lines) or handler
        lines = lines_of(handler)
        if lines is not None:
            self._lines[habit] = lines
        return handler

    def _handler(self, place: int) -> Callable[..., object]:
        kept = self._handlers[place]
        return put_together(self._lines[self._kinds[place].habit], kept) if type(kept) is tuple else kept  # type: ignore[return-value]

    def _place(self, number: int) -> int | None:
        numbers = self._numbers
        place = bisect_left(numbers, number)
        return (
            place if place < len(numbers) and numbers[place] == number and self._handlers[place] is not None else None
        )

    def _drop(self, place: int) -> None:
        self._handlers[place] = None
        self._gaps += 1
        self.operands.pop(self._numbers[place], None)

    def _close_gaps(self) -> None:
        if self._gaps < _FEWEST_GAPS or self._gaps * 2 < len(self._numbers):
            return
        kept = [place for place, handler in enumerate(self._handlers) if handler is not None]
        self._numbers = array("i", [self._numbers[place] for place in kept])
        self._handles = array("i", [self._handles[place] for place in kept])
        self._handlers = [self._handlers[place] for place in kept]
        self._kinds = [self._kinds[place] for place in kept]
        self._known = {kind: kind for kind in self._kinds}
        self._gaps = 0
