"""One-use tickets that a browser exchanges for new cookies: a socket can't set any."""

import secrets
import time
from typing import Any, Final

from pycommunicate.server.app.usertracker import User

_SECONDS: Final = 60.0


class Tickets:
    """The tickets that were issued and not used yet."""

    def __init__(self) -> None:
        self._issued: dict[str, tuple[User, Any, float]] = {}

    def issue(self, user: User, session: Any) -> str:
        """Return a ticket for `user`: with it comes the cookie of the user, and of Flask's session where `session` is given."""
        now = time.monotonic()
        for ticket, (_, _, expires) in tuple(self._issued.items()):
            if expires < now:
                self._issued.pop(ticket, None)
        ticket = secrets.token_urlsafe(24)
        self._issued[ticket] = (user, session, now + _SECONDS)
        return ticket

    def take(self, ticket: str) -> tuple[User | None, Any]:
        """Use a ticket up. Return whose it is and the session to set; None where it is no ticket."""
        user, session, _ = self._issued.pop(ticket, (None, None, 0.0))
        return user, session

    def revoke(self, ticket: str) -> bool:
        """Take a ticket back. Return whether it was still unused."""
        return self._issued.pop(ticket, None) is not None
