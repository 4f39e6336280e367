"""Values on their way to the browser are checked and copied when they are written."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycommunicate import NotSerializable
from pycommunicate.protocol.values import LARGEST_EXACT_INTEGER, dumps, to_json

integers = st.integers(-LARGEST_EXACT_INTEGER, LARGEST_EXACT_INTEGER)
scalars = st.none() | st.booleans() | integers | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(values)
def test_what_json_can_carry_arrives_as_it_was(value: object) -> None:
    assert json.loads(dumps(to_json(value, "it"))) == value


@given(st.text(st.characters(codec=None)))
def test_any_text_can_be_sent_lone_surrogates_too(text: str) -> None:
    sent = dumps(["x", text])
    sent.encode()
    assert json.loads(sent) == ["x", text]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (math.nan, "nan"),
        (math.inf, "inf"),
        (2**53, "beyond 2\\*\\*53"),
        (b"x", "bytes"),
        ({1}, "set"),
        (object(), "object"),
        ({1: "x"}, "keys are str"),
        ([1, {"a": b""}], r"it\[1\]\['a'\].*bytes"),
    ],
)
def test_what_json_cannot_carry_is_named(value: object, says: str) -> None:
    with pytest.raises(NotSerializable, match=says):
        to_json(value, "it")


def test_a_value_that_contains_itself() -> None:
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(NotSerializable, match="contains itself"):
        to_json(endless, "it")


def test_a_later_change_does_not_reach_what_was_written() -> None:
    value = {"a": [1]}
    copy = to_json(value, "it")
    value["a"].append(2)
    assert copy == {"a": [1]}
