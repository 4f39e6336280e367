"""Allowed hosts: a page of ours under a stranger's name (DNS rebinding) would be the stranger's page."""

import ipaddress
import socket
from collections.abc import Iterable
from typing import Any

from pycommunicate.server.connection.refusals import Refusals

_ALWAYS = frozenset({"localhost"})


class HostGuard:
    """WSGI, in front of everything: answers only under its own names. IP addresses are safe: no name can be rebound to them."""

    def __init__(self, wsgi_app: Any, bound: str, allowed: Iterable[str], refusals: Refusals) -> None:
        self._wsgi_app = wsgi_app
        allowed = (allowed,) if isinstance(allowed, str) else allowed
        self._allowed = {name.lower() for name in (*_ALWAYS, bound, socket.gethostname(), *allowed)}
        self._refusals = refusals

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Pass the request on, or answer 400."""
        host = environ.get("HTTP_HOST", "")
        if self.allows(host):
            return self._wsgi_app(environ, start_response)  # type: ignore[no-any-return]
        hint = "a request for the host %r is refused; if it is yours: CommunicateApp(allowed_hosts=[...])"
        self._refusals.note("host", environ.get("REMOTE_ADDR", ""), hint, host)
        body = b"This server does not answer under this name."
        start_response("400 Bad Request", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
        return [body]

    def allows(self, host: str) -> bool:
        """Whether a request for `host` (a Host header) is answered."""
        name = _without_port(host).lower().rstrip(".")
        if not name or "*" in self._allowed or name in self._allowed or name.endswith(".localhost"):
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return any(pattern.startswith(".") and name.endswith(pattern) for pattern in self._allowed)
        return True


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
