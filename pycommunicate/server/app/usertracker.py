"""User and UserTracker: who is asking, known by one signed cookie."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, NamedTuple

from pycommunicate.engine import Engine
from pycommunicate.errors import BrowserError
from pycommunicate.keys import Keys, Use
from pycommunicate.protocol.limits import Limits
from pycommunicate.server.app.browsercookies import BrowserCookies
from pycommunicate.server.connection.resume import new_id
from pycommunicate.server.current import running
from pycommunicate.sessions import Session, SessionStore


class User:
    """One browser, known by its cookie: a session, and any number of open pages. Not created by hand."""

    def __init__(self, id_: str, tracker: "UserTracker") -> None:
        self.id_ = id_
        """The unique id. Whoever knows it does not yet have the signed cookie; still, don't show it."""
        self.pages: set[Any] = set()
        self.seen = time.monotonic()
        self._browser = BrowserCookies()
        self._tracker = tracker
        self._latest: Any = None
        self._at_work = 0
        self._session = tracker.new_session(id_)

    @property
    def cookies(self) -> str | None:
        """The Cookie header that the browser would send now. None: nothing is known."""
        return self._browser.header

    def saw_request(self, environ: dict[str, Any]) -> None:
        """Note the cookies that came with a request of this user's browser."""
        if self.pages or self._at_work:
            whole = environ.get("HTTP_SEC_FETCH_SITE") != "cross-site"
            self._browser.sent(environ.get("HTTP_COOKIE", ""), whole=whole)

    def saw_answer(self, set_cookies: list[str], root: str) -> None:
        """Note the Set-Cookie headers of an answer to this user's browser; `root`: below which path the application is served."""
        if self.pages or self._at_work:
            self._browser.answered(set_cookies, root)

    @property
    def session(self) -> Session:
        """A dict of your own, kept on the server, shared by all pages of this user.

        Saved when the request or handler that used it ends; see `Session` for `update` with a function, and for `save`.

        :raises StoreUnavailable: (an `OSError`) it can't be read.
        """
        self._session.refresh()
        return self._session

    @session.setter
    def session(self, values: dict[str, Any]) -> None:
        session = self.session
        if values is not session:
            session.clear()
            session.update(dict(values))

    @contextmanager
    def at_work(self, unsaved: Callable[[Exception], object] | None = None) -> Iterator[None]:
        """Save the session at the end of the block, if it was used. What hinders it is raised, or handed to `unsaved`."""
        self._session.begin()
        self._at_work += 1
        try:
            yield
        finally:
            self._at_work -= 1
            try:
                self._session.end()
            except Exception as error:
                if unsaved is None:
                    raise
                unsaved(error)
            finally:
                self._let_go()

    @property
    def request_id(self) -> str | None:
        """The id of the page being served right now; outside of one, of the latest. It changes with every page load."""
        page = self._page()
        return page.request_id if page is not None else None

    @property
    def active_controller(self) -> Any:
        """The controller of the page being served right now; outside of one, of the latest."""
        page = self._page()
        return page.controller if page is not None else None

    @property
    def socket_connected(self) -> bool:
        """Whether the browser of the page being served right now (outside of one, of the latest) is connected."""
        page = self._page()
        return page is not None and page.is_connected

    def renew(self) -> None:
        """Give this user a new id and a new cookie, keeping the session: do so when somebody signs in (against session fixation).

        From a handler it blocks for one round trip plus one HTTP request, in which the browser is given the cookie; the
        user's other pages load themselves again. In `render()` it costs nothing.

        :raises BrowserError: the browser did not take the cookie; then the old id stays.
        """
        self._tracker.renew(self, self._page())

    def move_session(self, id_: str) -> None:
        """Keep the session under another id."""
        self._session.move(id_)

    def opened(self, page: Any) -> None:
        """Note a page of this user."""
        self.pages.add(page)
        self._latest = page
        self.seen = time.monotonic()

    def closed(self, page: Any) -> None:
        """Note that a page has ended."""
        self.pages.discard(page)
        self.seen = time.monotonic()
        if self._latest is page:
            self._latest = next(iter(self.pages), None)
        self._let_go()

    def _let_go(self) -> None:
        if self.pages or self._at_work:
            return
        self._browser.forget()
        # The session is in its store, and the cookie brings the user back.
        if not self._session.is_in_memory_only:
            self._tracker.forget(self)

    def _page(self) -> Any:
        current = running()
        if current is not None and current.page.user is self:
            return current.page
        return self._latest


