"""Waiting, with a bound."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def eventually(ask: Callable[[], object], *, timeout: float = 5, every: float = 0.02, what: str = "") -> None:
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


def reaches(ask: Callable[[], object], wanted: object, *, timeout: float = 5) -> None:
    """Wait until `ask()` is `wanted`, or fail showing both."""
    end = time.monotonic() + timeout
    while (last := ask()) != wanted:
        if time.monotonic() > end:
            message = f"within {timeout} s: wanted {wanted!r}, last {last!r}"
            raise AssertionError(message)
        time.sleep(0.02)
