"""What was measured in the defaults of the stack underneath, and is not so here."""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING

import pytest

from tests.tools.programs import ENGINES
from tests.tools.raw import CLOSE, NAMESPACE, SOCKET_PATH, TEXT, Channel, Closed, WebSocket, frame, get
from tests.tools.scripted import payload, visit
from tests.tools.simulated import Page
from tests.tools.waiting import eventually
from tests.trust.beside import ATTACKED, TEMPLATES, beside, message, packets, state

if TYPE_CHECKING:
    from tests.tools.fixtures import Server
    from tests.tools.programs import Engine, Program


@pytest.fixture(scope="module", params=ENGINES)
def program(request: pytest.FixtureRequest, serve_module: Server) -> Program:
    """The program, on each engine."""
    return serve_module(ATTACKED, engine=request.param, templates=TEMPLATES, environment={"LIMITS": '{"grace": 1}'})


def test_default_one_giant_frame_is_not_taken_in(program: Program) -> None:
    """64 MB in one frame peaked at +125 MB before the stack looked at its size. Here its announcement ends it."""
    with beside(program, bad=1) as honest, visit(program, "giant") as page:
        before = program.memory
        assert page.channel is not None
        web_socket = page.channel.web_socket
        sent = 0
        with contextlib.suppress(Closed, OSError):
            web_socket.send_bytes(frame(TEXT, b"4", length=64 * 2**20)[:-1])
            for _ in range(1024):
                web_socket.send_bytes(b"x" * 65_536)
                sent += 65_536
        honest.click()
        assert sent < 16 * 2**20, "it is not read to its end"
        assert program.memory - before < 2 * 2**20


def test_default_the_tail_of_an_oversized_frame_is_not_logged(program: Program) -> None:
    """What comes after is neither served as HTTP nor written to the log."""
    with beside(program, bad=1), visit(program, "tail") as page:
        said = len(program.err)
        assert page.channel is not None
        web_socket = page.channel.web_socket
        with contextlib.suppress(Closed, OSError):
            web_socket.send_bytes(frame(TEXT, b"4" + b"x" * 70_000) + b"GET /secret-tail HTTP/1.1\r\n\r\n" * 10)
            time.sleep(0.1)
            web_socket.send_bytes(b"secret-tail\r\n" * 10)
        time.sleep(0.2)
        assert "secret-tail" not in program.err[said:]
        assert "xxxx" not in program.err[said:]


def test_default_bytes_after_a_close_are_no_request(program: Program) -> None:
    """The close and a request in one segment."""
    with beside(program), visit(program, "after") as page:
        assert page.channel is not None
        web_socket = page.channel.web_socket
        with contextlib.suppress(Closed, OSError):
            web_socket.send_bytes(
                frame(CLOSE, b"\x03\xe8")
                + b"GET /page/smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n"
            )
        rest = b""
        web_socket.sock.settimeout(2)
        with contextlib.suppress(OSError):
            while data := web_socket.sock.recv(65536):
                rest += data
        assert b"HTTP/1.1" not in rest
        assert b"smuggled" not in rest


@pytest.mark.parametrize("installed", [False, True])
def test_default_gevent_websocket_changes_nothing(serve: Server, installed: bool) -> None:
    """Where that package can be imported, the stack would use it, and a 16 MB frame would freeze everybody for seconds."""
    files = {"../geventwebsocket/__init__.py": "", "../geventwebsocket/handler.py": "class WebSocketHandler: pass"}
    program = serve(ATTACKED, templates={**TEMPLATES, **(files if installed else {})})
    with beside(program, bad=1) as honest, visit(program, "package") as page:
        assert page.channel is not None
        with contextlib.suppress(Closed, OSError):
            for _ in range(256):
                page.channel.web_socket.send_frame(TEXT, b"x" * 65_000, length=16 * 2**20)
        assert honest.click() < 2


@pytest.mark.parametrize(
    "packet",
    ['["disconnect"]', '["disconnect","x"]', '["connect",{},{"version":3}]', '["connect",{"REMOTE_ADDR":"x"},{}]'],
)
def test_default_reserved_events_run_no_handler(program: Program, packet: str) -> None:
    """`42["disconnect"]` would run the disconnect handler, `42["connect",…]` the connect handler: the page would be lost, or joined by force."""
    with beside(program, bad=1), visit(program, "reserved") as page:
        assert page.channel is not None
        before = state(program)["pages"]
        page.channel.send_packet(f"42{NAMESPACE},{packet}")
        page.channel.web_socket.wait_closed()
        assert state(program)["pages"] == before
        page.connect()
        assert page.resumes == 1, "the page itself is as it was"
        page.leave()


