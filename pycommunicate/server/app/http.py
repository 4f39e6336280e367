"""HTTP: pages, error pages, the client's script, tickets. Also the way in for a page that is mounted anew."""

import json
import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from flask import Response, abort, current_app, make_response, request
from markupsafe import Markup
from werkzeug.exceptions import HTTPException, InternalServerError, NotFound

from pycommunicate.protocol.limits import Limits
from pycommunicate.protocol.usv import usv_string
from pycommunicate.protocol.version import (
    BUILD_PATH,
    LOAD_ELEMENT,
    PAGE_ELEMENT,
    PREFIX,
    PROTOCOL_VERSION,
)
from pycommunicate.proxies.context import Aborted, CallCTX
from pycommunicate.server.app.cookies import cookie_header, our_cookies
from pycommunicate.server.app.cookiewatch import SERVED, VISITOR
from pycommunicate.server.app.mounttokens import Mount
from pycommunicate.server.app.owedcookies import owed_cookies
from pycommunicate.server.app.page import Page
from pycommunicate.server.app.pages import Pages
from pycommunicate.server.app.policy import Policy, checked_nonce
from pycommunicate.server.app.policyheader import PolicyHeader
from pycommunicate.server.app.script import DEBUG, client_script, debug_script, nothing_here
from pycommunicate.server.app.sessionchange import apply_change
from pycommunicate.server.app.templates import Templates
from pycommunicate.server.app.tickets import Tickets
from pycommunicate.server.app.usertracker import User, UserTracker, Visitor
from pycommunicate.server.app.violations import Violations
from pycommunicate.server.bases.controller import ControllerFactory
from pycommunicate.server.connection.kept import put_back
from pycommunicate.server.connection.refusals import printable
from pycommunicate.server.connection.runtime import Runtime
from pycommunicate.server.doors import DOORS

_OWN = "pycommunicate."
"""How the endpoints of the library's own begin."""
_UNGUARDED = frozenset(_OWN + door.name for door in DOORS if not door.guarded)

REMOUNT = "pycommunicate.remount"
"""The key in a request's environ under which a mount anew finds its `Remount`."""


class Remounted(NamedTuple):
    """What a remount came to."""

    page: Page | None
    """None: the URL did not end in a page."""
    html: str
    wait: float
    """Seconds until the browser should try again, if the application refused for now; else 0."""


class Remount:
    """A mount anew: what the page is made from, and the page that was made."""

    def __init__(self, mount: Mount) -> None:
        self.mount = mount
        self.page: Page | None = None

    def give_up(self, reason: str, wait: float = 0) -> Remounted:
        """End the page that was made, if there is one."""
        if self.page is not None:
            self.page.end(reason)
        return Remounted(None, "", wait)

    def put_into(self, page: Page) -> None:
        """Let `page` show the view that the browser showed, and go on with what that kept."""
        mount, controller = self.mount, page.controller
        if 0 <= mount.view < len(controller.views):
            controller.view_index = mount.view
            put_back(controller.view, mount.kept)
        # A page that still lives keeps its name; this one is a copy of it.
        if mount.lineage is not None and all(one.lineage.name != mount.lineage.name for one in page.user.pages):
            page.lineage = mount.lineage


class Application(Runtime, Protocol):
    """What HTTP needs of the application."""

    pages: Pages
    users: UserTracker
    tickets: Tickets
    folder: Path
    build: str
    debug: bool
    policy: Policy
    embedded_in: tuple[str, ...]
    templates: Templates


