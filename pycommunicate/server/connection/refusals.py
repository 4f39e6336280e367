"""What is refused: counted by reason, and logged so that nobody can fill the log."""

import logging
import traceback
from collections import Counter
from typing import Final

from pycommunicate.engine import Engine
from pycommunicate.server.connection.loglimit import LogLimit

log = logging.getLogger("pycommunicate")

_LONGEST: Final = 500
_LONGEST_TRACEBACK: Final = 16 * 1024
_REFUSALS: Final = "refusals"


def printable(text: str) -> str:
    """Return `text` as it may stand in a log: on one line, no control characters, not endless."""
    shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text[:_LONGEST])
    return shown if len(text) <= _LONGEST else f"{shown}..."


class Refusals:
    """Counts every refusal in `counts`, and logs it as `LogLimit` admits."""

    def __init__(self, engine: Engine) -> None:
        self.counts: Counter[str] = Counter()
        self.limit = LogLimit(engine, self.counts)

    def note(self, reason: str, peer: str, message: str, *arguments: object) -> None:
        """Count a refusal for `reason` (a short, stable word), and log `message` unless `peer` has caused too many lines."""
        self.counts[reason] += 1
        if self.limit.admits(_REFUSALS, peer):
            log.warning("%s: %s", peer or "a socket", printable(message % arguments))

    def log_error(self, place: str, peer: str, sentence: str, error: BaseException) -> None:
        """Log what application code raised at `place` on behalf of `peer`, with its traceback, unless there are too many such lines."""
        if not self.limit.admits(place, peer, logging.ERROR):
            return
        text = "".join(traceback.format_exception(error))
        if len(text) <= _LONGEST_TRACEBACK:
            log.error("%s: %s", sentence, error, exc_info=error)
        else:  # what a browser has sent may stand in it
            half = _LONGEST_TRACEBACK // 2
            log.error("%s: %s\n%s\n[...]\n%s", sentence, printable(str(error)), text[:half], text[-half:])
