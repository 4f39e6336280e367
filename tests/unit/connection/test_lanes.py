"""Lanes: whatever comes in whatever order, one run of a lane at a time, each once, in order, and the bounds hold."""

from __future__ import annotations

from collections import defaultdict
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from pycommunicate.server.connection.lanes import Lanes, Run, weigh

STEPS = st.lists(
    st.tuples(st.sampled_from(["come", "end", "forget"]), st.integers(1, 2), st.sampled_from([None, 1, 2]))
)


def run_of(number: int, place: int | None = None, weight: int = 0) -> Run:
    """A run that is about to begin or wait."""
    return Run(SimpleNamespace(number=number), place, None, None, weight)


@given(STEPS)
def test_one_at_a_time_each_once_and_in_order(steps) -> None:
    lanes = Lanes()
    going: dict[tuple[int, int | None], Run] = {}
    waiting: dict[tuple[int, int | None], list[Run]] = defaultdict(list)
    for what, number, place in steps:
        lane = number, place
        if what == "come":
            run = run_of(*lane)
            assert lanes.enter(run) is run.entered is (lane not in going)
            if lane in going:
                assert lanes.wait(run) is not bool(waiting[lane])
                waiting[lane].append(run)
            else:
                going[lane] = run
        elif what == "end" and lane in going:
            following, more = lanes.leave(going[lane])
            assert following is (waiting[lane].pop(0) if waiting[lane] else None)
            assert more is bool(waiting[lane])
            going.pop(lane)
            if following is not None:
                going[lane] = following
        elif what == "forget":
            mine = [key for key in waiting if key[0] == number]
            assert {id(run) for run in lanes.forget(number)} == {id(run) for key in mine for run in waiting.pop(key)}
        assert lanes.count == sum(map(len, waiting.values()))
        assert all(lanes.turn(*key) is not None for key in going)


@given(st.integers(0, 600), st.integers(0, 20_000))
def test_the_bounds(runs: int, weight: int) -> None:
    lanes = Lanes()
    last = run_of(1)
    assert lanes.enter(last)
    waiting = [run_of(1, weight=weight) for _ in range(runs)]
    for run in waiting:
        lanes.wait(run)
    without = sum(not run.owed for run in waiting)
    assert without <= 256
    assert without * weight <= 1024 * 1024
    assert lanes.changes == ([(1, True)] if runs >= 128 else [])
    lanes.changes.clear()
    for run in waiting:
        assert lanes.leave(last)[0] is run
        last = run
    assert lanes.leave(last) == (None, False)
    assert lanes.changes == ([(1, False)] if runs >= 128 else [])
    fresh = run_of(1)
    assert lanes.enter(run_of(1))
    lanes.wait(fresh)
    assert not fresh.owed


def test_a_listener_that_ends_is_no_longer_held() -> None:
    lanes = Lanes()
    first = run_of(1)
    lanes.enter(first)
    for _ in range(128):
        lanes.wait(run_of(1))
    assert len(lanes.forget(1)) == 128
    assert lanes.changes == [(1, True), (1, False)]
    assert lanes.leave(first) == (None, False)


def test_what_a_payload_weighs() -> None:
    assert weigh({"value": "a" * 1000, "data": {"key": ["b" * 50]}}) > 1050
    assert weigh(None) < 100
