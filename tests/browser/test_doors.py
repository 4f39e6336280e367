"""What the page asks of its own server, in a browser: the addresses, and what counts as an answer to a ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.bench import BARE, BENCH_PAGE, Bench, BenchError, source
from tests.tools.raw import get
from tests.tools.waiting import reaches

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Route

    from tests.tools.programs import Program

    Make = Callable[..., Bench]

SOURCE = source(
    """
    from flask import redirect, session

    @app.flask.before_request
    def _login_guard():
        if request.method == "POST" and not request.path.startswith("/code/"):
            return redirect("/sign-in")

    app.flask.add_url_rule("/flask-session", "flask_session", lambda: jsonify(dict(session)))
    app.flask.add_url_rule("/in", "inside", lambda: "inside: " + session.get("name", "nobody"))
    """,
    app=BARE,  # the default policy would stop the foreign base by itself
)
PAGES = {"bench.html": BENCH_PAGE.replace("</head>", '<base href="http://cdn.invalid/elsewhere/"></head>')}
NO_WEBSOCKETS = """
    const Plain = window.WebSocket;
    window.WebSocket = class extends Plain { constructor(url) { super(url.replace('__pycommunicate', 'blocked')); } };
"""
SIGN_IN = "from flask import session\nsession['name'] = 'Ada'"


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_a_foreign_base_leads_nothing_of_ours_elsewhere(
    visitor: BrowserContext, program: Program, transport: str, expect_console: Callable[..., None]
) -> None:
    expect_console("WebSocket connection to", "Failed to load resource")
    asked: list[str] = []
    visitor.on("request", lambda request: asked.append(request.url))
    if transport == "polling":
        visitor.add_init_script(NO_WEBSOCKETS)
    bench = Bench(program, visitor)
    bench.page.on("websocket", lambda socket: asked.append(socket.url.replace("ws", "http", 1)))
    assert bench.page.evaluate("() => document.baseURI") == "http://cdn.invalid/elsewhere/"
    bench.run(SIGN_IN)
    reaches(lambda: "Ada" in get(program.port, "/flask-session", cookie_of(visitor)).text, True)
    bench.start("controller.redirect('/in')")
    bench.page.wait_for_url(f"{program.url}/in")
    expect(bench.page.locator("body")).to_have_text("inside: Ada")
    assert any("transport=polling" in url for url in asked) == (transport == "polling")
    assert any(url.endswith("/__pycommunicate/ticket") for url in asked)
    assert {urlsplit(url).netloc for url in asked if not url.startswith("data:")} == {urlsplit(program.url).netloc}


def cookie_of(visitor: BrowserContext) -> str:
    return "; ".join(f"{item['name']}={item['value']}" for item in visitor.cookies())


ANSWERS: dict[str, Callable[[Route, str], None]] = {
    "a redirect to a page that is there": lambda route, url: route.fulfill(
        status=302, headers={"Location": f"{url}/in"}
    ),
    "a page in its place": lambda route, _url: route.fulfill(status=200, body="please sign in"),
    "refused": lambda route, _url: route.fulfill(status=404, body=""),
    "no answer": lambda route, _url: route.abort(),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_sign_in_that_did_not_arrive_is_an_error(
    bench: Bench, program: Program, answer: str, expect_console: Callable[..., None]
) -> None:
    expect_console("Failed to load resource")
    bench.page.route("**/__pycommunicate/ticket", lambda route: ANSWERS[answer](route, program.url))
    with pytest.raises(BenchError) as caught:
        bench.run("user.renew()")
    assert caught.value.name == "BadAnswer"
    bench.page.unroute("**/__pycommunicate/ticket")
    assert bench.run("result = user.renew()") is None
