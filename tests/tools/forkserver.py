"""A fork server: programs under test begin as copies of a process that has imported the library already.

Half a second of processor time goes into importing Flask, Flask-SocketIO and an engine, and the tests start many hundred programs. So each pytest process keeps one
server for each engine, as multiprocessing's `forkserver` does: it has imported everything, has run nothing, and forks at each request. What a program is given
(folder, environment, output files, session, `sys.argv`, `__main__`) is what `python program.py` would give it.

The copy becomes a child of the pytest process: it is forked twice, its parent ends, and Linux hands it to the nearest ancestor that is a "child subreaper"
(prctl(2)). So it is waited for, and found by `leaks.py`, like any child.

The command line begins in the same way, if a test does not ask how long that takes.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT: Final = Path(__file__).resolve().parents[2]
PR_SET_CHILD_SUBREAPER: Final = 36
IMPORTS: Final = {
    "gevent": [
        "gevent.pywsgi",
        "gevent.pool",
        "gevent.resolver.thread",
        "gevent.threadpool",
        "engineio.async_drivers.gevent",
    ],
    "eventlet": ["eventlet", "eventlet.wsgi", "engineio.async_drivers.eventlet"],
}
"""What a program of each engine imports sooner or later, beside the library."""


ALWAYS: Final = {
    "PYTHONPATH": str(ROOT),
    "PYTHONUNBUFFERED": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONFAULTHANDLER": "1",
}
"""The settings that Python reads at its start, for every program under test."""


class Process(Protocol):
    """What `programs.py` needs of a process: `subprocess.Popen` has it too."""

    @property
    def pid(self) -> int: ...
    @property
    def returncode(self) -> int | None: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, sig: int) -> None: ...
    def kill(self) -> None: ...


class Forked:
    """A program that a fork server began."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        end = None if timeout is None else time.monotonic() + timeout
        pause = 0.001
        while (code := self.poll()) is None:
            if end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
            time.sleep(pause)
            pause = min(2 * pause, 0.02)
        return code

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class ForkServer:
    """The server of one engine, and the pytest process's end of the talk with it."""

    def __init__(self, engine: str) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.tools.forkserver", engine, str(theirs.fileno())],
                cwd=ROOT,
                env={**os.environ, **ALWAYS},
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._talk = ours.makefile("rwb")
        ours.close()
        LASTING.add(self._process.pid)

    def begin(
        self,
        command: Sequence[str | Path],
        *,
        folder: Path,
        environment: Mapping[str, str],
        out: Path,
        err: Path,
        given: Path | None = None,
    ) -> Forked:
        """Begin what `python *command` would run (a file, or `-m` and a module; then arguments) as a child of this process.

        `out` and `err` are appended to; `given` is what it reads from stdin, by default nothing.
        """
        asked = {
            "command": [str(one) for one in command],
            "folder": str(folder),
            "environment": dict(environment),
            "out": str(out),
            "err": str(err),
            "given": str(given or os.devnull),
        }
        _adopt(True)
        try:
            self._talk.write(json.dumps(asked).encode() + b"\n")
            self._talk.flush()
            answer = self._talk.readline()
        finally:
            _adopt(False)
        if not answer:
            message = "the fork server has ended; what it printed stands above"
            raise AssertionError(message)
        return Forked(int(answer))

    def end(self) -> None:
        """End the server. Programs go on."""
        self._talk.close()
        self._process.wait(15)
        LASTING.discard(self._process.pid)


LASTING: Final[set[int]] = set()
"""Processes that last as long as the pytest process: the fork servers."""

_allowed = False
_servers: dict[str, ForkServer] = {}


def allow() -> None:
    """Let programs be forked, on Linux. pytest does; a benchmark starts its programs as a user does."""
    global _allowed
    _allowed = sys.platform == "linux"


def allowed() -> bool:
    """Whether programs may be forked."""
    return _allowed


def server(engine: str) -> ForkServer:
    """The fork server of this engine."""
    if engine not in _servers:
        _servers[engine] = ForkServer(engine)
    return _servers[engine]


def end_all() -> None:
    """End the fork servers, at the end of the run."""
    while _servers:
        _servers.popitem()[1].end()


def _adopt(yes: bool) -> None:
    """Whether grandchildren whose parent ends become our children."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, int(yes), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


# -- the server's side


def _serve(engine: str, talk: Any) -> dict[str, Any]:
    """Fork at each request. Returns in a program's own process, with what was asked; ends with the pytest process."""
    with warnings.catch_warnings(action="ignore"):
        for name in IMPORTS[engine]:  # the engine first: the library uses eventlet if that was imported
            importlib.import_module(name)
        library = importlib.import_module("pycommunicate")
        for name in library.__all__:
            getattr(library, name)
        importlib.import_module("pycommunicate_cli.main")
    gc.collect()
    gc.freeze()  # else each program's collector looks through what they share, and copies it by that
    for line in talk:
        asked: dict[str, Any] = json.loads(line)
        told, tell = os.pipe()
        middle = os.fork()
        if middle:
            os.close(tell)
            os.waitpid(middle, 0)  # from here on the program is the pytest process's
            talk.write(os.read(told, 20) + b"\n")
            talk.flush()
            os.close(told)
            continue
        os.close(told)
        program = os.fork()
        if program:
            os.write(tell, str(program).encode())
            os._exit(0)
        os.close(tell)
        return asked
    os._exit(0)


def _become(asked: dict[str, Any]) -> tuple[str, str]:
    """Make this process what `python` would have made. Returns the file that it was to run, or the module."""
    os.setsid()
    append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    for name, number, mode in (("given", 0, os.O_RDONLY), ("out", 1, append), ("err", 2, append)):
        target = os.open(asked[name], mode, 0o644)
        os.dup2(target, number)
        os.close(target)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    command: list[str] = asked["command"]
    if command[0] == "-m":
        sys.argv = command[1:]
        sys.path[0] = os.getcwd()
        return "", command[1]
    sys.argv = command
    sys.path[0] = os.path.dirname(command[0])
    return command[0], ""


def _only(names: dict[str, Any], **kept: Any) -> None:
    """Leave in a namespace what a program finds in its own."""
    for name in [one for one in names if not one.startswith("__")]:
        del names[name]
    names.update(kept)


if __name__ == "__main__":
    _talk = socket.socket(fileno=int(sys.argv[2])).makefile("rwb")
    __file__, _module = _become(_serve(sys.argv[1], _talk))
    _talk.close()
    if _module:
        runpy.run_module(_module, run_name="__main__", alter_sys=True)
    else:
        __spec__ = __cached__ = None
        _only(globals(), _code=compile(Path(__file__).read_bytes(), __file__, "exec", dont_inherit=True))
        exec(globals().pop("_code"))
