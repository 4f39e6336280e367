"""The guard in front of the sockets: what must not reach the stack underneath is answered here."""

import io
import logging
from collections.abc import Callable, Iterable
from typing import Any, Protocol
from urllib.parse import parse_qs

from pycommunicate.engine import Engine
from pycommunicate.protocol.limits import Limits
from pycommunicate.protocol.version import PREFIX, SOCKET_PATH
from pycommunicate.server.connection.doorguard import refuse
from pycommunicate.server.connection.entrance import Entrance
from pycommunicate.server.connection.guard import are_frames
from pycommunicate.server.connection.handlers import HandlerPool
from pycommunicate.server.connection.refusals import Refusals, printable
from pycommunicate.server.connection.websocket import LAST_REQUEST, peer_is_gone

log = logging.getLogger("pycommunicate")

_BODY_SECONDS = 10.0
_UNAVAILABLE = ("503 Service Unavailable", b"The server is busy, or being replaced. Try again.")


class Guarded(Protocol):
    """What the guard needs of the application."""

    engine: Engine
    limits: Limits
    refusals: Refusals
    pool: HandlerPool
    hot: bool


class SocketGuard:
    """WSGI, in front of the sockets: no polls of another visitor's, no malformed or oversized long-polling bodies."""

    def __init__(
        self,
        wsgi_app: Any,
        application: Guarded,
        expel: Callable[[str, str], None],
        owns: Callable[[str, dict[str, Any]], bool],
    ) -> None:
        """Stand in front of `wsgi_app`.

        :param expel: closes the socket with an id, for a reason.
        :param owns: whether the request with an environ comes from the visitor who opened the socket with an id.
        """
        self._wsgi_app = wsgi_app
        self._app = application
        self._expel = expel
        self._owns = owns
        self._engine = application.engine
        self._pool = application.pool
        self._refusals = application.refusals
        self._limit = application.limits.inbound_message
        self._entrance = Entrance(application.engine)
        self._told = False

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Pass the request on, or refuse it."""
        path = environ.get("PATH_INFO", "")
        is_socket = path.startswith(SOCKET_PATH)
        if is_socket and not self._engine.in_greenlet():
            return self._refuse_server(environ, start_response)
        known = _socket_id(environ) if is_socket else ""
        # Where hot reload replaces this process, its successor has taken the socket: who still came here is answered here.
        if self._pool.draining and not known and (is_socket or not self._app.hot):
            return _answer(start_response, *_UNAVAILABLE)
        if path.startswith(PREFIX + "/"):
            if "HTTP_UPGRADE" in environ:
                environ[LAST_REQUEST] = True
            peer = environ.get("REMOTE_ADDR", "")
            # The id alone opens nothing: it stands in addresses, and so in proxies' logs.
            if is_socket and (not self._owns(known, environ) if known else environ.get("REQUEST_METHOD") == "POST"):
                return refuse(environ, start_response)
            if known and "HTTP_UPGRADE" in environ:
                self._refusals.note("malformed", peer, "an upgrade that was not offered")
                return _answer(start_response, "400 Bad Request", b"malformed")
            if is_socket and environ.get("REQUEST_METHOD") == "POST":
                body = self._body(environ)
                if body is None or not are_frames(body):
                    self._expel(known, "a long-polling request that is no packet")
                    return _answer(start_response, "400 Bad Request", b"malformed")
                environ["wsgi.input"] = io.BytesIO(body)
            elif is_socket and not known and not self._let_in(environ):
                return _answer(start_response, *_UNAVAILABLE)
        return self._wsgi_app(environ, start_response)  # type: ignore[no-any-return]

    def _let_in(self, environ: dict[str, Any]) -> bool:
        if self._entrance.enter(lambda: peer_is_gone(environ), environ.get("REMOTE_ADDR", "")):
            return not self._pool.draining
        self._refusals.counts["left" if peer_is_gone(environ) else "crowded"] += 1
        return False

    def _refuse_server(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Say once that pages can't live on the server that runs the application."""
        if not self._told:
            self._told = True
            log.error(
                "Pages are shown, but can't live on this server (%s): it handles requests in threads, or one after the other, and a page's connection "
                "lasts. Start the program with `app.run()` or `pycommunicate run`.",
                printable(str(environ.get("SERVER_SOFTWARE", "unknown"))),
            )
        start_response("503 Service Unavailable", [("Content-Type", "text/plain"), ("Content-Length", "0")])
        return []

    def _body(self, environ: dict[str, Any]) -> bytes | None:
        try:
            length = int(environ.get("CONTENT_LENGTH") or 0)
        except ValueError:
            return None
        if not 0 < length <= self._limit:
            return None
        try:
            with self._engine.deadline(_BODY_SECONDS):
                body: bytes = environ["wsgi.input"].read(length)
        except (TimeoutError, OSError):
            return None
        return body


def _socket_id(environ: dict[str, Any]) -> str:
    query: str = environ.get("QUERY_STRING", "")
    return parse_qs(query).get("sid", [""])[0]


def _answer(start_response: Any, status: str, body: bytes) -> list[bytes]:
    start_response(
        status, [("Content-Type", "text/plain"), ("Content-Length", str(len(body))), ("Connection", "close")]
    )
    return [body]
