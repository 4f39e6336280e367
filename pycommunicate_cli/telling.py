"""What is said of a restart: when it was done, why, and how many pages have come back."""

import time
from dataclasses import dataclass
from pathlib import Path

from pycommunicate_cli.output import say


@dataclass
class Attempt:
    """A start, or a change that a worker applies."""

    what: str
    """What happened: `app.py changed`."""
    why: str
    """Why a restart is right; empty where that is clear."""
    saved: float
    """When the first of the files was (`time.time()`)."""
    files: tuple[Path, ...] = ()
    """All that has changed since the active worker was last told."""
    served: float = 0.0
    """When it answered the first request (`time.time()`)."""


class Telling:
    """Says once that a restart is done: when its pages have come, or without their number where that takes too long."""

    def __init__(self) -> None:
        self.due: float | None = None
        """When it is said without the number of pages (`time.monotonic()`); None where there is nothing to say."""

    def begin(self, seconds: float) -> None:
        """There is something to say, within so many seconds."""
        self.due = time.monotonic() + seconds

    def wait(self, seconds: float) -> None:
        """Say what there is to say in so many seconds from now, not before."""
        if self.due is not None:
            self.begin(seconds)

    def drop(self) -> None:
        """Say nothing of it."""
        self.due = None

    def tell(self, attempt: Attempt, pages: int | None = None) -> None:
        """Say it now, if that is to be said and a request was answered."""
        due, self.due = self.due, None
        if due is None or not attempt.served:
            return
        parts = [f"{attempt.what}: restarted in {round((attempt.served - attempt.saved) * 1000)} ms"]
        if attempt.why:
            parts.append(f"because {attempt.why}")
        if pages is not None:
            parts.append(f"{pages} page{'s' * (pages != 1)} mounted anew")
        say(" · ".join(parts))
