"""What is refused: counted by reason, and logged so that nobody can fill the log."""

import logging
import time
from collections import Counter

log = logging.getLogger("pycommunicate")

_LINES_A_SECOND = 10
_PEERS = 1000
_LONGEST = 500


def printable(text: str) -> str:
    """Return `text` as it may stand in a log: on one line, no control characters, not endless."""
    shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text[:_LONGEST])
    return shown if len(text) <= _LONGEST else f"{shown}..."


class Refusals:
    """Counts every refusal in `counts`; logs at most 10 lines a second for each peer."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._lines: dict[str, tuple[float, int]] = {}

    def note(self, reason: str, peer: str, message: str, *arguments: object) -> None:
        """Count a refusal for `reason` (a short, stable word), and log `message` unless `peer` has caused too many lines."""
        self.counts[reason] += 1
        now = time.monotonic()
        since, lines = self._lines.get(peer, (now, 0))
        if now - since >= 1:
            since, lines = now, 0
        if len(self._lines) >= _PEERS and peer not in self._lines:
            self._lines.clear()
        self._lines[peer] = (since, lines + 1)
        if lines < _LINES_A_SECOND:
            log.warning("%s: %s", peer or "a socket", printable(message % arguments))
