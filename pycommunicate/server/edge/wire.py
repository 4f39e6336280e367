"""A TCP connection, held to deadlines: who sends nothing is not waited for, nor who takes nothing of an answer."""

import contextlib
import errno
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any, Final

from pycommunicate.engine import Engine
from pycommunicate.protocol.limits import Limits

_LINGER_SECONDS: Final = 2.0
_LINGER_BYTES: Final = 256 * 1024


class Wire:
    """One connection. `raw` is the engine's socket, `system` the operating system's under it."""

    def __init__(
        self, raw: Any, system: Any, engine: Engine, limits: Limits, wait_writable: Callable[[int, float], bool]
    ) -> None:
        self.raw = raw
        self._system = system
        self.engine = engine
        self.limits = limits
        self._wait_writable = wait_writable
        self.timed_out = False

    @contextlib.contextmanager
    def reading(self, seconds: float) -> Iterator[None]:
        """End what the block reads after so many seconds: it finds the end of the stream, and `timed_out` is set. An answer can still be sent."""
        timer = self.engine.call_later(seconds, self._stop_reading)
        try:
            yield
        finally:
            timer.cancel()

    def _stop_reading(self) -> None:
        self.timed_out = True
        with contextlib.suppress(OSError):
            self._system.shutdown(socket.SHUT_RD)

    def send(self, data: Any) -> None:
        """Send all. Raises `BrokenPipeError`, and ends the connection, if the peer takes nothing for `answer_idle` seconds."""
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self._system.send(rest) :]
            except (BlockingIOError, InterruptedError):
                self._wait()

    def _wait(self) -> None:
        # A socket can be written to again only when much of its buffer is free: who reads slowly makes it shorter meanwhile.
        before = _unsent(self._system)
        while not self._wait_writable(self._system.fileno(), self.limits.answer_idle):
            now = _unsent(self._system)
            if now >= before:
                self.close()
                raise BrokenPipeError(errno.EPIPE, "the peer takes nothing of its answer")
            before = now

    def refuse(self, status: HTTPStatus, reason: str) -> None:
        """Answer a request that was not understood, and end the connection."""
        body = f"{status.phrase}: {reason}.\n".encode()
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
            "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
        )
        with contextlib.suppress(OSError):
            self.send(head.encode("ascii") + body)
        self.linger()

    def linger(self) -> None:
        """End the connection so that the peer can read what it was told: closed on what it still sends, it would hear of a reset only."""
        with contextlib.suppress(OSError):
            self._system.shutdown(socket.SHUT_WR)
            left = _LINGER_BYTES
            with self.reading(_LINGER_SECONDS):
                while left > 0 and (data := self.raw.recv(16 * 1024)):
                    left -= len(data)
        self.close()

    def close(self) -> None:
        """End the connection, whoever else holds its socket."""
        with contextlib.suppress(OSError):
            self._system.shutdown(socket.SHUT_RDWR)


if sys.platform == "win32":

    def _unsent(_system: Any) -> int:
        return 0

else:
    import fcntl
    import struct
    import termios

    def _unsent(system: Any) -> int:
        """Return how many bytes the peer has not taken yet."""
        with contextlib.suppress(OSError):
            return int(struct.unpack("i", fcntl.ioctl(system.fileno(), termios.TIOCOUTQ, b"\0\0\0\0"))[0])
        return 0


class Writer:
    """A wire as the file that eventlet's server writes to."""

    closed = False

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def write(self, data: bytes) -> None:
        """Send all."""
        self._wire.send(data)

    def writelines(self, pieces: Iterable[bytes]) -> None:
        """Send all of all."""
        self._wire.send(b"".join(pieces))

    def flush(self) -> None:
        """Do nothing: what was written is sent."""

    def close(self) -> None:
        """Do nothing: the server closes the connection."""
