"""Waiting, with a bound: it is for what never happens, and no machine is so slow that it meets the bound otherwise."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE: Final = 20.0
"""How long a test waits for what has to happen, in seconds, where it says nothing else."""


def eventually(ask: Callable[[], object], *, timeout: float = PATIENCE, every: float = 0.02, what: str = "") -> None:
    """Wait until `ask()` is true, or fail with what it last said."""
    end = time.monotonic() + timeout
    while True:
        last = ask()
        if last:
            return
        if time.monotonic() > end:
            message = f"not within {timeout} s: {what or ask!r}; last: {last!r}"
            raise AssertionError(message)
        time.sleep(every)


def reaches(ask: Callable[[], object], wanted: object, *, timeout: float = PATIENCE) -> None:
    """Wait until `ask()` is `wanted`, or fail showing both."""
    end = time.monotonic() + timeout
    while (last := ask()) != wanted:
        if time.monotonic() > end:
            message = f"within {timeout} s: wanted {wanted!r}, last {last!r}"
            raise AssertionError(message)
        time.sleep(0.02)
