"""Operations that recur are folded, and unfold to exactly what they were."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pycommunicate.protocol.operations import ARGUMENTS, Op
from pycommunicate.protocol.repeats import fold, unfold
from pycommunicate.protocol.values import dumps

SIMPLE = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.text("ab1", max_size=2)
VALUES = st.recursive(
    SIMPLE, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("ab", max_size=1), inner, max_size=2)
)


@st.composite
def operation(draw: st.DrawFn) -> list[Any]:
    op = draw(st.sampled_from([Op.ADD_CHILD, Op.DELETE, Op.SET_PROPERTY, Op.LISTEN, Op.LOADED]))
    arguments = [draw(VALUES) for _ in ARGUMENTS[op]]
    if op is Op.LISTEN and draw(st.booleans()):
        arguments.pop()  # options are left out where there are none
    return [int(op), *arguments]


@st.composite
def program(draw: st.DrawFn) -> list[list[Any]]:
    """Short sequences, some of them many times: as they are, or with other values."""
    operations: list[list[Any]] = []
    for _ in range(draw(st.integers(1, 3))):
        part = draw(st.lists(operation(), min_size=1, max_size=4))
        for number in range(draw(st.sampled_from([1, 2, 8, 9, 20]))):
            operations += [[*op[:-1], op[-1] if draw(st.booleans()) else number] if op[1:] else op for op in part]
    return operations


@given(program())
def test_unfolded_it_is_what_it_was(operations: list[list[Any]]) -> None:
    # As JSON: True is not 1 there, and 1.0 is not 1.
    assert dumps(unfold(json.loads(dumps(fold(operations))))) == dumps(operations)


def rows(count: int) -> list[list[Any]]:
    written: list[list[Any]] = []
    for row in range(count):
        written += [[1, 1, 2 * row + 2, "li"], [6, 2 * row + 2, "id", f"row{row}"], [1, 2 * row + 2, 2 * row + 3, "b"]]
    return written


def test_what_recurs_travels_once() -> None:
    folded = dumps(fold(rows(1000)))
    assert folded.count('"li"') == folded.count('"id"') == folded.count('"b"') == 1
    assert len(folded) < 10 * 1000 + 100


def test_a_sequence_that_is_cut_in_its_middle_is_found_too() -> None:
    assert len(fold(rows(100)[1:-1])) < 9


def test_what_does_not_recur_is_left_alone() -> None:
    operations = rows(7)
    assert fold(operations) is operations
