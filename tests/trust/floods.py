"""The floods of row 7, each as a function of the program and of the moment to stop: the tests run them for a while, `benchmarks/attacks.py` measures them."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import time
import zlib
from typing import TYPE_CHECKING, Final

from tests.tools.raw import (
    CONTINUATION,
    HOST,
    NAMESPACE,
    POLLING_PATH,
    SOCKET_PATH,
    TEXT,
    Channel,
    Closed,
    WebSocket,
    frame,
    get,
)
from tests.tools.scripted import payload, visit
from tests.tools.simulated import Page
from tests.trust.beside import message, packets, pour

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from tests.tools.programs import Program

    Flood = Callable[[Program, threading.Event], object]

BATCH: Final = 2000


def hostile(program: Program) -> Page:
    """A joined page of the attacker's own session."""
    page = visit(program, "hostile", timeout=5)
    page.settle(0.05)
    return page


def _again_and_again(program: Program, stop: threading.Event, once: Callable[[Page], object]) -> None:
    # Whoever is thrown out comes back at once.
    while not stop.is_set():
        with contextlib.suppress(Closed, OSError), hostile(program) as page:
            once(page)


def events_with_credit(program: Program, stop: threading.Event) -> int:
    """Events in order, never more than allowed, to a listener that there is: every one runs a handler."""
    page = hostile(program)
    done = 0
    with page:
        listener = page.listener("#add")
        page.acknowledge = False
        while not stop.is_set():
            room = page.allowed - page.made
            if room > 0:
                texts = [message("event", page.epoch, page.made + n, page.applied, listener, payload(n)) for n in range(1, room + 1)]  # fmt: skip
                texts.append(message("ack", page.epoch, page.applied, []))
                page.made += room
                done += room
                assert page.channel is not None
                page.channel.web_socket.send_bytes(packets(texts))
            with contextlib.suppress(TimeoutError):
                assert page.channel is not None
                page.take(page.channel.receive(0.05))
            if len(page.operations) > 1000:
                del page.operations[:-10]
    return done


def events_to_nobody(program: Program, stop: threading.Event) -> int:
    """Events in order to a listener that there is not: credit never ends."""
    page = hostile(program)
    done = 0
    with page:
        assert page.channel is not None
        while not stop.is_set():
            data = packets([message("event", page.epoch, done + n, 0, 999, None) for n in range(1, 251)])
            if not pour(page.channel.web_socket, data, stop, rounds=1):
                break
            done += 250
    return done


def many_events_to_nobody(program: Program, stop: threading.Event) -> int:
    """The same, as many in a message as there can be room for."""
    page = hostile(program)
    done = 0
    with page:
        assert page.channel is not None
        while not stop.is_set():
            data = packets([message("events", page.epoch, done + n, 0, [[999]] * 256) for n in range(1, 5121, 256)])
            if not pour(page.channel.web_socket, data, stop, rounds=1):
                break
            done += 5120
    return done


def events_without_credit(program: Program, stop: threading.Event) -> None:
    """Events past what is allowed, over and over on new connections."""

    def once(page: Page) -> None:
        assert page.channel is not None
        data = packets(
            [message("event", page.epoch, n, 0, page.listener("#slow"), payload(0.05)) for n in range(1, BATCH)]
        )
        pour(page.channel.web_socket, data, stop, rounds=1)

    _again_and_again(program, stop, once)


def acknowledgements(program: Program, stop: threading.Event) -> None:
    """Acknowledgements of what was acknowledged, with listeners that there are not."""
    page = hostile(program)
    with page:
        assert page.channel is not None
        one = message("ack", page.epoch, page.applied, list(range(1000, 1010)))
        pour(page.channel.web_socket, packets([one] * BATCH), stop)


def answers_to_nothing(program: Program, stop: threading.Event) -> None:
    """Answers that nobody asked for."""
    page = hostile(program)
    with page:
        assert page.channel is not None
        texts = [message("answer", page.epoch, page.applied, tag, 0, {"a": [tag] * 20}) for tag in range(1, BATCH)]
        pour(page.channel.web_socket, packets(texts), stop)


def failures(program: Program, stop: threading.Event) -> None:
    """Operations that are said to have failed; each is worth a line in the log."""
    page = hostile(program)
    with page:
        assert page.channel is not None
        texts = [message("failed", page.epoch, page.applied, 1, "refused")] * BATCH
        pour(page.channel.web_socket, packets(texts), stop)


