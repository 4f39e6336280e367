"""CommunicateApp: configuration and wiring."""

import logging
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from types import FrameType
from typing import Any

from flask import Flask
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.middleware.proxy_fix import ProxyFix

from pycommunicate.engine import EventletEngine, choose_engine
from pycommunicate.errors import ConfigurationError
from pycommunicate.protocol.limits import Limits
from pycommunicate.protocol.version import PREFIX
from pycommunicate.server.app.hosts import HostGuard
from pycommunicate.server.app.http import PageServer, client_script
from pycommunicate.server.app.page import Page
from pycommunicate.server.app.pages import Pages
from pycommunicate.server.app.topics import Topic, Topics
from pycommunicate.server.app.usertracker import User, UserTracker
from pycommunicate.server.bases.controller import ControllerFactory
from pycommunicate.server.connection.gateway import Gateway
from pycommunicate.server.connection.handlers import HandlerPool
from pycommunicate.server.serving import bind, serve_eventlet, serve_gevent
from pycommunicate.templating import Templater

log = logging.getLogger("pycommunicate")

ErrorHook = Callable[[BaseException, str], object]
_PORT = 8080
_HOST = "localhost"
_TICKET_SECONDS = 60.0
_SHORT_KEY = 16


class CommunicateApp:
    """The application: makes, configures and runs the server."""

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
        allowed_hosts: Iterable[str] = (),
        trusted_proxies: int = 0,
    ) -> None:
        """Make an application.

        The environment's PYCOMMUNICATE_PORT and PYCOMMUNICATE_HOST take the place of the defaults of the first two.

        :param web_port: the port to serve on. 0: any free one.
        :param host: the hostname or address to serve on.
        :param debug: log more, and reload templates when their files change. Never in production.
        :param maximum_handler_threads: how many handlers may run at the same time, in all.
        :param template_directory: where the templates are, relative to the program's folder (else to the working directory).
        :param flask: an existing Flask app to live in. Default: a new one, as `app.flask`.
        :param limits: bounds and deadlines, where the defaults don't fit.
        :param allowed_hosts: names under which the server answers, besides localhost, `host` and IP addresses:
            `"example.org"`, `".example.org"` with all below it, `"*"` for any.
        :param trusted_proxies: how many proxies in front set X-Forwarded-For, -Proto, -Host and -Prefix.
        :raises ConfigurationError: (a `ValueError`) a parameter is out of range.
        """
        self.web_port = _port(web_port if web_port != _PORT else int(os.environ.get("PYCOMMUNICATE_PORT", _PORT)))
        self.host = host if host != _HOST else os.environ.get("PYCOMMUNICATE_HOST", _HOST)
        self.debug = debug
        self.limits = limits or Limits()
        self.engine = choose_engine()
        folder = _program_folder()
        self.flask = flask or Flask(
            "pycommunicate.flask", root_path=str(folder), template_folder=None, static_folder=str(folder / "static")
        )
        self.pool = HandlerPool(self.engine, maximum_handler_threads)
        self.pages = Pages(self.engine, self.limits)
        self.users = UserTracker(self.engine, self.limits, lambda: self.flask.secret_key)
        self.tickets: dict[str, tuple[User, Any, float]] = {}
        self._topics = Topics()
        self._error_hooks: list[ErrorHook] = []
        self._rules: dict[str, ControllerFactory] = {}
        self._templates = _template_environment(self.flask, _find_folder(folder, template_directory), auto_reload=debug)
        self._http = PageServer(self)
        self._gateway = Gateway(self, self._http.mount_anew, self._verify_mount)
        self.flask.wsgi_app = HostGuard(self.flask.wsgi_app, self.host, allowed_hosts)  # type: ignore[method-assign]
        if trusted_proxies:
            n = trusted_proxies
            self.flask.wsgi_app = ProxyFix(self.flask.wsgi_app, x_for=n, x_proto=n, x_host=n, x_prefix=n)  # type: ignore[method-assign]

    # -- configuration ----------------------------------------------------------------------------------------------------

    def set_secret_key(self, key: str | bytes) -> None:
        """Set the key that signs cookies and pages. It must be kept secret, and stay the same over restarts.

        :param key: `secrets.token_hex()` makes a good one.
        :raises ConfigurationError: the key is empty or neither str nor bytes.
        """
        if not isinstance(key, str | bytes) or not key:
            message = "the secret key is a str or bytes, and not empty; secrets.token_hex() makes a good one"
            raise ConfigurationError(message)
        self.flask.secret_key = key

    def add_controller(self, route: str, controller: ControllerFactory) -> None:
        """Serve pages of `controller` at `route`.

        :param route: the path, with variable parts such as `<name>` and `<int:name>` (Flask's URL rules).
        :param controller: the factory; it is asked for a controller for every load of the page.
        :raises ConfigurationError: (a `ValueError`) the route is reserved (`/__pycommunicate`), taken, or malformed.
        """
        rule = route if route.startswith("/") else f"/{route}"
        if rule == PREFIX or rule.startswith((f"{PREFIX}/", f"{PREFIX}<")):
            message = f"the route {route!r} is reserved: {PREFIX}/ belongs to pycommunicate; choose another"
            raise ConfigurationError(message)
        _check_factory(controller)
        if rule in self._rules:
            message = f"the route {rule!r} has a controller already"
            raise ConfigurationError(message)
        self._rules[rule] = controller
        try:
            self._http.add_page(rule, f"pycommunicate:{rule}", controller)
        except (ValueError, LookupError) as error:
            message = f"the route {route!r} is malformed: {error}"
            raise ConfigurationError(message) from error

    def add_error_handler(self, code: int, controller: ControllerFactory) -> None:
        """Answer requests that end in the HTTP error `code` with a page of `controller`: at the same URL, with that status.

        :raises ConfigurationError: (a `ValueError`) `code` is no HTTP error code.
        """
        if type(code) is not int or not 400 <= code <= 599:
            message = f"add_error_handler() takes an HTTP error code from 400 to 599, not {code!r}"
            raise ConfigurationError(message)
        _check_factory(controller)
        try:
            self._http.add_error_page(code, controller)
        except ValueError as error:
            message = f"{code} is no error code that can be handled: {error}"
            raise ConfigurationError(message) from error

    def on_error(self, hook: ErrorHook) -> ErrorHook:
        """Call `hook(error, where)` with what a handler, timer, `load()` or `teardown()` raised. May be used as a decorator.

        `where` names the handler and its line. The error has been logged already; the page lives on.
        """
        self._error_hooks.append(hook)
        return hook

    def topic(self, name: str) -> Topic:
        """Return the topic of that name: `app.topic("room").publish(...)` tells every view that subscribed to it."""
        return self._topics.get(name)

    # -- running ----------------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Run the server and block, until Ctrl-C or SIGTERM.

        :raises ConfigurationError: no secret key is set, or the client script has not been built.
        :raises OSError: the port can't be had.
        """
        self._check_ready()
        try:
            listener = bind(self.host, self.web_port)
        except OSError as error:
            raise OSError(error.errno, f"can't listen on {self.host}:{self.web_port}: {error.strerror}") from None
        self.web_port = listener.getsockname()[1]
        shown = f"[{self.host}]" if ":" in self.host else self.host
        print(f"pycommunicate: http://{shown}:{self.web_port}/ (Ctrl-C ends it)", file=sys.stderr, flush=True)  # noqa: T201
        if isinstance(self.engine, EventletEngine):
            self.engine.listen_to_threads()
            serve_eventlet(listener, self.flask, self._stop)
        else:
            serve_gevent(listener, self.flask, self._stop)

    def _check_ready(self) -> None:
        key = self.flask.secret_key
        if not key:
            message = "no secret key is set; call app.set_secret_key(...), for example with secrets.token_hex()"
            raise ConfigurationError(message)
        if len(key) < _SHORT_KEY:
            log.warning(
                "the secret key is short (%d characters): anybody may guess it and forge sessions; use secrets.token_hex()",
                len(key),
            )
        client_script.path  # noqa: B018 - raises where the script was not built

    def _stop(self) -> None:
        for page in self.pages:
            page.close_connection()

    # -- what pages need (Application) --------------------------------------------------------------------------------------

    def make_templater(self, page: Page) -> Templater:
        """Return the templater of a page."""
        return Templater(self._templates, lambda: self._http.includes(page), self.flask.update_template_context)

    def subscribe(self, topic: str | Topic, deliver: Callable[[Any], None]) -> Any:
        """Call `deliver` with what is published on `topic`."""
        return self._topics.subscribe(topic, deliver)

    def page_moved(self, page: Page) -> None:
        """Note a page's new state and tokens."""
        self.pages.moved(page)

    def report(self, error: BaseException, what: str, page: Page) -> None:
        """Log what application code raised, and tell the error hooks."""
        log.error("%s: %s raised %s: %s", page.path, what, type(error).__name__, error, exc_info=error)
        for hook in self._error_hooks:
            try:
                hook(error, what)
            except Exception:
                log.exception("an error hook raised")

    def issue_ticket(self, page: Page, session: Any) -> str:
        """Return a one-use ticket that the browser of `page` exchanges for new cookies."""
        now = time.monotonic()
        for ticket, (_, _, expires) in tuple(self.tickets.items()):
            if expires < now:
                self.tickets.pop(ticket, None)
        ticket = secrets.token_urlsafe(24)
        self.tickets[ticket] = (page.user, session, now + _TICKET_SECONDS)
        return ticket

    def mount_token(self, page: Page) -> str:
        """Return the signed, expiring token, bound to the session, with which the page can be mounted anew."""
        facts = {"u": _fingerprint(page.user), "p": page.path, "q": page.query, "v": page.controller.view_index}
        return str(self._mount_signer().dumps(facts))

    def _verify_mount(self, token: str, user: User) -> Any:
        try:
            facts = self._mount_signer().loads(token, max_age=int(self.limits.mount_token))
        except BadSignature:
            return None
        return facts if facts["u"] == _fingerprint(user) else None

    def _mount_signer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(
            self.flask.secret_key or "", salt="pycommunicate-mount", signer_kwargs={"digest_method": sha256}
        )


