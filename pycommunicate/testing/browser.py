"""Browser: one visitor of the application, with cookies and tabs, without a socket and without Chromium."""

from contextlib import nullcontext, suppress
from typing import Any, Self

from werkzeug.datastructures import Headers
from werkzeug.test import Client, EnvironBuilder

from pycommunicate.testing.network import Network
from pycommunicate.testing.page import Page
from pycommunicate.testing.tab import Tab
from pycommunicate.testing.world import World

_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    "Accept-Language": "en",
    "User-Agent": "pycommunicate.testing",
}
_PEER = {"REMOTE_ADDR": "127.0.0.1"}


class Browser:
    """One visitor: two browsers are two people. `app.test_browser()` makes it.

    Use it as a context manager, or call `close()`: its pages end, and nothing runs on.
    """

    def __init__(
        self,
        app: Any,
        *,
        raise_errors: bool = True,
        patience: float = 0.1,
        origin: str = "http://localhost",
        headers: dict[str, str] | None = None,
    ) -> None:
        """Make a browser.

        :param app: the application. Its secret key must be set.
        :param raise_errors: raise in the test what the application's code raises (handlers, `load()`, `render()`, timers), at the
            next call. Without it, look into `raised`.
        :param patience: for how many seconds each call waits for a handler that is blocked.
        :param origin: scheme and host of the URLs.
        :param headers: sent with every request, such as `{"Accept-Language": "de"}`.
        :raises ValueError: the application has no secret key.
        """
        if not app.flask.secret_key:
            raise ValueError(
                "the application has no secret key; call app.set_secret_key(...) before app.test_browser()"
            )
        self.raise_errors = raise_errors
        self.origin = origin.rstrip("/")
        self.raised: list[BaseException] = []
        """What the application's code has raised since this browser was made."""
        self.net = Network()
        """How the network behaves; see `network`."""
        self.world = World.of(app)
        """All browsers of the application."""
        self.world.patience = patience
        self.world.browsers.append(self)
        self._headers = {**_HEADERS, **(headers or {})}
        self._client = Client(app.flask)

    def open(self, url: str = "/") -> Page:
        """Open a new tab, load the URL in it, and wait until it has come to rest. Error pages are pages too: see `page.status`."""
        tab = Tab(self.world, self)
        self.world.tabs.append(tab)
        page = Page(self, tab)
        page.goto(url)
        return page

    @property
    def pages(self) -> list[Page]:
        """The tabs that are open."""
        return [Page(self, tab) for tab in self.world.tabs if tab.visitor is self]

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that the application would be sent."""
        header = self.environ("/").get("HTTP_COOKIE", "")
        return dict(pair.split("=", 1) for pair in header.split("; ") if "=" in pair)

    def clear_cookies(self) -> None:
        """Forget all cookies."""
        self._client = Client(self.world.app.flask)

    def network(
        self,
        *,
        latency: float | None = None,
        drop_next: int | None = None,
        offline: bool | None = None,
        restart_server: bool = False,
    ) -> None:
        """Make the network of this browser misbehave. What is not named stays as it is.

        :param latency: seconds that every message, request and response takes from now on.
        :param drop_next: the next messages, in either direction, are lost, and each takes its connection with it; the page resumes.
        :param offline: lose all connections, and have none until `offline=False`.
        :param restart_server: the server forgets all pages and users, as if restarted with the same secret key; pages mount anew.
            This happens to all browsers of the application.
        """
        self.world.settle()
        if latency is not None:
            self.net.latency = latency
        if drop_next is not None:
            self.net.drop_next = drop_next
        if offline is not None:
            self.net.offline = offline
            for tab in [tab for tab in self.world.tabs if tab.visitor is self]:
                if offline:
                    tab.cut()
                elif not tab.is_connected:
                    tab.connect()
        if restart_server:
            self.world.restart_server()
        self.world.settle()
        self.world.raise_failure()

    def close(self) -> None:
        """Close all tabs; with the last browser, handlers that are still blocked are ended. May be called again.

        Raises what the application raised since the last call, as every call does.
        """
        if self not in self.world.browsers:
            return
        for tab in [tab for tab in self.world.tabs if tab.visitor is self]:
            self.world.tabs.remove(tab)
            tab.leave()
        self.world.settle()
        self.world.browsers.remove(self)
        if not self.world.browsers:
            self.world.finish()
        failure = self.world.take_failure()
        if failure is not None and self.raise_errors:
            raise failure

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        with suppress(Exception) if error is not None else nullcontext():
            self.close()

    # -- what tabs need -------------------------------------------------------------------------------------------------------

    def request(self, method: str, url: str, data: Any = None) -> Any:
        """Make one request, with this browser's cookies, through the application's WSGI. Returns werkzeug's response."""
        if self.net.latency:
            self.world.sleep(2 * self.net.latency)
        response = self._client.open(
            url.removeprefix(self.origin) or "/",
            base_url=self.origin + "/",
            method=method,
            data=data,
            headers=self._headers if method == "GET" else {**self._headers, "Origin": self.origin},
            environ_overrides=_PEER,
            buffered=True,
        )
        response.close()
        return response

    def environ(self, path: str) -> dict[str, Any]:
        """Return the environ of a request that this browser would make."""
        headers = Headers({**self._headers, "Origin": self.origin})
        builder = EnvironBuilder(path=path, base_url=self.origin + "/", headers=headers, environ_overrides=_PEER)
        try:
            environ: dict[str, Any] = builder.get_environ()
        finally:
            builder.close()
        self._client._add_cookies_to_wsgi(environ)
        return environ
