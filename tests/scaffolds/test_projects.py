"""Every scaffold: generated, read, tested by its own tests, run without Chromium."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.scaffolds.conftest import SCAFFOLDS, cli, environment
from tests.tools.programs import ROOT
from tests.tools.raw import get

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.scaffolds.conftest import Running

    Project = Callable[[str], Path]
    Start = Callable[..., Running]

EXPECTED = {
    ".dockerignore .env.example .gitignore Dockerfile README.md app.py config.py pyproject.toml",
    "controllers/__init__.py views/__init__.py templates/base.html static/base.css static/style.css static/icon.svg",
    "tests/conftest.py",
}
pytestmark = pytest.mark.parametrize("scaffold", SCAFFOLDS)


def test_what_is_written(project: Project, scaffold: str) -> None:
    folder = project(scaffold)
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert set(" ".join(EXPECTED).split()) <= files
    assert not [file for file in files if "dot-" in file or "__pycache__" in file]
    for file in files:
        text = (folder / file).read_text("utf-8")
        assert "__project_name__" not in text + file, file
        assert "__title__" not in text, file
        # Where pycommunicate was installed from is said, and no more of this machine.
        assert (str(ROOT) in text) == (file in {"pyproject.toml", "README.md", "Dockerfile"}), file
        assert not re.search("__[a-z]+_[a-z_]+__", text), file
        assert text.endswith("\n"), file
        assert not re.search(r"[ \t]+\n", text), file
    settings = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
    assert settings["project"]["name"] == f"my-{scaffold}"
    assert settings["tool"]["pycommunicate"]["app"] == "app:app"
    assert f"# My {scaffold}\n" in (folder / "README.md").read_text("utf-8")


def test_its_code_is_tidy(project: Project, scaffold: str) -> None:
    folder = project(scaffold)
    ruff = [sys.executable, "-m", "ruff"]
    checks = ["check", "--isolated", "--select", "E,F,W,I,B,UP,SIM,RET,PTH,ARG,N", "--line-length", "140"]
    for command in (checks, ["format", "--isolated", "--check", "--diff", "--line-length", "140"]):
        done = subprocess.run([*ruff, *command, "."], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_its_tests_pass(project: Project, scaffold: str) -> None:
    folder = project(scaffold)
    plugin = [] if _plugin_is_installed() else ["-p", "pycommunicate.testing.plugin"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", *plugin],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (folder / ".pycommunicate").exists()


def test_its_routes_are_in_order(project: Project, scaffold: str) -> None:
    folder = project(scaffold)
    checked = cli("routes", "--check", folder=folder)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    done = cli("routes", folder=folder)
    assert re.search(rf"GET\s+/\s+{'Home' if scaffold == 'blank' else scaffold.capitalize()}Controller", done.stdout)


def test_a_page_more(project: Project, scaffold: str) -> None:
    folder = project(scaffold)
    done = cli("generate", "controller", "about", "--route", "/about", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'extends "base.html"' in (folder / "templates/about.html").read_text("utf-8")
    test_its_tests_pass(lambda _: folder, scaffold)


def test_in_production(project: Project, start: Start, scaffold: str) -> None:
    folder = project(scaffold)
    refused = cli("run", "--port", "0", folder=folder)
    assert refused.returncode in {1, 3}, refused.stderr
    assert "secret" in refused.stderr
    assert not (folder / ".pycommunicate").exists()
    (folder / ".env").write_text("SECRET_KEY=0123456789abcdef0123456789abcdef\n")
    running = start(folder, "-m", "pycommunicate_cli", "run", "--port", "PORT", DATA=str(folder / "data"))
    assert get(running.port, "/health").text == "ok"
    page = get(running.port, "/")
    assert page.status == 200
    assert f"<title>My {scaffold}</title>" in page.text
    missing = get(running.port, "/nowhere")
    assert missing.status == 404
    assert "There is nothing at this address." in missing.text
    assert get(running.port, "/static/style.css").status == 200
    assert get(running.port, "/static/icon.svg").status == 200
    assert running.stop() == 0
    assert "Traceback" not in running.log
    assert not (folder / ".pycommunicate").exists()


def test_while_debugging(project: Project, start: Start, scaffold: str) -> None:
    folder = project(scaffold)
    running = start(folder, "-m", "pycommunicate_cli", "run", "--debug", "--port", "PORT")
    first = get(running.port, "/")
    assert first.status == 200
    key = folder / ".pycommunicate" / "secret-key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(key.read_text()) == 64
    running.restart()
    assert get(running.port, "/", first.cookie_after()).status == 200
    nowhere = get(running.port, "/nowhere")
    assert nowhere.status == 404
    assert running.stop() == 0
    assert "Traceback" not in running.log


def test_as_a_script(project: Project, start: Start, scaffold: str) -> None:
    folder = project(scaffold)
    running = start(folder, "app.py", SECRET_KEY="0123456789abcdef0123456789abcdef")
    assert get(running.port, "/").status == 200
    assert running.stop() == 0


def _plugin_is_installed() -> bool:
    from importlib.metadata import entry_points

    return any(entry.value == "pycommunicate.testing.plugin" for entry in entry_points(group="pytest11"))
