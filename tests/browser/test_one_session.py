"""One browser has one session, in Chromium: over a WebSocket, long polling, with `preload`, through a restart; on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.test_doors import NO_WEBSOCKETS
from tests.tools.programs import ENGINES
from tests.tools.waiting import reaches

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Page

    from tests.tools.fixtures import Server
    from tests.tools.programs import Engine, Program

SOURCE = """
from flask import flash, get_flashed_messages, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf import CSRFProtect
from pycommunicate import CommunicateApp, ControllerFactory, View

class Person(UserMixin):
    def __init__(self, name):
        self.id = name

app = CommunicateApp()
app.set_secret_key("a key for the tests, used nowhere else")
CSRFProtect(app.flask)
LoginManager(app.flask).user_loader(Person)

PAGE = '''<!DOCTYPE html><title>login</title>{{ add_includes() }}<p id=who>{{ current_user.get_id() }}</p><p id=renders>{{ n }}</p>
<p id=flashed>{{ flashed }}</p><form id=in><input id=name><button id=login>in</button></form><button id=out>out</button>
<button id=ask>ask</button><button id=theme>theme</button><p id=said>-</p>'''

class Account(View):
    def render(self):
        session["renders"] = session.get("renders", 0) + 1
        return self.controller.templater.render_string(PAGE, n=session["renders"], flashed=get_flashed_messages())

    def load(self):
        wrapper = self.html_wrapper
        self.said = wrapper.element("#said")
        self.name = wrapper.element("#name")
        wrapper.element("#in").add_event_listener("submit", self.sign_in)
        for name, act in {"out": logout_user, "ask": lambda: None, "theme": self.theme}.items():
            wrapper.element("#" + name).add_event_listener("click", lambda act=act: self.do(act))
        self.said.content = "ready"

    def do(self, act):
        act()
        self.said.content = state()

    def sign_in(self):
        self.controller.user.renew()
        self.do(lambda: login_user(Person(self.name.value), remember=True))

    def theme(self):
        session["theme"] = "dark"

class Ahead(Account):
    preload = True

def state():
    keys = " ".join(sorted(key for key in session if key in {"cart", "theme"}))
    return f"{current_user.get_id()} {session.get('renders')} {keys}".strip()

for path, view in {"/": Account, "/ahead": Ahead}.items():
    app.add_controller(path, ControllerFactory().add_view(view).set_default_view(view))

@app.flask.get("/state")
def route_state():
    return state()

@app.flask.get("/out")
def route_out():
    logout_user()
    flash("goodbye")
    return "out"

@app.flask.get("/buy")
def route_buy():
    session["cart"] = [1]
    return "bought"

app.run()
"""


@pytest.fixture(scope="module", params=ENGINES)
def program(request: pytest.FixtureRequest, serve_module: Server) -> Program:
    return serve_module(SOURCE, engine=request.param)


def opened(visitor: BrowserContext, program: Program, path: str = "/") -> Page:
    page = visitor.new_page()
    page.goto(program.url + path)
    expect(page.locator("#said")).to_have_text("ready")
    return page


def says(page: Page, button: str, text: str) -> None:
    page.locator(f"#{button}").click()
    expect(page.locator("#said")).to_have_text(text)


def route(page: Page, path: str) -> str:
    answer: str = page.evaluate("path => fetch(path).then(answer => answer.text())", path)
    return answer


@pytest.mark.parametrize("transport", ["websocket", "polling"])
@pytest.mark.parametrize("path", ["/", "/ahead"])
def test_signing_in_and_out(
    visitor: BrowserContext, program: Program, transport: str, path: str, expect_console: Callable[..., None]
) -> None:
    expect_console("WebSocket connection to", "Failed to load resource")
    if transport == "polling":
        visitor.add_init_script(NO_WEBSOCKETS)
    page = opened(visitor, program, path)
    page.locator("#name").fill("Ada")
    says(page, "login", "Ada 1")
    other = opened(visitor, program, path)
    assert route(other, "/buy") == "bought"
    says(page, "theme", "Ada 2 cart theme")
    says(other, "ask", "Ada 2 cart theme")
    # By a plain request, in another tab.
    plain = visitor.new_page()
    plain.goto(program.url + "/out")
    says(page, "ask", "None 2 cart theme")
    says(other, "theme", "None 2 cart theme")
    reaches(lambda: route(plain, "/state"), "None 2 cart theme")  # the cookie comes after what the handler wrote
    # And again by handlers: Flask-Login's remember cookie is set and deleted there.
    other.locator("#name").fill("Bob")
    says(other, "login", "Bob 2 cart theme")
    expect(page.locator("#said")).to_have_text("ready")  # loaded again, under the new id
    says(page, "ask", "Bob 3 cart theme")
    says(page, "out", "None 3 cart theme")
    reaches(lambda: route(plain, "/state"), "None 3 cart theme")
    assert "remember_token" not in {cookie["name"] for cookie in visitor.cookies()}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("path", ["/", "/ahead"])
def test_what_render_writes_at_a_remount_lasts(
    visitor: BrowserContext, serve: Server, engine: Engine, path: str, expect_console: Callable[..., None]
) -> None:
    expect_console("WebSocket connection to", "Failed to load resource")
    program = serve(SOURCE, engine=engine)
    page = opened(visitor, program, path)
    page.locator("#name").fill("Ada")
    says(page, "login", "Ada 1")
    reaches(lambda: route(page, "/state").split()[0], "Ada")
    assert route(page, "/out") == "out"
    program.stop()
    program.start()
    expect(page.locator("#renders")).to_have_text("2")
    expect(page.locator("#flashed")).to_have_text("['goodbye']")
    expect(page.locator("#said")).to_have_text("ready")
    says(page, "ask", "None 2")
    assert route(page, "/state") == "None 2"
    page.reload()
    expect(page.locator("#renders")).to_have_text("3")
    expect(page.locator("#flashed")).to_have_text("[]")
    expect(page.locator("#said")).to_have_text("ready")
