"""Request bodies (RFC 9112, 6 and 7): what an application reads as `wsgi.input`, never for longer than the peer deserves."""

import io
import re
import time
from collections.abc import Callable
from typing import Any, Final

from werkzeug.exceptions import ClientDisconnected

from pycommunicate.server.edge.head import Head
from pycommunicate.server.edge.wire import Wire

_LEFT_OVER: Final = 64 * 1024
"""How much of what the application did not read is read for it, in bytes."""
_LEFT_OVER_SECONDS: Final = 1.0
_EXTRA_BYTES: Final = 8 * 1024
"""Chunk extensions and trailers of a body, in all."""
_SECONDS_A_TURN: Final = 0.002
_chunk_size = re.compile(rb"([0-9a-fA-F]{1,16})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?\r\n").fullmatch
_trailer = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n").fullmatch


class BodyError(ClientDisconnected, OSError):
    """The body ended too early, came too slowly, or is not framed as its head said. Flask answers 400; code that expects an `OSError` gets one."""


class Body(io.RawIOBase):
    """A body as it comes. It raises `BodyError` when no byte comes for `body_idle` seconds, or fewer than `body_rate` in the long run.

    Only the time in which the application waits for the peer counts. Nothing past the body's end is read.
    """

    def __init__(self, rfile: Any, head: Head, wire: Wire, say_continue: Callable[[], object]) -> None:
        super().__init__()
        self._rfile = rfile
        self._wire = wire
        self._chunked = head.chunked
        self._left = head.length
        """Bytes until the end of the body, or of the chunk."""
        self._begun = self._ended = False
        self._say_continue = say_continue if head.expects_continue else None
        self._failed: str | None = None
        self._taken = self._extra = 0
        self._waited = 0.0
        self._until: float | None = None
        self._turn = time.monotonic()

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what is there, or wait for some of it; 0 at the end. Raises `BodyError`."""
        if self._failed is not None:
            raise BodyError(self._failed)
        if self._say_continue is not None:
            say, self._say_continue = self._say_continue, None
            say()
        if self._chunked and not self._left and not self._ended:
            self._next_chunk()
        if not self._left:
            self._ended = True
            return 0
        read: int = self._patiently(self._rfile.readinto1, memoryview(buffer)[: self._left])
        if not read:
            raise self._fail("the body ended too early")
        self._left -= read
        self._taken += read
        return read

    def drain(self) -> bool:
        """Read what the application did not, if that is little. Return whether all has come, so that another request may follow."""
        if self._failed is None and self._say_continue is None and self._left <= _LEFT_OVER:
            self._until = time.monotonic() + _LEFT_OVER_SECONDS
            most = self._taken + _LEFT_OVER
            scratch = bytearray(16 * 1024)
            try:
                while self._taken <= most:
                    if not self.readinto(scratch):
                        return True
            except BodyError:
                pass
        return self._failed is None and (self._ended or not (self._chunked or self._left))

    def _next_chunk(self) -> None:
        if self._begun and self._line() != b"\r\n":
            raise self._fail("a chunk that does not end in CRLF")
        self._begun = True
        line = self._line()
        size = _chunk_size(line)
        if size is None:
            raise self._fail("a chunk that does not begin with its size")
        self._count(len(line) - len(size[1]) - 2)
        self._left = int(size[1], 16)
        if self._left:
            return
        while (line := self._line()) != b"\r\n":
            if not _trailer(line):
                raise self._fail("a trailer that is not `name: value`")
            self._count(len(line))
        self._ended = True

    def _line(self) -> bytes:
        line: bytes = self._patiently(self._rfile.readline, _EXTRA_BYTES)
        return line

    def _count(self, extra: int) -> None:
        self._extra += extra
        if self._extra > _EXTRA_BYTES:
            raise self._fail(f"more than {_EXTRA_BYTES} bytes of chunk extensions and trailers")

    def _patiently(self, read: Callable[[Any], Any], argument: Any) -> Any:
        limits = self._wire.limits
        begun = time.monotonic()
        if begun - self._turn > _SECONDS_A_TURN:
            self._wire.engine.give_way()  # who sends much, fast, leaves turns for others
            begun = self._turn = time.monotonic()
        seconds = limits.body_idle
        if limits.body_rate:
            seconds = min(seconds, 2 * limits.body_idle + self._taken / limits.body_rate - self._waited)
        if self._until is not None:
            seconds = min(seconds, self._until - begun)
        if seconds <= 0:
            raise self._fail("the body came too slowly")
        try:
            with self._wire.reading(seconds):
                return read(argument)
        except OSError as error:
            raise self._fail("the connection broke") from error
        finally:
            self._waited += time.monotonic() - begun

    def _fail(self, reason: str) -> BodyError:
        self._failed = reason
        return BodyError(reason)
