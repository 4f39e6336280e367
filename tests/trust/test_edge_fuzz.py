"""Heads and bodies of all kinds, made by hypothesis: each is answered or closed within its deadline, costs no memory, and nobody else notices."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections import Counter
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.tools.programs import ENGINES, HOST
from tests.tools.raw import AT_ONCE, POLLING_PATH
from tests.tools.waiting import PATIENCE
from tests.trust.beside import ATTACKED, CALM, TEMPLATES, Meanwhile, assert_calm, beside, p99

if TYPE_CHECKING:
    import threading

    from tests.tools.fixtures import Server
    from tests.tools.programs import Engine, Program

INPUTS: Final = 200
"""For each engine."""
AT_A_TIME: Final = 70
LIMITS: Final = {"request_deadline": 1.0, "body_idle": 1.0, "answer_idle": 1.0}
ROUTE: Final = """
from flask import request

@app.flask.route("/read", methods=["GET", "POST", "PUT"])
def _read():
    return f"{len(request.get_data())} {len(request.cookies)} {len(request.form)} {request.accept_mimetypes.best}"

app.run()
"""

_paths = st.sampled_from(
    ["/", *["/read"] * 8, *["/page/x"] * 4, "/static/x.css", "/__pycommunicate/ticket", "/__pycommunicate/client-0.js", "/__pycommunicate/build", POLLING_PATH,
     f"{POLLING_PATH}&sid=x", "/__pycommunicate/socket/?EIO=4&transport=websocket", "*", "http://127.0.0.1/", "/" + "%2e" * 50, "/?" + "a=b&" * 500]
)  # fmt: skip
_long = st.sampled_from(
    ["a", " ", "\\", '"', ";", ",", "=", "a=b; ", "a,", "W/", "é", "\t", "%", "a;q=0.1,", "0-1,"]
).flatmap(lambda piece: st.integers(0, 40_000).map(lambda size: piece * (size // len(piece))))
_methods = st.sampled_from(["GET", "POST", "POST", "HEAD", "PUT", "OPTIONS"])
_values = st.one_of(st.text(st.characters(max_codepoint=255), max_size=30), _long)
_names = st.sampled_from(
    ["Cookie", "Accept", "Accept-Language", "Accept-Encoding", "If-None-Match", "If-Modified-Since", "Range", "Content-Type", "Content-Length",
     "Transfer-Encoding", "Connection", "Upgrade", "Expect", "Host", "Origin", "Content-Encoding", "Sec-WebSocket-Protocol", "X-Forwarded-For", "X"]
)  # fmt: skip
_known = st.sampled_from(
    ["Content-Length: 5", "Content-Length: 70000", "Transfer-Encoding: chunked", "Connection: close", "Connection: Upgrade", "Upgrade: websocket",
     "Expect: 100-continue", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "Content-Type: application/x-www-form-urlencoded",
     "Content-Type: multipart/form-data; boundary=x"]
)  # fmt: skip
_fine = st.one_of(
    _known,
    st.tuples(_names, st.one_of(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30), _long)).map(
        ": ".join
    ),
)
_lines = st.one_of(
    _fine, st.tuples(_names, _values).map(": ".join), st.text(st.characters(max_codepoint=255), max_size=20)
)
_ends = st.sampled_from(["\r\n"] * 10 + ["\n", "\r", "\r\n ", "\0\r\n"])
_bodies = st.one_of(
    st.just(""),
    st.lists(st.sampled_from(["5\r\n", "hello", "\r\n", "0\r\n\r\n", "ffff\r\n", ";x", "\n", "x" * 70_000, "--x\r\n", "a=b&" * 5000]), max_size=12).map("".join),
    st.text(st.characters(max_codepoint=255), max_size=100),
)  # fmt: skip


@st.composite
def inputs(draw: st.DrawFn) -> bytes:
    """A request whose head is mostly in order, or a little or very wrong, perhaps with something behind it."""
    if draw(st.integers(0, 3)):
        once = draw(st.lists(_fine, max_size=6, unique_by=lambda line: line.partition(":")[0]))
        lines = [
            f"{draw(_methods)} {draw(_paths)} HTTP/1.1",
            f"Host: {HOST}",
            *(line for line in once if line[:4] != "Host"),
        ]
        head = "\r\n".join(lines) + "\r\n"
    else:
        version = draw(st.sampled_from(["1.1", "1.1", "1.0", "0.9", "x"]))
        lines = [
            f"{draw(st.one_of(_methods, st.sampled_from(['G T', ''])))} {draw(_paths)} HTTP/{version}",
            f"Host: {HOST}",
            *draw(st.lists(_lines, max_size=8)),
        ]
        head = "".join(line + draw(_ends) for line in lines)
    return (head + "\r\n" + draw(_bodies)).encode("latin-1") * draw(st.sampled_from([1, 1, 1, 2, 30]))


@pytest.fixture(scope="module")
def made() -> list[tuple[bytes, bool]]:
    """The inputs, and whether the client says that nothing follows. Made beforehand: making them would hold up the honest page's own clock."""
    found: list[tuple[bytes, bool]] = []

    @seed(1)
    @settings(
        max_examples=INPUTS,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(inputs(), st.booleans())
    def make(data: bytes, ends: bool) -> None:
        found.append((data, ends))

    make()
    return found


@pytest.mark.alone
@pytest.mark.parametrize("engine", ENGINES)
def test_every_input_is_answered_or_closed(serve: Server, engine: Engine, made: list[tuple[bytes, bool]]) -> None:
    source = ATTACKED.replace("app.run()", ROUTE)
    program = serve(source, engine=engine, templates=TEMPLATES, environment={"LIMITS": json.dumps(LIMITS)})
    outcomes: Counter[str] = Counter()

    def attack(stop: threading.Event) -> None:
        held: list[tuple[bytes, socket.socket]] = []
        try:
            for data, ends in made:
                held.append((data, sent(program, data, ends=ends)))
                if len(held) > AT_A_TIME:
                    outcomes[outcome(program, *held.pop(0))] += 1
                if stop.is_set():
                    return
            while held:
                outcomes[outcome(program, *held.pop(0))] += 1
        finally:
            for _, sock in held:
                sock.close()

    with beside(program) as honest:
        quiet = p99(honest.work(1))
        honest.took.clear()
        with Meanwhile(attack):
            until = time.monotonic() + 2 * PATIENCE
            while outcomes.total() < len(made) and time.monotonic() < until:
                honest.work(0.2, every=0.002)
        assert outcomes.total() == len(made), outcomes
        assert_calm(honest.took, max(CALM, 4 * quiet))  # on a machine that is busy, it is so without the attack
    # All the way down, and not only the first check.
    assert {"200", "400", "404", "431"} <= set(outcomes), outcomes


def sent(program: Program, data: bytes, *, ends: bool) -> socket.socket:
    """A connection on which as much of this was sent as the server takes."""
    sock = socket.create_connection((HOST, program.port), timeout=AT_ONCE)
    sock.settimeout(0.1)
    with contextlib.suppress(OSError):
        sock.sendall(data)
        if ends:
            sock.shutdown(socket.SHUT_WR)
    return sock


def outcome(program: Program, data: bytes, sock: socket.socket) -> str:
    """The status of the first answer, when the server has closed the connection. It fails if that takes longer than the deadlines."""
    got = b""
    with sock:
        sock.settimeout(2 * AT_ONCE)
        try:
            while piece := sock.recv(65536):
                got = got or piece
        except ConnectionResetError:
            pass
        except TimeoutError:
            message = f"held: {data[:2000]!r}\n{program.err[-2000:]}"
            raise AssertionError(message) from None
    return got[9:12].decode("latin-1")
