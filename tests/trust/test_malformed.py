"""Malformed input ends its own connection within a second, quietly, and harms nobody else."""

from __future__ import annotations

import contextlib
import itertools
import json
import time
from typing import TYPE_CHECKING

import pytest

from tests.tools.raw import (
    BINARY,
    CLOSE,
    CONTINUATION,
    NAMESPACE,
    PING,
    TEXT,
    Channel,
    Closed,
    WebSocket,
    carrying,
    frame,
)
from tests.tools.scripted import SOURCE, TEMPLATES, handled, payload, visit
from tests.tools.simulated import EXISTS
from tests.tools.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.tools.programs import Program
    from tests.tools.simulated import Page

_keys = itertools.count(1)
EVENT = "42" + NAMESPACE + ","


@pytest.fixture
def honest(program: Program) -> Iterator[Page]:
    """Somebody else's page; at the end it still works and was told nothing."""
    key = f"honest{next(_keys)}"
    pid = program.pid
    with visit(program, key) as page:
        yield page
        page.click("#add", payload(1))
        page.until(lambda: page.texts("#count") == ["1"])
        assert handled(program, key) == [1]
        assert page.wrong == []
        assert page.remounts == []
        page.leave()
    assert program.alive
    assert program.pid == pid


PACKETS = {
    "empty": "",
    "letter": "x",
    "unknown engine packet": "9",
    "unknown socket packet": "49" + NAMESPACE + ",[]",
    "no JSON": EVENT + "[",
    "no list": EVENT + '{"a":1}',
    "number": EVENT + "5",
    "empty list": EVENT + "[]",
    "no name": EVENT + "[5]",
    "unknown name": EVENT + '["nothing",1]',
    "of hot reload, without it": EVENT + '["visible",EPOCH,0]',
    "of hot reload, in another epoch": EVENT + '["visible","other",0]',
    "reserved connect": EVENT + '["connect",{},{}]',
    "reserved disconnect": EVENT + '["disconnect"]',
    "reserved error": EVENT + '["connect_error",1]',
    "too few": EVENT + '["event"]',
    "too many": EVENT + '["ack","e",1,[],1]',
    "NaN": EVENT + '["ack",EPOCH,NaN,[]]',
    "Infinity": EVENT + '["ack",EPOCH,Infinity,[]]',
    "negative": EVENT + '["ack",EPOCH,-1,[]]',
    "fraction": EVENT + '["ack",EPOCH,1.5,[]]',
    "boolean": EVENT + '["ack",EPOCH,true,[]]',
    "text": EVENT + '["ack",EPOCH,"1",[]]',
    "huge number": EVENT + '["ack",EPOCH,' + "9" * 5000 + ",[]]",
    "applied from the future": EVENT + '["ack",EPOCH,1000000,[]]',
    "gap": EVENT + '["event",EPOCH,50,0,1,null]',
    "no credit": EVENT + '["event",EPOCH,1000000,0,1,null]',
    "no events": EVENT + '["events",EPOCH,1,0,[]]',
    "events that are none": EVENT + '["events",EPOCH,1,0,[7]]',
    "an event with too much": EVENT + '["events",EPOCH,1,0,[[7,{},1,2]]]',
    "an event with no object": EVENT + '["events",EPOCH,1,0,[[7,null]]]',
    "events after a gap": EVENT + '["events",EPOCH,50,0,[[7],[7]]]',
    "more events than there is ever room for": EVENT + '["events",EPOCH,1,0,[' + "[99]," * 256 + "[99]]]",
    "payload of the wrong type": EVENT + '["event",EPOCH,1,0,1,{"key":5}]',
    "payload no object": EVENT + '["event",EPOCH,1,0,1,[]]',
    "deep": EVENT + '["answer",EPOCH,0,1,0,' + "[" * 1000 + "]" * 1000 + "]",
    "very deep": EVENT + '["answer",EPOCH,0,1,0,' + "[" * 30000 + "]" * 30000 + "]",
    "binary event": "451-" + NAMESPACE + ',["event",{"_placeholder":true,"num":0}]',
    "binary ack": "461-" + NAMESPACE + ",1[]",
    "event with an id": "42" + NAMESPACE + ',7["ack",EPOCH,0,[]]',
    "acknowledgement": "43" + NAMESPACE + ",7[]",
    "connect error": "44" + NAMESPACE + ",{}",
    "server's own open": '0{"sid":"x"}',
    "another namespace": '42/other,["x"]',
    "namespace of nobody": "40/other,",
    "default namespace": '42["x",1]',
    "connect default": "40",
    "connect twice": "40" + NAMESPACE + ",{}",
    "base64": "bAAAA",
    "noise": "42" + NAMESPACE + "," + "\x00\x01\x02",
    "surrogates": EVENT + '["ack","\\ud800",0,[]]',
}


