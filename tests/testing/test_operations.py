"""The golden operations, on the simulated browser's document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pycommunicate.protocol.operations import FIRST_READ, Op
from pycommunicate.testing.dom.document import Document, inner_html
from pycommunicate.testing.dom.errors import OperationError
from pycommunicate.testing.dom.events import Listeners
from pycommunicate.testing.dom.handles import Handles
from pycommunicate.testing.dom.node import Element
from pycommunicate.testing.dom.operations import _TABLE, Later, Scope, apply

GOLDEN = json.loads((Path(__file__).parents[1] / "wire" / "operations.json").read_text("utf-8"))
CASES = [
    pytest.param(case, id=f"{operation['name']}: {case['title']}")
    for operation in GOLDEN["operations"]
    for case in operation["cases"]
]


def test_the_table_is_complete() -> None:
    assert set(_TABLE) == set(Op)


@pytest.mark.parametrize("case", CASES)
def test_golden(case: dict[str, Any]) -> None:
    document = Document(f"<!DOCTYPE html><body>{case['before']}")
    handles = Handles(document.root)
    for handle, selector in case["handles"].items():
        handles.set(int(handle), document.select_one(selector))
    answers: list[list[Any]] = []
    failed: list[list[Any]] = []
    scope = Scope(document, handles, Listeners(lambda *_: None))
    scope.focus = lambda element: setattr(document, "active", element)
    scope.redeem = lambda tag, _ticket: answers.append([tag, 0, True])
    for number, operation in enumerate(case["operations"], 1):
        try:
            value = apply(scope, operation)
        except OperationError as error:
            if operation[0] >= FIRST_READ:
                answers.append([operation[1], 2, error.code])
            else:
                failed.append([number, error.code])
            continue
        if isinstance(value, Element):
            answers.append([operation[1], 1, handles.of(value)])
        elif operation[0] >= FIRST_READ and value is not Later:
            answers.append([operation[1], 0, value])
    if "after" in case:
        assert inner_html(document.body) == case["after"]
    assert answers == case.get("answers", [])
    assert failed == case.get("failed", [])
