"""The tools themselves: a test that stands on a broken proxy proves nothing."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Final

import pytest

from tests.tools import forkserver
from tests.tools.leaks import Footprint
from tests.tools.programs import ENGINES, PREAMBLE, ProgramFailed
from tests.tools.proxy import Proxy
from tests.tools.raw import WebSocket, frame, get, mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.tools.fixtures import Server
    from tests.tools.programs import Engine


@pytest.fixture
def echo() -> Iterator[int]:
    """A server that sends back what it gets; yields its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    workers: list[threading.Thread] = []

    def work(sock: socket.socket) -> None:
        with sock, contextlib.suppress(OSError):
            while data := sock.recv(65536):
                sock.sendall(data)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = listener.accept()
                workers.append(threading.Thread(target=work, args=(sock,), daemon=True))
                workers[-1].start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    acceptor.join(2)
    for worker in workers:
        worker.join(2)


def connect(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=20)


def read(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (piece := sock.recv(size - len(data))):
        data += piece
    return data


def test_passes_and_counts(echo: int) -> None:
    with Proxy(echo) as proxy, connect(proxy) as sock:
        payload = b"x" * 1_000_000
        sender = threading.Thread(target=sock.sendall, args=(payload,))
        sender.start()
        assert read(sock, len(payload)) == payload
        sender.join()
        assert (proxy.connections, proxy.live, proxy.bytes_up, proxy.bytes_down) == (1, 1, 1_000_000, 1_000_000)


def test_drop_reset_refuse(echo: int) -> None:
    with Proxy(echo) as proxy:
        with connect(proxy) as sock:
            sock.sendall(b"a")
            assert read(sock, 1) == b"a"
            assert proxy.drop() == 1
            assert sock.recv(1) == b""
        with connect(proxy) as sock:
            sock.sendall(b"a")
            assert read(sock, 1) == b"a"
            proxy.reset()
            with pytest.raises(ConnectionResetError):
                sock.recv(1)
        proxy.refuse()
        with pytest.raises(ConnectionRefusedError):
            connect(proxy)
        proxy.accept()
        with connect(proxy) as sock:
            sock.sendall(b"a")
            assert read(sock, 1) == b"a"


def test_hold_delay_split_throttle(echo: int) -> None:
    with Proxy(echo) as proxy, connect(proxy) as sock:
        proxy.hold()
        sock.sendall(b"held")
        sock.settimeout(0.1)
        with pytest.raises(TimeoutError):
            sock.recv(1)
        proxy.release()
        sock.settimeout(20)
        assert read(sock, 4) == b"held"

        proxy.delay(50)
        begun = time.monotonic()
        sock.sendall(b"late")
        assert read(sock, 4) == b"late"
        assert time.monotonic() - begun >= 0.1
        proxy.delay(0)

        proxy.split(3)
        sock.sendall(b"0123456789")
        pieces = []
        while sum(map(len, pieces)) < 10:
            pieces.append(sock.recv(100))
        assert b"".join(pieces) == b"0123456789"
        assert max(map(len, pieces)) <= 6
        proxy.split(0)

        proxy.throttle(100_000)
        begun = time.monotonic()
        sock.sendall(b"x" * 30_000)
        assert len(read(sock, 30_000)) == 30_000
        assert time.monotonic() - begun >= 0.2


@pytest.mark.parametrize("offset", [0, 1, 7, 10])
def test_cuts_at_the_byte(echo: int, offset: int) -> None:
    with Proxy(echo) as proxy:
        cut = proxy.cut_at(offset, "down")
        with connect(proxy) as sock:
            with contextlib.suppress(OSError):
                sock.sendall(b"0123456789")
            try:
                assert read(sock, 100) == b"0123456789"[:offset]
            except ConnectionResetError:
                assert offset == 0
        assert cut.happened.wait(1)
        with connect(proxy) as sock:
            sock.sendall(b"again")
            assert read(sock, 5) == b"again"
            cut = proxy.cut_at(2, "down", connection="any")
            sock.sendall(b"again")
            assert read(sock, 5) == b"ag"
        assert cut.happened.wait(1)


def test_stop_leaves_nothing(echo: int) -> None:
    before = Footprint.now()
    proxy = Proxy(echo).start()
    sock = connect(proxy)
    assert Footprint.now().left_since(before, grace=0)
    proxy.stop()
    proxy.stop()
    assert sock.recv(1) == b""
    sock.close()
    assert not Footprint.now().left_since(before)


def test_footprint_sees_children() -> None:
    before = Footprint.now()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert Footprint.now().left_since(before, grace=0) == f"child process {child.pid}"


def test_program_runs_and_restarts(serve: Server) -> None:
    program = serve(
        """
        import os
        from http.server import BaseHTTPRequestHandler, HTTPServer
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = str(os.getpid()).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Set-Cookie", "a=b; Path=/")
                self.end_headers()
                self.wfile.write(body)
        print("here", flush=True)
        HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
        """,
        unchanged=True,
    )
    response = get(program.port)
    assert response.text == str(program.pid)
    assert response.cookie_after("c=d") == "c=d; a=b"
    assert "here" in program.out
    program.restart()
    assert get(program.port).text == str(program.pid) != response.text
    assert program.memory > 1_000_000
    assert program.descriptors > 3
    assert program.stop() == -15
    assert program.stop() is None


def test_program_that_fails_shows_why(serve: Callable[..., object]) -> None:
    with pytest.raises(ProgramFailed, match="oh no"):
        serve("raise SystemExit('oh no')", unchanged=True)


SAYS_WHAT_IT_IS: Final = """
import __main__, json, os, signal, socket, sys, threading
from http.server import BaseHTTPRequestHandler, HTTPServer
IT = {
    "main": [__name__, __file__, __spec__, vars(__main__) is globals(), sorted(n for n in globals() if n.startswith("_") and "warning" not in n)],
    "argv": sys.argv, "path": sys.path[0], "folder": os.getcwd(), "threads": threading.active_count(),
    "environment": {k: v for k, v in os.environ.items() if k not in ("PORT", "PYCOMMUNICATE_PORT")},
    "leads": os.getsid(0) == os.getpgrp() == os.getpid(), "input": sys.stdin.read(),
    "buffered": [sys.stdout.write_through, sys.stderr.write_through], "uses": "eventlet" in sys.modules,
    "signals": [str(signal.getsignal(one)) for one in sorted(signal.valid_signals()) if one < 32],
    "descriptors": len(os.listdir("/proc/self/fd")),
}
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/end":
            raise SystemExit(3)
        body = json.dumps(IT).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
if os.environ.get("RAISES"):
    1 / 0
HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


@pytest.mark.skipif(not forkserver.allowed(), reason="programs are forked on Linux")
@pytest.mark.parametrize("engine", ENGINES)
def test_a_forked_program_is_like_one_that_was_started(serve: Server, tmp_path: Path, engine: Engine) -> None:
    text = PREAMBLE[engine] + SAYS_WHAT_IT_IS
    forked = serve(SAYS_WHAT_IT_IS, engine=engine, folder=tmp_path)
    found = get(forked.port).text
    assert forked.stop() == -15
    started = serve(text, engine=engine, folder=tmp_path, unchanged=True)
    expected = json.loads(get(started.port).text)
    assert json.loads(found) == expected
    assert expected["uses"] == (engine == "eventlet")


@pytest.mark.skipif(not forkserver.allowed(), reason="programs are forked on Linux")
def test_a_forked_program_ends_like_one_that_was_started(serve: Server) -> None:
    program = serve(SAYS_WHAT_IT_IS)
    with contextlib.suppress(ConnectionError, ValueError, OSError):
        get(program.port, "/end")
    assert program.wait(10) == 3
    with pytest.raises(ProgramFailed, match=r"ended with 1\n(.|\n)*, in <module>\n *1 / 0\n(.|\n)*ZeroDivisionError"):
        serve(SAYS_WHAT_IT_IS, environment={"RAISES": "1"})


def test_frames() -> None:
    assert mask(b"", b"abcd") == b""
    assert mask(mask(b"hello", b"abcd"), b"abcd") == b"hello"
    assert frame(1, b"a", masked=False) == b"\x81\x01a"
    assert frame(1, b"a" * 126, masked=False)[:4] == b"\x81\x7e\x00\x7e"
    assert frame(2, b"", masked=False, final=False, reserved=4, length=70000) == b"\x42\x7f" + (70000).to_bytes(
        8, "big"
    )


def test_web_socket_refused(echo: int) -> None:
    with pytest.raises((ConnectionError, ValueError)):
        WebSocket(echo, timeout=1)
