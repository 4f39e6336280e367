"""The rate limit of the log: nobody can fill it, and what was left out is counted.

A line has a place (the handler that raised, the reason of a refusal; places are in the code, so there are few) and a peer. In each second a peer
gets 10 lines for a place and 30 in all, and everybody together 200; but the first line of each place always comes through, so that a
flood hides no fault elsewhere. What is left out is told at the end of the second, in one line for each place.

Only lines that are logged are counted by peer, so a flood from many addresses needs no more memory than the lines that it gets. All counts
are dropped together at the end of the second, and never before.
"""

import logging
import time
from collections import Counter
from typing import Final

from pycommunicate.engine import Engine
from pycommunicate.server.peers import network_of

log = logging.getLogger("pycommunicate")

_SECOND: Final = 1.0
_FOR_A_PLACE: Final = 10
_FOR_A_PEER: Final = 30
_FOR_ALL: Final = 200
_PLACES: Final = 100
_ELSEWHERE: Final = "elsewhere"


class LogLimit:
    """Decides which lines are logged. `left_out` in `counts` says how many were not."""

    def __init__(self, engine: Engine, counts: Counter[str]) -> None:
        self._engine = engine
        self._counts = counts
        self._since = time.monotonic()
        self._places: set[str] = set()
        self._lines: dict[tuple[str, str], int] = {}
        self._all = 0
        self._left_out: dict[tuple[str, int], int] = {}

    def admits(self, place: str, peer: str, level: int = logging.WARNING) -> bool:
        """Whether a line about `place`, which `peer` has caused, is to be logged now. Counts it. Does not block."""
        if time.monotonic() - self._since >= _SECOND:
            self._tell()
        peer = network_of(peer)
        first = place not in self._places and len(self._places) < _PLACES
        here, everywhere = self._lines.get((place, peer), 0), self._lines.get(("", peer), 0)
        if not first and (here >= _FOR_A_PLACE or everywhere >= _FOR_A_PEER or self._all >= _FOR_ALL):
            self._leave_out(place, level)
            return False
        if first:
            self._places.add(place)
        self._lines[place, peer], self._lines["", peer] = here + 1, everywhere + 1
        self._all += 1
        return True

    def _leave_out(self, place: str, level: int) -> None:
        self._counts["left_out"] += 1
        if not self._left_out and self._engine.in_loop_thread():
            since = self._since
            self._engine.call_later(max(0.0, since + _SECOND - time.monotonic()), lambda: self._end_of(since))
        key = (place, level)
        if key not in self._left_out and len(self._left_out) >= _PLACES:
            key = (_ELSEWHERE, level)
        self._left_out[key] = self._left_out.get(key, 0) + 1

    def _end_of(self, since: float) -> None:
        if since == self._since:  # else a line that came late has ended that second
            self._tell()

    def _tell(self) -> None:
        """Begin another second; log what was left out of the last."""
        left_out, self._left_out = self._left_out, {}
        self._since, self._places, self._lines, self._all = time.monotonic(), set(), {}, 0
        for (place, level), number in left_out.items():
            log.log(level, "%s: and %s more of these in the last second, not logged", place, f"{number:,}")
