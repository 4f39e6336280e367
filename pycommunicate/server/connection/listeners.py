"""The listeners of one page, and what the server knows of its tree: enough to drop the listeners of what it deletes."""

from array import array
from collections.abc import Iterator

from pycommunicate.proxies.dom.listener import Listener


class Listeners:
    """Numbers handles and listeners of one epoch."""

    __slots__ = ("_by_number", "_number", "_parents")

    def __init__(self) -> None:
        self.begin()

    def __len__(self) -> int:
        return len(self._by_number)

    def __iter__(self) -> Iterator[Listener]:
        return iter(tuple(self._by_number.values()))

    def begin(self) -> None:
        """Start a new epoch: handles and listeners of the one before are gone."""
        self._by_number: dict[int, Listener] = {}
        self._number = 0
        self._parents = array("i", [0])

    def new_handle(self, parent: int) -> int:
        """Return the next handle."""
        parents = self._parents
        parents.append(parent)
        return len(parents) - 1

    def parent_of(self, handle: int) -> int:
        """Return the handle of the element around `handle`, 0 where it is not known."""
        return self._parents[handle] if 0 < handle < len(self._parents) else 0

    def add(self, listener: Listener) -> None:
        """Keep `listener` and give it its number."""
        self._number += 1
        listener.number = self._number
        self._by_number[self._number] = listener

    def get(self, number: int) -> Listener | None:
        """Return a listener, None where it has ended."""
        return self._by_number.get(number)

    def remove(self, number: int) -> bool:
        """Let a listener go. Return whether it was there."""
        return self._by_number.pop(number, None) is not None

    def remove_within(self, handle: int, *, inside: bool) -> None:
        """Let go of the listeners of `handle` and of what the server put inside it (with `inside`: only of these)."""
        for number, listener in tuple(self._by_number.items()):
            place = self.parent_of(listener.handle) if inside else listener.handle
            while place and place != handle:
                place = self.parent_of(place)
            if place == handle:
                del self._by_number[number]
