"""The visitor's cookie: what it is called, how it is given, and which of several counts.

Under TLS its name begins with `__Host-`, or with `__Secure-` if the application is served below a path: browsers take a cookie of such a
name over TLS alone, and one with `__Host-` from this very host alone. So nobody on the network, and no neighbour under the same domain,
can plant one. Under TLS the name without a prefix counts for nothing.
"""

from typing import Any, Final

from werkzeug.http import dump_cookie

COOKIE: Final = "pycommunicate"
"""The name of the cookie without TLS."""

_LONGEST: Final = 200
_MOST: Final = 16


def cookie_name(*, secure: bool, path: str) -> str:
    """Return the name of the cookie of an application that is served at `path` (empty: at the host's root)."""
    if not secure:
        return COOKIE
    return f"__Secure-{COOKIE}" if path else f"__Host-{COOKIE}"


def our_cookies(environ: dict[str, Any]) -> list[str]:
    """Return the values of all cookies of our name that came with a request, in the order in which they came.

    A browser sends the one with the longest path first, of equals the oldest (RFC 6265, 5.4). Anybody may have planted some of them: the
    first that we signed counts. Values that can't be ours are left out; at most 16 are looked at.
    """
    header: str = environ.get("HTTP_COOKIE", "")
    if COOKIE not in header:
        return []
    wanted = cookie_name(secure=environ.get("wsgi.url_scheme") == "https", path=environ.get("SCRIPT_NAME", ""))
    found = []
    for pair in header.split(";"):
        name, _, value = pair.partition("=")
        if name.strip(" \t") == wanted and 0 < len(value) <= _LONGEST:
            found.append(_unquoted(value.strip(" \t")))
    return found[:_MOST]


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value


def cookie_header(value: str, *, max_age: float, secure: bool, path: str, embedded: bool = False) -> str:
    """Return the Set-Cookie header that gives the cookie to an application's visitor, for `max_age` seconds.

    :param embedded: whether pages of other sites may embed the application's. Under TLS, browsers then send the cookie there too, another one
        for each such site (`Partitioned`). Without TLS they would refuse it.
    """
    embedded = embedded and secure
    return dump_cookie(
        cookie_name(secure=secure, path=path),
        value,
        max_age=int(max_age),
        path=path or "/",
        httponly=True,
        samesite="None" if embedded else "Lax",
        secure=secure,
        partitioned=embedded,
    )