def other_epochs(program: Program, stop: threading.Event) -> None:
    """Messages of an epoch that is not the page's."""
    page = hostile(program)
    with page:
        assert page.channel is not None
        texts = [message("event", "another", n, 0, 1, {"value": "x" * 50}) for n in range(1, BATCH)]
        pour(page.channel.web_socket, packets(texts), stop)


def pongs(program: Program, stop: threading.Event) -> None:
    """Answers to pings that were never sent."""
    page = hostile(program)
    with page:
        assert page.channel is not None
        pour(page.channel.web_socket, packets(["3"] * BATCH), stop)


def upgrades_unread(program: Program, stop: threading.Event) -> None:
    """Engine.IO packets that are answered, from one that never reads the answers."""
    page = hostile(program)
    with page:
        assert page.channel is not None
        pour(page.channel.web_socket, packets(["5"] * BATCH), stop, read=False)


def connects_unread(program: Program, stop: threading.Event) -> None:
    """Socket.IO connects that are refused, from one that never reads the refusals."""
    page = hostile(program)
    with page:
        assert page.channel is not None
        pour(page.channel.web_socket, packets(["40" + NAMESPACE + ",{}"] * BATCH), stop, read=False)


def bad_packets(program: Program, stop: threading.Event) -> None:
    """A malformed packet on each connection, one connection after the other."""

    def once(page: Page) -> None:
        assert page.channel is not None
        pour(page.channel.web_socket, packets(['42/__pycommunicate,["nothing"]'] * 100), stop, rounds=1)

    _again_and_again(program, stop, once)


def large_messages(program: Program, stop: threading.Event) -> None:
    """The largest messages that are accepted, full of JSON to parse."""
    page = hostile(program)
    with page:
        assert page.channel is not None
        value = [[]] * 15_000
        text = message("answer", page.epoch, page.applied, 999, 0, value)
        assert 40_000 < len(text) < 65_536
        pour(page.channel.web_socket, packets([text] * 20), stop)


