"""One browser has one session: plain requests and the handlers of all open pages read and write the same, and a sign-out lasts.

With the extensions that people use, as they come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cachelib.file import FileSystemCache
from flask import flash, get_flashed_messages, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_session import Session
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf
from gevent.event import Event
from werkzeug.test import Client

from pycommunicate.server.app.sessionchange import SessionChange

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pycommunicate import CommunicateApp
    from pycommunicate.testing import Browser, Page


class Person(UserMixin):
    def __init__(self, name: str) -> None:
        self.id = name


def who() -> str:
    return str(current_user.get_id())


def sign_in() -> str:
    login_user(Person("Ada"))
    return who()


def remembered() -> str:
    login_user(Person("Ada"), remember=True)
    return who()


def sign_out() -> str:
    logout_user()
    return who()


def theme() -> str:
    session["theme"] = "dark"
    return "dark"


def clear() -> str:
    session.clear()
    return "cleared"


def keys() -> str:
    return " ".join(sorted(key for key in session if not key.startswith("_")))


def buy() -> str:
    session["cart"] = [*session.get("cart", []), 1]
    return "bought"


@pytest.fixture(params=["cookie", "files"])
def store(request: pytest.FixtureRequest, app: CommunicateApp, tmp_path: Path) -> str:
    """Where Flask's session is kept."""
    if request.param == "files":
        app.flask.config.update(SESSION_TYPE="cachelib", SESSION_CACHELIB=FileSystemCache(str(tmp_path / "kept")))
        Session(app.flask)
    return request.param


@pytest.fixture
def login(app: CommunicateApp, store: str) -> None:
    manager = LoginManager(app.flask)
    manager.user_loader(Person)


@pytest.fixture
def do(app: CommunicateApp, add: Any) -> Callable[..., None]:
    """`do(who, theme)`: each function by a button of `/`, which says what it returns, and by a plain route."""

    def make(*functions: Callable[[], str], **parts: Any) -> None:
        body = "<p id=said></p>" + "".join(f"<button id={function.__name__}></button>" for function in functions)

        def load(view: Any) -> None:
            said = view.html_wrapper.element("#said")
            for function in functions:

                def act(function: Callable[[], str] = function) -> None:
                    said.content = function()

                view.html_wrapper.element(f"#{function.__name__}").add_event_listener("click", act)

        add("/", body, **{"load": load, **parts})
        for function in functions:
            app.flask.add_url_rule(f"/{function.__name__}", function.__name__, function)

    return make


def asked(page: Page, function: Callable[[], str]) -> str:
    page.click(f"#{function.__name__}")
    return page.text("#said")[0]


def got(browser: Browser, function: Callable[[], str]) -> str:
    return browser.request("GET", f"{browser.origin}/{function.__name__}").get_data(as_text=True)


# -- signing in and out


@pytest.mark.parametrize("enter", [sign_in, remembered])
def test_a_sign_out_by_a_plain_request_lasts(login: None, do: Any, browser: Browser, enter: Callable[[], str]) -> None:
    do(enter, sign_out, who, theme)
    page, other = browser.open(), browser.open()
    assert asked(page, enter) == "Ada"
    assert (got(browser, who), asked(other, who)) == ("Ada", "Ada")
    assert got(browser, sign_out) == "None"
    assert (asked(page, who), asked(other, who)) == ("None", "None"), "open pages know at once"
    assert asked(page, theme) == "dark"
    assert (got(browser, who), asked(other, who)) == ("None", "None"), "and nothing that they write signs in again"


@pytest.mark.parametrize("enter", [sign_in, remembered])
def test_a_sign_in_by_a_plain_request_reaches_open_pages(login: None, do: Any, browser: Browser, enter: Any) -> None:
    do(enter, sign_out, who)
    page = browser.open()
    assert asked(page, who) == "None"
    assert got(browser, enter) == "Ada"
    assert asked(page, who) == "Ada"
    assert asked(page, sign_out) == "None"
    assert got(browser, who) == "None"
    assert asked(page, who) == "None"


