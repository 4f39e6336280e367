"""The context of a handler: whatever is looked at is what Flask's own context shows; what nobody looks at is not made."""

from __future__ import annotations

from importlib.util import find_spec, module_from_spec
from typing import TYPE_CHECKING, Any

import flask
import pytest
from flask import (
    Flask,
    Request,
    appcontext_tearing_down,
    current_app,
    g,
    request,
    request_tearing_down,
    session,
    url_for,
)
from flask.sessions import SecureCookieSessionInterface
from werkzeug.test import EnvironBuilder

from pycommunicate.server.app.context import PageContext, context_of

if TYPE_CHECKING:
    from collections.abc import Callable

    Look = Callable[[], object]


class Counted(Request):
    made = 0

    def __init__(self, *arguments: Any, **named: Any) -> None:
        type(self).made += 1
        super().__init__(*arguments, **named)


def make() -> tuple[Flask, dict[str, Any]]:
    app = Flask(__name__)
    app.request_class = Counted
    Counted.made = 0
    app.secret_key = "for tests"
    app.add_url_rule("/rows/<int:count>", "rows", lambda count: f"{count} rows")
    blueprint = flask.Blueprint("shop", __name__)
    blueprint.add_url_rule("/buy", "buy", lambda: "bought")
    app.register_blueprint(blueprint, url_prefix="/shop")
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    cookie = f"session={signer.dumps({'name': 'Ada'})}; other=1"
    return app, EnvironBuilder("/rows/7?page=2", headers={"Cookie": cookie, "User-Agent": "tests"}).get_environ()


def flashed() -> object:
    flask.flash("saved")
    return flask.get_flashed_messages(), session.modified


def changed() -> object:
    session["name"] = "Grace"
    return dict(session), session.modified


def in_a_copy() -> object:
    return flask.copy_current_request_context(
        lambda: (request.path, dict(session), request is request._get_current_object())
    )()


def after() -> object:
    flask.after_this_request(lambda response: response)
    return request.path, len(flask.globals.request_ctx._after_request_functions)


LOOKS: list[Look] = [
    lambda: (request.path, request.full_path, request.method, request.url, request.user_agent.string),
    lambda: (request.args.to_dict(), request.form.to_dict(), request.get_json(silent=True), request.data),
    lambda: (request.endpoint, request.view_args, str(request.url_rule), request.blueprint, request.blueprints),
    lambda: (dict(request.cookies), request.host, request.remote_addr, sorted(request.headers.keys())),
    lambda: (dict(session), session.new, session.modified, session.permanent),
    lambda: (session["name"], request.endpoint),
    lambda: (url_for("rows", count=3), url_for("shop.buy", _external=True)),
    lambda: (current_app.name, flask.has_request_context(), flask.has_app_context()),
    lambda: (setattr(g, "user", 3), g.user),
    lambda: flask.globals.request_ctx.session["name"],
    lambda: flask.globals.request_ctx.flashes,
    lambda: repr(flask.globals.request_ctx).replace("PageContext", "RequestContext"),
    lambda: str(hasattr(flask.globals.request_ctx, "of_no_such_name")),
    flashed,
    changed,
    in_a_copy,
    after,
]


@pytest.mark.parametrize("path", ["/rows/7?page=2", "/shop/buy", "/nowhere"])
@pytest.mark.parametrize("number", range(len(LOOKS)))
def test_a_handler_sees_what_it_sees_in_flasks_own_context(number: int, path: str) -> None:
    app, environ = make()
    environ = {**environ, "PATH_INFO": path.partition("?")[0], "QUERY_STRING": path.partition("?")[2]}
    seen = []
    for context in (app.request_context(dict(environ)), context_of(app, dict(environ))):
        with context:
            seen.append(LOOKS[number]())
        assert not flask.has_request_context()
        assert not flask.has_app_context()
    assert isinstance(context, PageContext)
    assert seen[0] == seen[1]


def test_what_nobody_looks_at_is_not_made() -> None:
    app, environ = make()
    with context_of(app, environ) as context:
        assert current_app.name == app.name
        g.user = 3
        assert flask.has_request_context()
    assert Counted.made == 0
    assert isinstance(context, PageContext)
    assert not context.is_made


