"""Pages without a connection, in fair shares.

Such a page costs memory and may never come back, so there is a bound for all of them. At the bound one page has to end. It is not simply the
oldest: a visitor who opens and drops pages quickly would end everybody else's. Each visitor has a bound of their own. Past the bound for all, the
page is taken from the network address that holds the most, there from the visitor that holds the most, and of theirs it is the oldest.
A visitor with a new cookie for each page is still one address. Behind a proxy that is not trusted all are one address, and visitors count.

Every number is kept as it changes: nothing here looks at all pages.
"""

import time
from typing import Any, NamedTuple

from pycommunicate.server.peers import network_of
from pycommunicate.server.ranking import Ranking


class Bounds(NamedTuple):
    """What pages without a connection may take, in one state."""

    pages: int
    pages_per_user: int
    size: int
    """In bytes, as far as `Page.held` can tell."""
    seconds: float
    """How long each of them may wait."""


class _Entry:
    __slots__ = ("held", "network", "since", "user")

    def __init__(self, page: Any) -> None:
        self.since = time.monotonic()
        self.user = page.user
        self.network = network_of(page.environ.get("REMOTE_ADDR", ""))
        self.held = 0


class Shares:
    """The pages in one state, in the order in which they came into it, each counted for its visitor and its network address."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.size = 0
        """About how many bytes all of them hold."""
        self._entries: dict[Any, _Entry] = {}
        self._own: dict[Any, dict[Any, None]] = {}
        self._networks: Ranking[str] = Ranking()
        self._users: dict[str, Ranking[Any]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, page: object) -> bool:
        return page in self._entries

    @property
    def is_too_large(self) -> bool:
        """Whether the pages hold more than they may, in all."""
        return self.size > self.bounds.size

    def add(self, page: Any) -> None:
        """Count a page, from now on."""
        entry = self._entries[page] = _Entry(page)
        self._own.setdefault(entry.user, {})[page] = None
        self._users.setdefault(entry.network, Ranking())
        self._change(entry, page.held)

    def remove(self, page: Any) -> None:
        """Count a page no longer. May be called for one that isn't counted."""
        entry = self._entries.pop(page, None)
        if entry is None:
            return
        own = self._own[entry.user]
        del own[page]
        if not own:
            del self._own[entry.user]
        self._change(entry, -entry.held)
        if not self._users[entry.network]:
            del self._users[entry.network]

    def weigh(self, page: Any) -> None:
        """Note that a page holds more, or less, than it did."""
        entry = self._entries.get(page)
        if entry is not None:
            self._change(entry, page.held - entry.held)

    def too_many_of(self, user: Any, *, coming: int = 0) -> Any:
        """Return the page that has to end before `coming` more of that user fit into the user's bound; None where they fit."""
        own = self._own.get(user, ())
        return next(iter(own), None) if len(own) + coming > self.bounds.pages_per_user else None

    def too_many(self, *, coming: int = 0) -> Any:
        """Return the page that has to end before `coming` more fit into the bounds for all; None where they fit."""
        if not self._entries or (len(self._entries) + coming <= self.bounds.pages and not self.is_too_large):
            return None
        network = self._networks.most()
        own = self._own[self._users[network].most()]
        return next(page for page in own if self._entries[page].network == network)

    def overdue(self) -> Any:
        """Return the page that has waited for longest, if that is too long; else None."""
        page = next(iter(self._entries), None)
        waited = page is not None and time.monotonic() - self._entries[page].since >= self.bounds.seconds
        return page if waited else None

    def _change(self, entry: _Entry, by: int) -> None:
        entry.held += by
        self.size += by
        self._networks.change(entry.network, by)
        self._users[entry.network].change(entry.user, by)
