"""One-use tickets that a browser exchanges for new cookies: a socket can't set any."""

import secrets
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

from pycommunicate.server.app.sessionchange import SessionChange
from pycommunicate.server.app.usertracker import User

_SECONDS: Final = 60.0
_EACH: Final = 64
_MOST: Final = 10_000


class Ticket(NamedTuple):
    """What a ticket stands for."""

    user: User
    session: SessionChange | None
    """What changes in Flask's session; None if it stays."""
    expires: float
    cookies: tuple[str, ...] = ()
    """The Set-Cookie headers that come along."""


class Tickets:
    """The tickets that were issued and not used yet: the oldest go where there are too many, in all or of one visitor."""

    def __init__(self, seconds: float = _SECONDS, each: int = _EACH, most: int = _MOST) -> None:
        """Issue tickets.

        :param seconds: how long a ticket may be used.
        :param each: how many a visitor may have.
        :param most: how many there may be.
        """
        self._seconds = seconds
        self._each = each
        self._most = most
        self._issued: dict[str, Ticket] = {}  # the oldest first
        self._of: dict[User, dict[str, None]] = {}

    def __len__(self) -> int:
        return len(self._issued)

    def issue(self, user: User, session: SessionChange | None, cookies: Sequence[str] = ()) -> str:
        """Return a ticket for `user`: with it come the cookie of the user, what has changed in Flask's session, and the Set-Cookie headers `cookies`."""
        now = time.monotonic()
        self._make_room(user, now)
        ticket = secrets.token_urlsafe(24)
        self._issued[ticket] = Ticket(user, session, now + self._seconds, tuple(cookies))
        self._of.setdefault(user, {})[ticket] = None
        return ticket

    def take(self, ticket: str, user: User) -> Ticket | None:
        """Use a ticket up, if it is one of `user`'s. None if it isn't: then it stays what it is, for its owner."""
        issued = self._issued.get(ticket)
        if issued is None or issued.user is not user or issued.expires < time.monotonic():
            return None
        return self._remove(ticket)

    def revoke(self, ticket: str) -> bool:
        """Take a ticket back. Return whether it was still unused."""
        return self._remove(ticket) is not None

    def _make_room(self, user: User, now: float) -> None:
        while self._issued:
            oldest = next(iter(self._issued))
            if len(self._issued) < self._most and self._issued[oldest].expires >= now:
                break
            self._remove(oldest)
        own = self._of.get(user, {})
        if len(own) >= self._each:
            self._remove(next(iter(own)))

    def _remove(self, ticket: str) -> Ticket | None:
        issued = self._issued.pop(ticket, None)  # of many at once, one gets it
        if issued is not None:
            own = self._of.get(issued.user, {})
            own.pop(ticket, None)
            if not own:
                self._of.pop(issued.user, None)
        return issued
