"""`before_request` is for requests; `app.before_handler` is what runs before handlers, timers, subscriptions, `load()` and `teardown()`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from flask import g, request, session

if TYPE_CHECKING:
    from pycommunicate import CommunicateApp
    from pycommunicate.testing import Browser


def test_what_it_puts_into_g_is_there(app: CommunicateApp, add: Any, new_browser: Any) -> None:
    seen: list[tuple[str, object]] = []
    requests: list[str] = []

    @app.flask.before_request
    def _of_requests() -> None:
        requests.append(request.path)
        g.of_request = True

    @app.before_handler
    def _of_handlers() -> None:
        g.who = session.get("who", "nobody"), request.path

    def note(what: str) -> None:
        seen.append((what, g.get("who")))
        assert "of_request" not in g

    def load(view: Any) -> None:
        note("load")
        view.html_wrapper.element("#go").add_event_listener("click", click)
        view.add_timer(0.01, lambda: seen.append(("timer", g.get("who"))))
        view.subscribe("news", lambda: note("subscription"))

    def click() -> None:
        note("click")
        session["who"] = "Ada"

    add("/page", "<button id=go></button>", load, teardown=lambda view: note("teardown"))
    with new_browser() as browser:
        page = browser.open("/page")
        page.click("#go")
        page.click("#go")
        app.topic("news").publish(1)
        page.close()
    nobody, ada = ("nobody", "/page"), ("Ada", "/page")
    told = [one for one in seen if one[0] != "timer"]
    assert told == [("load", nobody), ("click", nobody), ("click", ada), ("subscription", ada), ("teardown", ada)]
    assert requests == ["/page"], "before_request runs for requests alone"


def test_one_that_raises_keeps_the_handler_from_running(app: CommunicateApp, add: Any, browser: Browser) -> None:
    ran: list[str] = []
    told: list[tuple[BaseException, str]] = []
    app.on_error(lambda error, where: told.append((error, where)))
    browser.raise_errors = False

    @app.before_handler
    def _guard() -> None:
        if session.get("closed"):
            raise PermissionError("closed")

    def click() -> None:
        ran.append("click")
        session["closed"] = True

    add(
        "/", "<button id=go></button>", lambda view: view.html_wrapper.element("#go").add_event_listener("click", click)
    )
    page = browser.open()
    page.click("#go")
    page.click("#go")
    assert ran == ["click"]
    assert isinstance(told[0][0], PermissionError)
    assert "click" in told[0][1]
    assert page.connected


def test_it_takes_a_function(app: CommunicateApp) -> None:
    with pytest.raises(TypeError, match="expected a function"):
        app.before_handler(None)  # type: ignore[type-var]
