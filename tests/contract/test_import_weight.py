"""What importing the library, and asking its command for help, loads."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.contract.project import ROOT

SHOW = "import sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"


def packages_after(code: str, folder: Path) -> set[str]:
    """The top-level packages that are loaded after `code` ran in a new interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{SHOW}"],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return set(done.stdout.splitlines()[-1].split())


def test_importing_the_library_loads_no_framework(tmp_path: Path) -> None:
    loaded = packages_after("import pycommunicate", tmp_path)
    assert "pycommunicate" in loaded
    assert not loaded & {
        "flask",
        "gevent",
        "eventlet",
        "socketio",
        "engineio",
        "werkzeug",
        "jinja2",
        "click",
        "watchdog",
    }


def test_importing_an_error_loads_no_framework(tmp_path: Path) -> None:
    loaded = packages_after("from pycommunicate import BrowserTimeout", tmp_path)
    assert not loaded & {"flask", "gevent", "eventlet", "socketio", "engineio", "werkzeug", "jinja2"}


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_asking_the_command_loads_no_framework(argument: str, tmp_path: Path) -> None:
    code = f"from pycommunicate_cli.main import main\ntry: main(['{argument}'])\nexcept SystemExit as end: assert not end.code"
    loaded = packages_after(code, tmp_path)
    assert "click" in loaded
    assert not loaded & {"flask", "gevent", "eventlet", "socketio", "engineio", "werkzeug", "jinja2", "watchdog"}


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_the_command_is_installed(argument: str, tmp_path: Path) -> None:
    name = "pycommunicate.exe" if os.name == "nt" else "pycommunicate"
    command = Path(sysconfig.get_path("scripts")) / name
    done = subprocess.run([command, argument], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "pycommunicate" in done.stdout
