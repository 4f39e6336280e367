"""The worker's end of the connection to its supervisor: a JSON object per line, and the socket that listens."""

import _thread
import contextlib
import json
import os
import signal
import socket
import time
from collections.abc import Callable
from typing import Any

WORKER_TOKEN = "PYCOMMUNICATE_WORKER"  # noqa: S105 - its name
"""Where a worker finds the proof that it is its supervisor's, on systems that hand no sockets on."""
_GRACE = 3.0
# The system's own: gevent replaces what these modules hold.
_sleep = time.sleep
_start_thread = _thread.start_new_thread
_receive = socket.recv_fds if hasattr(socket, "recv_fds") else None


class Link:
    """Reads and writes messages. Made before gevent patches the standard library, so that it blocks real threads."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._received = b""
        self._messages: list[Any] = []
        self.listener: socket.socket | None = None
        """What came with a message `socket`."""

    def receive(self) -> Any:
        """Return the next message. Ends the process where the supervisor is gone."""
        message = self._next()
        if message is None:
            os._exit(1)
        return message

    def send(self, message: Any) -> None:
        """Send a message."""
        with contextlib.suppress(OSError):  # the thread notices that the supervisor is gone
            self._socket.sendall(json.dumps(message).encode() + b"\n")

    def listen(self, receive: Callable[[Any], None]) -> None:
        """Call `receive` with every message from now on, in a thread. End this process when the supervisor is gone, however it went."""
        _start_thread(self._listen, (receive,))

    def _listen(self, receive: Callable[[Any], None]) -> None:
        while (message := self._next()) is not None:
            receive(message)
        os.kill(os.getpid(), signal.SIGTERM)
        _sleep(_GRACE)
        os._exit(1)

    def _next(self) -> Any:
        while not self._messages:
            try:
                chunk, descriptors = self._read()
            except OSError:  # a reset, where the supervisor had not read all
                return None
            if not chunk:
                return None
            for descriptor in descriptors:
                self.listener = socket.socket(fileno=descriptor)
            *lines, self._received = (self._received + chunk).split(b"\n")
            self._messages += [json.loads(line) for line in lines]
        return self._messages.pop(0)

    def _read(self) -> tuple[bytes, list[int]]:
        if _receive is None:
            return self._socket.recv(65536), []
        chunk, descriptors, _, _ = _receive(self._socket, 65536, 1)
        return chunk, descriptors
