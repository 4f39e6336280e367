"""Each request of a known visitor, and each answer to one, tells the visitor's pages which cookies the browser has now."""

from collections.abc import Iterable
from typing import Any, Final

from pycommunicate.protocol.version import TICKET_PATH
from pycommunicate.server.app.cookies import our_cookies
from pycommunicate.server.app.usertracker import UserTracker, Visitor

VISITOR: Final = "pycommunicate.visitor"
"""The key in a request's environ under which the `Visitor` stands whose cookie came with it."""
SERVED: Final = "pycommunicate.served"
"""The key under which the `Visitor` stands who gets the answer, if it is not the one whose cookie came."""


class CookieWatch:
    """WSGI, right around Flask: behind the sockets, which tell their cookies when they join."""

    def __init__(self, wsgi_app: Any, users: UserTracker) -> None:
        self._wsgi_app = wsgi_app
        self._users = users

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Pass the request on. Costs one signature's check if it comes with our cookie, else next to nothing."""
        visitor = self._users.recognize(our_cookies(environ))
        if visitor is not None:
            environ[VISITOR] = visitor
            is_ticket = environ.get("PATH_INFO") == TICKET_PATH
            if is_ticket or visitor.is_current:
                visitor.user.saw_request(environ)
            # Two tickets may be under way at once, both with the cookie from before: the second builds on what the first has set.
            if is_ticket and visitor.user.cookies is not None:
                environ["HTTP_COOKIE"] = visitor.user.cookies

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            served: Visitor | None = environ.get(SERVED, visitor)
            # Whose cookie was good when the request came, and has been replaced since, is no longer this visitor.
            if served is not None and served.is_current:
                lines = [value for name, value in headers if name.lower() == "set-cookie"]
                if lines:
                    served.user.saw_answer(lines, environ.get("SCRIPT_NAME", ""))
            return start_response(status, headers, *more)

        return self._wsgi_app(environ, start)  # type: ignore[no-any-return]
