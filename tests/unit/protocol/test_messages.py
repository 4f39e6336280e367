"""Nothing that a browser sends gets past `decode` unless it is exactly what the wire describes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycommunicate.errors import ProtocolError
from pycommunicate.protocol.messages import (
    Acknowledgement,
    Answer,
    EventMade,
    EventsMade,
    Failed,
    Join,
    Leave,
    Visible,
    decode,
    decode_join,
)

names = st.sampled_from(["event", "events", "answer", "ack", "failed", "leave", "visible", "join", ""])
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)


@given(names | anything, st.lists(anything, max_size=6))
def test_any_message_is_decoded_or_refused(name: object, arguments: list[object]) -> None:
    try:
        message = decode(name, arguments, depth=32)
    except ProtocolError:
        return
    assert isinstance(message, EventMade | EventsMade | Answer | Acknowledgement | Failed | Leave | Visible)


@given(anything)
def test_any_join_is_decoded_or_refused(auth: object) -> None:
    try:
        assert isinstance(decode_join(auth), Join)
    except ProtocolError:
        return


plausible = st.tuples(st.just("e"), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))


@given(
    plausible, st.dictionaries(st.sampled_from(["type", "value", "checked", "key", "data", "modifiers", "x"]), anything)
)
def test_any_payload_is_decoded_or_refused(start: tuple[object, ...], payload: dict[str, object]) -> None:
    try:
        event = decode("event", [*start, payload], depth=32)
    except ProtocolError:
        return
    assert isinstance(event, EventMade)
    assert isinstance((event.payload or {}).get("key", ""), str)
    assert all(isinstance(v, str) for v in (event.payload or {}).get("data", {}).values())  # type: ignore[union-attr]


def test_an_event() -> None:
    message = decode("event", ["e", 1, 7, 3, {"type": "click", "data": {"row": "4"}, "unknown": 1}], depth=32)
    assert message == EventMade("e", 1, 7, 3, {"type": "click", "data": {"row": "4"}})


@pytest.mark.parametrize("number", [True, 1.0, "1", -1, None, 2**53])
def test_numbers_are_whole_and_not_negative(number: object) -> None:
    with pytest.raises(ProtocolError):
        decode("ack", ["e", number, []], depth=32)


@pytest.mark.parametrize(("depth", "fits"), [(32, True), (33, False)])
def test_depth_at_the_limit_and_past_it(depth: int, fits: bool) -> None:
    value: object = 1
    for _ in range(depth):
        value = [value]
    if fits:
        decode("answer", ["e", 0, 1, 0, value], depth=32)
    else:
        with pytest.raises(ProtocolError):
            decode("answer", ["e", 0, 1, 0, value], depth=32)


def test_another_version_is_told_apart() -> None:
    with pytest.raises(ProtocolError, match="version"):
        decode_join({"version": 1})


@given(plausible, st.lists(st.tuples(anything) | st.tuples(anything, anything), max_size=3))
def test_any_events_are_decoded_or_refused(start: tuple[object, ...], events: list[tuple[object, ...]]) -> None:
    try:
        message = decode("events", [*start[:3], [list(event) for event in events]], depth=32, most_events=2)
    except ProtocolError:
        return
    assert isinstance(message, EventsMade)
    assert 0 < len(message.events) <= 2
    assert all(isinstance(event, EventMade) and event.listener > 0 for event in message.events)


def test_events_of_one_turn() -> None:
    message = decode("events", ["e", 4, 2, [[7], [8, {"type": "click"}]]], depth=32)
    assert message == EventsMade("e", 2, [EventMade("e", 4, 2, 7, None), EventMade("e", 5, 2, 8, {"type": "click"})])
