"""The server that `run()` starts: gevent's or eventlet's, with TCP_NODELAY, ended by Ctrl-C or SIGTERM."""

import contextlib
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

from pycommunicate.server.connection.websocket import LAST_REQUEST

_CLOSING_SECONDS = 0.5


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens on `host`:`port` (0: any free one). Raises `OSError` where that can't be had."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(1024)
    except BaseException:
        listener.close()
        raise
    return listener


def serve_gevent(listener: socket.socket, wsgi_app: Any, stopping: Callable[[], None]) -> None:
    """Serve until a signal comes. Blocks."""
    import gevent  # noqa: PLC0415
    from gevent.event import Event  # noqa: PLC0415
    from gevent.pywsgi import WSGIHandler, WSGIServer  # noqa: PLC0415
    from gevent.socket import socket as gevent_socket  # noqa: PLC0415

    class Server(WSGIServer):
        def handle(self, accepted: Any, address: Any) -> None:
            # Small messages must not wait for the acknowledgement of the one before (Nagle's algorithm).
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with contextlib.suppress(OSError):  # the peer has closed while it was being answered
                super().handle(accepted, address)

    class Handler(WSGIHandler):
        def handle_one_response(self) -> None:
            super().handle_one_response()
            if self.environ and LAST_REQUEST in self.environ:
                self.close_connection = True

    cooperative = gevent_socket(fileno=listener.detach())
    cooperative.setblocking(False)
    server = Server(cooperative, wsgi_app, log=None, error_log=sys.stderr, handler_class=Handler)
    ended = Event()
    watchers = [gevent.signal_handler(number, ended.set) for number in _signals()]
    try:
        server.start()
        with contextlib.suppress(KeyboardInterrupt):
            ended.wait()
    finally:
        stopping()
        server.stop(timeout=_CLOSING_SECONDS)
        for watcher in watchers:
            watcher.cancel()


def serve_eventlet(listener: socket.socket, wsgi_app: Any, stopping: Callable[[], None]) -> None:
    """Serve until a signal comes. Blocks."""
    import eventlet  # noqa: PLC0415
    import eventlet.wsgi  # noqa: PLC0415
    from eventlet.greenio import GreenSocket  # noqa: PLC0415

    class Listener(GreenSocket):
        def accept(self) -> Any:
            accepted, address = super().accept()
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return accepted, address

    original = eventlet.patcher.original("socket")
    plain = original.socket(listener.family, listener.type, fileno=listener.detach())
    serving = eventlet.getcurrent()

    def stop(*_: Any) -> None:
        eventlet.hubs.get_hub().schedule_call_global(0, serving.throw, KeyboardInterrupt)

    previous = {number: signal.signal(number, stop) for number in _signals()}
    try:
        with contextlib.suppress(KeyboardInterrupt):
            eventlet.wsgi.server(Listener(plain), wsgi_app, log=sys.stderr, log_output=False, max_size=20_000)
    finally:
        stopping()
        eventlet.sleep(0.05)  # what is queued for the sockets goes out
        for number, handler in previous.items():
            signal.signal(number, handler)


def _signals() -> list[signal.Signals]:
    return [signal.SIGINT, signal.SIGTERM]