def _fingerprint(user: User) -> str:
    return sha256(f"pycommunicate-mount:{user.id_}".encode()).hexdigest()[:32]


def _check_factory(controller: object) -> None:
    if not isinstance(controller, ControllerFactory):
        message = f"expected a ControllerFactory, got {controller!r}; write ControllerFactory().add_view(...).set_default_view(...)"
        raise ConfigurationError(message)


def _port(port: int) -> int:
    if type(port) is not int or not 0 <= port <= 65535:
        message = f"web_port is {port!r}; expected an int from 0 to 65535"
        raise ConfigurationError(message)
    return port


def _program_folder() -> Path:
    # The folder of the code that makes the application: the first caller outside of this package.
    package = Path(__file__).resolve().parents[2]
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        file = frame.f_globals.get("__file__")
        if file is None:
            break
        path = Path(file).resolve()
        if package not in path.parents:
            return path.parent
        frame = frame.f_back
    return Path.cwd()


def _find_folder(program: Path, name: str) -> list[str]:
    folder = Path(name)
    return [str(folder)] if folder.is_absolute() else [str(program / folder), str(Path.cwd() / folder)]


def _template_environment(flask: Flask, folders: list[str], *, auto_reload: bool) -> Any:
    from jinja2 import ChoiceLoader, FileSystemLoader  # noqa: PLC0415

    own = flask.jinja_env
    loaders = [FileSystemLoader(folders), *([own.loader] if own.loader is not None else [])]
    return own.overlay(loader=ChoiceLoader(loaders), autoescape=True, auto_reload=auto_reload)
