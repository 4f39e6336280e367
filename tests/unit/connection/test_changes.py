"""Which writes leave an answer alone. What is not named here as harmless is not."""

from __future__ import annotations

from typing import Any

import pytest

from pycommunicate.protocol.operations import Op
from pycommunicate.server.connection.foresight.changes import Changes

FOUND = (5, 3, -2)
"""The element that was found, and the handles of those around it."""
LATEST = -4


def after(*operations: list[Any]) -> Changes:
    changes = Changes()
    changes.add(operations)
    return changes


HARMLESS_TO_ALL = [
    [10, 1, 5, "click"],
    [11, 1],
    [16],
    [21, 1, 1, [], []],
    [22, 1, True],
    [30, 1, 9, "#x"],
    [32, 2, 5, "value"],
]


@pytest.mark.parametrize("operation", HARMLESS_TO_ALL, ids=str)
def test_listeners_and_reads_change_nothing(operation: list[Any]) -> None:
    assert not after(operation).any


HARMLESS_TO_AN_ID = [
    [1, 3, 9, "p"], [17, 5, 9, "p"], [2, 5, 9, "p"], [3, 5, 9, "p"],
    [6, 5, "value", "x"], [6, 5, "className", "x"], [6, 9, "id", "other"], [8, 9, "id", None], [8, 5, "class", "x"],
    [7, 5, "color", "red"], [9, 5, ["x"], []], [12, 5], [19, 5], [20, 5],
    [4, 9], [4, 7], [18, 9], [5, 9, "text"], [5, 5, "text"], [6, 9, "textContent", "x"], [4, -3],
]  # fmt: skip
HARMFUL_TO_AN_ID = [
    [4, 5], [4, 3], [4, -2], [18, 3], [5, -2, "text"], [6, 3, "innerText", ""], [18, 0], [4, -9],
    [6, 9, "id", "next"], [6, 9, "id", "NEXT"], [8, 9, "id", "next"], [8, 9, "ID", "next"], [6, 5, "id", "other"], [8, 5, "id", None],
    [6, 9, "id", True], [6, 9, "outerText", ""], [13, 9, "<p>"], [14, 9, "#x"], [15, "/"], [38, 1, "ticket"], [99],
]  # fmt: skip


@pytest.mark.parametrize("operation", HARMLESS_TO_AN_ID, ids=str)
def test_what_an_id_finds_stays(operation: list[Any]) -> None:
    assert after(operation).leave_match("#next", FOUND, LATEST)


@pytest.mark.parametrize("operation", HARMFUL_TO_AN_ID, ids=str)
def test_what_an_id_finds_may_be_another(operation: list[Any]) -> None:
    assert not after(operation).leave_match("#next", FOUND, LATEST)


@pytest.mark.parametrize("operation", [[4, 3], [18, 0], [1, 3, 9, "p"], [6, 9, "id", "other"]], ids=str)
def test_what_was_not_there_does_not_come_by_deleting(operation: list[Any]) -> None:
    assert after(operation).leave_match("#next", (), LATEST)


@pytest.mark.parametrize("operation", [[6, 9, "id", "next"], [13, 3, "<p>"]], ids=str)
def test_what_was_not_there_may_have_come(operation: list[Any]) -> None:
    assert not after(operation).leave_match("#next", (), LATEST)


@pytest.mark.parametrize("selector", [".row", "ul > li", "p.done b"])
def test_other_selectors_hold_while_the_tree_does(selector: str) -> None:
    assert after([6, 9, "value", "x"], [7, 9, "color", "red"], [8, 9, "title", "x"]).leave_match(
        selector, FOUND, LATEST
    )
    for operation in (
        [1, 3, 9, "li"],
        [4, 9],
        [5, 9, ""],
        [9, 9, ["row"], []],
        [6, 9, "id", "x"],
        [8, 9, "class", "row"],
    ):
        assert not after(operation).leave_match(selector, FOUND, LATEST)


@pytest.mark.parametrize("selector", ["[title=x]", ":checked", "li:empty", "li + li", "*", "a, b"])
def test_selectors_of_state_hold_while_nothing_is_written(selector: str) -> None:
    assert after(*HARMLESS_TO_ALL).leave_match(selector, FOUND, LATEST)
    assert not after([7, 9, "color", "red"]).leave_match(selector, FOUND, LATEST)


HARMLESS_TO_A_FIELD = [
    [6, 9, "value", "x"], [6, 9, "checked", True], [6, 9, "id", "x"], [6, 5, "id", "x"], [7, 5, "color", "red"], [9, 5, ["x"], []],
    [1, 3, 9, "p"], [4, 9], [5, 9, "text"], [8, 9, "value", "x"], [8, 5, "class", "x"],
]  # fmt: skip
HARMFUL_TO_A_FIELD = [
    [6, 5, "value", "x"], [6, 5, "disabled", True], [8, 5, "value", "x"], [8, 5, "type", "date"], [6, 5, "type", "date"], [1, 5, 9, "p"],
    [5, 5, "x"], [18, 5], [4, 5], [4, 3], [5, -2, ""], [12, 9], [19, 5], [13, 9, ""], [4, -9], [6, 9, "name", "x"],
]  # fmt: skip


@pytest.mark.parametrize("operation", HARMLESS_TO_A_FIELD, ids=str)
def test_what_a_field_holds_stays(operation: list[Any]) -> None:
    assert after(operation).leave_field(FOUND, LATEST)


@pytest.mark.parametrize("operation", HARMFUL_TO_A_FIELD, ids=str)
def test_what_a_field_holds_may_be_another(operation: list[Any]) -> None:
    assert not after(operation).leave_field(FOUND, LATEST)


def test_every_operation_is_known_or_harmful() -> None:
    """An operation that is added to the table is harmful until somebody has thought about it."""
    thought_of = {operation[0] for group in (HARMLESS_TO_ALL, HARMLESS_TO_AN_ID) for operation in group}
    for op in Op:
        if op not in thought_of and op < Op.FIND:
            assert not after([int(op), 5, 5, 5]).leave_match("#next", FOUND, LATEST), op.name
