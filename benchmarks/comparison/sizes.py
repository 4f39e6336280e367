"""How much is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Sizes:
    """How often, and with how many of what."""

    rounds: int = 9
    warm: int = 1
    """Rounds before the first one that counts."""
    rows: int = 1000
    delays: tuple[int, ...] = (0, 50, 100)
    """Milliseconds of network in a round trip."""
    clicks: int = 2000
    singly: int = 500
    """Clicks made one after the other."""
    repeats: int = 5
    """Clicks whose times make one sample."""
    idle_pages: int = 300
    full_pages: int = 40
    starts: int = 3
    """Starts whose times make one sample."""


FULL: Final = Sizes()
QUICK: Final = Sizes(
    rounds=3, rows=300, delays=(0, 100), clicks=500, singly=100, repeats=3, idle_pages=60, full_pages=10, starts=1
)
TINY: Final = Sizes(
    rounds=1, warm=0, rows=3, delays=(0,), clicks=5, singly=3, repeats=1, idle_pages=2, full_pages=2, starts=1
)
