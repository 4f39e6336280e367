"""A worker process, as its supervisor holds it."""

import json
import os
import secrets
import select
import signal
import socket
import subprocess
import sys
import time
from typing import Any, Final

from pycommunicate_cli.link import WORKER_TOKEN
from pycommunicate_cli.options import Settings
from pycommunicate_cli.project import Project

HANDS_ON: Final = hasattr(socket, "send_fds")
"""Whether this system hands a listening socket to another process."""
_GRACE: Final = 3.0
_SENDING: Final = 1.0
_CONNECTING: Final = 20.0


class Worker:
    """A process, and the connection to it. The process ends when the connection does."""

    def __init__(self, *, standby: bool = False, quiet: bool = False) -> None:
        role = ["standby"] if standby else []
        output = subprocess.DEVNULL if quiet else None
        connected = _connected if HANDS_ON else _connected_by_tcp
        self.process, self.socket = connected(role, output)
        self.socket.settimeout(_SENDING)
        self.warm = False
        self.began = time.monotonic()
        """When it was made, or was told to serve."""
        self.deadline: float | None = None
        """When the supervisor's patience with it ends."""
        self.waits_for_answer = False
        self.fault: dict[str, Any] | None = None
        self._received = b""

    def order(self, project: Project, job: dict[str, Any], patience: float) -> None:
        """Tell it to serve."""
        self.began = time.monotonic()
        order = {"folder": str(project.folder), "app": project.app, "job": job, "patience": patience}
        self.send({**order, "traceback": Settings.traceback})

    def send(self, message: Any, descriptor: int | None = None) -> None:
        """Send a message. That it is gone is noticed elsewhere."""
        line = json.dumps(message).encode() + b"\n"
        try:
            if descriptor is None:
                self.socket.sendall(line)
            else:
                socket.send_fds(self.socket, [line], [descriptor])
        except OSError:
            pass

    def messages(self) -> list[Any] | None:
        """Return what came; None where the connection has ended."""
        if not select.select([self.socket], [], [], 0)[0]:
            return []
        try:
            chunk = self.socket.recv(65536)
        except OSError:
            chunk = b""
        if not chunk:
            return None
        *lines, self._received = (self._received + chunk).split(b"\n")
        return [json.loads(line) for line in lines]

    def terminate(self) -> None:
        """Ask the process to end."""
        if self.process.poll() is None:
            self.process.terminate()

    def kill(self) -> None:
        """End the process."""
        if self.process.poll() is None:
            self.process.kill()

    def wait(self, seconds: float = _GRACE) -> int:
        """Return the process's exit code. Where it does not end in time, it is made to."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
        return self.process.wait()


def _connected(role: list[str], output: int | None) -> tuple[subprocess.Popen[bytes], socket.socket]:
    ours, theirs = socket.socketpair()
    with theirs:
        number = str(theirs.fileno())
        # Until the worker is ready for it, a Ctrl-C waits: Python would answer with a traceback.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            process = subprocess.Popen(
                [*_COMMAND, number, *role], pass_fds=[theirs.fileno()], stdout=output, stderr=output
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return process, ours


def _connected_by_tcp(role: list[str], output: int | None) -> tuple[subprocess.Popen[bytes], socket.socket]:
    token = secrets.token_hex()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(_CONNECTING)
        where = f"port:{server.getsockname()[1]}"
        environ = {**os.environ, WORKER_TOKEN: token}
        process = subprocess.Popen([*_COMMAND, where, *role], env=environ, stdout=output, stderr=output)
        while True:
            connection, _ = server.accept()
            connection.settimeout(_SENDING)
            said = b""
            while len(said) < len(token) and (more := connection.recv(len(token) - len(said))):
                said += more
            if secrets.compare_digest(said, token.encode()):
                return process, connection
            connection.close()


_COMMAND: Final = [sys.executable, "-P", "-m", "pycommunicate_cli.worker"]


def how_it_ended(code: int) -> str:
    """Return an exit code in words: `status 3`, `killed by SIGKILL`."""
    if code >= 0:
        return f"status {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
