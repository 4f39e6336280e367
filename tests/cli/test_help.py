"""Help, version, manners."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

import pycommunicate
from tests.cli.conftest import COMMAND, environment, pc

if TYPE_CHECKING:
    from pathlib import Path

BARE = """
import click
@click.group()
def main(): "A group."
@main.command()
def one(): "A command."
main(["--help"])
"""


def test_version_and_help(tmp_path: Path) -> None:
    done = pc(tmp_path, "--version")
    assert (done.code, done.out, done.err) == (0, f"pycommunicate {pycommunicate.__version__}\n", "")
    done = pc(tmp_path, "--help")
    assert done.code == 0
    for command in ("new", "run", "routes", "generate", "doctor", "shell", "completion"):
        assert f"  {command} " in done.out


@pytest.mark.parametrize("command", ["new", "run", "routes", "routes listing", "generate view", "doctor", "shell"])
def test_help_of_a_command_loads_no_framework(command: str, tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pycommunicate_cli.main import main\n"
        f"try: main({[*command.split(), '--help']!r})\nexcept SystemExit as end: assert end.code == 0, end.code\n"
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path, env=environment()
    )
    assert not {"flask", "gevent", "jinja2", "werkzeug", "socketio", "watchdog"} & set(done.stderr.split())


@pytest.mark.alone
def test_help_is_quick(tmp_path: Path) -> None:
    """At most 1.3 times a bare click program, measured by turns, each at its quickest; a busy machine gets another try."""
    ratios = []
    for _ in range(6):
        ours: list[float] = []
        bare: list[float] = []
        for _ in range(7):
            for command, times in (([*COMMAND, "--help"], ours), ([sys.executable, "-c", BARE], bare)):
                began = time.perf_counter()
                subprocess.run(command, check=True, capture_output=True, cwd=tmp_path, env=environment())
                times.append(time.perf_counter() - began)
        ratios.append(min(ours) / min(bare))
        if ratios[-1] <= 1.3:
            return
    pytest.fail(f"--help costs {ratios} times a bare click program")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rnu"], "Did you mean 'run'?"),
        (["run", "--prot", "1"], "no such option"),
        (["run", "--port", "70000"], "70000"),
        (["run", "--port", "http"], "'http'"),
        (["new"], "missing argument"),
        (["completion", "tcsh"], "tcsh"),
    ],
)
def test_usage_errors(arguments: list[str], said: str, tmp_path: Path) -> None:
    done = pc(tmp_path, *arguments)
    assert done.code == 2
    assert done.out == ""
    assert said in done.lines[0]
    assert done.lines[0].startswith("error: ")
    assert done.lines[1].startswith("help: pycommunicate")
    assert "\x1b" not in done.err


def test_outside_of_a_project(tmp_path: Path) -> None:
    for command in (["run"], ["routes"], ["doctor"], ["shell"], ["generate", "view", "about"]):
        done = pc(tmp_path, *command)
        assert done.code == 3
        assert "is not in a project" in done.lines[0]
        assert "pycommunicate new NAME" in done.lines[1]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str, tmp_path: Path) -> None:
    done = pc(tmp_path, "completion", shell)
    assert done.code == 0
    assert "_PYCOMMUNICATE_COMPLETE" in done.out


def test_what_is_completed(project: Path) -> None:
    def complete(words: str) -> list[str]:
        number = str(len(words.split(" ")) - 1)
        done = pc(project, _PYCOMMUNICATE_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=number)
        return [line.partition(",")[2] for line in done.out.splitlines()]

    assert complete("pycommunicate ro") == ["routes"]
    assert complete("pycommunicate new shop --template ") == ["todo", "blank", "chat"]
    assert complete("pycommunicate routes listing --match /todo/n") == ["/todo/new"]


def test_shell(project: Path) -> None:
    done = pc(project, "shell", stdin="print(app.url_for('entry', number=3))\n")
    assert (done.code, done.out) == (0, "/todo/3\n")
    done = pc(project, "shell", stdin="1/0\n")
    assert done.code == 1
    assert "ZeroDivisionError" in done.err
