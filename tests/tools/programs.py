"""Programs under test: a Python file or a source text, run as a process of its own on a free loopback port.

A program is what a user of the library writes: it makes a `CommunicateApp` and calls `run()`. It learns its address from the environment, as `PORT` and `HOST`
(and, for programs that name no port at all, as `PYCOMMUNICATE_PORT` and `PYCOMMUNICATE_HOST`).
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Self, get_args

from tests.tools import forkserver

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from tests.tools.forkserver import Process

Engine = Literal["gevent", "eventlet"]
ENGINES: Final[tuple[Engine, ...]] = get_args(Engine)
ROOT: Final = Path(__file__).resolve().parents[2]
HOST: Final = "127.0.0.1"

PREAMBLE: Final[dict[Engine, str]] = {
    "gevent": "from gevent import sleep, spawn\n",
    "eventlet": "import eventlet\nfrom eventlet import sleep, spawn\n",
}
"""What stands before a source text. Its handlers may use `sleep` and `spawn` without naming an engine."""


class ProgramFailed(AssertionError):
    """The program ended, or did not answer in time. The message carries what it printed."""


def free_port() -> int:
    """A port that nobody listens on right now.

    It lies below those that the system gives to outgoing connections, and is drawn by chance: programs of tests that run side by side don't meet.
    """
    while True:
        port = random.randrange(10_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((HOST, port))
            return port


class Program:
    """One program, started at once and ended by `stop()` or by leaving the `with` block.

    `source` is a path (run as it stands on gevent; on eventlet a copy that begins with `import eventlet`) or a source text, which gets `PREAMBLE` before it. `templates` are written to
    `templates/` in the program's folder, which is also its working directory. Output goes to files, so that no thread has to read it.
    It begins as a copy of a process that has imported the library (`forkserver.py`), unless `forked` is False or the source is to be run unchanged.
    """

    def __init__(
        self,
        source: str | Path,
        *,
        folder: Path,
        engine: Engine = "gevent",
        templates: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
        unchanged: bool = False,
        forked: bool = True,
        port: int | None = None,
    ) -> None:
        self.folder = folder
        self.engine: Engine = engine
        self.port = port or free_port()
        self._environment = dict(environment or {})
        self._process: Process | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self._file = self._write(source, unchanged=unchanged)
        # What replaces modules of Python itself must do so before anything else is imported.
        as_usual = unchanged or "monkey" in self._file.read_text("utf-8")
        early = [name for name in self._environment if name.startswith(("PYTHON", "GEVENT", "EVENTLET", "LD_"))]
        self._forked = forked and forkserver.allowed() and not as_usual and not early
        for name, text in (templates or {}).items():
            target = folder / "templates" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(textwrap.dedent(text), encoding="utf-8")
        self.start()

    def _write(self, source: str | Path, *, unchanged: bool) -> Path:
        file = self.folder / "program.py"
        if isinstance(source, Path):
            text = source.read_text(encoding="utf-8")
            if unchanged or self.engine == "gevent":
                return source
            text = "import eventlet\n" + text
        else:
            text = textwrap.dedent(source)
            if not unchanged:
                text = PREAMBLE[self.engine] + text
        file.write_text(text, encoding="utf-8")
        return file

    # -- its life

    def start(self, *, timeout: float = 40) -> None:
        """Start the process and wait until it answers HTTP."""
        if self._process is not None:
            return
        environment = {
            **os.environ,
            **forkserver.ALWAYS,
            "PORT": str(self.port),
            "HOST": HOST,
            "PYCOMMUNICATE_PORT": str(self.port),
            "PYCOMMUNICATE_HOST": HOST,
            **self._environment,
        }
        if self._forked:
            self._process = forkserver.server(self.engine).begin(
                [self._file], folder=self.folder, environment=environment, out=self._out, err=self._err
            )
        else:
            self._process = self._spawn(environment)
        self._wait_until_it_answers(timeout)

    def _spawn(self, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        with self._out.open("ab") as out, self._err.open("ab") as err:
            return subprocess.Popen(
                [sys.executable, str(self._file)],
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    def _wait_until_it_answers(self, timeout: float) -> None:
        process = self._running()
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if process.poll() is not None:
                code = process.returncode
                self._process = None
                message = f"the program ended with {code}\n{self.log}"
                raise ProgramFailed(message)
            if answers(self.port):
                return
            time.sleep(0.02)
        self.kill()
        message = f"the program did not answer within {timeout} s\n{self.log}"
        raise ProgramFailed(message)

    def stop(self, *, timeout: float = 15) -> int | None:
        """SIGTERM, then SIGKILL after `timeout` seconds. Returns the exit code; may be called twice."""
        process, self._process = self._process, None
        if process is None:
            return None
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait(15)

    def kill(self) -> None:
        """SIGKILL, as when the machine takes the process away. `start()` brings it back on the same port."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait(15)

    def terminate(self) -> None:
        """SIGTERM, without waiting."""
        self._running().send_signal(signal.SIGTERM)

    def wait(self, timeout: float) -> int:
        """Wait until the process has ended by itself; returns its exit code."""
        code = self._running().wait(timeout)
        self._process = None
        return code

    def restart(self) -> None:
        """Kill and start on the same port."""
        self.kill()
        self.start()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process id."""
        return self._running().pid

    def _running(self) -> Process:
        if self._process is None:
            message = f"the program does not run\n{self.log}"
            raise ProgramFailed(message)
        return self._process

    # -- what it shows

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://{HOST}:{self.port}"

    @property
    def _out(self) -> Path:
        return self.folder / "stdout.txt"

    @property
    def _err(self) -> Path:
        return self.folder / "stderr.txt"

    @property
    def out(self) -> str:
        """Everything it wrote to stdout so far."""
        return self._out.read_text(encoding="utf-8", errors="replace") if self._out.exists() else ""

    @property
    def err(self) -> str:
        """Everything it wrote to stderr so far."""
        return self._err.read_text(encoding="utf-8", errors="replace") if self._err.exists() else ""

    @property
    def log(self) -> str:
        """Both, for messages of failure."""
        return f"--- stdout\n{self.out}--- stderr\n{self.err}---"

    @property
    def memory(self) -> int:
        """Resident memory in bytes (Linux)."""
        for line in Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        return 0

    @property
    def descriptors(self) -> int:
        """How many file descriptors it holds (Linux)."""
        return sum(1 for _ in Path(f"/proc/{self.pid}/fd").iterdir())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def answers(port: int) -> bool:
    """Whether something on this port answers an HTTP request (with whatever status)."""
    try:
        with socket.create_connection((HOST, port), timeout=5) as probe:
            probe.sendall(
                f"GET /__pycommunicate/ HTTP/1.1\r\nHost: {HOST}:{port}\r\nConnection: close\r\n\r\n".encode()
            )
            return probe.recv(5).startswith(b"HTTP")
    except OSError:
        return False
