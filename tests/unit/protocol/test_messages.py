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
from pycommunicate.protocol.version import PROTOCOL_VERSION

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


HANDLES: list[object] = [2**70, -(2**70), 2**31, -(2**31), 6, True, 1.0, "1", None, [1]]
"""What is not a handle of a page that has given five."""


@pytest.mark.parametrize("handle", HANDLES)
def test_a_handle_is_one_that_this_page_has(handle: object) -> None:
    for name, arguments in (
        ("event", ["e", 1, 0, 1, {"target": handle}]),
        ("event", ["e", 1, 0, 1, None, [1, [1, handle]]]),
        ("event", ["e", 1, 0, 1, None, [1, [0, "", [handle]]]]),
        ("events", ["e", 1, 0, [[1, {"target": handle}]]]),
        ("answer", ["e", 0, 1, 1, handle]),
    ):
        with pytest.raises(ProtocolError):
            decode(name, arguments, depth=32, epoch="e", last_handle=5)


@pytest.mark.parametrize("handle", [5, 0, -1, -(2**31) + 1])
def test_handles_that_a_page_has(handle: int) -> None:
    decode("event", ["e", 1, 0, 1, {"target": handle}], depth=32, epoch="e", last_handle=5)
    decode("event", ["an earlier epoch", 1, 0, 1, {"target": 1000}], depth=32, epoch="e", last_handle=5)


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "x" * 257},
        {"key": "x" * 257},
        {"code": "x" * 257},
        {"data": {"x" * 257: ""}},
        {"data": {str(number): "" for number in range(257)}},
        {"data": {"a": 1}},
        {"x": 2**53},
        {"y": -1e300},
        {"x": float("nan")},
        {"x": True},
        {"modifiers": ["hyper"]},
        {"modifiers": [["alt"]]},
        {"modifiers": ["alt"] * 5},
        {"checked": 1},
        {"id": 1},
        {"value": 10**400},
    ],
    ids=lambda payload: repr(payload)[:40],
)
def test_what_no_event_tells_of_itself(payload: dict[str, object]) -> None:
    with pytest.raises(ProtocolError):
        decode("event", ["e", 1, 0, 1, payload], depth=32)


def test_integers_are_what_they_are_in_the_browser() -> None:
    """A number of JavaScript's above 2**53 is a float, however it is written."""
    value = {"a": [2**53, -(2**70), 2**53 - 1]}
    event = decode("event", ["e", 1, 0, 1, {"value": value}], depth=32)
    assert isinstance(event, EventMade)
    assert event.payload is not None
    assert repr(event.payload["value"]) == "{'a': [9007199254740992.0, -1.1805916207174113e+21, 9007199254740991]}"
    assert decode("answer", ["e", 0, 1, 0, 2**53], depth=32) == Answer("e", 0, 1, 0, 2.0**53)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("answer", ["e", 0, 1, 2, "a text of the browser's own"]),
        ("failed", ["e", 0, 1, "gone?"]),
        ("ack", ["e", 0, [1] * 10_001]),
        ("ack", ["e", 0, [0]]),
        ("leave", ["e" * 257]),
        ("leave", [["e"]]),
    ],
)
def test_codes_and_lengths(name: str, arguments: list[object]) -> None:
    with pytest.raises(ProtocolError):
        decode(name, arguments, depth=32)


@pytest.mark.parametrize(
    "join",
    [
        {"request": "x" * 257},
        {"epoch": 1},
        {"mount": "x" * 16_385},
        {"made": 2.0},
        {"query": "x" * 2_001},
        {"query": "a b"},
        {"query": "a#b"},
        {"query": "é"},
        {"query": "a\r\nb"},
    ],
)
def test_a_join_that_is_malformed(join: dict[str, object]) -> None:
    with pytest.raises(ProtocolError, match="malformed"):
        decode_join({"version": PROTOCOL_VERSION, **join})


def test_a_joins_query_is_as_a_browser_writes_it() -> None:
    assert decode_join({"version": PROTOCOL_VERSION, "query": 'q=%C3%A9&x=~!$"'}).query == 'q=%C3%A9&x=~!$"'


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