class PageServer:
    """Serves the pages of an application through its Flask app."""

    def __init__(self, application: Application) -> None:
        self._app = application
        self._limits: Limits = application.limits
        flask = application.flask
        self._open_doors()
        if "static" in flask.view_functions:
            flask.add_url_rule("/favicon.ico", _OWN + "favicon", _serve_favicon)
        self._flask_logs = flask.log_exception
        flask.log_exception = self._log_exception  # type: ignore[method-assign]
        self._policy = PolicyHeader(flask, application.policy, self._is_debug)
        self._violations = Violations(application.templates.folders, application.folder)
        self._handle_exception = flask.handle_exception
        flask.handle_exception = self._handle  # type: ignore[method-assign]
        self._preprocess_request = flask.preprocess_request
        flask.preprocess_request = self._preprocess  # type: ignore[method-assign]

    def _open_doors(self) -> None:
        functions: dict[str, Callable[..., Response]] = {
            "client": self._serve_client,
            "build": self._serve_build,
            "ticket": self._redeem,
            "violations": self._serve_violations,
        }
        for door in DOORS:
            if door.name in functions:  # the socket is not Flask's
                self._app.flask.add_url_rule(
                    door.rule,
                    _OWN + door.name,
                    functions[door.name],
                    methods=door.methods,
                    provide_automatic_options=False,
                )

    def add_page(
        self, rule: str, endpoint: str, factory: ControllerFactory, methods: Iterable[str] | None = None
    ) -> None:
        """Serve pages of `factory` at `rule`. An endpoint that is here already gets another rule."""

        def serve(**route_data: Any) -> Any:
            return self._serve(factory, route_data)

        known = endpoint in self._app.flask.view_functions
        self._app.flask.add_url_rule(rule, endpoint, None if known else serve, methods=methods and list(methods))

    def add_error_page(self, code: int, factory: ControllerFactory) -> None:
        """Answer requests that end in the HTTP error `code` with a page of `factory`, at the URL that was asked for."""

        def serve(error: HTTPException) -> Any:
            if error.response is not None:
                return error.response
            try:
                response = make_response(self._serve(factory, {}, checked=False))
            except Exception as failure:
                self._report(failure, f"the error handler for {code}")
                return InternalServerError().get_response(request.environ)
            if response.status_code == 200:
                response.status_code = code
            return response

        self._app.flask.register_error_handler(code, serve)

    def remove_error_page(self, code: int) -> None:
        """Let Flask answer the HTTP error `code` again."""
        self._app.flask.error_handler_spec[None].pop(code, None)

    # -- pages ------------------------------------------------------------------------------------------------------------

    def _serve(self, factory: ControllerFactory, route_data: dict[str, Any], *, checked: bool = True) -> Any:
        known: Visitor | None = request.environ.get(VISITOR)
        users = self._app.users
        visitor = users.welcome(known.id_ if known is not None else users.proved(our_cookies(request.environ)))
        user = visitor.user
        with user.at_work(lambda error: self._report(error, "saving user.session")):
            request.environ[SERVED] = visitor
            if visitor.is_current:
                user.saw_request(request.environ)
            try:
                return self._serve_to(visitor, factory, route_data, checked=checked)
            except SystemExit as end:  # it would end the server, and with it everybody's pages
                message = (
                    f"the page wanted to end the program (SystemExit: {end}); a page that fails raises an Exception"
                )
                raise RuntimeError(message) from end

    def _serve_to(
        self, visitor: Visitor, factory: ControllerFactory, route_data: dict[str, Any], *, checked: bool
    ) -> Any:
        user = visitor.user
        remount: Remount | None = request.environ.get(REMOUNT)
        if checked:
            try:
                factory.admit(CallCTX(user=user, route_data=route_data))
            except Aborted as aborted:
                abort(aborted.code)
        page = Page(self._app, user, factory, route_data, page_environ(request.environ, self._limits.page_headers))
        if remount is not None:
            remount.put_into(page)
        user.opened(page)
        try:
            response = self._respond(page)
        except BaseException:
            page.end("it could not be rendered")
            raise
        if remount is not None and page.has_client:
            remount.page = page
        elif page.has_client and request.method != "HEAD":
            self._app.pages.keep(page)
            if page.controller.view.preload and response.status_code == 200 and not _is_prefetch():
                _carry(page, response)
        else:
            page.end("its HTML does not load the client")
        if page.renewed_as == user.id_:
            visitor = request.environ[SERVED] = visitor._replace(id_=user.id_)
        if visitor.is_current:
            self._give_cookie(response, user)
        return response

    def _respond(self, page: Page) -> Response:
        body = page.render()
        special = page.controller.special_return_handler
        if special is not None:
            page.has_client = False
            return make_response(special())
        if body is None:
            view = type(page.controller.view).__qualname__
            message = f"{view}.render() returned None; expected the page's HTML as a str"
            raise TypeError(message)
        # Half a character, which no encoding has, would be a 500 for all who are shown it.
        response = make_response(usv_string(body) if isinstance(body, str) else body)
        if page.has_client or page.asked_nonce:
            # Not no-store, which costs Back: what was typed, and the whole page that the browser keeps.
            response.headers.setdefault("Cache-Control", "no-cache, private")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        self._policy.expect(page)
        return response

    def includes(self, page: Page, nonce: str = "") -> Markup:
        """Return what `add_includes()` renders into a page; `nonce`: one that the application has of its own."""
        page.has_client = True
        if nonce:
            page.use_nonce(checked_nonce(nonce))
        base = request.script_root
        facts: dict[str, Any] = {
            "version": PROTOCOL_VERSION,
            "base": base + PREFIX,
            "request": page.request_id,
            "mount": self._app.mount_token(page),
        }
        ahead = page.ask_ahead()
        if ahead is not None:
            facts["ask"] = ahead
        script = base + (debug_script if self._app.hot else client_script).path
        tag = Markup('<script src="{}" nonce="{}" defer></script>').format(script, page.nonce)
        page.includes = _inert(PAGE_ELEMENT, json.dumps(facts)) + tag
        return page.includes

    def mount_anew(self, environ: dict[str, Any], mount: Mount) -> Remounted:
        """Serve a URL once more, for a browser that shows it already.

        All that guards a GET guards this: `before_request`, `before_connect`. What raises here is logged as the application's.
        """
        remount = Remount(mount)
        environ = {
            **page_environ(environ, self._limits.page_headers),
            **_WHOLE,
            "PATH_INFO": mount.path,
            "QUERY_STRING": mount.query,
            REMOUNT: remount,
        }
        flask = self._app.flask
        with flask.request_context(environ):
            try:
                try:
                    response = flask.full_dispatch_request()
                except Exception as error:
                    response = make_response(flask.handle_exception(error))
                return _read_remount(remount, response)
            except Exception as error:
                self._report(error, "the remount of a page")
                return remount.give_up("it could not be remounted")

    # -- cookies ------------------------------------------------------------------------------------------------------------

    def _give_cookie(self, response: Response, user: User) -> None:
        value = self._app.users.cookie_for(user)
        header = cookie_header(
            value,
            max_age=self._limits.user_idle,
            secure=request.is_secure,
            path=request.script_root,
            embedded=bool(self._app.embedded_in),
        )
        response.headers.add("Set-Cookie", header)

    def _redeem(self) -> Response:
        visitor: Visitor | None = request.environ.get(VISITOR)
        user = visitor.user if visitor is not None else None
        ticket = request.get_data(cache=False).decode("ascii", "replace")
        taken = self._app.tickets.take(ticket, user) if user is not None else None
        if user is None or taken is None:
            self._app.refusals.counts["ticket"] += 1
            return nothing_here()
        request.environ[SERVED] = Visitor(user, user.id_)
        if taken.session is not None:
            apply_change(taken.session)
        response = Response(status=204)
        for line in taken.cookies:
            response.headers.add("Set-Cookie", line)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        self._give_cookie(response, user)
        return response

    def _preprocess(self, *context: Any) -> Any:
        # A ticket is not the person's request: a login guard would lead it elsewhere, a CSRF check refuse it, and the cookie be lost.
        return None if request.endpoint in _UNGUARDED else self._preprocess_request(*context)

    # -- the client ---------------------------------------------------------------------------------------------------------

    def _serve_client(self, digest: str) -> Response:
        script = debug_script if self._app.hot and digest.startswith(DEBUG) else client_script
        return script.respond(digest)

    def _serve_build(self) -> Response:
        response = Response(self._app.build, mimetype="text/plain")
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    # -- in debug -------------------------------------------------------------------------------------------------------------

    def _is_debug(self) -> bool:
        return self._app.debug or self._app.hot

    def _serve_violations(self) -> Response:
        if request.environ.get(VISITOR) is None:
            return nothing_here()
        fault = self._violations.take(request.get_data(cache=False))
        response = Response(json.dumps(fault), mimetype="application/json")
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    # -- while hot ------------------------------------------------------------------------------------------------------------

    def _handle(self, e: Exception) -> Response:
        response = self._handle_exception(e)
        wanted = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
        if not self._app.hot or not wanted or REMOUNT in request.environ:
            return response
        from pycommunicate.reload.errorpage import PAGE_POLICY, render_error_page  # noqa: PLC0415 - nothing of it elsewhere
        from pycommunicate.reload.fault import describe_fault  # noqa: PLC0415

        fault = describe_fault(e, self._app.folder, title=f"{request.path} could not be shown")
        note = "The server runs. This page loads itself again when the code has changed."
        html = render_error_page(fault, note=note, build_url=request.script_root + BUILD_PATH, build=self._app.build)
        shown = Response(html, 500)
        shown.headers["Cache-Control"] = "no-store"
        shown.headers["Content-Security-Policy"] = PAGE_POLICY
        shown.headers["X-Content-Type-Options"] = "nosniff"
        return shown

    def _report(self, error: BaseException, what: str) -> None:
        sentence = f"{request.method} {printable(request.path)}: {what} raised {type(error).__name__}"
        self._app.refusals.log_error(what, request.environ.get("REMOTE_ADDR", ""), sentence, error)

    def _log_exception(self, exc_info: Any) -> None:
        # Flask logs what a route raises, however often: whoever knows an address that fails could fill the log.
        place = f"{request.endpoint} raised {exc_info[0].__name__}"
        if not self._app.refusals.limit.admits(place, request.environ.get("REMOTE_ADDR", ""), logging.ERROR):
            return
        if printable(request.path) == request.path:
            self._flask_logs(exc_info)
        else:  # Flask writes the path as it came: a line break in it would begin a line of its sender's choice
            self._app.flask.logger.error(
                "Exception on %s [%s]", printable(request.path), request.method, exc_info=exc_info
            )