def deflate_bombs(program: Program, stop: threading.Event) -> None:
    """Compressed frames, as if compression had been agreed on."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = compressor.compress(b"x" * 60_000_000) + compressor.flush(zlib.Z_SYNC_FLUSH)
    data = frame(TEXT, bomb[:-4], reserved=4)

    def once(_: Page) -> None:
        page = Page(program.port, "/page/bomb", headers={"Sec-WebSocket-Extensions": "permessage-deflate"})
        with page:
            page.connect()
            assert page.channel is not None
            assert "deflate" not in (page.channel.web_socket.response.header("sec-websocket-extensions") or "")
            page.channel.web_socket.send_bytes(data)
            page.channel.web_socket.wait_closed(2)

    _again_and_again(program, stop, once)


def giant_frames(program: Program, stop: threading.Event) -> None:
    """64 MB in one frame, and in fragments, until thrown out."""
    piece = b"x" * 65_000

    def once(page: Page) -> None:
        assert page.channel is not None
        web_socket = page.channel.web_socket
        with contextlib.suppress(Closed, OSError):
            web_socket.send_bytes(frame(TEXT, b"4", length=64 * 2**20))
            for _ in range(1000):
                web_socket.send_bytes(piece)
        again = hostile(program)
        with again:
            assert again.channel is not None
            for number in range(1000):
                again.channel.web_socket.send_frame(CONTINUATION if number else TEXT, piece, final=False)

    _again_and_again(program, stop, once)


def slow_readers(program: Program, stop: threading.Event) -> None:
    """Four pages that have much written to them and read nothing."""
    pages = [visit(program, f"stuck{number}", receive_buffer=16 * 1024, timeout=20) for number in range(4)]
    with contextlib.ExitStack() as stack:
        for page in pages:
            stack.enter_context(page)
            page.fire(page.listener("#much", "change"), payload([200, 100_000]))
        while not stop.is_set():
            time.sleep(0.02)


def page_loads(program: Program, stop: threading.Event, *, count: int = 10**9, connections: int = 4) -> int:
    """Pages that are loaded and never joined, without a cookie: each is a visitor of its own."""
    text = f"GET /page/flood HTTP/1.1\r\nHost: {HOST}:{program.port}\r\n\r\n".encode()
    socks = [socket.create_connection((HOST, program.port), timeout=20) for _ in range(connections)]
    done = 0
    try:
        while done < count and not stop.is_set():
            for sock in socks:
                sock.sendall(text * 10)
            for sock in socks:
                _read_pages(sock, 10)
            done += 10 * len(socks)
    finally:
        for sock in socks:
            sock.close()
    return done


def _read_pages(sock: socket.socket, count: int) -> None:
    held = b""
    while count:
        data = sock.recv(262_144)
        if not data:
            message_text = "closed"
            raise Closed(message_text)
        held += data
        count -= held.count(b"</html>")
        held = held[-6:] if b"</html>" in data else held


def sockets_that_never_join(program: Program, stop: threading.Event, *, count: int = 200) -> None:
    """Sockets over both transports that stay silent."""
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            if stop.is_set():
                break
            stack.enter_context(WebSocket(program.port, SOCKET_PATH))
            get(program.port, POLLING_PATH)
        while not stop.is_set():
            time.sleep(0.02)


def mounts_anew(program: Program, stop: threading.Event) -> None:
    """One page mounted anew again and again, each time lost at once."""
    page = Page(program.port, "/page/again")
    while not stop.is_set():
        with Channel(program.port, cookie=page.cookie) as channel:
            channel.connect({**page.auth(), "request": "long gone"})
            assert channel.receive(5)[0] == "remount"


def reconnects(program: Program, stop: threading.Event, *, count: int = 500, rounds: int = 3) -> list[Page]:
    """Pages that lose their connections and come back, all at once, so many times."""
    pages = [visit(program, f"back{number}", timeout=60) for number in range(count)]
    for page in pages:
        page.cut(reset=True)
    for _ in range(rounds):
        if stop.is_set():
            break
        socks = []
        for page in pages:  # all are on their way before the first is answered
            sock = socket.create_connection((HOST, program.port), timeout=60)
            socks.append(sock)
            head = (
                f"GET {SOCKET_PATH} HTTP/1.1\r\nHost: {HOST}:{program.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nCookie: {page.cookie}\r\n\r\n"
            )
            sock.sendall(head.encode())
        for page, sock in zip(pages, socks, strict=True):
            _read_until(sock, b'"sid"')
            sock.sendall(frame(TEXT, f"40{NAMESPACE},{json.dumps(page.auth())}".encode()))
        for page, sock in zip(pages, socks, strict=True):
            found = re.search(rb'"resume":"([^"]+)"', _read_until(sock, b'["resumed",', b'"limits"'))
            assert found is not None
            page.resume = found[1].decode()
            page.resumes += 1
        for sock in socks:
            sock.close()
    return pages


def _read_until(sock: socket.socket, *marks: bytes) -> bytes:
    held = b""
    while not all(mark in held for mark in marks):
        data = sock.recv(65536)
        if not data:
            raise Closed(repr(held[-500:]))
        held += data
    return held


def slow_bytes(program: Program, stop: threading.Event, *, count: int = 30) -> list[float]:
    """One byte a second, in the HTTP header, in a WebSocket frame, in a polling body. Return how long each connection lived."""
    begun = time.monotonic()
    body = f"POST {POLLING_PATH}&sid=x HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 60000\r\n\r\n4".encode()
    socks = []
    for number in range(count):
        if number % 3 == 2:
            web_socket = WebSocket(program.port)
            web_socket.send_bytes(frame(TEXT, b"4" * 100)[:1])
            socks.append(web_socket.sock)
        else:
            sock = socket.create_connection((HOST, program.port), timeout=5)
            sock.sendall(b"GET / HT" if number % 3 else body)
            socks.append(sock)
    lived: dict[int, float] = {}
    try:
        while not stop.is_set() and len(lived) < count:
            for number, sock in enumerate(socks):
                if number in lived:
                    continue
                try:
                    sock.settimeout(0.001)
                    with contextlib.suppress(TimeoutError):
                        if not sock.recv(65536):
                            raise Closed("closed")
                    sock.sendall(b"x")
                except OSError:
                    lived[number] = time.monotonic() - begun
            stop.wait(1)
    finally:
        for sock in socks:
            sock.close()
    return [lived.get(number, float("inf")) for number in range(count)]


FLOODS: Final[dict[str, Flood]] = {
    function.__name__: function
    for function in (
        events_with_credit,
        events_to_nobody,
        many_events_to_nobody,
        events_without_credit,
        acknowledgements,
        answers_to_nothing,
        failures,
        other_epochs,
        pongs,
        upgrades_unread,
        connects_unread,
        bad_packets,
        large_messages,
        deflate_bombs,
        giant_frames,
        slow_readers,
        sockets_that_never_join,
        mounts_anew,
    )
}
"""Those that go on as long as they are let."""