def test_a_session_that_a_plain_request_cleared_is_not_begun_again(store: str, do: Any, browser: Browser, add: Any) -> None:  # fmt: skip
    waiting, goes_on = Event(), Event()

    def slow() -> str:
        session["n"] = 2
        waiting.set()
        goes_on.wait()
        return "done"

    do(slow, theme, clear, keys)
    page = browser.open()
    asked(page, theme)
    page.click("#slow")
    assert waiting.is_set()
    assert got(browser, clear) == "cleared"
    goes_on.set()
    assert page.text("#said") == ["done"]
    assert got(browser, keys) == ""


def test_a_remembered_visitor_is_known_in_handlers(login: None, do: Any, browser: Browser) -> None:
    """The browser was closed, and has the remember cookie alone."""
    do(remembered, who, sign_out)
    got(browser, remembered)
    browser._client.delete_cookie("session")
    page = browser.open()
    assert asked(page, who) == "Ada"
    assert got(browser, who) == "Ada"
    assert asked(page, sign_out) == "None"
    assert "remember_token" not in browser.cookies
    assert got(browser, who) == "None"


# -- what both write


def test_a_route_and_a_handler_write_different_keys(store: str, do: Any, browser: Browser) -> None:
    do(buy, theme, keys)
    page = browser.open()
    got(browser, buy)
    assert asked(page, theme) == "dark"
    assert (got(browser, keys), asked(page, keys)) == ("cart theme", "cart theme")


def test_while_the_handler_runs(store: str, do: Any, browser: Browser) -> None:
    waiting, goes_on = Event(), Event()

    def slow() -> str:
        session["slow"] = session.get("slow", 0) + 1
        waiting.set()
        goes_on.wait()
        return keys()

    do(slow, buy, theme, keys)
    page = browser.open()
    page.click("#slow")
    assert waiting.is_set()
    got(browser, buy)
    goes_on.set()
    assert page.text("#said") == ["slow"], "a run sees what it began with"
    assert asked(page, keys) == got(browser, keys) == "cart slow"


def test_two_tickets_at_once(store: str, app: CommunicateApp, do: Any, browser: Browser) -> None:
    """Both requests left the browser with the cookie from before; the second builds on what the first has set."""
    do(keys)
    browser.open()
    user = next(iter(app.pages)).user
    headers = {"Cookie": browser.environ("/")["HTTP_COOKIE"], "Origin": browser.origin}
    client = Client(app.flask, use_cookies=False)
    for key in ("left", "right"):
        ticket = app.tickets.issue(user, SessionChange({}, {key: 1}))
        answer = client.post("/__pycommunicate/ticket", data=ticket, headers=headers)
        assert answer.status_code == 204
        cookies = [line.split(";")[0].split("=", 1) for line in answer.headers.getlist("Set-Cookie")]
    browser._client.set_cookie("session", dict(cookies)["session"])
    assert got(browser, keys) == "left right"


def test_what_is_equal_is_not_delivered(store: str, do: Any, browser: Browser) -> None:
    do(theme, keys)
    page = browser.open()
    before = page.round_trips
    asked(page, theme)
    assert page.round_trips == before + 1
    asked(page, theme)
    asked(page, keys)
    assert page.round_trips == before + 1


def test_with_csrf_protection(store: str, app: CommunicateApp, do: Any, browser: Browser) -> None:
    """The token that a form carries is the one that its page was rendered with, whatever handlers make meanwhile."""
    CSRFProtect(app.flask)

    def token() -> str:
        return generate_csrf()

    def form() -> str:
        return generate_csrf()

    do(token, form, theme, keys)
    app.flask.add_url_rule("/post", "post", lambda: "posted", methods=["POST"])
    page = browser.open()
    carried = got(browser, form)
    asked(page, token)
    asked(page, theme)
    assert got(browser, keys) == "csrf_token theme"
    answer = browser.request("POST", f"{browser.origin}/post", {"csrf_token": carried})
    assert answer.get_data(as_text=True) == "posted"


