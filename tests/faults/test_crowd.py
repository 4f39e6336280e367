"""Row "2,000 pages reconnect at once", seen by those who want something else meanwhile. Figures: `benchmarks/restart_storm.py`."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
from typing import TYPE_CHECKING

from tests.tools.raw import HOST, SOCKET_PATH, get
from tests.tools.simulated import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.tools.programs import Program

CROWD = 400
LOAD = f"GET /fault/many HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
UPGRADE = (
    f"GET {SOCKET_PATH} HTTP/1.1\r\nHost: {HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
).encode()


@contextlib.contextmanager
def stopped(program: Program) -> Iterator[Callable[[], None]]:
    """What is sent meanwhile is there all at once when the program goes on, however long the sending took."""

    def goes_on() -> None:
        os.kill(program.pid, signal.SIGCONT)

    os.kill(program.pid, signal.SIGSTOP)
    try:
        yield goes_on
    finally:
        goes_on()


@contextlib.contextmanager
def crowd_of(program: Program) -> Iterator[tuple[list[socket.socket], Callable[[], None]]]:
    """Connections that have all asked for a WebSocket when the program goes on."""
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(socket.create_connection((HOST, program.port), timeout=20)) for _ in range(CROWD)]
        goes_on = stack.enter_context(stopped(program))
        for sock in socks:
            sock.sendall(UPGRADE)
        yield socks, goes_on


def looked_at(program: Program) -> list[tuple[str, int]]:
    """The requests in the order in which they came to their turn, each with how many sockets had been let in."""
    return [(path, count) for path, count in json.loads(get(program.port, "/looked-at").body)]


def refused(program: Program) -> dict[str, int]:
    """What the program has refused, by reason."""
    counts: dict[str, int] = json.loads(get(program.port, "/refused").body)
    return counts


def ask(sock: socket.socket, path: str) -> None:
    """Ask for a page, without waiting for it."""
    sock.sendall(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())


def test_who_loads_a_page_does_not_wait_for_a_crowd_of_sockets(program: Program) -> None:
    with socket.create_connection((HOST, program.port), timeout=20) as visitor, crowd_of(program) as (socks, goes_on):
        ask(visitor, "/fault/new-in-a-crowd")
        goes_on()
        assert visitor.recv(64).startswith(b"HTTP/1.1 200")
        for sock in socks:
            assert sock.recv(64).startswith(b"HTTP/1.1 101")
    before = dict(looked_at(program))["/fault/new-in-a-crowd"]
    assert before < CROWD / 2, f"{before} of {CROWD} were let in before the page was served"


def test_who_has_left_the_crowd_is_not_let_in(program: Program) -> None:
    with crowd_of(program) as (socks, goes_on):
        for sock in socks[CROWD // 4 :]:
            sock.close()
        goes_on()
        for sock in socks[: CROWD // 4]:
            assert sock.recv(64).startswith(b"HTTP/1.1 101")
    page = Page.visit(program.port, "/fault/new")
    assert refused(program)["left"] > CROWD / 4
    page.leave()


def test_who_sends_many_requests_at_once_leaves_turns_to_others(program: Program) -> None:
    with (
        socket.create_connection((HOST, program.port), timeout=20) as greedy,
        socket.create_connection((HOST, program.port), timeout=20) as visitor,
    ):
        with stopped(program):
            greedy.sendall(LOAD * 100)
            ask(visitor, "/fault/new-beside-many")
        held = b""
        while held.count(b"</html>") < 100:
            held += greedy.recv(65536)
        assert visitor.recv(64).startswith(b"HTTP/1.1 200")
    order = [path for path, _ in looked_at(program)]
    before = order[: order.index("/fault/new-beside-many")].count("/fault/many")
    assert before < 50, f"{before} of 100 were answered before another's"
