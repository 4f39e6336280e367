"""WebSockets, for both engines: whole messages to slow readers, a bound on what comes in, and the TCP connection closed at the end."""

import contextlib
import socket
import struct
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from pycommunicate.engine import Engine
from pycommunicate.server.connection.entrance import Entrance
from pycommunicate.server.connection.frames import (
    CARRIES,
    CLOSE,
    PING,
    PONG,
    TEXT,
    FrameError,
    Frames,
    accepted,
    carried,
    frame,
)
from pycommunicate.server.connection.guard import is_frame
from pycommunicate.server.connection.refusals import Refusals

Handler = Callable[[Any], Any]

LAST_REQUEST = "pycommunicate.last_request"
"""Set in the environ of a request after which the server must close the connection."""
RAW_SOCKET = "pycommunicate.socket"
"""Where our servers put the engine's socket into the environ."""
WEBSOCKET = "pycommunicate.websocket"
"""Where the environ of a WebSocket's request keeps its `GuardedSocket`."""

_PIECE = 4096
_SECONDS_A_TURN = 0.001
_NORMAL = 1000


class World(NamedTuple):
    """What WebSockets need of the server around them."""

    engine: Engine
    limit: int
    """The largest inbound message, in bytes."""
    refusals: Refusals
    exit: Entrance
    """Where those take turns whose peers have gone."""


class GuardedSocket:
    """What Engine.IO reads from and writes to: a WebSocket whose handshake is done.

    The stack's own would not do. simple-websocket ignores, under gevent, that a socket may take a part of a message only; both engines'
    inflate before they know a size, or gather fragments without bound, and parse a whole buffer of small frames in one go.
    """

    __slots__ = ("_carried", "_closed", "_frames", "_handed", "_lock", "_peer", "_raw", "_spent", "_world")

    def __init__(self, raw: Any, world: World, peer: str, carried: bytes | None = None) -> None:
        self._raw = raw
        self._carried = carried
        self._world = world
        self._peer = peer
        self._lock = world.engine.lock()
        self._frames = Frames(world.limit)
        self._closed = False
        self._handed = time.monotonic()
        self._spent = 0.0

    def wait(self) -> str | None:
        """Return the next message, None at the end (also where the peer sends what no client of ours sends)."""
        message = self._next()
        if message is None:
            self.close_connection()
            self._world.exit.enter(lambda: False, self._peer)
        self._handed = time.monotonic()
        return message

    def send(self, message: str) -> None:
        """Send a message, whole. Raises `OSError` where the connection is closed."""
        self._send(frame(TEXT, message.encode()))

    def close(self) -> None:
        """Close the WebSocket and its TCP connection: what comes after a close frame must not be read as HTTP."""
        self._say_goodbye(_NORMAL)
        self.close_connection()

    @property
    def closed(self) -> bool:
        """Whether nothing more is sent."""
        return self._closed

    def close_connection(self) -> None:
        """Close the TCP connection."""
        self._closed = True
        close_tcp(self._raw)

    def _next(self) -> str | None:
        try:
            while True:
                self._leave_turns()
                if self._carried is not None:
                    first, self._carried = self._carried, None
                    if len(first) > self._world.limit:
                        raise FrameError("too large", 1009)
                    return self._checked(first)
                got = self._frames.next()
                if got is None:
                    data = self._raw.recv(_PIECE)
                    self._handed = time.monotonic()
                    if not data:
                        return None
                    self._frames.take(data)
                    continue
                opcode, payload = got
                if opcode == TEXT:
                    return self._checked(payload)
                if opcode == PING:
                    self._send(frame(PONG, payload))
                elif opcode == CLOSE:
                    self._say_goodbye(_NORMAL)
                    return None
                elif opcode and opcode != PONG:
                    raise FrameError("binary messages are refused", 1003)
        except FrameError as error:
            self._refuse(f"no WebSocket frame ({error}); closed", error.code)
        except OSError:
            pass
        return None

    def _checked(self, payload: bytes) -> str | None:
        try:
            message = payload.decode()
        except UnicodeDecodeError:
            raise FrameError("no UTF-8", 1007) from None
        if not is_frame(message):
            self._refuse(f"a malformed frame of {len(message)} bytes; closed", 1008)
            return None
        return message

    def _leave_turns(self) -> None:
        # Time that the caller took counts too: who sends much has turns of a millisecond, between those of all others.
        now = time.monotonic()
        self._spent += now - self._handed
        self._handed = now
        if self._spent >= _SECONDS_A_TURN:
            self._spent = 0.0
            self._world.engine.give_way()
            self._handed = time.monotonic()

    def _send(self, data: bytes) -> None:
        with self._lock:
            if self._closed:
                raise OSError("the WebSocket is closed")
            self._raw.sendall(data)

    def _refuse(self, message: str, code: int) -> None:
        self._world.refusals.note("malformed", self._peer, "%s", message)
        self._say_goodbye(code)

    def _say_goodbye(self, code: int) -> None:
        # Never waits: not for who reads nothing, and not for who is just writing to them.
        if self._closed or not self._lock.acquire(blocking=False):
            return
        try:
            self._closed = True
            with contextlib.suppress(OSError):
                system_socket(self._raw).send(frame(CLOSE, struct.pack("!H", code)), socket.MSG_DONTWAIT)
        finally:
            self._lock.release()


