"""CommunicateApp: configuration and wiring."""

import gc
import logging
import os
import socket
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

from flask import Flask, has_request_context
from flask import url_for as flask_url_for
from werkzeug.routing import Rule

from pycommunicate.engine import EventletEngine, choose_engine
from pycommunicate.errors import BrowserError, ConfigurationError, InvalidSelector, RouteError
from pycommunicate.keys import Keys, Secret, secrets_of
from pycommunicate.listening import bind
from pycommunicate.protocol.limits import Limits
from pycommunicate.proxies.functions import check_function
from pycommunicate.server.app.configuration import (
    check_embedders,
    check_factory,
    check_limits,
    check_port,
    check_secrets,
    check_store,
    warn_of_short_keys,
)
from pycommunicate.server.app.cookiewatch import CookieWatch
from pycommunicate.server.app.discovered import Discovered
from pycommunicate.server.app.ending import AppEnding
from pycommunicate.server.app.forwarded import behind_proxies, check_proxies
from pycommunicate.server.app.hosts import HostGuard, check_hosts
from pycommunicate.server.app.http import PageServer
from pycommunicate.server.app.mounttokens import MountTokens
from pycommunicate.server.app.newest import newest_states
from pycommunicate.server.app.notfound import list_routes_in_404
from pycommunicate.server.app.page import Page
from pycommunicate.server.app.pages import Pages
from pycommunicate.server.app.policy import NOTHING_ADDED, Additions, Policy
from pycommunicate.server.app.program import caller_place, program_folder, template_folders
from pycommunicate.server.app.script import client_script
from pycommunicate.server.app.sessionchange import SessionChange
from pycommunicate.server.app.templates import Templates
from pycommunicate.server.app.tickets import Tickets
from pycommunicate.server.app.topics import Topic, Topics
from pycommunicate.server.app.usertracker import UserTracker
from pycommunicate.server.bases.controller import ControllerFactory
from pycommunicate.server.connection.doorguard import DoorGuard
from pycommunicate.server.connection.foresight.habits import Habits
from pycommunicate.server.connection.gateway import Gateway
from pycommunicate.server.connection.handlers import HandlerPool
from pycommunicate.server.connection.refusals import Refusals
from pycommunicate.server.routes import Route, RouteProblem, RouteTable
from pycommunicate.server.routing import Registry, checked_rule
from pycommunicate.server.serving import serve_eventlet, serve_gevent
from pycommunicate.sessions import SessionStore
from pycommunicate.templating import Templater

if TYPE_CHECKING:
    from pycommunicate.testing import Browser

log = logging.getLogger("pycommunicate")

ErrorHook = Callable[[BaseException, str], object]
BeforeHandler = TypeVar("BeforeHandler", bound=Callable[[], object])
_PORT = 8080
_HOST = "localhost"


class Reloads(Protocol):
    """What hot reload wants to know of an application's pages."""

    def recording(self, page: Page) -> AbstractContextManager[None]:
        """Note which code the block runs to bring `page` up."""

    def page_moved(self, page: Page) -> None:
        """Note that a page went live, was lost or ended."""

    def page_visible(self, page: Page) -> None:
        """Note that `page`, which was told that it is stale, is on the screen."""

    def page_failed(self, page: Page, error: BaseException, what: str) -> None:
        """Note what application code raised for `page`."""


