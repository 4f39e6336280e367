"""WebSockets, for both engines: whole messages to slow readers, a bound on what comes in, and the TCP connection closed at the end."""

import contextlib
import logging
import socket
from collections.abc import Callable, Iterable
from typing import Any

from pycommunicate.server.connection.guard import is_frame

log = logging.getLogger("pycommunicate")

Handler = Callable[[Any], Any]


class GuardedSocket:
    """What Engine.IO reads from and writes to."""

    def __init__(self, websocket: Any, raw: Any, closed: type[Exception]) -> None:
        self._websocket = websocket
        self._raw = raw
        self._closed = closed

    def wait(self) -> str | None:
        """Return the next frame, None at the end (also where the peer sends what no client of ours sends)."""
        try:
            frame = self._websocket.wait()
        except (OSError, ValueError, self._closed):
            return None
        if frame is None:
            return None
        if not is_frame(frame):
            log.warning("a socket sent a malformed frame of %d bytes; it is closed", len(frame))
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
        with contextlib.suppress(OSError):
            self._raw.shutdown(socket.SHUT_RDWR)


def gevent_websocket(limit: int) -> type:
    """Return the WebSocket class for gevent: simple-websocket with what it lacks. `limit`: the largest inbound message, in bytes."""
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
            self.close = raw.close
            self.fileno = raw.fileno

        def send(self, data: bytes) -> int:
            with self._lock:
                self._raw.sendall(data)
            return len(data)

    class WholeServer(simple_websocket.Server):
        raw: Any
        sock: Any

        def handshake(self) -> None:
            self.raw = self.sock
            self.sock = WholeSocket(self.raw)
            super().handshake()

        def wait(self) -> Any:
            return self.receive()

    class WebSocket:
        def __init__(self, handler: Handler, _server: Any) -> None:
            self._handler = handler

        def __call__(self, environ: dict[str, Any], _start_response: Any) -> Iterable[bytes]:
            # Compression would let a small frame unpack to a large message before its size is known.
            environ = {key: value for key, value in environ.items() if key != "HTTP_SEC_WEBSOCKET_EXTENSIONS"}
            websocket = WholeServer(
                environ,
                max_message_size=limit,
                receive_bytes=16 * 1024,
                thread_class=Thread,
                event_class=gevent.event.Event,
                selector_class=gevent.selectors.DefaultSelector,
            )
            guarded = GuardedSocket(websocket, websocket.raw, simple_websocket.ConnectionClosed)
            try:
                self._handler(guarded)
            finally:
                guarded.close_connection()
            return []

    return WebSocket


def eventlet_websocket(limit: int) -> type:
    """Return the WebSocket class for eventlet: its own with the same bounds. `limit`: the largest inbound message, in bytes."""
    from eventlet.websocket import ConnectionClosedError, WebSocketWSGI  # noqa: PLC0415

    class WebSocket:
        def __init__(self, handler: Handler, _server: Any) -> None:
            self._handler = handler
            self._serve = WebSocketWSGI(self._run, max_frame_length=limit)

        def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
            environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
            return self._serve(environ, start_response)

        def _run(self, websocket: Any) -> None:
            guarded = GuardedSocket(websocket, websocket.socket, ConnectionClosedError)
            try:
                self._handler(guarded)
            finally:
                guarded.close_connection()

    return WebSocket
