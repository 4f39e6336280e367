"""What recurs travels as the golden file has it; the client's tests read the same file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pycommunicate.protocol.repeats import fold, unfold
from pycommunicate.protocol.values import dumps

CASES = json.loads((Path(__file__).parent / "repeats.json").read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["title"])
def test_repeats(case: dict[str, Any]) -> None:
    assert dumps(fold(case["operations"])) == dumps(case["wire"])
    assert dumps(unfold(case["wire"])) == dumps(case["operations"])
