"""What server and client share is made from one file: nobody has changed the copies, or forgotten to make them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import wire_tables
from tests.contract.project import ROOT

MADE = wire_tables.made(ROOT)
ROWS = json.loads((ROOT / wire_tables.NAMES).read_text("utf-8"))["rows"]


@pytest.mark.parametrize("path", MADE, ids=lambda path: path.name)
def test_the_copies_are_what_is_made(path: Path) -> None:
    assert path.read_text("utf-8") == MADE[path], "run `python3 dev.py wire`"


def test_only_what_differs_is_written(tmp_path: Path) -> None:
    names = tmp_path / wire_tables.NAMES
    names.parent.mkdir(parents=True)
    (tmp_path / "client" / "src").mkdir(parents=True)
    names.write_text((ROOT / wire_tables.NAMES).read_text("utf-8"), "utf-8")
    assert {path.name for path in wire_tables.write(tmp_path)} == {"_names.py", "names.ts"}
    assert wire_tables.write(tmp_path) == []


def test_every_row_is_whole() -> None:
    assert len({row["id"] for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert {"id", "on", "names", "via", "by", "kind", "rule", "spec", "why"} <= set(row), row["id"]
        assert row["rule"] in wire_tables.RULES, row["id"]
        assert row["by"] in {"name", "element"}, row["id"]
        assert all((row["spec"], row["why"], row["names"], row["on"])), row["id"]


def test_a_rule_that_nobody_knows_is_an_error() -> None:
    row = {**ROWS[0], "names": ["x"], "rule": "perhaps"}
    with pytest.raises(ValueError, match="expected one of refuse, url"):
        wire_tables.Names([row])
