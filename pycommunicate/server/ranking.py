"""Who has the most: kept as amounts change, never looked up among all."""

from collections.abc import Hashable
from heapq import heapify, heappop, heappush, heapreplace
from itertools import count
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class Ranking(Generic[Key]):
    """Amounts by key, and the key that has the most; of several, the one that has had it for longest."""

    def __init__(self) -> None:
        self._amounts: dict[Key, int] = {}
        self._heap: list[
            tuple[int, int, Key]
        ] = []  # an entry for each increase; what is out of date goes when it comes up
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._amounts)

    def change(self, key: Key, by: int) -> None:
        """Add `by` to the amount of `key`. At 0 it is forgotten."""
        amount = self._amounts.get(key, 0) + by
        if amount <= 0:
            self._amounts.pop(key, None)
            return
        self._amounts[key] = amount
        if by > 0:
            heappush(self._heap, (-amount, next(self._numbers), key))
            if len(self._heap) > 64 + 4 * len(self._amounts):
                self._heap = [(-amount, next(self._numbers), key) for key, amount in self._amounts.items()]
                heapify(self._heap)

    def most(self) -> Key:
        """Return the key with the most. There must be one."""
        while True:
            amount, _, key = self._heap[0]
            now = self._amounts.get(key)
            if now == -amount:
                return key
            if now is None or now > -amount:  # another entry says so
                heappop(self._heap)
            else:
                heapreplace(self._heap, (-now, next(self._numbers), key))