def _serve_favicon() -> Response:
    # Browsers ask for it unasked; an application without one should not answer with its 404 page.
    try:
        return current_app.send_static_file("favicon.ico")
    except NotFound:
        return Response(status=204)


_FOR_NOW: Final = frozenset({429, 502, 503, 504})
_WAIT: Final = 2.0
_LONGEST_WAIT: Final = 20.0

# A remount reads the answer itself: whole, as it is now, and not compressed. No header at all would allow every encoding.
_WHOLE: Final = {
    "HTTP_ACCEPT_ENCODING": "identity",
    "HTTP_IF_MATCH": "",
    "HTTP_IF_MODIFIED_SINCE": "",
    "HTTP_IF_NONE_MATCH": "",
    "HTTP_IF_RANGE": "",
    "HTTP_IF_UNMODIFIED_SINCE": "",
    "HTTP_RANGE": "",
}


def _read_remount(remount: Remount, response: Response) -> Remounted:
    if response.status_code in _FOR_NOW:
        return remount.give_up("the application refused its remount for now", _seconds_to_wait(response))
    if remount.page is None:
        response.close()
        return Remounted(None, "", 0)
    encoding = response.headers.get("Content-Encoding", "identity")
    if encoding != "identity":
        message = (
            f"the answer has Content-Encoding {encoding!r}, but the request accepts only 'identity'; "
            "compress only if the request's Accept-Encoding names the encoding"
        )
        raise ValueError(message)
    response.direct_passthrough = False  # set by what streams files; this answer is read here
    html = response.get_data(as_text=True)
    remount.page.owed = owed_cookies(response)
    return Remounted(remount.page, html, 0)


