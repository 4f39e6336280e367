"""A connection may break at any byte: each operation is applied once, in order, and each event handled once, in order."""

from __future__ import annotations

import itertools
import json
import random
from typing import TYPE_CHECKING

import pytest

from tests.tools.raw import NAMESPACE, TEXT, frame, get
from tests.tools.reconnecting import Tally, reconnect_many
from tests.tools.scripted import exchange, handled, payload, visit
from tests.tools.simulated import Page
from tests.tools.waiting import reaches

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.tools.programs import Program
    from tests.tools.proxy import Direction, Proxy

_keys = itertools.count(1)


def measure(program: Program, between: Proxy) -> tuple[int, int]:
    up, down = between.bytes_up, between.bytes_down
    key = f"measure{next(_keys)}"
    with Page(program.port, f"/page/{key}", through=between.port) as page:
        exchange(page, key, program)
        page.settle(0.05)
    return between.bytes_up - up, between.bytes_down - down


@pytest.mark.parametrize("direction", ["up", "down"])
@pytest.mark.parametrize("reset", [False, True], ids=["fin", "rst"])
def test_cut_at_bytes_all_over_a_scripted_exchange(
    program: Program, proxy: Callable[[int], Proxy], direction: Direction, *, reset: bool
) -> None:
    between = proxy(program.port)
    total = measure(program, between)[direction == "down"]
    # Every 40th byte or so, at another place in each run of the four.
    step = max(1, total // 24)
    happened = 0
    for offset in range(step // 2 + (5 if reset else 0), total, step):
        key = f"cut{next(_keys)}"
        with Page(program.port, f"/page/{key}", through=between.port) as page:
            cut = between.cut_at(offset, direction, reset=reset)
            try:
                exchange(page, key, program)
            except Exception as error:
                message = f"cut {direction} at {offset} of {total}: {error!r}"
                raise AssertionError(message) from error
            happened += cut.happened.is_set()
            page.leave()
    assert happened >= 20


def test_three_hundred_forced_reconnects(program: Program) -> None:
    key = f"many{next(_keys)}"
    with visit(program, key) as page:
        tally = reconnect_many(page, 300, random.Random(20), lambda: handled(program, key))
        page.leave()
    assert tally == Tally(reconnects=300, made=tally.made, handled=tally.made)
    assert tally.made > 300


def test_messages_that_come_again_are_skipped(program: Program) -> None:
    key = f"again{next(_keys)}"
    with visit(program, key) as page:
        # The browser never acknowledges: the server sends all of it again after each connection.
        page.acknowledge = False
        page.click("#add", payload(1))
        page.until(lambda: page.texts("#count") == ["1"])
        applied = page.applied
        for _ in range(3):
            page.applied = 0
            page.cut()
            page.channel = None
            auth = page.auth()
            assert auth["applied"] == 0
            page.applied = applied
            page.connect()
            page.settle(0.05)
        assert page.applied == applied
        assert page.texts("#count") == ["1"]
        # Events that come again are handled once.
        assert page.channel is not None
        for _ in range(3):
            page.send(["event", page.epoch, 1, page.applied, page.listener("#add"), payload("again")])
        page.click("#add", payload(2))
        page.until(lambda: page.texts("#count")[-1] == "2")
        assert handled(program, key) == [1, 2]


def test_a_resume_of_an_old_connection_takes_over(program: Program) -> None:
    key = f"over{next(_keys)}"
    with visit(program, key) as page:
        first = page.channel
        assert first is not None
        page.channel = None  # half open: the server has not seen it end
        page.connect()
        page.click("#add", payload(1))
        page.until(lambda: page.texts("#count") == ["1"])
        first.web_socket.wait_closed()
        first.close()
        # The new connection is not harmed by the old one's end.
        page.click("#add", payload(2))
        page.until(lambda: page.texts("#count") == ["1", "2"])
        assert handled(program, key) == [1, 2]


def test_an_event_made_right_before_the_page_is_left_is_handled(program: Program) -> None:
    """A click on a link, a form that is sent: the event and the leave come in one segment."""
    key = f"leaving{next(_keys)}"
    with visit(program, key) as page:
        assert page.channel is not None
        messages = [
            ["event", page.epoch, 1, page.applied, page.listener("#add"), payload("last")],
            ["leave", page.epoch],
        ]
        both = b"".join(frame(TEXT, f"42{NAMESPACE},{json.dumps(message)}".encode()) for message in messages)
        page.channel.web_socket.send_bytes(both)
        reaches(lambda: handled(program, key), ["last"])
        reaches(lambda: key in json.loads(get(program.port, "/torn").body), wanted=True)