def test_it_is_made_once() -> None:
    app, environ = make()
    with context_of(app, environ):
        first = request._get_current_object()  # type: ignore[attr-defined]
        assert (session["name"], url_for("rows", count=1)) == ("Ada", "/rows/1")
        assert request._get_current_object() is first  # type: ignore[attr-defined]
    assert Counted.made == 1


def heard(app: Flask) -> list[Any]:
    """Have everything that happens at the end of a request noted."""
    notes: list[Any] = []
    app.teardown_appcontext(lambda error: notes.append(("app", repr(error), flask.has_request_context())))
    return notes


@pytest.mark.parametrize("look", [False, True])
@pytest.mark.parametrize("path", ["/rows/7", "/shop/buy"])
def test_teardown_functions_are_called(path: str, look: bool) -> None:
    app, environ = make()
    environ["PATH_INFO"] = path
    notes = heard(app)
    app.teardown_request(lambda error: notes.append(("request", repr(error), request.path, session["name"])))
    app.teardown_request_funcs["shop"] = [lambda error: notes.append(("shop", repr(error)))]
    told: list[list[Any]] = []
    for context in (app.request_context(dict(environ)), context_of(app, dict(environ))):
        notes.clear()
        with pytest.raises(LookupError), context:
            if look:
                assert request.path
            raise LookupError("asked for")
        told.append(list(notes))
    assert told[0] == told[1]
    assert [note[0] for note in told[1]] == (["shop"] if path == "/shop/buy" else []) + ["request", "app"]


def test_signals_are_sent() -> None:
    app, environ = make()
    notes: list[Any] = []

    def torn(_sender: Flask, exc: object = None) -> None:
        notes.append((request.path, exc))

    def app_torn(_sender: Flask, exc: object = None) -> None:
        notes.append(exc)

    with request_tearing_down.connected_to(torn, app), appcontext_tearing_down.connected_to(app_torn, app):
        for context in (app.request_context(dict(environ)), context_of(app, dict(environ))):
            with context:
                pass
    assert notes[:2] == notes[2:] == [("/rows/7", None), None]


def test_an_error_when_the_request_is_made_leaves_the_context_whole() -> None:
    app, environ = make()

    def fails(request: Request | None) -> None:
        if request is not None:
            raise LookupError("asked for")

    app.create_url_adapter = fails  # type: ignore[method-assign, assignment]
    with context_of(app, environ) as context:
        with pytest.raises(LookupError):
            assert request.path
        assert flask.globals.request_ctx._get_current_object() is context  # type: ignore[attr-defined]
    assert not flask.has_request_context()


def test_another_kind_of_session_is_opened_at_once() -> None:
    opened: list[str] = []

    class Elsewhere(SecureCookieSessionInterface):
        def open_session(self, app: Flask, request: Request) -> Any:
            opened.append(request.path)
            return super().open_session(app, request)

    app, environ = make()
    app.session_interface = Elsewhere()
    with context_of(app, environ):
        assert opened == ["/rows/7"]


def test_a_context_of_ones_own_is_used() -> None:
    class Own(Flask):
        def request_context(self, environ: Any) -> Any:
            g_context = super().request_context(environ)
            g_context.own = True  # type: ignore[attr-defined]
            return g_context

    with context_of(Own(__name__), make()[1]) as context:
        assert context.own  # type: ignore[attr-defined]


def test_a_flask_with_a_single_context_makes_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """So do its later versions: https://github.com/pallets/flask/blob/main/docs/appcontext.rst."""
    monkeypatch.delattr("flask.globals._cv_request")
    monkeypatch.delattr("flask.ctx.RequestContext")
    spec = find_spec("pycommunicate.server.app.context")
    assert spec is not None
    assert spec.loader is not None
    there = module_from_spec(spec)
    spec.loader.exec_module(there)
    app, environ = make()
    monkeypatch.setattr(Flask, "request_context", lambda _app, environ: environ)
    assert there.context_of(app, environ) is environ
