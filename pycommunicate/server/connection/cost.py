"""What one run of application code costs, told in debug: round trips, operations, bytes, milliseconds."""

import logging
import sys
import time
from collections import Counter
from typing import Any

from pycommunicate.protocol.operations import Operation
from pycommunicate.protocol.values import dumps
from pycommunicate.proxies.dom.listener import describe

log = logging.getLogger("pycommunicate.handlers")

_A_LOOP = 3
_OURS = "pycommunicate."
_told: set[str] = set()


class Cost:
    """Counts for one run. Nothing is counted outside of debug."""

    __slots__ = ("_asked", "_begun", "_bytes", "_operations", "_what")

    def __init__(self, what: str, function: Any) -> None:
        self._what = f"{what} {describe(function)}"
        self._begun = time.monotonic()
        self._operations = 0
        self._bytes = 0
        self._asked: Counter[str] = Counter()

    def wrote(self, operation: Operation) -> None:
        """Count an operation."""
        self._operations += 1
        self._bytes += len(dumps(operation).encode()) + 1

    def asked(self) -> None:
        """Count a round trip; warn of a line that makes one after the other."""
        line = _line()
        self._asked[line] += 1
        if self._asked[line] == _A_LOOP and line not in _told:
            _told.add(line)
            log.warning(
                "%s asks the browser again and again: %d round trips so far in one run of %s. Ask for what belongs together at once "
                "(form_data(), attributes.all(), the event's own value and data), or keep on the server what it knows",
                line,
                _A_LOOP,
                self._what,
            )

    def tell(self, where: str, round_trips: int, known: int) -> None:
        """Log the run's line."""
        log.info(
            "%s: %s: %s, %s, %s, %.1f ms%s",
            where,
            self._what,
            _count(round_trips, "round trip"),
            _count(self._operations, "operation"),
            _count(self._bytes, "byte"),
            1000 * (time.monotonic() - self._begun),
            f"; {_count(known, 'answer')} came along" if known else "",
        )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _line() -> str:
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(_OURS):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