@pytest.mark.parametrize("name", PACKETS)
def test_a_malformed_packet_ends_its_connection(program: Program, honest: Page, name: str) -> None:
    with visit(program, "hostile") as page:
        assert page.channel is not None
        before = program.err.count("\n")
        page.channel.send_packet(PACKETS[name].replace("EPOCH", json.dumps(page.epoch)))
        if name in HARMLESS:
            page.click("#add", payload(1))
            with contextlib.suppress(Closed):
                page.until(lambda: page.texts("#count") == ["1"])
            return
        page.channel.web_socket.wait_closed()
        assert program.err.count("\n") - before <= 3, "at most a line for each bad packet"
    assert "Traceback" not in program.err


# An epoch that is not ours is dropped and counted, not punished; so is what Socket.IO itself answers or ignores.
HARMLESS = {"surrogates", "connect twice", "connect default", "namespace of nobody"}


FRAMES: dict[str, Callable[[WebSocket], None]] = {
    "invalid UTF-8": lambda ws: ws.send_frame(TEXT, b"\xff\xfe\xfd"),
    "unmasked": lambda ws: ws.send_frame(TEXT, b"2", masked=False),
    "reserved bits": lambda ws: ws.send_frame(TEXT, b"2", reserved=3),
    "unknown opcode": lambda ws: ws.send_frame(5, b"2"),
    "binary": lambda ws: ws.send_frame(BINARY, b"\x04\x00\x01"),
    "continuation of nothing": lambda ws: ws.send_frame(CONTINUATION, b"x"),
    "long ping": lambda ws: ws.send_frame(PING, b"x" * 200),
    "fragmented ping": lambda ws: ws.send_frame(PING, b"x", final=False),
    "close with a bad code": lambda ws: ws.send_frame(CLOSE, b"\x00\x01"),
    "close with one byte": lambda ws: ws.send_frame(CLOSE, b"x"),
    "close": lambda ws: ws.send_frame(CLOSE, b"\x03\xe8"),
    "HTTP": lambda ws: ws.send_bytes(b"GET /page/x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"),
    "past the limit": lambda ws: ws.send_frame(TEXT, b"4" + b"x" * (64 * 1024)),
    "claims 16 MB": lambda ws: ws.send_frame(TEXT, b"x" * 1000, length=16 * 2**20),
    "claims 2**63": lambda ws: ws.send_frame(TEXT, b"x" * 1000, length=2**63 - 1),
    "fragments past the limit": lambda ws: [
        ws.send_frame(TEXT if not n else CONTINUATION, b"x" * 10_000, final=False) for n in range(8)
    ] and None,
}  # fmt: skip


@pytest.mark.parametrize("name", FRAMES)
def test_a_malformed_frame_ends_its_connection(program: Program, honest: Page, name: str) -> None:
    with visit(program, "hostile-frames") as page:
        assert page.channel is not None
        web_socket = page.channel.web_socket
        try:
            FRAMES[name](web_socket)
        except Closed:
            return
        web_socket.wait_closed()
    assert "Traceback" not in program.err


HANDSHAKES = {
    "no base64": {"Sec-WebSocket-Protocol": "pycommunicate.first, not/base64"},
    "half of a byte": {"Sec-WebSocket-Protocol": "pycommunicate.first, abcde"},
    "not even ASCII": {"Sec-WebSocket-Protocol": "pycommunicate.first, \xff\xfe"},
    "nothing": {"Sec-WebSocket-Protocol": "pycommunicate.first"},
    "no UTF-8": carrying(b"4\xff\xfe"),
    "no packet": carrying(b"x"),
    "no JSON": carrying(b"40" + NAMESPACE.encode() + b",["),
    "no join": carrying(b"40" + NAMESPACE.encode() + b",[]"),
    "deep": carrying(b"40" + NAMESPACE.encode() + b"," + b"[" * 20_000),
}


