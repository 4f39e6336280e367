"""All pages of this process: found by their ids, bounded in number and in time."""

from typing import Any, Final

from pycommunicate.engine import Engine
from pycommunicate.protocol.limits import Limits
from pycommunicate.server.app.page import Page
from pycommunicate.server.app.shares import Bounds, Shares
from pycommunicate.server.connection.runtime import State

_SWEEP: Final = 1.0
_TOO_MANY: Final = {
    State.WAITING: "too many pages waited for their sockets",
    State.LOST: "too many pages had lost their connections",
}


class Pages:
    """Knows every page that has not ended, and lets go of those that wait too long."""

    def __init__(self, engine: Engine, limits: Limits) -> None:
        self._engine = engine
        self._by_request: dict[str, Page] = {}
        self._by_token: dict[str, Page] = {}
        self._tokens: dict[Page, list[str]] = {}
        size = int(limits.lost_bytes)
        self._shares = {
            State.WAITING: Shares(
                Bounds(int(limits.waiting_pages), int(limits.waiting_pages_per_user), size, limits.join_page)
            ),
            State.LOST: Shares(Bounds(int(limits.lost_pages), int(limits.lost_pages_per_user), size, limits.grace)),
        }
        self._sweeping = False
        self._bounding = False

    def __len__(self) -> int:
        return len(self._by_request)

    def __iter__(self) -> Any:
        return iter(tuple(self._by_request.values()))

    def count(self, state: State) -> int:
        """Return how many pages wait in that state."""
        return len(self._shares[state])

    def held(self, state: State) -> int:
        """Return about how many bytes the pages hold that wait in that state."""
        return self._shares[state].size

    def keep(self, page: Page) -> None:
        """Keep a page that was served and waits for its socket."""
        self._make_room(State.WAITING, page.user, coming=1)
        self._by_request[page.request_id] = page
        page.user.opened(page)
        self.moved(page)

    def by_request(self, request_id: str | None) -> Page | None:
        """Return the page that was served with `request_id`."""
        return self._by_request.get(request_id) if request_id is not None else None

    def by_token(self, token: str | None) -> Page | None:
        """Return the page that a resume token is valid for."""
        return self._by_token.get(token) if token is not None else None

    def moved(self, page: Page) -> None:
        """Note a page's new state and tokens."""
        for shares in self._shares.values():
            shares.remove(page)
        for token in self._tokens.pop(page, ()):
            self._by_token.pop(token, None)
        if page.state is State.ENDED:
            self._by_request.pop(page.request_id, None)
            page.user.closed(page)
            return
        self._by_request.setdefault(page.request_id, page)
        if page.state is not State.WAITING:
            tokens = self._tokens[page] = page.tokens.valid()
            self._by_token.update(dict.fromkeys(tokens, page))
        if page.state in self._shares:
            self._shares[page.state].add(page)
            if page.state is State.LOST:
                self._make_room(State.LOST, page.user)
            self._bound_soon(page.state)  # a page that is just being served must not end before it is sent
            self._sweep_later()

    def weigh(self, page: Page) -> None:
        """Note that `page`, which may have no connection, holds more or less than it did. Ends nothing before the loop's next turn."""
        shares = self._shares.get(page.state)
        if shares is None or page not in shares:
            return
        shares.weigh(page)
        self._bound_soon(page.state)

    def end_all(self, reason: str) -> None:
        """End every page."""
        for page in self:
            page.end(reason)

    def _sweep_later(self) -> None:
        if not self._sweeping:
            self._sweeping = True
            self._engine.call_later(_SWEEP, self._sweep)

    def _sweep(self) -> None:
        self._sweeping = False
        for shares in self._shares.values():
            while (page := shares.overdue()) is not None:
                page.end("it waited too long for its socket")
        if any(map(len, self._shares.values())):
            self._sweep_later()

    def _bound_soon(self, state: State) -> None:
        if self._shares[state].is_too_large and not self._bounding:
            self._bounding = True
            self._engine.call_soon(self._bound)

    def _bound(self) -> None:
        self._bounding = False
        for state in self._shares:
            self._make_room(state)

    def _make_room(self, state: State, user: Any = None, *, coming: int = 0) -> None:
        shares = self._shares[state]
        while (page := shares.too_many_of(user, coming=coming)) is not None:
            page.end(f"{_TOO_MANY[state]}, of this visitor's")
        while (page := shares.too_many(coming=coming)) is not None:
            page.end(_TOO_MANY[state])