def _seconds_to_wait(response: Response) -> float:
    """Return what Retry-After says, within bounds: a browser asks again by itself before long, and a socket waits meanwhile."""
    response.close()
    after = response.retry_after
    if after is None:
        return _WAIT
    return min(max((after - datetime.now(UTC)).total_seconds(), _WAIT), _LONGEST_WAIT)


_OF_THE_REQUEST_ALONE = frozenset(
    {
        "CONTENT_LENGTH",
        "CONTENT_TYPE",
        "HTTP_CONNECTION",
        "HTTP_CONTENT_ENCODING",
        "HTTP_EXPECT",
        "HTTP_TRANSFER_ENCODING",
        "HTTP_UPGRADE",
        "RAW_URI",
        "REQUEST_URI",
    }
)


class _NoBody:
    """The body of a request that has none."""

    def read(self, _size: int = -1) -> bytes:
        return b""

    def readline(self, _size: int = -1) -> bytes:
        return b""


def page_environ(environ: dict[str, Any], most: int) -> dict[str, Any]:
    """Return what a page keeps of its request's environ: enough for a request context, no sockets, no bodies, `most` bytes of headers.

    Host and cookies are kept whatever their size, which the server has bounded; of the others, in their order, those that fit.
    """
    kept: dict[str, Any] = {}
    for key, value in environ.items():
        if not isinstance(value, str) or key in _OF_THE_REQUEST_ALONE:
            continue
        if key.startswith("HTTP_") and key not in ("HTTP_HOST", "HTTP_COOKIE"):
            most -= len(key) + len(value)
            if most < 0:
                most += len(key) + len(value)
                continue
        kept[key] = value
    kept["REQUEST_METHOD"] = "GET"
    kept["wsgi.input"] = _NoBody()
    kept["wsgi.url_scheme"] = environ.get("wsgi.url_scheme", "http")
    kept["wsgi.version"] = (1, 0)
    kept["wsgi.multithread"] = kept["wsgi.multiprocess"] = kept["wsgi.run_once"] = False
    return kept


