"""The worker of `run --debug`: serves the project, on the socket that its supervisor has. Started by it, not by hand."""

import _thread
import contextlib
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

_GRACE = 3.0
_sleep = time.sleep  # of the system's: gevent replaces the one in `time`


class Channel:
    """The worker's end of the connection to its supervisor: a JSON object per line."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._file = self._socket.makefile("rwb")

    def receive(self) -> Any:
        """Return the next message. Ends the process where the supervisor is gone."""
        line = self._file.readline()
        if not line:
            os._exit(1)
        return json.loads(line)

    def send(self, message: Any) -> None:
        """Send a message."""
        self._file.write(json.dumps(message).encode() + b"\n")
        self._file.flush()

    def listen(self, host: str, port: int, asked: bool) -> socket.socket:
        """Ask the supervisor for the socket that listens."""
        self.send({"listen": [host, port, asked]})
        _, descriptors, _, _ = socket.recv_fds(self._socket, 1, 1)
        if not descriptors:
            os._exit(1)
        return socket.socket(fileno=descriptors[0])

    def end_with(self) -> None:
        """End this process when the supervisor is gone, however it went. Runs in a thread."""
        with contextlib.suppress(OSError):  # a reset, where the supervisor had not read all
            self._file.readline()
        os.kill(os.getpid(), signal.SIGTERM)
        _sleep(_GRACE)
        os._exit(1)


def main(descriptor: int) -> int:
    """Serve until the supervisor says so; return the exit code."""
    # A Ctrl-C goes to the supervisor too, which ends this process in good order.
    signal.signal(signal.SIGINT, lambda *_: None)
    channel = Channel(descriptor)
    order = channel.receive()

    from pycommunicate_cli.options import Settings  # noqa: PLC0415
    from pycommunicate_cli.output import Problem, show, show_unexpected  # noqa: PLC0415
    from pycommunicate_cli.project import Project  # noqa: PLC0415
    from pycommunicate_cli.serving import Job, serve  # noqa: PLC0415

    start_thread = _thread.start_new_thread  # gevent will replace it

    def ready(url: str) -> None:
        channel.send({"ready": url})
        start_thread(channel.end_with, ())

    Settings.traceback = order["traceback"]
    try:
        serve(Project(Path(order["folder"]), order["app"]), Job(**order["job"]), channel.listen, ready)
    except Problem as problem:
        return show(problem)
    except Exception as error:
        return show_unexpected(error)
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
