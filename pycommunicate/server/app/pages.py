"""All pages of this process: found by their ids, bounded in number and in time."""

import time
from typing import Any

from pycommunicate.engine import Engine
from pycommunicate.protocol.limits import Limits
from pycommunicate.server.app.page import Page
from pycommunicate.server.connection.runtime import State

_SWEEP = 1.0


class Pages:
    """Knows every page that has not ended, and lets go of those that wait too long."""

    def __init__(self, engine: Engine, limits: Limits) -> None:
        self._engine = engine
        self._limits = limits
        self._by_request: dict[str, Page] = {}
        self._by_token: dict[str, Page] = {}
        self._tokens: dict[Page, list[str]] = {}
        self._since: dict[State, dict[Page, float]] = {State.WAITING: {}, State.LOST: {}}
        self._sweeping = False

    def __len__(self) -> int:
        return len(self._by_request)

    def __iter__(self) -> Any:
        return iter(tuple(self._by_request.values()))

    def count(self, state: State) -> int:
        """Return how many pages wait in that state."""
        return len(self._since[state])

    def keep(self, page: Page) -> None:
        """Keep a page that was served and waits for its socket."""
        limits = self._limits
        waiting = self._since[State.WAITING]
        own = [p for p in page.user.pages if p in waiting]
        if len(own) >= limits.waiting_pages_per_user:
            min(own, key=waiting.__getitem__).end("too many of this user's pages waited for their sockets")
        if len(waiting) >= limits.waiting_pages:
            next(iter(waiting)).end("too many pages waited for their sockets")
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
        for pages in self._since.values():
            pages.pop(page, None)
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
        if page.state in self._since:
            self._since[page.state][page] = time.monotonic()
            if len(self._since[State.LOST]) > self._limits.lost_pages:
                next(iter(self._since[State.LOST])).end("too many pages had lost their connections")
            self._sweep_later()

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
        now = time.monotonic()
        for state, patience in ((State.WAITING, self._limits.join_page), (State.LOST, self._limits.grace)):
            for page, since in tuple(self._since[state].items()):
                if now - since < patience:
                    break
                page.end("it waited too long for its socket")
        self._bound_lost_bytes()
        if any(self._since.values()):
            self._sweep_later()

    def _bound_lost_bytes(self) -> None:
        for state in (State.LOST, State.WAITING):
            pages = self._since[state]
            held = sum(page.outbox.unacknowledged for page in pages)
            while held > self._limits.lost_bytes:
                oldest = next(iter(pages))
                held -= oldest.outbox.unacknowledged
                oldest.end("the pages without connections held too much")