class Visitor(NamedTuple):
    """Who sends a request."""

    user: User
    id_: str
    """The id that the request's cookie has proved; for a new user, the one that it will be given."""

    @property
    def is_current(self) -> bool:
        """Whether that is the user's id now.

        While `renew()` waits for the browser, the old id still finds the user: the browser may keep it. But it proves nothing that deserves
        the new cookie: it may be known to somebody who has planted it (session fixation).
        """
        return self.user.id_ == self.id_


class UserTracker:
    """All users of this process, bounded in number and in idle time."""

    def __init__(self, engine: Engine, limits: Limits, keys: Keys, sessions: SessionStore) -> None:
        self._engine = engine
        self._sessions = sessions
        self._limits = limits
        self._keys = keys
        self._users: dict[str, User] = {}

    def __len__(self) -> int:
        return len(self._users)

    def find(self, cookies: Iterable[str]) -> User:
        """Return the user of the first of these cookies that we signed (see `our_cookies`). If there is none: a new user.

        An id that we signed but no longer know (the server was restarted) is given an empty session.
        """
        return self.welcome(self.proved(cookies)).user

    def welcome(self, id_: str | None) -> Visitor:
        """Return the user with an id that a cookie has proved, or a new one."""
        user = self._users.pop(id_, None) if id_ is not None else None
        if user is None or id_ is None:
            self._make_room()
            user = User(id_ or new_id(), self)
            id_ = user.id_
        self._users[id_] = user  # last: seen most recently
        user.seen = time.monotonic()
        return Visitor(user, id_)

    def recognize(self, cookies: Iterable[str]) -> Visitor | None:
        """Return the user of the first of these cookies that we signed, if this process knows it."""
        id_ = self.proved(cookies)
        user = self._users.get(id_) if id_ is not None else None
        return Visitor(user, id_) if user is not None and id_ is not None else None

    def get(self, cookies: Iterable[str]) -> User | None:
        """Return the same, without its id."""
        visitor = self.recognize(cookies)
        return visitor.user if visitor is not None else None

    def cookie_for(self, user: User) -> str:
        """Return the cookie's value: the id, signed."""
        return self._keys.sign(Use.COOKIE, user.id_)

    def new_session(self, id_: str) -> Session:
        """Return the session of the user with that id. It is read when it is used."""
        return Session(self._sessions, id_, self._keys)

    def renew(self, user: User, page: Any) -> None:
        """Give `user` a new id; see `User.renew`."""
        old, new = user.id_, new_id()
        self._rename(user, new)
        try:
            current = running()
            if page is not None and current is not None and current.page is page:
                page.renewed_as = new
            if page is not None:
                page.deliver_cookies()
        except BrowserError:  # the browser still has the old cookie, and so keeps the old id
            self._rename(user, old)
            self._users.pop(new, None)
            raise
        self._users.pop(old, None)
        if page is not None:
            page.send_token()
        for other in [p for p in user.pages if p is not page]:
            other.reload("the user was given a new id")

    def forget(self, user: User) -> None:
        """Let a user go."""
        if self._users.get(user.id_) is user:
            del self._users[user.id_]

    def _rename(self, user: User, id_: str) -> None:
        user.move_session(id_)
        user.id_ = id_
        self._users[id_] = user

    def _make_room(self) -> None:
        # A few of the least recently seen per new user keep both bounds without ever walking all.
        oldest_allowed = time.monotonic() - self._limits.user_idle
        for user in list(islice(self._users.values(), 8)):
            full = len(self._users) >= self._limits.users
            if not user.pages and (full or user.seen < oldest_allowed):
                self._users.pop(user.id_, None)
            elif full:
                self._users[user.id_] = self._users.pop(user.id_)

    def proved(self, cookies: Iterable[str]) -> str | None:
        """Return the id in the first of these cookies that we signed."""
        for cookie in cookies:
            found = self._keys.unsign(Use.COOKIE, cookie)
            if found is not None:
                return found[0]
        return None
