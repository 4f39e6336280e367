"""Which state of a page is the newest: what an old mount token must not undo.

A mount token says which view a page showed and what that view kept (`View.keep`). Whoever holds an old token could bring that back:
a credit that was spent since, a view that was left. So a page has a name, which its remounts carry on, and each change of what its
token says has a number that only grows. The newest number of each name is noted here, with what it stands for. A token with a smaller
number brings what is noted instead.

Bounded in three ways. The texts of `keep` go first: a token with the newest number still counts, and an older one then brings no `keep`.
Past 50 pages of one visitor their oldest page goes, and from then on their earlier tokens of unknown pages bring nothing: nobody gains by
opening many pages. Past 10,000 in all the oldest page goes without that, as it may be somebody else's, who has done nothing.

With a store that outlives the process (`FileSessions`), what is noted lies there too, and counts after a restart.
"""

import json
import logging
import time
from itertools import islice
from typing import Any, Final, NamedTuple, Protocol

from pycommunicate.errors import StoreUnavailable
from pycommunicate.keys import Keys, Use
from pycommunicate.sessions import SessionStore

log = logging.getLogger("pycommunicate")

PAGES_OF_A_VISITOR: Final = 50
PAGES: Final = 10_000
TEXTS: Final = 8 * 1024 * 1024
"""Bytes of what all pages keep."""
_VISITORS: Final = 10_000


class Newest(NamedTuple):
    """The newest state of one page."""

    number: int
    view: int
    kept: str | None
    """What the view keeps, as JSON. None: that is not known any more."""


NOTHING: Final = Newest(-1, -1, None)
"""Stands for a state that is not known any more: the page begins with its default view, without `keep`."""


class NewestStates(Protocol):
    """Where the newest state of each page is noted. `user` is the fingerprint of the visitor's id."""

    def note(self, user: str, name: str, state: Newest) -> None:
        """Note that this is the newest state of a page."""

    def find(self, user: str, name: str, made: float) -> Newest | None:
        """Return the newest state of a page; None if none is noted, `NOTHING` if it may have been let go.

        :param made: when the token was made, in seconds since 1970.
        """

    def forget_all(self) -> None:
        """Forget what would be lost with the process."""


class _Page(NamedTuple):
    user: str
    number: int
    view: int
    noted: float


class InMemory:
    """Notes for the life of the process."""

    def __init__(self, max_age: float) -> None:
        """Make notes that are let go after `max_age` seconds: when no token of the page is valid any more."""
        self._max_age = max_age
        self.forget_all()

    def __len__(self) -> int:
        return len(self._pages)

    def forget_all(self) -> None:
        """See `NewestStates.forget_all`."""
        self._pages: dict[str, _Page] = {}  # noted most recently: last; so in the next two
        self._texts: dict[str, str] = {}
        self._of_user: dict[str, dict[str, None]] = {}
        self._let_go_at: dict[str, float] = {}
        self._bytes = 0

    def note(self, user: str, name: str, state: Newest) -> None:
        """See `NewestStates.note`."""
        self._remove(name)
        self._pages[name] = _Page(user, state.number, state.view, time.time())
        own = self._of_user.setdefault(user, {})
        own[name] = None
        if state.kept is not None:
            self._texts[name] = state.kept
            self._bytes += len(state.kept)
        if len(own) > PAGES_OF_A_VISITOR:
            self._remove(next(iter(own)))
            self._let_go_at.pop(user, None)
            self._let_go_at[user] = time.time()
        self._keep_bounds()

    def find(self, user: str, name: str, made: float) -> Newest | None:
        """See `NewestStates.find`."""
        return self.known(user, name) or (NOTHING if self.has_let_go(user, made) else None)

    def known(self, user: str, name: str) -> Newest | None:
        """Return what is noted."""
        page = self._pages.get(name)
        return Newest(page.number, page.view, self._texts.get(name)) if page is not None and page.user == user else None

    def has_let_go(self, user: str, made: float) -> bool:
        """Return whether a page of this visitor was let go since the moment `made`."""
        return made <= self._let_go_at.get(user, -1)

    def _keep_bounds(self) -> None:
        oldest = time.time() - self._max_age
        for name, page in tuple(islice(self._pages.items(), 8)):
            if page.noted < oldest or len(self._pages) > PAGES:
                self._remove(name)
        while self._bytes > TEXTS:
            self._drop_text(next(iter(self._texts)))
        for user, moment in tuple(islice(self._let_go_at.items(), 8)):
            if moment < oldest or len(self._let_go_at) > _VISITORS:
                del self._let_go_at[user]

    def _remove(self, name: str) -> None:
        page = self._pages.pop(name, None)
        if page is None:
            return
        self._drop_text(name)
        own = self._of_user[page.user]
        del own[name]
        if not own:
            del self._of_user[page.user]

    def _drop_text(self, name: str) -> None:
        self._bytes -= len(self._texts.pop(name, ""))


class InStore:
    """Notes that a store keeps too, for after a restart."""

    def __init__(self, memory: InMemory, store: SessionStore, keys: Keys) -> None:
        self._memory = memory
        self._store = store
        self._keys = keys
        self._told = False

    def note(self, user: str, name: str, state: Newest) -> None:
        """See `NewestStates.note`. What hinders the store is logged once, and the page lives on."""
        self._memory.note(user, name, state)
        id_ = _id(user, name)
        text = self._keys.sign(Use.PAGE, json.dumps(state), id_)
        try:
            for _ in range(3):
                if self._store.save(id_, text, self._store.version(id_)) is not None:
                    break
        except StoreUnavailable as error:
            if not self._told:
                self._told = True
                log.warning("what pages keep is not noted in the store: %s", error)

    def find(self, user: str, name: str, made: float) -> Newest | None:
        """See `NewestStates.find`. If the store can't be read, nothing that a token says counts."""
        id_ = _id(user, name)
        try:
            kept = self._store.load(id_)
        except StoreUnavailable as error:
            log.warning("a page begins without what it kept: %s", error)
            return NOTHING
        text = self._keys.unsign(Use.PAGE, kept.text, id_) if kept is not None else None
        found = [Newest(*json.loads(text[0]))] if text is not None else []
        known = self._memory.known(user, name)
        found += [known] if known is not None else []
        if not found and self._memory.has_let_go(user, made):
            return NOTHING
        return max(found, key=lambda state: state.number, default=None)

    def forget_all(self) -> None:
        """See `NewestStates.forget_all`."""
        self._memory.forget_all()


def newest_states(sessions: SessionStore, keys: Keys, max_age: float) -> NewestStates:
    """Return notes that live as long as the sessions in `sessions` do."""
    memory = InMemory(max_age)
    pages: Any = getattr(sessions, "pages", None)
    return memory if pages is None else InStore(memory, pages(max_age), keys)


def _id(user: str, name: str) -> str:
    return f"page:{user}:{name}"
