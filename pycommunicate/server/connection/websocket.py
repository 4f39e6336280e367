"""WebSockets, for both engines: whole messages to slow readers, a bound on what comes in, and the TCP connection closed at the end."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from pycommunicate.engine import Engine
from pycommunicate.server.connection.guard import is_frame
from pycommunicate.server.connection.refusals import Refusals

Handler = Callable[[Any], Any]

LAST_REQUEST = "pycommunicate.last_request"
"""Set in the environ of a request after which the server must close the connection."""


_FRAMES_A_TURN = 64
_SECONDS_A_TURN = 0.001
_STALLED = 1.0


class World(NamedTuple):
    """What WebSockets need of the server around them."""

    engine: Engine
    limit: int
    """The largest inbound message, in bytes."""
    refusals: Refusals


class GuardedSocket:
    """What Engine.IO reads from and writes to."""

    def __init__(self, websocket: Any, raw: Any, closed: type[Exception], world: "World", peer: str) -> None:
        self._websocket = websocket
        self._raw = raw
        self._closed = closed
        self._world = world
        self._peer = peer
        self._handed = time.monotonic()
        self._spent = 0.0

    def wait(self) -> str | None:
        """Return the next frame, None at the end (also where the peer sends what no client of ours sends)."""
        self._spent += time.monotonic() - self._handed
        if self._spent >= _SECONDS_A_TURN:
            self._spent = 0.0
            self._world.engine.give_way()  # a flood on one socket leaves turns for all others
        frame = self._next()
        self._handed = time.monotonic()
        return frame

    def _next(self) -> str | None:
        try:
            frame = self._websocket.wait()
        except (OSError, ValueError, self._closed):
            return None
        if frame is None:
            return None
        if not is_frame(frame):
            self._world.refusals.note("malformed", self._peer, "a malformed frame of %d bytes; closed", len(frame))
            self.close()
            return None
        return frame  # type: ignore[no-any-return]

    def send(self, message: str) -> None:
        """Send a message, whole. Raises `OSError` where the connection is closed."""
        try:
            self._websocket.send(message)
        except self._closed as error:
            raise OSError(str(error)) from None

    def close(self) -> None:
        """Close the WebSocket and its TCP connection: what comes after a close frame must not be read as HTTP."""
        with contextlib.suppress(Exception):
            self._websocket.close()
        self.close_connection()

    def close_connection(self) -> None:
        """Close the TCP connection."""
        close_tcp(self._raw)


def close_tcp(raw: Any) -> None:
    """End a TCP connection, whoever else holds its socket."""
    with contextlib.suppress(OSError):
        raw.shutdown(socket.SHUT_RDWR)


def peer_is_gone(environ: dict[str, Any]) -> bool:
    """Whether the peer has closed the connection of a request of which nothing more is awaited."""
    raw = _raw_socket(environ)
    if raw is None:
        return False
    try:
        return raw.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""  # type: ignore[no-any-return]
    except BlockingIOError:
        return False
    except OSError:
        return True


def _raw_socket(environ: dict[str, Any]) -> Any:
    """Return the operating system's socket under a request, None where there is none."""
    body = environ.get("wsgi.input")
    if "eventlet.input" in environ:
        return environ["eventlet.input"].get_socket().fd
    cooperative = getattr(getattr(getattr(body, "rfile", None), "raw", None), "_sock", None)
    return getattr(cooperative, "_sock", None)


def gevent_websocket(world: World) -> type:
    """Return the WebSocket class for gevent: simple-websocket with what it lacks."""
    import gevent.event  # noqa: PLC0415
    import gevent.lock  # noqa: PLC0415
    import gevent.selectors  # noqa: PLC0415
    import simple_websocket  # noqa: PLC0415
    from engineio.async_drivers.gevent import Thread  # noqa: PLC0415

    class WholeSocket:
        """simple-websocket calls `send` and ignores that a socket may take only a part; this one's sends everything."""

        def __init__(self, raw: Any) -> None:
            self._raw = raw
            self._lock = gevent.lock.RLock()
            self.recv = raw.recv
            self.fileno = raw.fileno

        def close(self) -> None:
            close_tcp(self._raw)
            self._raw.close()

        def send(self, data: bytes) -> int:
            with self._lock:
                self._raw.sendall(data)
            return len(data)

    class WholeServer(simple_websocket.Server):
        raw: Any
        room: gevent.event.Event
        sock: Any

        def handshake(self) -> None:
            self.room = gevent.event.Event()
            self.raw = self.sock
            self.sock = WholeSocket(self.raw)
            super().handshake()

        def wait(self) -> Any:
            message = self.receive()
            self.room.set()
            return message

        def _handle_events(self) -> bool:
            going_on = bool(super()._handle_events())
            decoder = self.ws.connection._proto._frame_decoder if self.ws.connection is not None else None
            header = decoder.header if decoder is not None else None
            if header is not None and header.payload_len > world.limit:
                raise ValueError("a frame past the limit is announced")  # its bytes need not be awaited
            while going_on and len(self.input_buffer) >= _FRAMES_A_TURN:  # TCP slows down who sends faster than we read
                self.room.clear()
                self.room.wait(_STALLED)
            return going_on

        def _thread(self) -> None:
            try:
                super()._thread()
            except Exception as error:  # what it does not expect of a peer: bytes that are no frame
                peer = self.environ.get("REMOTE_ADDR", "")
                world.refusals.note("malformed", peer, "no WebSocket frame (%s); closed", type(error).__name__)
                self.connected = False
                self.sock.close()
                self.event.set()

    class WebSocket:
        def __init__(self, handler: Handler, _server: Any) -> None:
            self._handler = handler

        def __call__(self, environ: dict[str, Any], _start_response: Any) -> Iterable[bytes]:
            # Compression would let a small frame unpack to a large message before its size is known.
            environ = {key: value for key, value in environ.items() if key != "HTTP_SEC_WEBSOCKET_EXTENSIONS"}
            websocket = WholeServer(
                environ,
                max_message_size=world.limit,
                receive_bytes=16 * 1024,
                thread_class=Thread,
                event_class=gevent.event.Event,
                selector_class=gevent.selectors.DefaultSelector,
            )
            guarded = GuardedSocket(
                websocket, websocket.raw, simple_websocket.ConnectionClosed, world, environ.get("REMOTE_ADDR", "")
            )
            try:
                self._handler(guarded)
            finally:
                guarded.close_connection()
            return []

    return WebSocket


def eventlet_websocket(world: World) -> type:
    """Return the WebSocket class for eventlet: its own with the same bounds."""
    from eventlet.websocket import ConnectionClosedError, FailedConnectionError, RFC6455WebSocket, WebSocketWSGI  # noqa: PLC0415

    class BoundedMessage(RFC6455WebSocket.Message):
        """eventlet bounds a frame, but not how many fragments make a message."""

        size = 0

        def push(self, data: bytes, final: bool = False) -> None:
            self.size += len(data)
            if self.size > world.limit:
                raise FailedConnectionError(1009, "the message is too large")
            super().push(data, final)

    class WebSocket:
        def __init__(self, handler: Handler, _server: Any) -> None:
            self._handler = handler
            self._serve = WebSocketWSGI(self._run, max_frame_length=world.limit)

        def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
            environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
            return self._serve(environ, start_response)

        def _run(self, websocket: Any) -> None:
            websocket.Message = BoundedMessage
            guarded = GuardedSocket(
                websocket, websocket.socket, ConnectionClosedError, world, websocket.environ.get("REMOTE_ADDR", "")
            )
            try:
                self._handler(guarded)
            finally:
                guarded.close_connection()

    return WebSocket
