"""The server that `run()` starts: gevent's or eventlet's, with TCP_NODELAY, ended by Ctrl-C or SIGTERM."""

import contextlib
import errno
import logging
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Any, Protocol

from pycommunicate.engine import Engine
from pycommunicate.protocol.limits import Limits
from pycommunicate.server.connection.refusals import Refusals
from pycommunicate.server.connection.websocket import LAST_REQUEST, RAW_SOCKET
from pycommunicate.server.edge.exchange import Exchange
from pycommunicate.server.edge.wire import Wire, Writer

_CLOSING_SECONDS = 0.5
_LAST_WRITES = 0.1
"""Seconds in which what is queued for the sockets goes out."""
_HANDLER_SECONDS = 10.0
_CONNECTIONS = 20_000
_USED_UP = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_USED_UP_SECONDS = 0.2
_SERVER = "the HTTP server"


class Ending(Protocol):
    """What is to be done when the server ends. SIGTERM gives handlers 10 s to finish, Ctrl-C none."""

    answer_seconds: float
    """How long requests that were taken may still be answered, after the connections of pages are closed."""

    def begin(self) -> None:
        """Take no more events."""

    def is_busy(self) -> bool:
        """Whether handlers still run."""

    def end(self) -> None:
        """Close the connections; the pages come back to whoever serves next."""


class Served(Protocol):
    """What the servers need of the application."""

    engine: Engine
    limits: Limits
    refusals: Refusals

    @property
    def ending(self) -> Ending:
        """What is to be done at the end."""


def serve_gevent(listener: socket.socket, wsgi_app: Any, application: Served) -> None:
    """Serve until a signal comes. Blocks."""
    import gevent  # noqa: PLC0415
    from gevent.event import Event  # noqa: PLC0415
    from gevent.pool import Pool  # noqa: PLC0415
    from gevent.pywsgi import WSGIHandler, WSGIServer  # noqa: PLC0415
    from gevent.socket import socket as gevent_socket  # noqa: PLC0415
    from gevent.socket import wait_write  # noqa: PLC0415

    ending, refusals = application.ending, application.refusals
    answering: set[WSGIHandler] = set()

    class Server(WSGIServer):
        def handle(self, accepted: Any, address: Any) -> None:
            # Small messages must not wait for the acknowledgement of the one before (Nagle's algorithm).
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with contextlib.suppress(OSError):  # the peer has closed while it was being answered
                super().handle(accepted, address)

    def wait_writable(descriptor: int, seconds: float) -> bool:
        try:
            wait_write(descriptor, timeout=seconds, timeout_exc=TimeoutError)
        except TimeoutError:
            return False
        return True

    class Handler(WSGIHandler):
        """gevent's, but for heads, bodies and writes, which are ours: see `server/edge/`."""

        headers: Any
        environ: Any
        wsgi_input: Any

        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            accepted: Any = self.socket
            self.wire = Wire(accepted, accepted._sock, application.engine, application.limits, wait_writable)

        def handle_one_request(self) -> Any:
            self.exchange = Exchange(self.wire, self.rfile, lambda: self.headers_sent)
            head = self.exchange.head(refusals, _address(self.client_address))
            if head is None:
                return None
            self.headers = head
            self.command, self.path, self.request_version = head.method, head.target, head.version
            self.requestline = f"{head.method} {head.target} {head.version}"
            self.close_connection = not head.keep_alive
            self.response_length = 0
            self.headers_sent = False
            self.environ = self.get_environ()
            self.application = self.server.application
            self.handle_one_response()
            return None if self.close_connection else True

        def get_environ(self) -> dict[str, Any]:
            environ: dict[str, Any] = self.server.get_environ()
            environ.update(self.headers.environ())
            environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = str(self.client_address[0]), str(self.client_address[1])
            environ[RAW_SOCKET] = self.socket
            environ["wsgi.input"] = self.rfile if self.exchange.is_handed_over else self.exchange.input
            self.wsgi_input = self.exchange.unread
            return environ

        def handle_one_response(self) -> None:
            answering.add(self)
            try:
                super().handle_one_response()
            finally:
                answering.discard(self)
            if not self.exchange.finish() or LAST_REQUEST in self.environ:
                self.close_connection = True
            application.engine.give_way()  # who sends many requests at once leaves turns for others

        def _sendall(self, data: Any) -> None:
            self.wire.send(data)
            self.response_length += len(data)

        def log_error(self, msg: str, *args: Any) -> None:
            refusals.note("request", _address(self.client_address), "%s", msg % args if args else msg)

        def _log_error(self, t: Any, v: Any, tb: Any) -> None:
            if refusals.limit.admits(_SERVER, _address(self.client_address), logging.ERROR):
                super()._log_error(t, v, tb)  # type: ignore[misc]  # the types leave it out

    cooperative = gevent_socket(fileno=listener.detach())
    cooperative.setblocking(False)
    server = Server(
        cooperative, wsgi_app, log=None, error_log=sys.stderr, handler_class=Handler, spawn=Pool(_CONNECTIONS)
    )
    ended = Event()
    received: list[int] = []

    def end(number: signal.Signals) -> None:
        received.append(number)
        ended.set()

    watchers = [gevent.signal_handler(number, end, number) for number in _signals()]
    try:
        server.start()
        with contextlib.suppress(KeyboardInterrupt):
            ended.wait()
    finally:
        server.stop_accepting()
        _finish(ending, gevent.sleep, received)
        gevent.sleep(_LAST_WRITES)
        until = time.monotonic() + ending.answer_seconds
        while answering and len(received) < 2 and time.monotonic() < until:
            gevent.sleep(0.02)
        server.stop(timeout=_CLOSING_SECONDS)
        for watcher in watchers:
            watcher.cancel()


