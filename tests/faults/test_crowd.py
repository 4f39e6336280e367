"""Row "2,000 pages reconnect at once", seen by those who want something else meanwhile. Figures: `benchmarks/restart_storm.py`."""

from __future__ import annotations

import contextlib
import select
import socket
from typing import TYPE_CHECKING

from tests.tools.raw import HOST, SOCKET_PATH
from tests.tools.simulated import Page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.tools.programs import Program

CROWD = 400
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


def test_who_has_left_the_crowd_is_not_waited_for(program: Program) -> None:
    with crowd(program):
        pass
    page = Page.visit(program.port, "/fault/new")
    page.leave()
