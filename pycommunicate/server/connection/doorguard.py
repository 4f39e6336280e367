"""The guard at the doors: what a request must be, before its body is read and before Flask sees it."""

import io
import re
from collections.abc import Iterable
from typing import Any, Final, Protocol

from pycommunicate.engine import Engine
from pycommunicate.server.connection.refusals import Refusals
from pycommunicate.server.connection.websocket import LAST_REQUEST
from pycommunicate.server.doors import NOTHING, Door, door_at, is_ours

_BODY_SECONDS = 10.0
_ORIGIN: Final = re.compile(r"(https?)://(\[[0-9a-f:.]{2,60}\]|[^/?#@:\\\s\[\]]{1,255})(?::(\d{1,5}))?", re.ASCII)
_HOST: Final = re.compile(r"(\[[0-9a-f:.]{2,60}\]|[^/?#@:\\\s\[\]]{1,255})(?::(\d{1,5}))?", re.ASCII)
_PORTS: Final = {"http": 80, "https": 443}


class Guarded(Protocol):
    """What the guard needs of the application."""

    engine: Engine
    refusals: Refusals
    hot: bool
    debug: bool


class DoorGuard:
    """WSGI, in front of all that is under the prefix: lets through what a door of the list takes."""

    def __init__(self, wsgi_app: Any, application: Guarded) -> None:
        self._wsgi_app = wsgi_app
        self._app = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Pass the request on, or answer 404 (not a door, or not one for such a request) or 403 (another origin)."""
        path = environ.get("PATH_INFO", "")
        if is_ours(path):
            door = door_at(path)
            if door is None or not self._is_open(door) or not _takes(door, environ):
                return refuse(environ, start_response)
            if not same_origin(environ, door):
                self._note_origin(environ)
                return refuse(environ, start_response, "403 Forbidden", b"another origin")
            if environ.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
                return refuse(environ, start_response, "415 Unsupported Media Type", b"nothing is unpacked")
            if door.body:
                body = self._body(environ)
                if body is None:
                    return refuse(environ, start_response)
                environ["wsgi.input"] = io.BytesIO(body)
        return self._wsgi_app(environ, start_response)  # type: ignore[no-any-return]

    def _is_open(self, door: Door) -> bool:
        return self._app.hot or not (door.hot or (door.debug and not self._app.debug))

    def _note_origin(self, environ: dict[str, Any]) -> None:
        origin, site = environ.get("HTTP_ORIGIN"), environ.get("HTTP_SEC_FETCH_SITE")
        host: str = environ.get("HTTP_HOST", "")
        ours = f"{environ.get('wsgi.url_scheme')}://{host}"
        message = "a request from another origin: %r (Sec-Fetch-Site: %r), while this is %r"
        if origin is not None and origin.lower() == f"https://{host.lower()}":
            message += "; if a proxy in front ends TLS: CommunicateApp(trusted_proxies=1)"
        if origin == "null" or (origin is None and environ.get("HTTP_SEC_FETCH_DEST") == "script"):
            message += "; if a page of this application asks: it is in a sandbox (of its policy, or of a frame) without allow-same-origin"
        self._app.refusals.note("origin", environ.get("REMOTE_ADDR", ""), message, origin, site, ours)

    def _body(self, environ: dict[str, Any]) -> bytes | None:
        try:
            with self._app.engine.deadline(_BODY_SECONDS):
                body: bytes = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        except (TimeoutError, OSError):
            return None
        return body


def refuse(
    environ: dict[str, Any], start_response: Any, status: str = "404 Not Found", body: bytes = NOTHING
) -> list[bytes]:
    """Answer, and close the connection: the request's body may be unread."""
    environ[LAST_REQUEST] = True
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("Connection", "close"),
    ]
    start_response(status, headers)
    return [b""] if environ.get("REQUEST_METHOD") == "HEAD" else [body]


def same_origin(environ: dict[str, Any], door: Door) -> bool:
    """Whether a request does not come from another site.

    Browsers send Origin with every WebSocket and every POST; what sends none is no browser and carries nobody's cookies. Its scheme, host
    and port must be those of the request, as trusted proxies tell them.
    """
    site = environ.get("HTTP_SEC_FETCH_SITE")
    if site not in (None, "same-origin") and (site != "none" or door.origin == "same"):
        return False
    origin, host = environ.get("HTTP_ORIGIN"), environ.get("HTTP_HOST", "")
    scheme = environ.get("wsgi.url_scheme", "")
    if origin is None or (host and origin == f"{scheme}://{host}"):  # nearly always
        return True
    theirs = _ORIGIN.fullmatch(origin.lower())
    ours = _HOST.fullmatch(host.lower())
    if theirs is None or ours is None or theirs[2] != ours[1]:
        return False
    if theirs[1] != scheme:
        return False
    return int(theirs[3] or _PORTS[scheme]) == int(ours[2] or _PORTS[scheme])


def _takes(door: Door, environ: dict[str, Any]) -> bool:
    if environ.get("REQUEST_METHOD") not in door.methods:
        return False
    if door.credential and ("HTTP_RANGE" in environ or not environ.get("HTTP_HOST")):
        return False
    if door.body is None:
        return True
    length = environ.get("CONTENT_LENGTH") or "0"
    if "HTTP_TRANSFER_ENCODING" in environ or not (length.isascii() and length.isdecimal()) or len(length) > 9:
        return False
    return int(length) <= door.body