def _inert(id_: str, text: str) -> Markup:
    """Return an element that carries JSON and does nothing."""
    text = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup('<script type="application/json" id="{}">{}</script>').format(id_, Markup(text))  # noqa: S704 - JSON without < > &


def _is_prefetch() -> bool:
    # The person may never see the page: nothing is to happen for it as yet.
    purposes = (request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"))
    return any("prefetch" in purpose or "preview" in purpose or "prerender" in purpose for purpose in purposes)


def _carry(page: Page, response: Response) -> None:
    """Let `load()` run ahead of the socket, and put what it wrote into the page, whose head is on its way meanwhile."""
    if response.direct_passthrough or response.is_streamed:
        return
    html = response.get_data(as_text=True)
    before, includes, after = html.partition(page.includes)
    if includes:
        response.response = _with_load(page, before, after)
        response.headers.pop("Content-Length", None)


def _with_load(page: Page, before: str, after: str) -> Iterator[bytes]:
    before += str(page.includes)  # as it is by now: its nonce may have become another one
    yield before.encode()  # the browser asks for the script now
    messages = ",".join(packet[packet.index(",") + 1 :] for packet in page.load_ahead(before + after))
    yield (str(_inert(LOAD_ELEMENT, f"[{messages}]")) if messages else "").encode() + after.encode()
