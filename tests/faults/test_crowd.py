"""Row "2,000 pages reconnect at once", seen by those who want something else meanwhile. Figures: `benchmarks/restart_storm.py`."""

from __future__ import annotations

import contextlib
import json
import select
import socket
from typing import TYPE_CHECKING

from tests.tools.raw import HOST, SOCKET_PATH, get
from tests.tools.simulated import Page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.tools.programs import Program

CROWD = 400
LOAD = f"GET /fault/many HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
UPGRADE = (
    f"GET {SOCKET_PATH} HTTP/1.1\r\nHost: {HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
).encode()


@contextlib.contextmanager
def crowd(program: Program) -> Iterator[list[socket.socket]]:
    """Connections that all ask for a WebSocket in the same moment."""
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(socket.create_connection((HOST, program.port), timeout=20)) for _ in range(CROWD)]
        for sock in socks:
            sock.sendall(UPGRADE)
        yield socks


def refused(program: Program) -> dict[str, int]:
    """What the program has refused, by reason."""
    counts: dict[str, int] = json.loads(get(program.port, "/refused").body)
    return counts


def answered(socks: list[socket.socket]) -> int:
    """How many of them have something to read."""
    poll = select.poll()
    for sock in socks:
        poll.register(sock, select.POLLIN)
    return len(poll.poll(0))


def test_who_loads_a_page_does_not_wait_for_a_crowd_of_sockets(program: Program) -> None:
    with crowd(program) as socks:
        Page(program.port, "/fault/new")
        before = answered(socks)
        for sock in socks:
            assert sock.recv(64).startswith(b"HTTP/1.1 101")
    assert before < CROWD / 2, f"{before} of {CROWD} were let in before the page was served"


def test_who_has_left_the_crowd_is_not_let_in(program: Program) -> None:
    with crowd(program) as socks:
        for sock in socks[CROWD // 4 :]:
            sock.close()
        for sock in socks[: CROWD // 4]:
            assert sock.recv(64).startswith(b"HTTP/1.1 101")
    page = Page.visit(program.port, "/fault/new")
    assert refused(program)["left"] > CROWD / 4
    page.leave()


def test_who_sends_many_requests_at_once_leaves_turns_to_others(program: Program) -> None:
    with socket.create_connection((HOST, program.port), timeout=20) as greedy:
        greedy.sendall(LOAD * 100)
        Page(program.port, "/fault/new")
        greedy.setblocking(False)
        held, before = b"", 0
        with contextlib.suppress(BlockingIOError):
            while data := greedy.recv(65536):
                held += data
        before = held.count(b"</html>")
        greedy.settimeout(20)
        while held.count(b"</html>") < 100:
            held += greedy.recv(65536)
    assert before < 50, f"{before} of 100 were answered before another's"