def test_a_server_side_session_gets_a_new_id_in_a_handler(app: CommunicateApp, do: Any, browser: Browser, tmp_path: Path) -> None:  # fmt: skip
    app.flask.config.update(SESSION_TYPE="cachelib", SESSION_CACHELIB=FileSystemCache(str(tmp_path / "kept")))
    Session(app.flask)

    def renew() -> str:
        app.flask.session_interface.regenerate(session)  # type: ignore[attr-defined]
        session["who"] = "Ada"
        return "renewed"

    do(renew, theme, keys)
    page = browser.open()
    asked(page, theme)
    before = browser.cookies["session"]
    assert asked(page, renew) == "renewed"
    assert browser.cookies["session"] != before
    assert got(browser, keys) == asked(page, keys) == "theme who"


# -- a remount


def test_what_render_writes_at_a_remount_lasts(store: str, app: CommunicateApp, do: Any, browser: Browser) -> None:
    loads: list[int] = []

    def render(view: Any) -> str:
        session["n"] = session.get("n", 0) + 1
        template = f"<head>{{{{ add_includes() }}}}</head><p id=said></p><p id=n>{session['n']}</p><p id=flashed>{get_flashed_messages()}</p>"
        return str(view.controller.templater.render_string(template + "<button id=number></button>"))

    def number() -> str:
        return str(session["n"])

    def load(view: Any) -> None:
        loads.append(session["n"])
        view.html_wrapper.element("#number").add_event_listener("click", lambda: said(view))

    def said(view: Any) -> None:
        view.html_wrapper.element("#said").content = number()

    def say() -> str:
        flash("saved")
        return "said"

    do(number, say, render=render, load=load)
    page = browser.open()
    got(browser, say)
    browser.network(restart_server=True)
    assert page.text("#n") == ["2"]
    assert page.text("#flashed") == ["['saved']"]
    assert loads == [1, 2], "load() goes by what render() wrote"
    assert asked(page, number) == got(browser, number) == "2"
    page.reload()
    assert page.text("#n") == ["3"]
    assert page.text("#flashed") == ["[]"], "shown once"


def test_a_remount_that_changes_nothing_fetches_nothing(app: CommunicateApp, do: Any, browser: Browser) -> None:
    """A permanent session gets a new cookie with each answer; with the same contents it is no change."""
    do(theme, keys)
    tickets: list[str] = []

    @app.flask.before_request
    def _last() -> None:
        session.permanent = True

    @app.flask.after_request
    def _note(response: Any) -> Any:
        if request.path.endswith("/ticket"):
            tickets.append(request.path)
        return response

    page = browser.open()
    browser.network(restart_server=True)
    assert page.connected
    assert tickets == []


def test_other_cookies_of_a_remount(app: CommunicateApp, do: Any, browser: Browser) -> None:
    @app.flask.after_request
    def _give(response: Any) -> Any:
        if request.path == "/":
            response.set_cookie("seen", str(int(request.cookies.get("seen", 0)) + 1))
            response.set_cookie("always", "the same")
        return response

    def seen() -> str:
        return request.cookies["seen"]

    do(seen)
    page = browser.open()
    browser.network(restart_server=True)
    assert browser.cookies["seen"] == "2"
    assert asked(page, seen) == got(browser, seen) == "2"


def test_a_remembered_visitor_of_a_remount(login: None, do: Any, browser: Browser) -> None:
    do(remembered, who, sign_out)
    page = browser.open()
    asked(page, remembered)
    browser.network(restart_server=True)
    assert asked(page, who) == got(browser, who) == "Ada"
    got(browser, sign_out)
    browser.network(restart_server=True)
    assert asked(page, who) == got(browser, who) == "None"