@pytest.mark.parametrize("name", HANDSHAKES)
def test_a_malformed_handshake_ends_its_connection(program: Program, honest: Page, name: str) -> None:
    with contextlib.suppress(Closed), WebSocket(program.port, headers=HANDSHAKES[name]) as web_socket:
        web_socket.wait_closed()
    assert "Traceback" not in program.err


def test_a_handshake_is_held_to_the_limits_of_messages(serve: Callable[..., Program]) -> None:
    program = serve(SOURCE, templates=TEMPLATES, environment={"LIMITS": '{"join_socket": 1, "inbound_message": 32768}'})
    with visit(program, "honest") as page:
        for large_or_no_join in (b"40" + b"x" * 40_000, EVENT.encode() + b'["event","e",1,0,1,null]'):
            with contextlib.suppress(Closed), WebSocket(program.port, headers=carrying(large_or_no_join)) as web_socket:
                web_socket.wait_closed()
        page.click("#add", payload(1))
        page.until(lambda: page.texts("#count") == ["1"])
        page.leave()
    assert "Traceback" not in program.err


def test_another_subprotocol_is_nothing_of_ours(program: Program) -> None:
    with WebSocket(program.port, headers={"Sec-WebSocket-Protocol": "chat, superchat"}) as web_socket:
        assert web_socket.response.header("Sec-WebSocket-Protocol") is None
        assert web_socket.receive_text().startswith("0{")


def test_bytes_after_a_close_are_not_served_as_http(program: Program, honest: Page) -> None:
    with visit(program, "after-close") as page:
        assert page.channel is not None
        web_socket = page.channel.web_socket
        end = frame(CLOSE, b"\x03\xe8")
        with contextlib.suppress(Closed):
            web_socket.send_bytes(end + b"GET /census HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            time.sleep(0.2)
            web_socket.send_bytes(b"GET /census HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        rest = b""
        with contextlib.suppress(OSError):
            web_socket.sock.settimeout(1)
            while data := web_socket.sock.recv(65536):
                rest += data
        assert b"HTTP/1.1" not in rest


def test_the_largest_message_is_accepted(program: Program) -> None:
    with visit(program, "largest") as page:
        message = json.dumps(
            ["event", page.epoch, 1, page.applied, page.listener("#add"), payload("")], separators=(",", ":")
        )
        room = 64 * 1024 - len(EVENT) - len(message)
        page.click("#add", payload("x" * room))
        page.until(lambda: page.texts("#count") == ["x" * room])
        page.leave()


def test_a_deflate_bomb(program: Program, honest: Page) -> None:
    import zlib

    page = visit(program, "bomb", headers={"Sec-WebSocket-Extensions": "permessage-deflate"})
    assert page.channel is not None
    before = program.memory
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = compressor.compress(b"x" * 60_000_000) + compressor.flush(zlib.Z_SYNC_FLUSH)
    with contextlib.suppress(Closed):
        page.channel.web_socket.send_frame(TEXT, bomb[:-4], reserved=4)
    page.channel.web_socket.wait_closed()
    page.cut()
    assert program.memory - before < 16 * 2**20


def test_a_socket_that_never_joins(serve: Callable[..., Program]) -> None:
    program = serve(SOURCE, templates=TEMPLATES, environment={"LIMITS": '{"join_socket": 0.5}'})
    with Channel(program.port) as channel:
        assert channel.web_socket.wait_closed() > 0.2


def test_reads_that_are_never_answered(serve: Callable[..., Program]) -> None:
    from tests.tools.scripted import census

    program = serve(SOURCE, templates=TEMPLATES, environment={"LIMITS": '{"read_deadline": 0.6}'})
    with visit(program, "mute") as page:
        page.settle(0.05)
        before = census(program)
        page.answer = lambda operation: (-1, None)
        for number in range(20):
            page.click("#ask", payload(number))
        page.until(lambda: sum(operation[0] == EXISTS for _, operation in page.operations) == 20)
        eventually(lambda: "BrowserTimeout" in program.err)
        page.answer = page.usual_answer
        page.click("#ask", payload("last"))
        page.until(lambda: page.texts("#count") == ["last True"])
        eventually(lambda: census(program).get("Greenlet", 0) <= before.get("Greenlet", 0) + 1)
        page.leave()