def _finish(ending: Ending, sleep: Callable[[float], object], received: list[int]) -> None:
    ending.begin()
    until = time.monotonic() + _HANDLER_SECONDS
    # One SIGTERM is polite; Ctrl-C, or a second signal, is not.
    while received == [signal.SIGTERM] and ending.is_busy() and time.monotonic() < until:
        sleep(0.05)
    ending.end()


def serve_eventlet(listener: socket.socket, wsgi_app: Any, application: Served) -> None:
    """Serve until a signal comes. Blocks."""
    import eventlet  # noqa: PLC0415
    import eventlet.hubs  # noqa: PLC0415
    import eventlet.wsgi  # noqa: PLC0415
    from eventlet.greenio import GreenSocket  # noqa: PLC0415

    ending, refusals = application.ending, application.refusals

    class Listener(GreenSocket):
        def accept_patiently(self) -> Any:
            while True:
                try:
                    return super().accept()
                except OSError as error:
                    if error.errno not in _USED_UP:
                        raise
                    eventlet.sleep(_USED_UP_SECONDS)  # eventlet's server would end

        def accept(self) -> Any:
            accepted, address = self.accept_patiently()
            while received:
                accepted.close()
                accepted, address = self.accept_patiently()
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return accepted, address

    def wait_writable(descriptor: int, seconds: float) -> bool:
        try:
            eventlet.hubs.trampoline(descriptor, write=True, timeout=seconds, timeout_exc=TimeoutError)
        except TimeoutError:
            return False
        return True

    class Protocol(eventlet.wsgi.HttpProtocol):
        """eventlet's, but for heads, bodies and writes, which are ours: see `server/edge/`."""

        def setup(self) -> None:
            super().setup()
            self.wire = Wire(self.connection, self.connection.fd, application.engine, application.limits, wait_writable)
            self.wfile = Writer(self.wire)

        def handle_one_request(self) -> None:
            self.close_connection = True
            self.exchange = Exchange(self.wire, self.rfile, lambda: bool(self.exchange.unread.headers_sent))
            head = self.exchange.head(refusals, _address(self.client_address))
            if head is None:
                return
            self.conn_state[2] = eventlet.wsgi.STATE_REQUEST
            self.headers = head
            self.command, self.path, self.request_version = head.method, head.target, head.version
            self.requestline = f"{head.method} {head.target} {head.version}"
            self.close_connection = not head.keep_alive
            self.environ = self.get_environ()
            self.application = self.server.app
            with contextlib.suppress(OSError):  # the peer has closed while it was being answered
                self.handle_one_response()

        def get_environ(self) -> dict[str, Any]:
            environ: dict[str, Any] = self.server.get_environ()
            environ.update(self.headers.environ())
            environ["SERVER_NAME"], environ["SERVER_PORT"] = (str(part) for part in self.connection.getsockname()[:2])
            environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = str(self.client_address[0]), str(self.client_address[1])
            environ[RAW_SOCKET] = self.connection
            environ["wsgi.input"] = self.exchange.input
            environ["eventlet.input"] = self.exchange.unread
            environ["eventlet.posthooks"] = []
            return environ

        def handle_one_response(self) -> None:
            try:
                super().handle_one_response()
            finally:
                if not self.exchange.finish() or LAST_REQUEST in self.environ:
                    self.close_connection = True
            eventlet.sleep(0)  # who sends many requests at once leaves turns for others

        def log_request(self, code: Any = "-", size: Any = "-") -> None:
            """Log nothing: `log_error` has told of what is malformed."""

        def log_error(self, format: str, *args: Any) -> None:
            refusals.note("request", _address(self.client_address), "%s", format % args)

    original = eventlet.patcher.original("socket")
    plain = original.socket(listener.family, listener.type, fileno=listener.detach())
    serving = eventlet.getcurrent()

    received: list[int] = []

    def stop(number: int, _frame: Any) -> None:
        received.append(number)

    def finish() -> None:  # before eventlet's server hears of it: it would close the connections first
        while not received:
            waking.recv(16)
        _finish(ending, eventlet.sleep, received)
        eventlet.sleep(_LAST_WRITES)
        serving.throw(KeyboardInterrupt)

    class Pool(eventlet.GreenPool):
        def waitall(self) -> None:
            """What is left over does not hold up the end."""

    # A signal's handler alone does not wake a hub that waits for its sockets (PEP 475).
    reading, writing = original.socketpair()
    for end in (reading, writing):
        end.setblocking(False)
    waking = GreenSocket(reading)
    signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
    previous = {number: signal.signal(number, stop) for number in _signals()}
    eventlet.spawn(finish)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            eventlet.wsgi.server(
                Listener(plain),
                wsgi_app,
                log=sys.stderr,
                log_output=False,
                custom_pool=Pool(_CONNECTIONS),
                protocol=Protocol,
                debug=False,  # no traceback in an answer
            )
    finally:
        signal.set_wakeup_fd(-1)
        for number, handler in previous.items():
            signal.signal(number, handler)
        writing.close()
        waking.close()


def _address(peer: Any) -> str:
    return str(peer[0]) if isinstance(peer, tuple) and peer else ""


def _signals() -> list[signal.Signals]:
    return [signal.SIGINT, signal.SIGTERM]
