"""Lanes: which runs of a page's listeners wait for which.

A run of a handler ends before the next one of the same listener at the same element begins: those two have a lane in common. Other lanes go on
meanwhile, so a handler that takes long does not keep a Cancel button out, and what a handler sees does not depend on how fast the network is.

A run that waits gives the credit of its event back, for the browser to have room for the events of other listeners. That is bounded twice: by the
number of a listener's runs that wait, and by what their events hold. A run past a bound keeps its credit. Before that, the browser is asked to hold
the listener's events.
"""

from collections import deque
from itertools import count
from typing import Any

_MOST_WAITING = 256
"""So many runs of one listener may wait without the credit of their events."""
_HOLD = 128
"""From so many on, the browser holds the listener's events. What is on its way at that time still has room."""
_RELEASE = 64
_MOST_WEIGHT = 1024 * 1024
_OVERHEAD = 200

Place = int | None
"""The element whose event it was, for a listener with a selector. None: the listener's own."""


class Run:
    """One run of a listener's handler, from the time its event was taken."""

    __slots__ = ("entered", "event", "listener", "owed", "place", "recall", "weight")

    def __init__(self, listener: Any, place: Place, event: Any, recall: Any, weight: int = 0) -> None:
        self.listener = listener
        self.place = place
        self.event = event
        """What the handler is given."""
        self.recall = recall
        self.weight = weight + _OVERHEAD
        """About how many bytes it holds."""
        self.owed = True
        """Whether the credit of its event has yet to be given back."""
        self.entered = False
        """Whether the lane is its own."""


class _Waiting:
    """The runs of one listener that wait."""

    __slots__ = ("count", "held", "places")

    def __init__(self) -> None:
        self.count = 0
        self.held = False
        self.places: dict[Place, deque[Run]] = {}


class Lanes:
    """The lanes of one page. Each is named by a listener's number and a place."""

    __slots__ = ("_busy", "_turn", "_waiting", "_weight", "changes", "count")

    def __init__(self) -> None:
        self._turn = count(1)
        self.begin()

    def begin(self) -> None:
        """Start a new epoch: the runs of the one before are gone."""
        self._busy: dict[tuple[int, Place], int] = {}
        self._waiting: dict[int, _Waiting] = {}
        self._weight = 0
        self.count = 0
        """How many runs wait."""
        self.changes: list[tuple[int, bool]] = []
        """What the browser has yet to be told: listeners whose events it is to hold from now on, or no longer."""

    def enter(self, run: Run) -> bool:
        """Give `run` its lane, unless another goes on in it. Return whether it was free."""
        lane = run.listener.number, run.place
        if lane in self._busy:
            return False
        self._busy[lane] = next(self._turn)
        run.entered = True
        return True

    def turn(self, number: int, place: Place) -> int | None:
        """Return which run goes on in the lane. Every run has a number of its own."""
        return self._busy.get((number, place))

    def wait(self, run: Run) -> bool:
        """Let `run` wait for its lane. Return whether it is the first that waits for the run that goes on."""
        number = run.listener.number
        waiting = self._waiting.get(number)
        if waiting is None:
            waiting = self._waiting[number] = _Waiting()
        queue = waiting.places.setdefault(run.place, deque())
        queue.append(run)
        waiting.count += 1
        self.count += 1
        self._weight += run.weight
        if waiting.count <= _MOST_WAITING and self._weight <= _MOST_WEIGHT:
            run.owed = False
        if waiting.count >= _HOLD and not waiting.held:
            waiting.held = True
            self.changes.append((number, True))
        return len(queue) == 1

    def leave(self, run: Run) -> tuple[Run | None, bool]:
        """`run` has ended. Return the one whose turn it is now, and whether others wait for that; else the lane is free."""
        number, place = run.listener.number, run.place
        waiting = self._waiting.get(number)
        queue = None if waiting is None else waiting.places.get(place)
        if waiting is None or not queue:
            self._busy.pop((number, place), None)
            return None, False
        following = queue.popleft()
        if not queue:
            del waiting.places[place]
        waiting.count -= 1
        self.count -= 1
        self._weight -= following.weight
        if waiting.held and waiting.count <= _RELEASE:
            waiting.held = False
            self.changes.append((number, False))
        if not waiting.count:
            del self._waiting[number]
        self._busy[number, place] = next(self._turn)
        following.entered = True
        return following, bool(queue)

    def forget(self, number: int) -> list[Run]:
        """Return the runs of a listener that has ended. They never begin."""
        waiting = self._waiting.pop(number, None)
        if waiting is None:
            return []
        if waiting.held:
            self.changes.append((number, False))
        self.count -= waiting.count
        dropped = [run for queue in waiting.places.values() for run in queue]
        self._weight -= sum(run.weight for run in dropped)
        return dropped


def weigh(value: object) -> int:
    """Return about how many bytes a JSON value holds."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(len(name) + weigh(item) for name, item in value.items())
    if isinstance(value, list):
        return sum(map(weigh, value))
    return 8
