"""Tab: what is behind a page of a simulated browser. Loads, connects, applies operations, sends events."""

import json
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

from pycommunicate.protocol.version import LOAD_ELEMENT, PAGE_ELEMENT, PREFIX, SOCKET_PATH
from pycommunicate.testing.dom.document import Document
from pycommunicate.testing.dom.events import DOMEvent, Listeners
from pycommunicate.testing.dom.handles import Handles
from pycommunicate.testing.dom.node import Element, attribute, text_content
from pycommunicate.testing.dom.operations import Scope
from pycommunicate.testing.dom.properties import write_text
from pycommunicate.testing.keep import Keep
from pycommunicate.testing.network import Link
from pycommunicate.testing.session import Counts, Session
from pycommunicate.testing.world import World

_RELOADING = frozenset({"cookies", "not_yours", "reload", "version"})
_REDIRECTS = 20
_ATTEMPTS = 20


class Tab:
    """One tab. Its methods never wait for the page to come to rest."""

    def __init__(self, world: World, visitor: Any) -> None:
        self.world = world
        self.visitor = visitor
        self.counts = Counts()
        self.console: list[str] = []
        self.url = "about:blank"
        self.status: int | None = None
        self.response: Any = None
        self.session: Session | None = None
        self.uncommitted: Element | None = None
        """The field in which something was typed since it has the focus."""
        self.reloads = 0
        self._link: Link | None = None
        self._attempts = 0
        self._tickets: dict[str, bool] = {}
        self._begin(Document())

    @property
    def document(self) -> Document:
        """The document that is shown."""
        return self.scope.document

    @property
    def is_connected(self) -> bool:
        """Whether the page is live."""
        return self.session is not None and self.session.joined

    # -- loading ------------------------------------------------------------------------------------------------------------

    def go(self, url: str, method: str = "GET", data: Any = None) -> None:
        """Begin to load a URL, relative to this one."""
        target = urljoin(self.url, url) if self.status is not None else urljoin(self.visitor.origin, url)
        here, fragment = urldefrag(target)
        if method == "GET" and (fragment or url.startswith("#")) and here == urldefrag(self.url)[0]:
            self.url = target
        else:
            self.world.spawn(self._load, target, method, data)

    def _load(self, url: str, method: str, data: Any) -> None:
        for _ in range(_REDIRECTS):
            if not url.startswith(self.visitor.origin):
                self._show(url, None, Document(), None)  # another site: nothing of it is known here
                return
            response = self.visitor.request(method, url, data)
            if response.status_code in {301, 302, 303, 307, 308} and response.location:
                url = urljoin(url, response.location)
                if response.status_code not in {307, 308}:
                    method, data = "GET", None
                continue
            if response.status_code not in {204, 205}:
                self._show(url, response.status_code, _document_of(response), response)
            return
        self.warn(f"{url} redirects in a circle")

    def _show(self, url: str, status: int | None, document: Document, response: Any) -> None:
        self.leave()
        self.url, self.status, self.response = url, status, response
        self._begin(document)
        inert = document.by_id(PAGE_ELEMENT)
        self._autofocus()
        if inert is not None:
            self.session = Session(json.loads(text_content(inert)), self.scope, self)
            carried = document.by_id(LOAD_ELEMENT)
            if carried is not None:
                self.session.preload(json.loads(text_content(carried)))
            self.connect()

    def _begin(self, document: Document) -> None:
        self.keep = Keep()
        self.session = None
        self.uncommitted = None
        listeners = Listeners(lambda *fired: self.session.fire(*fired) if self.session else None)
        self.scope = Scope(
            document,
            Handles(document.root),
            listeners,
            self.url,
            navigate=self.go,
            focus=self._focus_by_server,
            redeem=self._redeem,
        )

    def _autofocus(self) -> None:
        wanted = self.document.select_one("[autofocus]")
        if wanted is not None and self.document.focusable(wanted):
            self.document.active = wanted

    # -- the connection -----------------------------------------------------------------------------------------------------

    def connect(self) -> None:
        """Open a connection, unless there is no network."""
        session = self.session
        if session is None or self.visitor.net.offline:
            return
        self._attempts += 1
        if self._attempts > _ATTEMPTS:
            self.warn("no connection can be had")
            return
        link = self._link = Link(
            self.world,
            self.visitor.net,
            self.world.app._gateway,
            received=lambda frame: self._received(link, frame),
            lost=lambda: self._lost(link),
        )
        link.open(self.visitor.environ(SOCKET_PATH + "/"))
        link.send(session.connect())

    def cut(self) -> None:
        """Lose the connection."""
        if self._link is not None:
            self._link.cut()

    def leave(self) -> None:
        """Leave the page."""
        session, self.session = self.session, None
        link, self._link = self._link, None
        if session is not None:
            if session.joined and link is not None:
                self._link = link
                session.leave()
                self._link = None
            if link is not None:
                link.close()

    def acknowledge(self) -> bool:
        """Tell the server what is done. Return whether there was anything to tell."""
        return self.session is not None and self.session.acknowledge()

    def _received(self, link: Link, frame: str) -> None:
        if link is self._link and self.session is not None:
            self.session.receive(frame)
            if self.session is not None and self.session.joined:
                self._attempts = 0

    def _lost(self, link: Link) -> None:
        if link is self._link:
            self._link = None
            if self.session is not None:
                self.session.joined = False
                self.world.spawn(self._reconnect)

    def _reconnect(self) -> None:
        self.world.sleep(0)
        if self._link is None:
            self.connect()

    # -- Delegate: what the session does with us ------------------------------------------------------------------------------

    def transmit(self, frame: str) -> None:
        """See `Delegate`."""
        if self._link is not None:
            self._link.send(frame)

    def replace_connection(self) -> None:
        """See `Delegate`."""
        link, self._link = self._link, None
        if link is not None:
            link.close()
        if self.session is not None:
            self.session.joined = False
            self.world.spawn(self._reconnect)

    def remount(self, html: str, *, keep: bool) -> None:
        """See `Delegate`."""
        if keep:
            self.keep.save(self.document)
        else:
            self.keep.discard()
        self.scope.document = Document(html)
        self.scope.handles.begin(self.scope.document.root)
        self.uncommitted = None
        if keep:
            self.keep.settle(self.document)
        else:
            self._autofocus()

    def applied(self) -> None:
        """See `Delegate`."""
        if self.scope.loaded:
            self.keep.loaded()
        self.keep.settle(self.document)

    def refused(self, code: str, sentence: str) -> None:
        """See `Delegate`."""
        self.session = None
        self._link = None
        self.reloads += 1
        if code in _RELOADING and self.reloads < 3:
            self.world.spawn(self._load, self.url, "GET", None)
        else:
            self.warn(f"the server refused the page: {code}: {sentence}")

    def warn(self, sentence: str) -> None:
        """See `Delegate`."""
        self.console.append(sentence)

    def _redeem(self, tag: int, ticket: str) -> None:
        self.world.spawn(self._redeem_now, tag, ticket)

    def _redeem_now(self, tag: int, ticket: str) -> None:
        if ticket not in self._tickets:
            response = self.visitor.request("POST", self.visitor.origin + PREFIX + "/ticket", ticket)
            self._tickets[ticket] = response.status_code == 204
        if self.session is not None:
            self.session.answer(tag, 0, self._tickets[ticket])

    # -- events -----------------------------------------------------------------------------------------------------------------

    def dispatch(self, type_: str, element: Element, *, submitter: Element | None = None, **facts: Any) -> bool:
        """Let an event happen. Return whether its default action is still wanted."""
        if type_ == "input":
            element.author = "person"
        return self.scope.listeners.dispatch(self.document, DOMEvent(type_, element, facts, submitter))

    def focus(self, element: Element | None) -> None:
        """Move the focus, with the events of it."""
        document = self.document
        old = document.active
        if old is element:
            return
        if old is not None:
            self.commit()
            document.active = None
            self.dispatch("blur", old)
            self.dispatch("focusout", old)
        if element is not None:
            document.active = element
            self.dispatch("focus", element)
            self.dispatch("focusin", element)

    def commit(self) -> None:
        """What was typed is final: `change`."""
        field, self.uncommitted = self.uncommitted, None
        if field is not None:
            self.dispatch("change", field)

    def _focus_by_server(self, element: Element | None) -> None:
        self.focus(element)
        self.keep.moved()

    @property
    def path(self) -> str:
        """Path and query of the URL."""
        parts = urlsplit(self.url)
        return parts.path + (f"?{parts.query}" if parts.query else "")


def _document_of(response: Any) -> Document:
    text = response.get_data(as_text=True)
    if response.mimetype in {"text/html", "application/xhtml+xml"}:
        return Document(text)
    document = Document()
    shown = document.create("pre")
    document.body.append(shown)
    write_text(document, shown, text, lines=False)
    return document


__all__ = ["Tab", "attribute"]
