"""The supervisor of `run --debug`: has the listening socket, watches the files, and starts the worker anew. Without gevent."""

import json
import secrets
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
import webbrowser
from dataclasses import asdict, replace
from pathlib import Path
from types import FrameType
from typing import Any

from pycommunicate_cli import ports
from pycommunicate_cli.options import Settings
from pycommunicate_cli.output import Problem, say
from pycommunicate_cli.project import Project
from pycommunicate_cli.serving import Job
from pycommunicate_cli.watching import Watcher

_GRACE = 3.0


class Worker:
    """A worker process, and the connection to it. It ends when the connection does."""

    def __init__(self, project: Project, job: Job, *, quiet: bool = False) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "pycommunicate_cli.worker", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stderr=subprocess.DEVNULL if quiet else None,
                stdout=subprocess.DEVNULL if quiet else None,
            )
        self.socket = ours
        self.ready = False
        self._received = b""
        order = {
            "folder": str(project.folder),
            "app": project.app,
            "job": asdict(job),
            "traceback": Settings.traceback,
        }
        self.socket.sendall(json.dumps(order).encode() + b"\n")

    def messages(self) -> list[Any] | None:
        """Return what came; None where the connection has ended. Call it when there is something to read."""
        try:
            chunk = self.socket.recv(65536)
        except ConnectionError:
            chunk = b""
        if not chunk:
            return None
        *lines, self._received = (self._received + chunk).split(b"\n")
        return [json.loads(line) for line in lines]

    def stop(self) -> int:
        """End the process; return its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(_GRACE)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.socket.close()
        return self.process.wait()


class Supervisor:
    """Keeps a worker running on the newest files."""

    def __init__(self, project: Project, job: Job, *, poll: bool, open_browser: bool) -> None:
        self._project = project
        self._job = replace(job, key=secrets.token_hex())
        self._open_browser = open_browser
        self._listener: socket.socket | None = None
        self._address: tuple[str, int] | None = None
        self._worker: Worker | None = None
        self._wake_reading, self._wake_writing = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._lock = threading.Lock()
        self._changed: list[Path] = []
        self._ending = False
        self._served = False
        self._watcher = Watcher(project.folder, self._note, poll=poll)

    def run(self) -> int:
        """Serve until Ctrl-C or SIGTERM; return the exit code."""
        previous = {number: signal.signal(number, self._end) for number in (signal.SIGINT, signal.SIGTERM)}
        self._selector.register(self._wake_reading, selectors.EVENT_READ)
        try:
            self._start_watching()
            self._start("")
            while not self._ending:
                self._turn()
        finally:
            self._watcher.stop()
            if self._worker is not None:
                self._worker.stop()
            if self._listener is not None:
                self._listener.close()
            for number, handler in previous.items():
                signal.signal(number, handler)
        return 0 if self._served else 130

    def _start_watching(self) -> None:
        try:
            self._watcher.start()
        except OSError as error:
            message = f"the project's files can't be watched: {error.strerror}"
            raise Problem(message, help="pycommunicate run --debug --poll; or see: pycommunicate doctor") from None

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self._ending = True
        self._wake_writing.send(b"\0")

    def _note(self, paths: list[Path]) -> None:
        with self._lock:
            self._changed.extend(paths)
        self._wake_writing.send(b"\0")

    def _turn(self) -> None:
        for key, _ in self._selector.select():
            if key.fileobj is self._wake_reading:
                self._wake_reading.recv(4096)
            elif self._worker is not None and key.fileobj is self._worker.socket:
                self._hear(self._worker)
        with self._lock:
            changed, self._changed = self._changed, []
        if changed and not self._ending:
            self._stop()
            names = [str(path.relative_to(self._project.folder)) for path in dict.fromkeys(changed)]
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            self._start(f"{names[0]}{more} changed")

    def _start(self, reason: str) -> None:
        # Until it was served once, every start is the first one.
        job = replace(self._job, started=time.time(), reason=reason) if self._served else self._job
        self._worker = Worker(self._project, job)
        self._selector.register(self._worker.socket, selectors.EVENT_READ)

    def _stop(self) -> int:
        worker, self._worker = self._worker, None
        if worker is None:
            return 0
        self._selector.unregister(worker.socket)
        return worker.stop()

    def _hear(self, worker: Worker) -> None:
        messages = worker.messages()
        if messages is None:
            code = worker.process.wait()
            self._stop()
            what = "the server has ended" if worker.ready else "the server can't start"
            if not self._ending:
                say(f"{what} (status {code}); waiting for a change")
        for message in messages or ():
            if "listen" in message:
                self._hand_over(worker, *message["listen"])
            elif "ready" in message:
                worker.ready = self._served = True
                if self._open_browser:
                    self._open_browser = False
                    threading.Thread(target=webbrowser.open, args=(message["ready"],), daemon=True).start()

    def _hand_over(self, worker: Worker, host: str, port: int, asked: bool) -> None:
        if self._listener is None or self._address != (host, port):
            if self._listener is not None:
                self._listener.close()
                self._listener = None
            self._listener = ports.listen(host, port, asked=asked)
            self._address = (host, port)
        socket.send_fds(worker.socket, [b"\0"], [self._listener.fileno()])
