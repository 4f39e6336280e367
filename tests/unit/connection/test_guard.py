"""Frames that the stack underneath should never see."""

import json

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


def arrives(value: object) -> object:
    packet = GuardedPacket(encoded_packet=f"2{NAMESPACE},{json.dumps(['event', value])}")
    return packet.data[1]


@given(
    st.recursive(
        st.text(st.characters(codec=None) | st.just("\ud800")) | st.integers(-9, 9),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec=None)), inner),
    )
)
def test_texts_arrive_as_usv_strings(value: object) -> None:
    arrived = json.dumps(arrives(value), ensure_ascii=False)
    assert arrived.encode().decode() == arrived


def test_half_a_character_is_replaced_where_it_stands() -> None:
    assert arrives({"\ud800": ["a\udfffb", "\\ud800", "\u0000"]}) == {"\ufffd": ["a\ufffdb", "\\ud800", "\u0000"]}
    assert arrives("\U0001f600") == "\U0001f600"


@given(st.text() | st.text().map(lambda t: f"2{NAMESPACE},{t}") | st.binary())
def test_any_packet_is_decoded_or_refused(packet: object) -> None:
    try:
        GuardedPacket(encoded_packet=packet)
    except ProtocolError:
        return
