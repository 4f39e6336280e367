"""What the scaffolds and examples keep in files: no text that anybody says can spoil them."""

from __future__ import annotations

import importlib.util
import os
import shutil
import stat
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tools.programs import ROOT

if TYPE_CHECKING:
    from pathlib import Path

KEPT = {"scaffold": ROOT / "templates_scaffold" / "todo" / "todos.py", "example": ROOT / "examples" / "todo" / "app.py"}


@pytest.fixture(scope="module", params=KEPT)
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The module that keeps the entries."""
    monkeypatch = pytest.MonkeyPatch()
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "config", SimpleNamespace(DATA=tmp_path_factory.mktemp("data")))
        patch.setenv("TODO_FILE", str(tmp_path_factory.mktemp("example") / "todo.json"))
        spec = importlib.util.spec_from_file_location(f"kept_{request.param}", KEPT[request.param])
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        patch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
        return module


def texts(entries: dict[str, Any]) -> list[str]:
    return [getattr(entry, "text", entry) for entry in entries.values()]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.text(st.characters(codec=None) | st.sampled_from("\ud800\udfff\x00\u2028")), max_size=4))
def test_any_text_is_kept_and_comes_back(kept: Any, tmp_path: Path, said: list[str]) -> None:
    file = tmp_path / "todo.json"
    file.unlink(missing_ok=True)
    todos = kept.TodoFile(file)
    for text in said:
        todos.add(text)
    assert texts(kept.TodoFile(file).entries) == said


CONFIG = ROOT / "templates_scaffold" / "_common" / "config.py"
KEY = "import runpy; print(runpy.run_path('config.py')['SECRET_KEY'])"


def keys(folder: Path, count: int) -> list[str]:
    """The keys of several processes that start at once."""
    shutil.copy(CONFIG, folder)
    kept = {key: value for key, value in os.environ.items() if key not in {"SECRET_KEY", "DATA"}}
    command = [sys.executable, "-c", KEY]
    started = [
        subprocess.Popen(
            command, cwd=folder, env={**kept, "PYCOMMUNICATE_DEBUG": "1"}, stdout=subprocess.PIPE, text=True
        )
        for _ in range(count)
    ]
    return [process.communicate(timeout=60)[0].strip() for process in started]


def test_an_empty_key_counts_as_none(tmp_path: Path) -> None:
    file = tmp_path / ".pycommunicate" / "secret-key"
    file.parent.mkdir()
    file.touch()
    (made,) = keys(tmp_path, 1)
    assert len(made) == 64
    assert keys(tmp_path, 1) == [made]
    assert [one.name for one in file.parent.iterdir()] == ["secret-key"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_processes_that_start_at_once_have_one_key(tmp_path: Path) -> None:
    found = set(keys(tmp_path, 4))
    assert len(found) == 1
    assert len(found.pop()) == 64
