"""Request bodies, read from memory: framed as their heads say, or refused."""

from __future__ import annotations

import io
from contextlib import nullcontext
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pycommunicate.protocol.limits import Limits
from pycommunicate.server.edge.body import Body, BodyError
from pycommunicate.server.edge.head import parse_head

if TYPE_CHECKING:
    from collections.abc import Callable

WIRE: Any = SimpleNamespace(
    limits=Limits(), engine=SimpleNamespace(give_way=lambda: None), reading=lambda _seconds: nullcontext()
)
CHUNKED = "Transfer-Encoding: chunked"


def body(framing: str, data: bytes, say: Callable[[], object] = lambda: None) -> tuple[Body, Any]:
    head = parse_head(f"POST / HTTP/1.1\r\nHost: a\r\n{framing}\r\n".encode())
    rest = io.BufferedReader(io.BytesIO(data))  # type: ignore[arg-type]
    return Body(rest, head, WIRE, say), rest


@pytest.mark.parametrize(
    ("framing", "data", "wanted"),
    [
        ("Content-Length: 5", b"helloNEXT", b"hello"),
        (CHUNKED, b"5\r\nhello\r\n0\r\n\r\nNEXT", b"hello"),
        (CHUNKED, b"0\r\n\r\nNEXT", b""),
        (CHUNKED, b"000\r\n\r\nNEXT", b""),
        (CHUNKED, b'2;a=b;c="d e"\r\nhe\r\n3 ;x\r\nllo\r\n0;y\r\nX: y\r\nZ:\r\n\r\nNEXT', b"hello"),
        (CHUNKED, b"A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\nNEXT", b"0123456789" * 2),
    ],
)
def test_a_body_and_nothing_past_it(framing: str, data: bytes, wanted: bytes) -> None:
    for whole in (True, False):
        one, rest = body(framing, data)
        reader = io.BufferedReader(one)
        got = reader.read() if whole else b"".join(iter(lambda reader=reader: reader.read(2), b""))
        assert got == wanted
        assert one.drain()
        assert rest.read() == b"NEXT"


@pytest.mark.parametrize(
    "data",
    [
        b"5\r\nhell",
        b"5\r\nhello0\r\n\r\n",
        b"5\r\nhelloXX0\r\n\r\n",
        b"5\r\nhello\n0\r\n\r\n",
        b"+5\r\nhello\r\n0\r\n\r\n",
        b"0x5\r\nhello\r\n0\r\n\r\n",
        b"1_0\r\n" + b"a" * 16 + b"\r\n0\r\n\r\n",
        b" 5\r\nhello\r\n0\r\n\r\n",
        b"5 \r\nhello\r\n0\r\n\r\n",
        b"5;\n\r\nhello\r\n0\r\n\r\n",
        b"5\nhello\r\n0\r\n\r\n",
        b"5\rhello\r\n0\r\n\r\n",
        b"5;\0\r\nhello\r\n0\r\n\r\n",
        b"\r\nhello\r\n0\r\n\r\n",
        b"-1\r\nhello\r\n0\r\n\r\n",
        b"f" * 17 + b"\r\nhello",
        b"0\r\nX\r\n\r\n",
        b"0\r\n X: y\r\n\r\n",
        b"0\r\nX: y\n\r\n",
        b"0\r\n\n",
        b"5;" + b"x" * 9000 + b"\r\nhello\r\n0\r\n\r\n",
        b"1;xxxxxxxxxxxxxxxx\r\na\r\n" * 600 + b"0\r\n\r\n",
        b"0\r\n" + b"X: y\r\n" * 2000 + b"\r\n",
        b"",
    ],
)
def test_chunks_that_are_refused(data: bytes) -> None:
    one, _ = body(CHUNKED, data)
    with pytest.raises(BodyError):
        io.BufferedReader(one).read()
    with pytest.raises(BodyError):
        one.readinto(bytearray(10))
    assert not one.drain()


def test_a_body_that_ends_too_early() -> None:
    one, _ = body("Content-Length: 5", b"hel")
    with pytest.raises(OSError, match="too early"):
        io.BufferedReader(one).read()


def test_what_is_left_is_read_if_it_is_little() -> None:
    for size, another in ((64 * 1024, True), (64 * 1024 + 1, False)):
        one, _ = body(f"Content-Length: {size}", b"x" * size)
        assert one.drain() is another
        chunks = b"".join(b"800\r\n" + b"x" * 2048 + b"\r\n" for _ in range(size // 2048)) + b"1\r\nx\r\n" * (
            not another
        )
        one, _ = body(CHUNKED, chunks + b"0\r\n\r\n")
        assert one.drain() is another


def test_the_peer_is_told_to_go_on_once_somebody_reads() -> None:
    said: list[bool] = []
    one, _ = body("Content-Length: 5\r\nExpect: 100-continue", b"hello", lambda: said.append(True))
    assert not one.drain()
    assert said == []
    assert io.BufferedReader(one).read() == b"hello"
    assert said == [True]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([b"5", b"0", b"\r\n", b"\n", b"hello", b";", b"x", b":", b" ", b"\0", b"f" * 20]), max_size=20))  # fmt: skip
def test_every_input_is_a_body_or_refused(pieces: list[bytes]) -> None:
    one, _ = body(CHUNKED, b"".join(pieces))
    try:
        io.BufferedReader(one).read()
    except BodyError:
        assert not one.drain()
    else:
        assert one.drain()