def test_default_a_malformed_frame_ends_the_page_connection_at_once(program: Program) -> None:
    """The stack's exception would escape, and disconnect would come 60 s later."""
    bad = ("x", "", "4", "45", "b")
    with beside(program, bad=len(bad)):
        for number, packet in enumerate(bad):
            with visit(program, f"escape{number}") as page:
                assert page.channel is not None
                page.channel.send_packet(packet)
                page.channel.web_socket.wait_closed()
        # They are lost at once: their grace time has begun.
        eventually(lambda: state(program)["pages"] == 1)


def test_default_a_slow_reader_is_bounded(serve: Server) -> None:
    """It was 300 MB while the queue reported nothing: what is not acknowledged is counted by ourselves, whatever sockets have taken."""
    program = serve(
        ATTACKED, templates=TEMPLATES, environment={"LIMITS": '{"unacknowledged_bytes": 1000000, "grace": 1}'}
    )
    with beside(program) as honest, visit(program, "unread", receive_buffer=4096) as page:
        before = program.memory
        page.fire(page.listener("#much", "change"), payload([300, 1_000_000]))
        honest.work(1)
        assert program.memory - before < 8 * 2**20
        page.cut(reset=True)
        eventually(lambda: state(program)["pages"] == 1)


def test_default_events_in_flight_are_bounded(program: Program) -> None:
    """20,000 events in flight were 20,000 greenlets and 327 MiB. Here it ends with the first that there is no room for."""
    with beside(program, bad=1), visit(program, "flight") as page:
        before, greenlets = program.memory, state(program)["greenlets"]
        assert page.channel is not None
        slow = page.listener("#slow")
        data = packets([message("event", page.epoch, number, 0, slow, payload(0.3)) for number in range(1, 20_001)])
        with contextlib.suppress(Closed, OSError):
            page.channel.web_socket.send_bytes(data)
        assert state(program)["greenlets"] <= greenlets + 32 + 2
        assert program.memory - before < 8 * 2**20
        time.sleep(0.3)  # the handlers that had begun


def test_default_a_socket_that_never_joins(serve: Server) -> None:
    """It lived 75 s and more. The default is told by `test_limits.test_limit_join_socket`; here, in every way of not joining."""
    program = serve(ATTACKED, templates=TEMPLATES, environment={"LIMITS": '{"join_socket": 0.5}'})
    with beside(program, bad=3):
        silent = WebSocket(program.port, SOCKET_PATH)
        pinging = Channel(program.port)
        try:
            for _ in range(8):
                with contextlib.suppress(Closed):
                    pinging.send_packet("3")
                time.sleep(0.1)
            silent.wait_closed()
            pinging.web_socket.wait_closed()
        finally:
            silent.close()
            pinging.close()


def test_default_rebinding_is_refused(program: Program) -> None:
    """Origin = Host = evil.example: DNS rebinding."""
    with beside(program, bad=3):
        evil = {"Host": "evil.example", "Origin": "http://evil.example"}
        page = Page(program.port, "/page/rebound")
        page.options = {"headers": evil}
        with pytest.raises(Closed):
            page.connect()
        assert get(program.port, "/page/rebound", headers={"Host": "evil.example"}).status == 400
        for name in ("localhost", "127.0.0.1", f"localhost:{program.port}", "[::1]"):
            assert get(program.port, "/page/rebound", headers={"Host": name}).status == 200


@pytest.mark.parametrize("engine", ENGINES)
def test_default_allowed_hosts_are_configured(serve: Server, engine: Engine) -> None:
    source = ATTACKED.replace(
        'host="127.0.0.1", ', 'host="127.0.0.1", allowed_hosts=["shop.example", ".all.example"], '
    )
    program = serve(source, engine=engine, templates=TEMPLATES)
    for name, status in {"shop.example": 200, "SHOP.example:80": 200, "a.all.example": 200, "evilshop.example": 400, "shop.example.evil": 400, "evilall.example": 400}.items():  # fmt: skip
        assert get(program.port, "/page/host", headers={"Host": name}).status == status, name
    assert json.loads(get(program.port, "/torn").body) == []
