"""Row "WebSocket blocked": long polling, with the same guarantees."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING

import pytest

from tests.faults.source import alive
from tests.tools.polling import PollingPage
from tests.tools.raw import Closed
from tests.tools.reconnecting import Tally, reconnect_many
from tests.tools.scripted import exchange, handled
from tests.tools.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.tools.programs import Program
    from tests.tools.proxy import Direction, Proxy

_keys = itertools.count(1)


@pytest.mark.parametrize("direction", ["up", "down"])
def test_cut_at_bytes_all_over_the_requests(
    program: Program, proxy: Callable[[int], Proxy], direction: Direction
) -> None:
    """The cut may meet a poll's answer (what was in it comes again) or a POST's (what was in it is taken once)."""
    between = proxy(program.port)
    happened = 0
    for offset in range(3, 560, 37):
        key = f"poll{next(_keys)}"
        with PollingPage(program.port, f"/page/{key}", through=between.port) as page:
            page.connect()
            page.until(lambda page=page: page.loaded > 0)
            cut = between.cut_at(offset, direction, connection="any")
            try:
                exchange(page, key, program, broken=(Closed, TimeoutError))
            except Exception as error:
                message = f"cut {direction} at {offset}: {error!r}"
                raise AssertionError(message) from error
            happened += cut.happened.is_set()
            between.cut_at(10**9, direction, connection="any")  # one that did not happen must not meet the next page
            page.leave()
    assert happened >= 6


def test_eighty_forced_reconnects(program: Program) -> None:
    key = f"poll{next(_keys)}"
    with PollingPage(program.port, f"/page/{key}") as page:
        page.connect()
        page.until(lambda: page.loaded > 0)
        tally = reconnect_many(page, 80, random.Random(7), lambda: handled(program, key))
        assert tally == Tally(reconnects=80, made=tally.made, handled=tally.made)
        page.leave()


def test_it_leaves_nothing(program: Program) -> None:
    before = alive(program)
    for number in range(5):
        with PollingPage(program.port, f"/fault/poll-leaves{number}") as page:
            page.connect()
            page.until(lambda page=page: page.loaded > 0)
            page.click("#add")
            page.until(lambda page=page: page.texts("#place") == ["1"])
            page.leave()
    eventually(lambda: alive(program)["pages"] <= before["pages"])
    eventually(lambda: alive(program)["greenlets"] <= before["greenlets"] + 1, every=0.2)
