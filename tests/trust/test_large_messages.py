"""Large messages to a slow reader arrive whole.

With simple-websocket as it comes this fails on gevent: its `send` ignores that a non-blocking socket takes a part of the
message only, so that from the first full socket buffer on the stream is garbage (of 20 messages of 300 KB about half arrive,
then the client reads frame headers out of the middle of a text). To see it, put `engineio.async_drivers.gevent._async["websocket"]` back in place
of the server's own WebSocket class and run this.
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

import pytest

from tests.tools.programs import ENGINES, Engine
from tests.tools.raw import get
from tests.tools.scripted import SOURCE, TEMPLATES, payload, visit
from tests.tools.waiting import eventually

if TYPE_CHECKING:
    from tests.tools.fixtures import Server
    from tests.tools.programs import Program

SIZE = 300_000


# So that all twenty may be on their way at once, as with a program that raises the bound; else the page's handler would wait.
LIMITS = {"LIMITS": '{"unacknowledged_bytes": 16777216}'}


@pytest.mark.parametrize("engine", ENGINES)
def test_twenty_of_300_kb_to_a_slow_reader(serve: Server, engine: Engine) -> None:
    program = serve(SOURCE, engine=engine, templates=TEMPLATES, environment=LIMITS)
    with visit(program, "slow", receive_buffer=16 * 1024, timeout=50) as page:
        assert page.channel is not None
        page.channel.web_socket.read_slowly(16 * 1024, 0.001)
        page.fire(page.listener("#much", "change"), payload([20, SIZE]))
        begun = time.monotonic()
        page.until(lambda: page.texts("#count")[-1:] == ["all written"])
        assert time.monotonic() - begun > 0.3, "it was read slowly"
        texts = [operation[2] for _, operation in page.operations if operation[0] == 5 and len(operation[2]) > 1000]
        assert texts == [chr(97 + number) * SIZE for number in range(20)]
        assert page.wrong == []
        page.leave()


@pytest.mark.alone
def test_others_do_not_wait_for_a_slow_reader(program: Program) -> None:
    with visit(program, "stuck", receive_buffer=16 * 1024) as stuck, visit(program, "honest") as honest:
        # It reads nothing at all from here on.
        stuck.fire(stuck.listener("#much", "change"), payload([40, SIZE]))
        took = []
        for number in range(1, 31):
            begun = time.monotonic()
            honest.click("#add", payload(number))
            honest.until(lambda number=number: honest.texts("#count")[-1:] == [str(number)])
            took.append(time.monotonic() - begun)
        assert statistics.median(took) < 0.25, sorted(took)
        assert program.memory < 250 * 2**20
        # The one that did not read gets all of it when it reads again.
        stuck.until(lambda: stuck.texts("#count")[-1:] == ["all written"], timeout=50)
        assert len([1 for _, operation in stuck.operations if operation[0] == 5 and len(operation[2]) == SIZE]) == 40
        stuck.leave()
        honest.leave()


def test_nagle_is_off(program: Program) -> None:
    """TCP_NODELAY is set on every accepted connection, so that a small message does not wait for an acknowledgement."""
    import json

    with visit(program, "nodelay") as page:
        assert page.channel is not None
        own = page.channel.web_socket.sock.getsockname()[1]
        found = dict(json.loads(get(program.port, "/sockets").body))
        assert len(found) >= 2, "the WebSocket's and the one of the question itself"
        assert found[own] != 0
        assert all(found.values())
        page.leave()


def test_who_never_reads_does_not_keep_the_connection(serve: Server) -> None:
    """The page is given up at the overflow deadline; what was being written to it must not hold socket and memory until TCP gives up."""
    limits = {"LIMITS": '{"overflow_deadline": 0.5, "unacknowledged_bytes": 8000000}'}
    program = serve(SOURCE, templates=TEMPLATES, environment=limits)
    with visit(program, "deaf", receive_buffer=16 * 1024) as page:
        page.settle(0.5)
        connected = program.descriptors
        page.fire(page.listener("#much", "change"), payload([40, SIZE]))
        eventually(lambda: program.descriptors < connected, every=0.2, what="its connection is closed")
