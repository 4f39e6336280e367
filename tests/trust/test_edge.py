"""The HTTP edge: heads, bodies and answers of strangers, between `accept()` and the first check of a session. On both engines."""

from __future__ import annotations

import contextlib
import json
import resource
import socket
import time
from typing import TYPE_CHECKING

import pytest

from tests.tools.programs import ENGINES, HOST, Program
from tests.tools.raw import AT_ONCE, POLLING_PATH, get, request
from tests.tools.scripted import payload, visit
from tests.tools.waiting import eventually
from tests.trust.beside import ATTACKED, MEMORY, TEMPLATES, beside

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.tools.fixtures import Server

LIMITS = {"body_idle": 1.0, "body_rate": 20_000, "answer_idle": 1.0, "request_deadline": 2.0}
ROUTES = """
from flask import request, Response

@app.flask.route("/read", methods=["GET", "POST"])
def _read():
    return str(len(request.get_data()))

@app.flask.route("/unread", methods=["GET", "POST"])
def _unread():
    return "unread"

@app.flask.get("/next")
def _next():
    return "NEXT"

@app.flask.get("/download")
def _download():
    return "x" * 8_000_000

app.run()
"""
SOURCE = ATTACKED.replace("app.run()", ROUTES)
NEXT = f"GET /next HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"
POST = f"POST /read HTTP/1.1\r\nHost: {HOST}\r\n"


@pytest.fixture(scope="module", params=ENGINES)
def edge(request: pytest.FixtureRequest, serve_module: Server) -> Program:
    """A program with short deadlines and a few routes of its own."""
    return serve_module(SOURCE, engine=request.param, templates=TEMPLATES, environment={"LIMITS": json.dumps(LIMITS)})


@contextlib.contextmanager
def connected(program: Program, data: str | bytes = b"") -> Iterator[socket.socket]:
    """A connection on which this was sent."""
    with socket.create_connection((HOST, program.port), timeout=AT_ONCE) as sock:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            sock.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))
        yield sock


def until_closed(sock: socket.socket, timeout: float = AT_ONCE) -> bytes:
    """What comes until the server closes the connection."""
    sock.settimeout(timeout)
    held = b""
    with contextlib.suppress(ConnectionResetError):
        while data := sock.recv(65536):
            held += data
    return held


def answer(program: Program, data: str | bytes) -> bytes:
    with connected(program, data) as sock:
        return until_closed(sock)


def statuses(data: bytes) -> list[int]:
    return [int(part[:3]) for part in data.split(b"HTTP/1.1 ")[1:]]


# -- framing

