"""Runs the command as people do: in a process of its own, in a folder of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.contract.project import ROOT
from tests.tools import forkserver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = "a key that is long enough, for tests"
COMMAND = [sys.executable, "-m", "pycommunicate_cli"]


def environment(**more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYCOMMUNICATE_", "SECRET_KEY"))}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **more}


@dataclass
class Done:
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.err.splitlines()


def pc(folder: Path, *arguments: str, stdin: str = "", **env: str) -> Done:
    """Run `pycommunicate` with arguments in a folder, to its end."""
    if not forkserver.allowed() or any(name.startswith("PYTHON") for name in env):
        done = subprocess.run(
            [*COMMAND, *arguments],
            cwd=folder,
            env=environment(**env),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)
    with tempfile.TemporaryDirectory() as beside:
        given, out, err = (Path(beside, name) for name in ("given", "out", "err"))
        given.write_text(stdin, "utf-8")
        command = ["-m", "pycommunicate_cli", *arguments]
        forked = forkserver.server("gevent").begin(
            command, folder=folder, environment=environment(**env), out=out, err=err, given=given
        )
        try:
            return Done(forked.wait(100), out.read_text("utf-8"), err.read_text("utf-8"))
        finally:
            forked.kill()


@dataclass
class Running:
    """A `pycommunicate run` that goes on."""

    process: subprocess.Popen[str]
    log: Path
    _seen: int = field(default=0)

    @property
    def text(self) -> str:
        return self.log.read_text("utf-8")

    def wait_for(self, pattern: str, seconds: float = 60) -> re.Match[str]:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = re.search(pattern, self.text[self._seen :])
            if found:
                self._seen += found.end()
                return found
            if self.process.poll() is not None and not re.search(pattern, self.text[self._seen :]):
                break
            time.sleep(0.01)
        raise AssertionError(f"{pattern!r} did not come in:\n{self.text}")

    @property
    def url(self) -> str:
        return self.wait_for(r"http://\S+")[0]

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)

    def children(self) -> set[int]:
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text("ascii")
        return {int(pid) for pid in listed.split()}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts `pycommunicate` in the background; ends it after the test."""
    started: list[Running] = []

    def go(folder: Path, *arguments: str, **env: str) -> Running:
        log = tmp_path / f"log{len(started)}"
        with log.open("w") as file:
            process = subprocess.Popen(
                [*COMMAND, *arguments],
                cwd=folder,
                env=environment(**env),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                text=True,
            )
        started.append(Running(process, log))
        return started[-1]

    yield go
    for running in started:
        if running.process.poll() is None:
            running.interrupt()


APP = f"""
from pycommunicate import CommunicateApp

app = CommunicateApp(web_port=0, host="127.0.0.1")
app.set_secret_key({KEY!r})
app.discover()
"""
HOME = """
from pycommunicate import View, route


@route("/")
class HomeView(View):
    def render(self):
        return self.controller.templater.render("home.html")
"""
ENTRY = """
from pycommunicate import Controller, View, route


class EntryView(View):
    def render(self):
        return f"entry {self.controller.route_data}"


@route("/todo/<int:number>", name="entry")
class EntryController(Controller):
    views = [EntryView]


@route("/todo/new", methods=["GET", "POST"])
class NewView(EntryView):
    pass


@route("/todo/<path:rest>")
class RestView(EntryView):
    pass


@route("/folder/")
class FolderView(EntryView):
    pass
"""


def write(folder: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project."""
    folder = tmp_path / "shop"
    write(
        folder,
        {
            "pyproject.toml": '[tool.pycommunicate]\napp = "app:app"\n',
            "app.py": APP,
            "controllers/home.py": HOME,
            "controllers/deep/entry.py": ENTRY,
            "templates/home.html": "<html><head>{{ add_includes() }}</head><h1>{{ url_for('entry', number=3) }}</h1>",
        },
    )
    return folder
