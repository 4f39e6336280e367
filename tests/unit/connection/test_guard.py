"""Frames that the stack underneath should never see."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycommunicate.errors import ProtocolError
from pycommunicate.protocol.version import NAMESPACE
from pycommunicate.server.connection.guard import GuardedPacket, are_frames, is_frame


@pytest.mark.parametrize("frame", ["1", "2probe", "3", "5", "40/x,", "42/x,[]", "41"])
def test_what_a_client_sends(frame: str) -> None:
    assert is_frame(frame)
    assert are_frames(frame.encode() + b"\x1e3")


@pytest.mark.parametrize("frame", ["", "x", "0{}", "2", "6", "4", "4{", "45-", "46-", "bAA", b"4", None, "9", "\x00"])
def test_what_a_client_does_not_send(frame: object) -> None:
    assert not is_frame(frame)


@given(st.text() | st.text().map(lambda t: f"2{NAMESPACE},{t}") | st.binary())
def test_any_packet_is_decoded_or_refused(packet: object) -> None:
    try:
        GuardedPacket(encoded_packet=packet)
    except ProtocolError:
        return
