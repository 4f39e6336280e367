"""Nobody can fill the log: lines are bounded by place, by peer and in all, and what is left out is counted."""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from pycommunicate.server.connection import loglimit
from pycommunicate.server.connection.loglimit import LogLimit
from pycommunicate.server.connection.refusals import Refusals
from tests.unit.loop import Loop

if TYPE_CHECKING:
    from collections.abc import Callable


class Clocked(Loop):
    """A loop whose seconds pass when the test says so."""

    def in_loop_thread(self) -> bool:
        return True


@pytest.fixture
def tick(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Lets a second pass."""
    now = [100.0]
    monkeypatch.setattr(loglimit.time, "monotonic", lambda: now[0])

    def advance() -> None:
        now[0] += 1.0

    return advance


def admitted(limit: LogLimit, count: int, place: str = "a handler", peer: str = "192.0.2.1") -> int:
    return sum(limit.admits(place, peer) for _ in range(count))


def test_ten_a_second_for_a_place_and_a_peer(tick: Callable[[], None]) -> None:
    limit = LogLimit(Clocked(), Counter())  # type: ignore[arg-type]
    assert admitted(limit, 1000) == 10
    assert admitted(limit, 1000, peer="192.0.2.2") == 10
    assert admitted(limit, 1000, place="another") == 10
    tick()
    assert admitted(limit, 1000) == 10


def test_what_is_left_out_is_told_at_the_end_of_the_second(
    tick: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    loop, counts = Clocked(), Counter[str]()
    limit = LogLimit(loop, counts)  # type: ignore[arg-type]
    admitted(limit, 2600)
    assert counts["left_out"] == 2590
    assert [round(seconds, 3) for seconds, _ in loop.later] == [1.0]
    tick()
    loop.pass_time()
    assert [record.getMessage() for record in caplog.records] == [
        "a handler: and 2,590 more of these in the last second, not logged"
    ]
    assert loop.later == []


def test_a_timer_that_comes_late_does_not_end_the_next_second(tick: Callable[[], None]) -> None:
    loop = Clocked()
    limit = LogLimit(loop, Counter())  # type: ignore[arg-type]
    admitted(limit, 20)
    tick()
    assert admitted(limit, 20) == 10
    late = loop.later[0][1]
    late()
    assert admitted(limit, 20) == 0


def test_nothing_is_told_and_no_timer_set_where_nothing_was_left_out(
    tick: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    loop = Clocked()
    limit = LogLimit(loop, Counter())  # type: ignore[arg-type]
    for _ in range(5):
        assert admitted(limit, 10) == 10
        tick()
    assert (loop.later, caplog.records) == ([], [])


def test_a_flood_from_many_addresses_is_bounded_and_hides_no_other_fault(tick: Callable[[], None]) -> None:
    limit = LogLimit(Clocked(), Counter())  # type: ignore[arg-type]
    assert sum(admitted(limit, 5, peer=f"192.0.{number // 250}.{number % 250}") for number in range(20_000)) == 200
    assert admitted(limit, 5, place="another fault", peer="203.0.113.1") == 1
    assert len(limit._lines) <= 1001


def test_the_count_of_one_peer_does_not_start_again_when_others_come(tick: Callable[[], None]) -> None:
    limit = LogLimit(Clocked(), Counter())  # type: ignore[arg-type]
    assert admitted(limit, 10) == 10
    for number in range(5000):
        limit.admits("a handler", f"198.51.{number // 250}.{number % 250}")
    assert admitted(limit, 10) == 0


def test_a_peer_has_one_bound_for_all_places(tick: Callable[[], None]) -> None:
    limit = LogLimit(Clocked(), Counter())  # type: ignore[arg-type]
    assert sum(admitted(limit, 10, place=f"handler {number}") for number in range(20)) == 30 + 17, (
        "first lines count too"
    )


def test_addresses_of_one_ipv6_network_are_one_peer(tick: Callable[[], None]) -> None:
    limit = LogLimit(Clocked(), Counter())  # type: ignore[arg-type]
    assert sum(limit.admits("a handler", f"2001:db8::{number:x}") for number in range(100)) == 10


def test_a_traceback_with_what_a_browser_sent_in_it_is_cut(caplog: pytest.LogCaptureFixture) -> None:
    refusals = Refusals(Clocked())  # type: ignore[arg-type]
    try:
        {}["x" * 60_000]
    except KeyError as error:
        refusals.log_error("a handler", "192.0.2.1", "/: a handler raised KeyError", error)
    formatted = logging.Formatter().format(caplog.records[0])
    assert "Traceback (most recent call last)" in formatted
    assert len(formatted) < 20_000
