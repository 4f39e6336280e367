"""What the proxies in front say: believed as far as the program asks for it, and never more than what it is."""

import ipaddress
import re
from collections.abc import Iterable
from typing import Any, Final

from werkzeug.middleware.proxy_fix import ProxyFix

from pycommunicate.errors import ConfigurationError
from pycommunicate.server.connection.refusals import Refusals

_PREFIX: Final = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)+")
_LONGEST_PREFIX: Final = 200
_SCHEMES: Final = ("http", "https")


def behind_proxies(wsgi_app: Any, count: int, *, prefix: bool, refusals: Refusals) -> Any:
    """Return `wsgi_app` behind `count` proxies that set X-Forwarded-For, -Proto and -Host, and -Prefix where `prefix`."""
    checked = ForwardedGuard(wsgi_app, refusals)
    return ProxyFix(checked, x_for=count, x_proto=count, x_host=count, x_prefix=count if prefix else 0)


def check_proxies(count: int, *, prefix: bool) -> int:
    """Return how many proxies are trusted.

    :raises ConfigurationError: it is no such number, or a prefix is believed with no proxy to say it.
    """
    if type(count) is not int or not 0 <= count <= 100:
        message = f"trusted_proxies is {count!r}; expected how many proxies stand in front, usually 1"
        raise ConfigurationError(message)
    if prefix and not count:
        message = "trusted_prefix is set, but trusted_proxies is 0; expected the number of proxies that set X-Forwarded-Prefix"
        raise ConfigurationError(message)
    return count


class ForwardedGuard:
    """WSGI, behind what takes over the forwarded headers and in front of what checks the host: looks at what was taken over.

    A proxy that passes on what the client said is a mistake in its configuration. It must not let anybody choose where the client's
    script comes from, or what stands in the log.
    """

    def __init__(self, wsgi_app: Any, refusals: Refusals) -> None:
        self._wsgi_app = wsgi_app
        self._refusals = refusals

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Pass the request on, or answer 400."""
        peer = environ["werkzeug.proxy_fix.orig"]["REMOTE_ADDR"] or ""
        environ["REMOTE_ADDR"] = address_of(environ.get("REMOTE_ADDR", "")) or peer
        prefix = environ.get("SCRIPT_NAME", "").removesuffix("/")
        environ["SCRIPT_NAME"] = prefix
        if environ.get("wsgi.url_scheme") not in _SCHEMES:
            return self._refuse(environ, start_response, "X-Forwarded-Proto", environ.get("wsgi.url_scheme"))
        if prefix and (len(prefix) > _LONGEST_PREFIX or not _PREFIX.fullmatch(prefix)):
            return self._refuse(environ, start_response, "X-Forwarded-Prefix", prefix)
        return self._wsgi_app(environ, start_response)  # type: ignore[no-any-return]

    def _refuse(self, environ: dict[str, Any], start_response: Any, header: str, value: Any) -> list[bytes]:
        self._refusals.note(
            "forwarded", environ["REMOTE_ADDR"], "%s: %r is refused; a proxy should have set it", header, value
        )
        body = b"A proxy in front of this server is not configured well."
        start_response("400 Bad Request", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
        return [body]


def address_of(text: str) -> str | None:
    """Return the IP address in an element of X-Forwarded-For, some of which have a port. None: there is none."""
    text = text.strip()
    if len(text) > 60 or "%" in text:
        return None
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None
