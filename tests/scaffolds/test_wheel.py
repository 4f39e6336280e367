"""The scaffolds are in what we publish, and a wheel writes the same projects as the working copy."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

from pycommunicate_cli.origin import Origin
from pycommunicate_cli.scaffold import render, title_of
from tests.contract.test_packaging import build
from tests.scaffolds.conftest import SCAFFOLDS
from tests.tools.programs import ROOT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_a_wheel_writes_the_same_projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = {scaffold: render(scaffold, "my-list", Origin("1.0")) for scaffold in SCAFFOLDS}
    wheel = build("wheel", ROOT, tmp_path)[1]
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    monkeypatch.setenv("PYCOMMUNICATE_SCAFFOLDS", str(tmp_path / "installed" / "templates_scaffold"))
    assert {scaffold: render(scaffold, "my-list", Origin("1.0")) for scaffold in SCAFFOLDS} == here


@pytest.mark.parametrize(
    ("name", "title"), [("todo", "Todo"), ("my-list", "My list"), ("a_b-c2", "A b c2"), ("x", "X"), ("a-", "A")]
)
def test_titles(name: str, title: str) -> None:
    assert title_of(name) == title
