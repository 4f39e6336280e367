"""When a timer is due: so long after the call before, or on the beat."""

from __future__ import annotations

from typing import Any

import pytest

from pycommunicate.server.connection import timers
from pycommunicate.server.connection.timers import Timer


class Clock:
    """An engine whose time is set, and goes on by itself only while a timer waits."""

    def __init__(self) -> None:
        self.now = 100.0
        self.fire: Any = None

    def monotonic(self) -> float:
        return self.now

    def call_later(self, seconds: float, function: Any) -> None:
        self.now += seconds
        self.fire = function


@pytest.mark.parametrize(
    ("drift", "began"),
    [
        (True, [101.0, 102.5, 106.0, 107.0]),
        (False, [101.0, 102.0, 105.0, 106.0]),
    ],
)
def test_when_it_is_due(monkeypatch: pytest.MonkeyPatch, drift: bool, began: list[float]) -> None:
    clock, seen, takes = Clock(), [], [0.5, 2.5, 0.0, 0.0]
    monkeypatch.setattr(timers, "time", clock)

    def run(timer: Timer) -> None:
        seen.append(clock.now)
        clock.now += takes[len(seen) - 1]
        timer.start()

    timer = Timer(clock, 1.0, run, set(), drift=drift)  # type: ignore[arg-type]
    timer.start()
    while len(seen) < len(began):
        clock.fire()
    assert seen == began