REFUSED: dict[str, tuple[str, int]] = {
    "length and chunked": (f"{POST}Content-Length: {5 + len(NEXT)}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "chunked after a tab, and length": (f"{POST}Content-Length: 5\r\nTransfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n", 400),
    "chunked after a vertical tab": (f"{POST}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", 400),
    "another coding": (f"{POST}Transfer-Encoding: xchunked\r\n\r\n", 501),
    "chunked, identity": (f"{POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 501),
    "two codings": (f"{POST}Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "chunked in HTTP/1.0": (f"{POST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n".replace("1.1", "1.0"), 400),
    "two lengths": (f"{POST}Content-Length: 0\r\nContent-Length: {len(NEXT)}\r\n\r\n", 400),
    "a sign": (f"{POST}Content-Length: +0\r\n\r\n", 400),
    "an underscore": (f"{POST}Content-Length: 1_0\r\n\r\n0123456789", 400),
    "an empty length": (f"{POST}Content-Length:\r\n\r\n", 400),
    "a space before the colon": (f"{POST}Content-Length : 0\r\n\r\n", 400),
    "bare LF": (f"{POST}Content-Length: 0\n\n", 400),
    "a folded line": (f"{POST}X: y\r\n Content-Length: 0\r\n\r\n", 400),
    "NUL": (f"{POST}X: \0\r\n\r\n", 400),
    "no Host": ("GET /read HTTP/1.1\r\n\r\n", 400),
    "two Hosts": (f"{POST}Host: evil.example\r\n\r\n", 400),
    "HTTP/0.9": ("GET /read\r\n\r\n", 400),
    "HTTP/2": (f"GET /read HTTP/2.0\r\nHost: {HOST}\r\n\r\n", 505),
    "another host's URL": (f"GET http://evil.example/read HTTP/1.1\r\nHost: {HOST}\r\n\r\n", 400),
    "a chunk's sign": (f"{POST}Transfer-Encoding: chunked\r\n\r\n+0\r\n\r\n", 400),
    "a chunk's prefix": (f"{POST}Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n", 400),
    "a chunk's underscore": (f"{POST}Transfer-Encoding: chunked\r\n\r\n1_0\r\n{'a' * 16}\r\n0\r\n\r\n", 400),
    "bare LF in a chunk extension": (f"{POST}Transfer-Encoding: chunked\r\n\r\n5;\n\r\nhello\r\n0\r\n\r\n", 400),
    "bare LF after a chunk": (f"{POST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n", 400),
    "a long URL": (f"GET /{'a' * 9000} HTTP/1.1\r\nHost: {HOST}\r\n\r\n", 414),
    "a large head": (f"{POST}X: {'y' * 33_000}\r\n\r\n", 431),
    "many lines": (f"{POST}" + "X: y\r\n" * 101 + "\r\n", 431),
    "much white space": (f"GET /read HTTP/1.1\r\nHost: {HOST}\r\nAccept: a;{' ' * 20_000}\r\n\r\n", 400),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_be_read_in_two_ways_ends_the_connection(edge: Program, name: str) -> None:
    data, status = REFUSED[name]
    got = answer(edge, data + NEXT)
    assert statuses(got) == [status]
    assert b"NEXT" not in got
    assert "Traceback" not in edge.err


ACCEPTED: dict[str, str] = {
    "a length": f"{POST}Content-Length: 5\r\n\r\nhello",
    "chunked": f'{POST}Transfer-Encoding: Chunked\r\n\r\n2;a="b"\r\nhe\r\n3\r\nllo\r\n0\r\nX: y\r\n\r\n',
    "a URL of this host": f"{POST}Content-Length: 5\r\n\r\nhello".replace("/read", f"http://{HOST}/read"),
    "an underscore is another name": f"{POST}Content-Length: 5\r\nContent_Length: 9\r\n\r\nhello",
    "an empty line before": f"\r\n{POST}Content-Length: 5\r\n\r\nhello",
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_request_and_another_on_its_connection(edge: Program, name: str) -> None:
    got = answer(edge, ACCEPTED[name] + NEXT)
    assert statuses(got) == [200, 200]
    assert b"\r\n\r\n5HTTP/1.1 200" in got
    assert got.endswith(b"NEXT")


def test_whoever_asks_is_told_to_go_on(edge: Program) -> None:
    with connected(edge, f"{POST}Content-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n") as sock:
        assert sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"hello")
        assert until_closed(sock).endswith(b"\r\n\r\n5")


def test_a_head_that_is_as_large_as_it_may_be(edge: Program) -> None:
    head = f"GET /read HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\nX: "
    largest = head + "y" * (32 * 1024 - len(head) - 2) + "\r\n\r\n"
    assert statuses(answer(edge, largest)) == [200]
    assert statuses(answer(edge, largest.replace("X: ", "X: y"))) == [431]


# -- bodies that do not come

STALLED = {
    "a length, read": f"{POST}Content-Length: 50\r\n\r\nhello",
    "chunked, read": f"{POST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello",
    "chunked, in a size": f"{POST}Transfer-Encoding: chunked\r\n\r\n5",
    "chunked, before its end": f"{POST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
    "a length, unread": f"POST /unread HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 50\r\n\r\nhello",
    "a large length, unread": f"POST /unread HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 5000000\r\n\r\nhello",
    "chunked, unread": f"POST /unread HTTP/1.1\r\nHost: {HOST}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello",
    "GET with a length": f"GET /read HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 50\r\n\r\n",
    "of a page": f"GET /page/x HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 50\r\n\r\n",
    "of a file": f"GET /static/none HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 50\r\n\r\n",
    "of a ticket": f"POST /__pycommunicate/ticket HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 50\r\n\r\n",
    "of a chunked ticket": f"POST /__pycommunicate/ticket HTTP/1.1\r\nHost: {HOST}\r\nTransfer-Encoding: chunked\r\n\r\n",
    "of a poll": f"POST {POLLING_PATH}&sid=x HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 50\r\n\r\n4",
    "of an upgrade": f"POST /read HTTP/1.1\r\nHost: {HOST}\r\nConnection: Upgrade\r\nUpgrade: x\r\nContent-Length: 50\r\n\r\n4",
    "a head": f"GET /read HTTP/1.1\r\nHost: {HOST}\r\n",
    "a request line": "GET /re",
    "nothing": "",
    "nothing after a request": f"GET /read HTTP/1.1\r\nHost: {HOST}\r\n\r\n",
}  # fmt: skip


def test_what_never_comes_is_not_waited_for(edge: Program) -> None:
    """All at once, so that the test takes as long as one."""
    with beside(edge), contextlib.ExitStack() as stack:
        socks = {name: stack.enter_context(connected(edge, data)) for name, data in STALLED.items()}
        for name, sock in socks.items():
            got = until_closed(sock)
            assert got or name in ("nothing", "a request line"), name


def test_a_byte_now_and_then_is_not_enough(edge: Program) -> None:
    with beside(edge), connected(edge, f"{POST}Content-Length: 5000000\r\n\r\n") as sock:
        begun = time.monotonic()
        with contextlib.suppress(OSError):
            while time.monotonic() < begun + 3 * AT_ONCE:
                sock.sendall(b"x")
                time.sleep(0.05)
        assert time.monotonic() - begun < 2 * AT_ONCE


def test_a_slow_upload_that_goes_on_is_taken(edge: Program) -> None:
    """For longer than the idle time, twice, at a rate above the least."""
    with connected(edge, f"{POST}Content-Length: 200000\r\nConnection: close\r\n\r\n") as sock:
        for _ in range(40):
            sock.sendall(b"x" * 5000)
            time.sleep(0.08)
        assert until_closed(sock).endswith(b"\r\n\r\n200000")


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_refused_upload_is_told_so(edge: Program, framing: str) -> None:
    """Whoever still sends reads the answer, and not of a reset."""
    head = f"POST /unread HTTP/1.1\r\nHost: {HOST}\r\n"
    data = (
        f"{head}Content-Length: 200000\r\n\r\n"
        if framing == "length"
        else f"{head}Transfer-Encoding: chunked\r\n\r\n30d40\r\n"
    )
    got = answer(edge, data.encode() + b"x" * 200_000)
    assert statuses(got) == [200]
    assert got.endswith(b"unread")


def test_many_uploads_that_stall_leave_room_for_others(serve: Server) -> None:
    """More than there are descriptors."""
    for engine in ENGINES:
        program = serve(
            "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))\n" + SOURCE,
            engine=engine,
            templates=TEMPLATES,
            environment={"LIMITS": json.dumps(LIMITS)},
        )
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 700
        with contextlib.ExitStack() as stack:
            for _ in range(300):
                stack.enter_context(connected(program, f"{POST}Content-Length: 50\r\n\r\nhello"))
            assert get(program.port, "/next").text == "NEXT"
            with visit(program, "honest") as page:
                page.click("#add", payload(1))
                page.until(lambda page=page: page.texts("#count") == ["1"])
                page.leave()
        eventually(lambda program=program: program.descriptors < 50)
        program.kill()


# -- our own doors


@pytest.mark.alone
def test_a_ticket_is_bounded_however_it_is_framed(edge: Program) -> None:
    piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    head = f"POST /__pycommunicate/ticket HTTP/1.1\r\nHost: {HOST}\r\n"
    with beside(edge) as honest:
        before = edge.memory
        with connected(edge, f"{head}Transfer-Encoding: chunked\r\n\r\n") as sock:
            sock.settimeout(AT_ONCE)
            with contextlib.suppress(OSError):
                for _ in range(50 * 16):  # 50 MiB
                    sock.sendall(piece)
        assert edge.memory - before < MEMORY
        assert statuses(answer(edge, f"{head}Content-Length: 50000000\r\n\r\n")) == [404]
        # None is read, not even a small one: a door says how long it is.
        assert statuses(
            answer(edge, f"{head}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
        ) == [404]
        honest.click()


@pytest.mark.parametrize("path", ["/__pycommunicate/ticket", f"{POLLING_PATH}&sid=x"])
def test_nothing_is_unpacked(edge: Program, path: str) -> None:
    sent = request(edge.port, path, method="POST", body=b"4" * 50, headers={"Content-Encoding": "gzip"})
    assert sent.status == 415


def test_a_websocket_has_no_body(edge: Program) -> None:
    head = (
        f"GET /__pycommunicate/socket/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    )
    for body in ("Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"):
        assert statuses(answer(edge, head + body)) == [400]


# -- answers that are not read


def test_who_reads_no_answer_is_not_waited_for(edge: Program) -> None:
    """Pipelined requests, whose answers fill all buffers."""
    with beside(edge), connected(edge, f"GET /download HTTP/1.1\r\nHost: {HOST}\r\n\r\n" * 20) as sock:
        eventually(lambda: _is_gone(sock), what="the connection is held")


def test_who_reads_slowly_gets_all(edge: Program) -> None:
    """For longer than `answer_idle`."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        sock.settimeout(AT_ONCE)
        sock.connect((HOST, edge.port))
        sock.sendall(f"GET /download HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
        got, begun = 0, time.monotonic()
        while data := sock.recv(64 * 1024):
            got += len(data)
            time.sleep(0.03)
        assert got > 8_000_000
        assert time.monotonic() - begun > 2 * LIMITS["answer_idle"]


def _is_gone(sock: socket.socket) -> bool:
    try:
        return sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0 or sock.send(b"\r\n", socket.MSG_DONTWAIT) == 0
    except BlockingIOError:
        return False
    except OSError:
        return True


# -- what a page keeps


@pytest.mark.alone
def test_a_cookie_that_is_all_backslashes(edge: Program) -> None:
    cookie = 'a="' + "\\" * 32_000 + '"'
    with beside(edge) as honest:
        begun = time.monotonic()
        for _ in range(3):
            assert get(edge.port, "/page/x", cookie=cookie).status == 200
        honest.click()
        assert time.monotonic() - begun < AT_ONCE


@pytest.mark.alone
def test_a_page_keeps_few_bytes_of_its_head(edge: Program) -> None:
    large = {f"X-Header-{number}": "y" * 4500 for number in range(7)}
    get(edge.port, "/page/x", headers=large)
    before = edge.memory
    for _ in range(700):
        assert get(edge.port, "/page/x", headers=large).status == 200
    assert edge.memory - before < MEMORY