class WebSocketWSGI:
    """Shakes hands, and runs Engine.IO's handler with the WebSocket."""

    def __init__(self, handler: Handler, world: World) -> None:
        self._handler = handler
        self._world = world

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Serve until the WebSocket ends."""
        raw = raw_socket(environ)
        answer = accepted(environ.get("HTTP_SEC_WEBSOCKET_KEY", ""))
        try:
            # Taken out: the environ becomes the request that programs, and what reports their errors, see after a mount anew.
            first = carried(environ.pop("HTTP_SEC_WEBSOCKET_PROTOCOL", ""))
        except FrameError:
            answer = first = None
        # A body would be read as frames.
        has_body = environ.get("CONTENT_LENGTH", "0") != "0" or "HTTP_TRANSFER_ENCODING" in environ
        if raw is None or answer is None or has_body or environ.get("HTTP_SEC_WEBSOCKET_VERSION") != "13":
            start_response("400 Bad Request", [("Sec-WebSocket-Version", "13"), ("Connection", "close")])
            return []
        self._world.engine.take_over_response()
        chosen = "" if first is None else f"Sec-WebSocket-Protocol: {CARRIES}\r\n"
        with contextlib.suppress(OSError):
            raw.sendall(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Accept: {answer}\r\n{chosen}\r\n".encode()
            )
        guarded = environ[WEBSOCKET] = GuardedSocket(raw, self._world, environ.get("REMOTE_ADDR", ""), first)
        try:
            self._handler(guarded)
        finally:
            guarded.close_connection()
        return []


def close_tcp(raw: Any) -> None:
    """End a TCP connection, whoever else holds its socket."""
    with contextlib.suppress(OSError):
        raw.shutdown(socket.SHUT_RDWR)


def peer_is_gone(environ: dict[str, Any]) -> bool:
    """Whether the peer has closed the connection of a request of which nothing more is awaited."""
    raw = raw_socket(environ)
    if raw is None:
        return False
    try:
        return system_socket(raw).recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""  # type: ignore[no-any-return]
    except BlockingIOError:
        return False
    except OSError:
        return True


def raw_socket(environ: dict[str, Any]) -> Any:
    """Return the engine's socket under a request, None where there is none."""
    if RAW_SOCKET in environ:
        return environ[RAW_SOCKET]
    if "eventlet.input" in environ:
        return environ["eventlet.input"].get_socket()
    body = environ.get("wsgi.input")
    return getattr(getattr(getattr(body, "rfile", body), "raw", None), "_sock", None)


def system_socket(raw: Any) -> Any:
    """Return the operating system's socket under an engine's: its calls don't wait for others."""
    return getattr(raw, "fd", None) or raw._sock  # eventlet's, whose _sock is itself, or gevent's
