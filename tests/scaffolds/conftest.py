"""Projects as `pycommunicate new` writes them, started as a person starts them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.tools.programs import HOST, ROOT, ProgramFailed, answers, free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCAFFOLDS: Final = ("todo", "blank", "chat")


def environment(**more: str) -> dict[str, str]:
    """The environment of a project: this working copy is what is installed in it."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYCOMMUNICATE_")}
    for key in ("SECRET_KEY", "DATA", "ALLOWED_HOSTS", "TRUSTED_PROXIES"):
        kept.pop(key, None)
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1", **more}


def cli(*arguments: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run `pycommunicate …` to its end."""
    command = [sys.executable, "-m", "pycommunicate_cli", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment(**more), capture_output=True, text=True, timeout=100, check=False
    )


class Running:
    """A project that serves."""

    def __init__(self, folder: Path, command: list[str], **more: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self._command = [sys.executable, *command]
        self._more = more
        self._log = folder / "log.txt"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [part.replace("PORT", str(self.port)) for part in self._command],
                cwd=self.folder,
                env=environment(PYCOMMUNICATE_PORT=str(self.port), **self._more),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        end = time.monotonic() + 60
        while not answers(self.port):
            if self._process.poll() is not None or time.monotonic() > end:
                self.kill()
                message = f"the project does not serve\n{self.log}"
                raise ProgramFailed(message)
            time.sleep(0.02)

    def kill(self) -> None:
        """kill -9, with everything it has started."""
        process, self._process = self._process, None
        if process is not None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)

    def stop(self) -> int:
        """Ctrl-C."""
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(signal.SIGINT)
        try:
            return process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)
            raise

    def restart(self) -> None:
        self.kill()
        self.start()

    @property
    def log(self) -> str:
        return self._log.read_text("utf-8", "replace")


@pytest.fixture
def start() -> Iterator[Callable[..., Running]]:
    """`start(folder, *command)` starts a project; it ends with the test."""
    running: list[Running] = []

    def make(folder: Path, *command: str, **more: str) -> Running:
        running.append(Running(folder, list(command), **more))
        return running[-1]

    yield make
    for one in running:
        one.kill()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """`project(scaffold)`: a fresh project, in a folder whose name has a blank and a letter that is not ASCII."""

    first: dict[str, Path] = {}

    def make(scaffold: str) -> Path:
        folder = tmp_path_factory.mktemp("neue Projekte für uns")
        if scaffold not in first:  # made once: what is tested is what was made
            first[scaffold] = tmp_path_factory.mktemp("new")
            done = cli("new", f"my-{scaffold}", "--template", scaffold, "--no-git", folder=first[scaffold])
            assert done.returncode == 0, done.stderr
        return shutil.copytree(first[scaffold] / f"my-{scaffold}", folder / f"my-{scaffold}")

    return make
