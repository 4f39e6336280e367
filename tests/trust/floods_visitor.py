"""What one visitor can send too much of, beside the floods of one socket: heads, bodies, pages that are dropped, lines in the log, values that are no values.

Each is a function of the program and of the moment to stop, as in `floods`.
"""

from __future__ import annotations

import contextlib
import json
import socket
import time
from typing import TYPE_CHECKING, Final

from tests.tools.raw import HOST, Channel, Closed, get
from tests.tools.scripted import payload
from tests.tools.simulated import Page
from tests.trust.beside import message, packets
from tests.trust.floods import hostile

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from tests.tools.programs import Program
    from tests.trust.floods import Flood

TICKET_PATH: Final = "/__pycommunicate/ticket"
_PIECE: Final = b"10000\r\n" + b"x" * 65_536 + b"\r\n"


@contextlib.contextmanager
def _connected(program: Program, timeout: float = 2) -> Iterator[socket.socket]:
    with socket.create_connection((HOST, program.port), timeout=timeout) as sock:
        yield sock


def _ask(program: Program, *headers: str) -> None:
    """One GET with these headers, whatever becomes of it."""
    head = "\r\n".join(["GET /page/flood HTTP/1.1", f"Host: {HOST}:{program.port}", "Connection: close", *headers])
    with contextlib.suppress(OSError), _connected(program) as sock:
        sock.sendall(head.encode() + b"\r\n\r\n")
        while sock.recv(65_536):
            pass


def big_cookies(program: Program, stop: threading.Event) -> None:
    """Cookies that are slow to parse: backslashes in quotes, and very many pairs."""
    while not stop.is_set():
        _ask(program, 'Cookie: a="' + "\\\\" * 7500 + '"')
        _ask(program, "Cookie: " + "; ".join(f"a{n}=b" for n in range(6000)))


def big_heads(program: Program, stop: threading.Event) -> None:
    """A hundred headers of 60 KB each."""
    headers = [f"X-Large-{n}: {'x' * 60_000}" for n in range(100)]
    while not stop.is_set():
        _ask(program, *headers)


def stalled_bodies(program: Program, stop: threading.Event, *, count: int = 200) -> None:
    """Bodies that were announced and never come: to a page, to the ticket's path, chunked; each closed one is opened again."""
    kinds = [
        b"POST /handled/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
        b"GET /page/flood HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx",
        f"POST {TICKET_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n".encode(),
        f"POST {TICKET_PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nx".encode(),
    ]
    host = f"Host: {HOST}:{program.port}\r\n".encode()
    socks: list[socket.socket] = []
    with contextlib.ExitStack() as stack:
        while not stop.is_set():
            while len(socks) < count and not stop.is_set():
                sock = stack.enter_context(socket.create_connection((HOST, program.port), timeout=5))
                sock.sendall(kinds[len(socks) % len(kinds)].replace(b"Host: x\r\n", host))
                sock.setblocking(False)
                socks.append(sock)
            socks = [sock for sock in socks if not _is_closed(sock)]
            stop.wait(0.1)


def _is_closed(sock: socket.socket) -> bool:
    try:
        return not sock.recv(65_536)
    except BlockingIOError:
        return False
    except OSError:
        return True


def chunked_tickets(program: Program, stop: threading.Event, *, most: int = 200 * 2**20) -> int:
    """A body without an end where a ticket is expected, 200 MiB at most for each connection."""
    sent = 0
    head = (
        f"POST {TICKET_PATH} HTTP/1.1\r\nHost: {HOST}:{program.port}\r\nOrigin: http://{HOST}:{program.port}\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    )
    while not stop.is_set():
        with contextlib.suppress(OSError), _connected(program) as sock:
            sock.sendall(head.encode())
            for _ in range(0, most, 65_536):
                if stop.is_set():
                    return sent
                sock.sendall(_PIECE)
                sent += 65_536
    return sent


def dropped_pages(program: Program, stop: threading.Event) -> int:
    """Pages of one visitor that go live and lose their connections at once."""
    cookie = get(program.port, "/page/x").cookie_after()
    done = 0
    while not stop.is_set():
        page = Page(program.port, f"/page/dropped{done}", cookie=cookie)
        with Channel(program.port, cookie=cookie) as channel:
            channel.connect(page.auth())
            channel.receive(5)
        done += 1
    return done


def raising_handlers(program: Program, stop: threading.Event) -> int:
    """Events with which a handler raises: each would be a traceback in the log."""
    page = hostile(program)
    done = 0
    with page:
        listener = page.listener("#much", "change")
        assert page.channel is not None
        while not stop.is_set():
            room = page.allowed - page.made
            if room > 0:
                page.send(["events", page.epoch, page.made + 1, page.applied, [[listener, {"value": 1}]] * room])
                page.made += room
                done += room
            with contextlib.suppress(TimeoutError):
                page.take(page.channel.receive(0.05))
    return done


def nonsense_requests(program: Program, stop: threading.Event) -> int:
    """Requests that are none; each would be a line in the log."""
    done = 0
    while not stop.is_set():
        with contextlib.suppress(OSError), _connected(program) as sock:
            sock.sendall(b"NONSENSE\r\n\r\n")
            while sock.recv(65_536):
                pass
        done += 1
    return done


def _events(program: Program, stop: threading.Event, text: str) -> int:
    """Events with this JSON as their payload, each on its own, within the credit; a page that is closed is opened again."""
    done = 0
    while not stop.is_set():
        with contextlib.suppress(Closed, OSError), hostile(program) as page:
            listener = page.listener("#add")
            assert page.channel is not None
            while not stop.is_set():
                room = min(50, page.allowed - page.made)
                parts = [
                    message("event", page.epoch, page.made + n, page.applied, listener, 0) for n in range(1, room + 1)
                ]
                page.channel.web_socket.send_bytes(packets([part[:-2] + text + "]" for part in parts]))
                page.made += room
                done += room
                with contextlib.suppress(TimeoutError):
                    page.take(page.channel.receive(0.05))
                del page.operations[:-10]
        time.sleep(0.01)
    return done


def surrogates(program: Program, stop: threading.Event) -> int:
    """Events with half of a surrogate pair, which no encoder takes."""
    return _events(program, stop, json.dumps(payload("\ud800")))


def wide_numbers(program: Program, stop: threading.Event) -> int:
    """Events whose target is a number that no column of 64 bits holds."""
    return _events(program, stop, json.dumps({**payload(1), "target": 2**70}))


FLOODS: Final[dict[str, Flood]] = {
    function.__name__: function
    for function in (
        big_cookies,
        big_heads,
        stalled_bodies,
        chunked_tickets,
        dropped_pages,
        raising_handlers,
        nonsense_requests,
        surrogates,
        wide_numbers,
    )
}
"""Those that go on as long as they are let."""
