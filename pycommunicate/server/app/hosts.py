"""Allowed hosts: a page of ours under a stranger's name (DNS rebinding) would be the stranger's page, and so would a link that we make."""

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable
from typing import Any, Final

from pycommunicate.errors import ConfigurationError
from pycommunicate.server.connection.refusals import Refusals

_LONGEST: Final = 255
_HOST: Final = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)\.?)(?::(?P<port>[0-9]{0,5}))?"
)
"""`uri-host [":" port]` (RFC 9110, 7.2; RFC 3986, 3.2.2), without percent-encoding and without the characters that no registered name has."""


class HostGuard:
    """WSGI, in front of everything: answers only under its own names.

    Without allowed hosts, IP addresses are its own, too: no name can be rebound to them. With allowed hosts, only those of loopback are:
    who sends another one wants it in a link.
    """

    def __init__(self, wsgi_app: Any, bound: Callable[[], str], allowed: Iterable[str], refusals: Refusals) -> None:
        """Stand in front of `wsgi_app`.

        :param bound: returns the name or address that is served on. Asked at each request, as the command line sets it late.
        """
        self._wsgi_app = wsgi_app
        self._bound = bound
        named = [name.lower().rstrip(".") for name in allowed]
        own = () if named else (socket.gethostname().lower(),)
        self._allowed = frozenset({"localhost", *own, *(_address(name) or name for name in named)})
        self._any_address = not named
        self._refusals = refusals

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Pass the request on, or answer 400."""
        host = environ.get("HTTP_HOST", "")
        if not host:
            environ.pop("HTTP_HOST", None)  # links are made from the server's own name then
        if self.allows(host):
            return self._wsgi_app(environ, start_response)  # type: ignore[no-any-return]
        hint = "a request for the host %r is refused; if it is yours: CommunicateApp(allowed_hosts=[...])"
        self._refusals.note("host", environ.get("REMOTE_ADDR", ""), hint, host)
        body = b"This server does not answer under this name."
        start_response("400 Bad Request", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
        return [body]

    def allows(self, host: str) -> bool:
        """Whether a request for `host` (a Host header) is answered. One without a host is."""
        if not host:
            return True
        name = host_name(host)
        if name is None:
            return False
        if "*" in self._allowed or name in self._allowed or name.endswith(".localhost"):
            return True
        address = _address(name)
        bound = self._bound().lower()
        if name == (_address(bound) or bound):
            return True
        if address is not None:
            return self._any_address or address in self._allowed or ipaddress.ip_address(address).is_loopback
        return any(pattern.startswith(".") and name.endswith(pattern) for pattern in self._allowed)


def host_name(host: str) -> str | None:
    """Return the name or address in a Host header, in lower case, without port, brackets and a dot at the end. None: it is malformed."""
    found = _HOST.fullmatch(host) if len(host) <= _LONGEST else None
    if found is None or int(found["port"] or 0) > 65535:
        return None
    if found["six"] is None:
        return str(found["name"]).lower()
    return _address(found["six"]) if ":" in found["six"] else None


def check_hosts(allowed: Iterable[str]) -> tuple[str, ...]:
    """Return the allowed hosts.

    :raises ConfigurationError: one of them could never be a host's name.
    """
    names = (allowed,) if isinstance(allowed, str) else tuple(allowed)
    for name in names:
        known = isinstance(name, str) and (name == "*" or (":" not in name and host_name(name.removeprefix("."))))
        if not known and not (isinstance(name, str) and _address(name)):
            message = f"allowed_hosts has {name!r}; expected a name without scheme and port, such as 'example.org', '.example.org' or '*'"
            raise ConfigurationError(message)
    return names


def _address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text.strip("[]"))) if "%" not in text else None
    except ValueError:
        return None