class CommunicateApp:
    """The application: makes, configures and runs the server."""

    imported_only: ClassVar[bool] = False
    """Set by the command line while it imports a program that it will serve itself."""

    def __init__(
        self,
        web_port: int = _PORT,
        host: str = _HOST,
        debug: bool = False,
        maximum_handler_threads: int = 10000,
        template_directory: str = "templates",
        *,
        flask: Flask | None = None,
        limits: Limits | None = None,
        sessions: SessionStore | None = None,
        allowed_hosts: Iterable[str] = (),
        trusted_proxies: int = 0,
        trusted_prefix: bool = False,
        policy: Additions | str | None = NOTHING_ADDED,
        embedded_in: Iterable[str] = (),
        notices: bool = True,
    ) -> None:
        """Make an application.

        The environment's PYCOMMUNICATE_PORT and PYCOMMUNICATE_HOST take the place of the defaults of the first two.
        PYCOMMUNICATE_DEBUG (`1` or `0`; `pycommunicate run` sets it) takes the place of `debug`.

        :param web_port: the port to serve on. 0: any free one.
        :param host: the hostname or address to serve on.
        :param debug: log more, and reload templates when their files change. Never in production.
        :param maximum_handler_threads: how many handlers may run at the same time, in all.
        :param template_directory: where the templates are, relative to the program's folder (else to the working directory).
        :param flask: an existing Flask app to live in. Default: a new one, as `app.flask`.
        :param limits: bounds and deadlines, where the defaults don't fit.
        :param sessions: what `user.session` is kept in. Default: the memory of this process; `FileSessions(folder)` survives a restart.
        :param allowed_hosts: names under which the server answers, besides those of loopback and `host`: `"example.org"`,
            `".example.org"` with all below it, an IP address, `"*"` for any. Without them it answers under the machine's name and any IP address.
        :param trusted_proxies: how many proxies in front set X-Forwarded-For, -Proto and -Host.
        :param trusted_prefix: whether they also set X-Forwarded-Prefix, the path below which they serve the application. A proxy that
            does not set it would pass on what a client says.
        :param policy: the Content-Security-Policy of pages. A dict of lists adds to the default: `{"img-src": ["https://cdn.example"]}`. A str
            replaces it. None leaves `frame-ancestors 'self'`. A policy that the application sets itself, in `after_request`, wins whole.
        :param embedded_in: origins of other sites whose pages may show this application's in a frame: `"https://shop.example"`,
            `"https://*.example"`, `"https:"` for any. It adds them to `frame-ancestors` of a policy that is not a str, and under TLS the
            visitor's cookie becomes `SameSite=None; Partitioned`.
        :param notices: whether a person whose handler, timer or `load()` raised is told that something went wrong, in the page's language.
        :raises ConfigurationError: (a `ValueError`) a parameter is out of range.
        """
        self.notices = notices
        self.web_port = check_port(web_port if web_port != _PORT else int(os.environ.get("PYCOMMUNICATE_PORT", _PORT)))
        self.host = host if host != _HOST else os.environ.get("PYCOMMUNICATE_HOST", _HOST)
        self.debug = {"1": True, "0": False}.get(os.environ.get("PYCOMMUNICATE_DEBUG", ""), debug)
        self.allowed_hosts = check_hosts(allowed_hosts)
        self.trusted_proxies = check_proxies(trusted_proxies, prefix=trusted_prefix)
        self.limits = check_limits(limits)
        self.embedded_in = check_embedders(embedded_in)
        self.policy = Policy(policy, ancestors=self.embedded_in)
        self.engine = choose_engine()
        folder = program_folder()
        self.flask = flask or Flask(
            "pycommunicate.flask", root_path=str(folder), template_folder=None, static_folder=str(folder / "static")
        )
        self.pool = HandlerPool(self.engine, maximum_handler_threads)
        self.pages = Pages(self.engine, self.limits)
        self.ending = AppEnding(self.pool, self.pages)
        self.sessions: SessionStore = check_store(sessions)
        keys = Keys(self._secrets)
        self.users = UserTracker(self.engine, self.limits, keys, self.sessions)
        self.refusals = Refusals(self.engine)
        self.habits = Habits()
        self.tickets = Tickets()
        self.mounts = MountTokens(keys, self.limits, newest_states(self.sessions, keys, self.limits.mount_token))
        self._topics = Topics()
        self._error_hooks: list[ErrorHook] = []
        self.before_handlers: list[Callable[[], object]] = []
        self.folder = folder
        self.hot = False
        """Whether pages are reloaded while they are open. Set by the reloader of `pycommunicate run --debug`, and by nobody else."""
        self.build = ""
        """Another text for another state of the code. Pages that only show an error ask for it, where `hot`."""
        self.reloads: Reloads | None = None
        """What brings saved files into this process, with `pycommunicate run --debug`; else None."""
        self._table = RouteTable(self.flask)
        self.templates = Templates(self.flask, template_folders(folder, template_directory), auto_reload=self.debug)
        self._http = PageServer(self)
        self.discovered = Discovered(lambda: self.folder, self._table, self._http, self.register)
        if self.debug:
            list_routes_in_404(self.flask, self.routes)
        self.flask.wsgi_app = CookieWatch(self.flask.wsgi_app, self.users)  # type: ignore[method-assign]
        self._gateway = Gateway(self, self._http.mount_anew, self.mounts.verify)
        self.flask.wsgi_app = DoorGuard(self.flask.wsgi_app, self)  # type: ignore[method-assign]
        self.flask.wsgi_app = HostGuard(self.flask.wsgi_app, lambda: self.host, self.allowed_hosts, self.refusals)  # type: ignore[method-assign]
        if self.trusted_proxies:
            self.flask.wsgi_app = behind_proxies(  # type: ignore[method-assign]
                self.flask.wsgi_app, self.trusted_proxies, prefix=trusted_prefix, refusals=self.refusals
            )

    # -- configuration ----------------------------------------------------------------------------------------------------

    def set_secret_key(self, key: Secret, *, fallbacks: Iterable[Secret] | None = None) -> None:
        """Set the key that signs cookies and pages. It must be kept secret, and stay the same over restarts.

        :param key: `secrets.token_hex()` makes a good one.
        :param fallbacks: the keys of before, the newest first, after a change of the key: what they have signed stays valid, and is signed
            with `key` when it is next made. It is Flask's setting `SECRET_KEY_FALLBACKS`. Default: that stays as it is.
        :raises ConfigurationError: a key is empty or neither str nor bytes.
        """
        older = check_secrets(key, fallbacks)
        if older is not None:
            self.flask.config["SECRET_KEY_FALLBACKS"] = older
        self.flask.secret_key = key

    def _secrets(self) -> tuple[Secret, ...]:
        return secrets_of(self.flask.secret_key, self.flask.config.get("SECRET_KEY_FALLBACKS"))

    def add_controller(
        self,
        route: str,
        controller: ControllerFactory,
        *,
        methods: Iterable[str] | None = None,
        name: str | None = None,
    ) -> None:
        """Serve pages of `controller` at `route`.

        :param route: the path, with variable parts such as `<name>` and `<int:name>` (Flask's URL rules).
        :param controller: the factory; it is asked for a controller for every load of the page.
        :param methods: the HTTP methods that are answered. Default: GET (with HEAD and OPTIONS).
        :param name: for `url_for(name)`. Default: `"pycommunicate:"` and the route.
        :raises RouteError: (a `ConfigurationError`, a `ValueError`) the route is reserved (`/__pycommunicate`), taken, or malformed.
        """
        rule = checked_rule(route)
        check_factory(controller)
        self._add_page(rule, name or f"pycommunicate:{rule}", controller, caller_place(), methods)

    def _add_page(
        self,
        rule: str,
        endpoint: str,
        factory: ControllerFactory,
        place: tuple[str, int] | None,
        methods: Iterable[str] | None,
    ) -> None:
        self._table.declare(rule, endpoint, factory, place, methods)
        try:
            self._http.add_page(rule, endpoint, factory, methods)
        except (ValueError, LookupError) as error:
            self._table.withdraw(rule, endpoint)
            places = [f"{place[0]}:{place[1]}"] if place else []
            raise RouteError(f"the route {rule!r} is malformed: {error}", places=places) from error

    def discover(self, package: str = "controllers") -> list[Route]:
        """Import every module of `package` in the program's folder, and serve what is decorated with `@route` and `@error_handler`.

        The program's folder is put on `sys.path`. Sub-packages count too. Returns the routes, in the order in which they match.

        :raises DiscoveryError: (a `ConfigurationError`) a module does not import; `ImportCycle` where that is for a circle.
        :raises RouteError: (a `ConfigurationError`) routes that match the same URLs, that are reserved, or that have no view.
        """
        registry = self.discovered.add(package)
        mine = {(declared.name, declared.rule) for declared in registry.routes}
        return [route for route in self.routes() if (route.endpoint, route.rule) in mine]

    def register(self, registry: Registry) -> None:
        """Serve what a registry holds. `discover()` does it; this is for a registry that was collected otherwise."""
        for declared in registry.routes:
            self._add_page(declared.rule, declared.name, registry.factory(declared), declared.place, declared.methods)
        handled: dict[int, object] = {}
        for handler in registry.errors:
            if handler.code in handled:
                message = f"two error handlers for {handler.code}"
                raise RouteError(message, places=[handled[handler.code], handler.place])
            handled[handler.code] = handler.place
            self.add_error_handler(handler.code, registry.factory(handler))

    def factory_at(self, path: str) -> ControllerFactory | None:
        """Return the factory whose page answers a GET of `path`; None where no page does."""
        return self._table.factory_at(path)

    def routes(self) -> list[Route]:
        """Return what is served, plain Flask routes too, in the order in which the rules match."""
        return self._table.routes()

    def route_of(self, rule: Rule) -> Route:
        """Return the route of a rule of `app.flask.url_map`."""
        return self._table.route(rule)

    def route_problems(self) -> list[RouteProblem]:
        """Return what is wrong with the routes: rules that no URL reaches, templates that are not there."""
        return self._table.problems(self.templates.missing)

    def url_for(self, name: str, /, **values: Any) -> str:
        """Return the URL of the route `name`, with `values` for its variable parts. In templates it is `url_for` too.

        :raises werkzeug.routing.BuildError: there is no such name, or a value is missing.
        """
        if has_request_context():
            return flask_url_for(name, **values)
        return str(self.flask.url_map.bind("localhost").build(name, values))

    def add_error_handler(self, code: int, controller: ControllerFactory) -> None:
        """Answer requests that end in the HTTP error `code` with a page of `controller`: at the same URL, with that status.

        :raises ConfigurationError: (a `ValueError`) `code` is no HTTP error code.
        """
        if type(code) is not int or not 400 <= code <= 599:
            message = f"add_error_handler() takes an HTTP error code from 400 to 599, not {code!r}"
            raise ConfigurationError(message)
        check_factory(controller)
        try:
            self._http.add_error_page(code, controller)
        except ValueError as error:
            message = f"{code} is no error code that can be handled: {error}"
            raise ConfigurationError(message) from error

    def on_error(self, hook: ErrorHook) -> ErrorHook:
        """Call `hook(error, where)` with what a handler, timer, `load()` or `teardown()` raised. May be used as a decorator.

        `where` names the handler and its line. The page lives on. The error has been logged already, unless there were too many in that second
        (10 a second for each handler and network address); `hook` is called for every one.
        """
        check_function(hook, "what on_error() was given")
        self._error_hooks.append(hook)
        return hook

    def before_handler(self, function: BeforeHandler) -> BeforeHandler:
        """Call `function()` before each handler, timer, subscription, `load()` and `teardown()`. May be used as a decorator.

        It is what `before_request` is for requests, which an event is not: it fills `g`, which is empty in each of these, and sees the page's
        `request` and `flask.session`. What it returns is ignored. If it raises, what was to run does not, and the error is reported like one
        of that. `render()` in a request follows `before_request`; in a living page (`change_view`) it shares the handler's `g`.

        It costs each event the time it takes; a round trip only if it asks the browser or changes `flask.session`.
        """
        check_function(function, "what before_handler() was given")
        self.before_handlers.append(function)
        return function

    @property
    def refused(self) -> Counter[str]:
        """How often something was refused since the start, by reason: `origin`, `host`, `malformed`, `protocol`, `not_yours`, ..."""
        return self.refusals.counts

    def topic(self, name: str) -> Topic:
        """Return the topic of that name: `app.topic("room").publish(...)` tells every view that subscribed to it."""
        return self._topics.get(name)

    # -- testing ----------------------------------------------------------------------------------------------------------

    def test_browser(self, **options: Any) -> "Browser":
        """Return a simulated browser, in-process: a new visitor. Needs the extra `pycommunicate[testing]`.

        :param options: see `pycommunicate.testing.Browser`.
        """
        from pycommunicate.testing import Browser  # noqa: PLC0415 - an extra, for tests only

        return Browser(self, **options)

    # -- running ----------------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Run the server and block, until Ctrl-C or SIGTERM.

        :raises ConfigurationError: no secret key is set, or the client script has not been built.
        :raises OSError: the port can't be had.
        """
        if CommunicateApp.imported_only:
            raise ConfigurationError(
                "app.run() was called while the application was being imported",
                places=[f"{place[0]}:{place[1]}" for place in [caller_place()] if place],
                help='write it under: if __name__ == "__main__":',
            )
        self._check_ready()
        try:
            listener = bind(self.host, self.web_port)
        except OSError as error:
            raise OSError(error.errno, f"can't listen on {self.host}:{self.web_port}: {error.strerror}") from None
        self.web_port = listener.getsockname()[1]
        shown = f"[{self.host}]" if ":" in self.host else self.host
        print(f"pycommunicate: http://{shown}:{self.web_port}/ (Ctrl-C ends it)", file=sys.stderr, flush=True)  # noqa: T201
        self.serve(listener)

    def serve(self, listener: socket.socket) -> None:
        """Serve on a socket that listens already, and block, until Ctrl-C or SIGTERM. `run()` does it.

        :raises ConfigurationError: no secret key is set, or the client script has not been built.
        """
        self._check_ready()
        warn_of_short_keys(self._secrets())
        if not self.hot:  # while hot, what is replaced is found, and let go
            gc.freeze()  # what is here now stays: looking for garbage stops all pages, and need not look at it
        try:
            if isinstance(self.engine, EventletEngine):
                self.engine.listen_to_threads()
                serve_eventlet(listener, self.flask, self)
            else:
                serve_gevent(listener, self.flask, self)
        finally:
            if not self.hot:
                gc.unfreeze()

    def _check_ready(self) -> None:
        if not self.engine.in_loop_thread():
            raise ConfigurationError(
                "the application was made in another thread than the one that runs it, in which its pages would wait for ever",
                help="make it in the thread that calls app.run()",
            )
        if not self._secrets():
            message = "no secret key is set; call app.set_secret_key(...), for example with secrets.token_hex()"
            raise ConfigurationError(message)
        client_script.path  # noqa: B018 - raises where the script was not built

    # -- what pages need (Application) --------------------------------------------------------------------------------------

    def make_templater(self, page: Page) -> Templater:
        """Return the templater of a page."""
        return Templater(
            self.templates.environment,
            lambda nonce: self._http.includes(page, nonce),
            page.ask_nonce,
            self.flask.update_template_context,
        )

    def subscribe(self, topic: str | Topic, deliver: Callable[[Any], None]) -> Any:
        """Call `deliver` with what is published on `topic`."""
        return self._topics.subscribe(topic, deliver)

    def publish(self, topic: str | Topic, value: Any) -> int:
        """Hand `value` to the subscribers of `topic`."""
        return self._topics.get(topic).publish(value)

    def page_moved(self, page: Page) -> None:
        """Note a page's new state and tokens."""
        self.pages.moved(page)
        if self.reloads is not None:
            self.reloads.page_moved(page)

    def recording(self, page: Page) -> AbstractContextManager[None]:
        """Note which code the block runs to bring `page` up, for hot reload; else do nothing."""
        return nullcontext() if self.reloads is None else self.reloads.recording(page)

    def page_visible(self, page: Page) -> None:
        """Note that a page that was told `stale` is on the screen. The reloader mounts it anew."""
        if self.reloads is not None:
            self.reloads.page_visible(page)

    def report(self, error: BaseException, what: str, page: Page) -> None:
        """Log what application code raised, and tell the error hooks."""
        slip = self.reloads is not None and isinstance(error, InvalidSelector)
        peer = page.environ.get("REMOTE_ADDR", "")
        if isinstance(error, BrowserError) and not slip:
            # The browser's doing: one line, and not more of them than anybody may cause.
            self.refusals.note(error.code, peer, "%s: %s raised %s: %s", page.where, what, type(error).__name__, error)
        else:
            self.refusals.log_error(what, peer, f"{page.where}: {what} raised {type(error).__name__}", error)
            if self.reloads is not None:
                self.reloads.page_failed(page, error, what)
        for hook in self._error_hooks:
            try:
                hook(error, what)
            except Exception as failure:
                self.refusals.log_error("an error hook", peer, "an error hook raised", failure)

    def issue_ticket(self, page: Page, session: SessionChange | None, cookies: Sequence[str] = ()) -> str:
        """Return a one-use ticket that the browser of `page` exchanges for new cookies."""
        return self.tickets.issue(page.user, session, cookies)

    def revoke_ticket(self, ticket: str) -> bool:
        """Take a ticket back. Return whether it was still unused."""
        return self.tickets.revoke(ticket)

    def mount_token(self, page: Page) -> str:
        """Return the signed, expiring token, bound to the session, with which the page can be mounted anew."""
        return self.mounts.make(page)
