"""WebSocket frames: whatever pieces they come in, the same messages; what no client sends is refused, as early as it can be told."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycommunicate.server.connection.frames import CLOSE, PING, TEXT, FrameError, Frames, accepted, frame
from tests.tools import raw

LIMIT = 1000


def read(frames: Frames) -> list[tuple[int, bytes]]:
    """All that is complete."""
    found = []
    while (one := frames.next()) is not None:
        found.append(one)
    return found


@given(st.lists(st.binary(max_size=LIMIT), max_size=6), st.integers(min_value=1, max_value=300))
def test_messages_come_whole_whatever_pieces_the_bytes_come_in(messages: list[bytes], piece: int) -> None:
    data = b"".join(raw.frame(TEXT, message) for message in messages)
    frames, found = Frames(LIMIT), []
    for start in range(0, len(data), piece):
        frames.take(data[start : start + piece])
        found += read(frames)
    assert found == [(TEXT, message) for message in messages]


@given(st.lists(st.binary(max_size=300), min_size=2, max_size=8), st.integers(min_value=0, max_value=7))
def test_fragments_are_one_message_and_pings_may_come_between(parts: list[bytes], ping_after: int) -> None:
    if sum(map(len, parts)) > LIMIT:
        parts = parts[:2]
    frames = Frames(LIMIT)
    for number, part in enumerate(parts):
        frames.take(raw.frame(raw.CONTINUATION if number else TEXT, part, final=number == len(parts) - 1))
        if number == ping_after:
            frames.take(raw.frame(PING, b"there?"))
    found = [one for one in read(frames) if one[0]]
    assert (TEXT, b"".join(parts)) in found
    assert ((PING, b"there?") in found) is (ping_after < len(parts))


@given(st.binary(max_size=4 * LIMIT))
def test_noise_is_refused_or_waits_for_more(noise: bytes) -> None:
    frames = Frames(LIMIT)
    frames.take(noise)
    with contextlib.suppress(FrameError):
        assert all(len(payload) <= LIMIT for _, payload in read(frames))


REFUSED = {
    "one byte past the limit": (raw.frame(TEXT, b"x" * (LIMIT + 1)), 1009),
    "an announcement past the limit": (raw.frame(TEXT, b"", length=LIMIT + 1)[:4], 1009),
    "fragments past the limit": (
        raw.frame(TEXT, b"x" * LIMIT, final=False) + raw.frame(raw.CONTINUATION, b"x", final=False),
        1009,
    ),
    "not masked": (raw.frame(TEXT, b"x", masked=False), 1002),
    "reserved bits": (raw.frame(TEXT, b"x", reserved=4), 1002),
    "an unknown opcode": (raw.frame(3, b"x"), 1002),
    "a ping in fragments": (raw.frame(PING, b"x", final=False), 1002),
    "a long ping": (raw.frame(PING, b"x" * 126), 1002),
    "a fragment of nothing": (raw.frame(raw.CONTINUATION, b"x"), 1002),
    "a message within another": (raw.frame(TEXT, b"x", final=False) + raw.frame(TEXT, b"y"), 1002),
    "a size in more bytes than it takes": (b"\x81\xfe\x00\x05" + bytes(9), 1002),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_client_sends(name: str) -> None:
    data, code = REFUSED[name]
    frames = Frames(LIMIT)
    frames.take(data)
    with pytest.raises(FrameError) as caught:
        read(frames)
    assert caught.value.code == code


def test_at_the_limit() -> None:
    frames = Frames(LIMIT)
    frames.take(raw.frame(TEXT, b"x" * LIMIT))
    assert read(frames) == [(TEXT, b"x" * LIMIT)]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 300_000])
def test_what_a_server_writes_is_read_by_a_client(size: int) -> None:
    data = bytearray(frame(TEXT, b"x" * size))
    assert raw._parse_frame(data) == (len(data), (True, TEXT, b"x" * size))


def test_the_handshake_of_the_standard() -> None:
    assert accepted("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # RFC 6455, 1.3
    assert accepted("short") is None
    assert accepted("") is None
    assert accepted("é") is None
    assert frame(CLOSE, b"") == b"\x88\x00"
