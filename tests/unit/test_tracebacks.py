"""Which frames are the project's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pycommunicate.tracebacks import in_project

if TYPE_CHECKING:
    from pathlib import Path


def test_in_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").touch()
    assert in_project(str(tmp_path / "app.py"), tmp_path)
    assert in_project(str(tmp_path / "deleted.py"), tmp_path)
    assert in_project("app.py", tmp_path)
    # Compiled packages name the files that they were made of, relative to wherever that was.
    for file in ("src/gevent/_waiter.py", "<string>", str(tmp_path / ".venv/x.py"), str(tmp_path.parent / "x.py")):
        assert not in_project(file, tmp_path)
