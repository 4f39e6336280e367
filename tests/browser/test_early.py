"""What a person does before `load()` has attached its listeners is not lost: it is held in the browser and handed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.bench import APP, START
from tests.tools.raw import get

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

    from tests.tools.fixtures import Server
    from tests.tools.programs import Program

SOURCE = (
    START
    + APP
    + """
opened = set()

@app.flask.get("/open/<gate>")
def _open(gate):
    opened.add(gate)
    return ""

class Slow(View):
    def render(self):
        return self.controller.templater.render("early.html", view=type(self).__name__)

    def load(self):
        gate = self.controller.route_data["gate"]
        if gate.startswith("raises"):
            self.listen()
        while gate + type(self).__name__ not in opened:
            app.engine.sleep(0.01)
        if gate.startswith("raises"):
            raise RuntimeError("load() fails, as it may")
        self.listen()

    def listen(self):
        find = self.html_wrapper.element
        self.said = find("#said")
        self.said.content = type(self).__name__ + ":"
        find("#form").add_event_listener("submit", lambda event: self.say("submit " + event.value["text"]), reset=True)
        find("#plus").add_event_listener("click", lambda event: self.say("plus"))
        find("#rows").add_event_listener("click", lambda event: self.say("delete " + event.data["key"]), selector="button")
        find("#choice").add_event_listener("change", lambda event: self.say("choice " + event.value))
        find("#stays").add_event_listener("click", lambda event: self.say("stays"), prevent_default=True)
        find("#typed").add_event_listener("input", lambda event: self.say("typed " + event.value))

    def say(self, what):
        self.said.add_child("i").content = what + ";"

class Second(Slow):
    pass

class First(Slow):
    def load(self):
        self.html_wrapper.element("#go").add_event_listener("click", lambda: self.controller.change_view(1))

app.add_controller("/page/<gate>", page_of(Slow))
app.add_controller("/views/<gate>", page_of(First, Second))

@app.flask.get("/elsewhere")
def _elsewhere():
    return "<title>elsewhere</title><link rel=icon href=data:,>" + str(request.args.get("text"))

if __name__ == "__main__":
    app.run()
"""
)
PAGES = {
    "early.html": """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><title>{{ view }}</title><link rel="icon" href="data:,">{{ add_includes() }}</head>
        <body><p id="said"></p><button id="go">go</button>
        <form id="form"><input id="text" name="text"></form>
        <form><button id="stays">stays</button></form>
        <form id="unclaimed"><input id="query" name="q"></form>
        <form id="leads" action="/elsewhere"><input id="sent" name="text"></form>
        <button id="plus">plus</button><ul id="rows"><li data-key="7"><button data-key="7">x</button></li></ul>
        <select id="choice"><option>a</option><option>b</option></select><input id="typed"></body></html>
    """
}


@pytest.fixture(scope="module")
def program(serve_module: Server) -> Program:
    return serve_module(SOURCE, templates=PAGES)


def visit(program: Program, visitor: BrowserContext, path: str) -> Page:
    page = visitor.new_page()
    page.goto(program.url + path)
    page.wait_for_function("() => window.pycommunicate")
    return page


def say(page: Page, text: str) -> None:
    expect(page.locator("#said")).to_have_text(text)


def test_it_is_handed_over_in_order_and_once(program: Program, visitor: BrowserContext) -> None:
    page = visit(program, visitor, "/page/order")
    page.fill("#text", "milk")
    page.press("#text", "Enter")
    page.click("#plus")
    page.click("#rows button")
    page.select_option("#choice", "b")
    page.locator("#typed").press_sequentially("abc")
    page.click("#stays")
    get(program.port, "/open/orderSlow")
    say(page, "Slow:submit milk;plus;delete 7;choice b;typed abc;stays;")
    expect(page.locator("#text")).to_have_value("")  # reset=True
    page.click("#plus")
    say(page, "Slow:submit milk;plus;delete 7;choice b;typed abc;stays;plus;")
    assert page.url == f"{program.url}/page/order"


def test_what_no_listener_takes_goes_its_way(program: Program, visitor: BrowserContext) -> None:
    page = visit(program, visitor, "/page/leads")
    page.fill("#sent", "milk")
    page.press("#sent", "Enter")  # it has an action: it works without `load()`
    page.wait_for_url("**/elsewhere?text=milk")
    page = visit(program, visitor, "/page/unclaimed")
    page.fill("#query", "milk")
    page.press("#query", "Enter")
    get(program.port, "/open/unclaimedSlow")
    page.wait_for_url("**/page/unclaimed?q=milk")


def test_in_another_view_too(program: Program, visitor: BrowserContext) -> None:
    page = visit(program, visitor, "/views/change")
    page.wait_for_function("() => window.pycommunicate.loaded")
    page.click("#go")
    expect(page).to_have_title("Second")
    page.fill("#text", "milk")
    page.press("#text", "Enter")
    page.click("#plus")
    get(program.port, "/open/changeSecond")
    say(page, "Second:submit milk;plus;")


def test_if_load_raises_after_it_has_listened(program: Program, visitor: BrowserContext) -> None:
    page = visit(program, visitor, "/page/raises")
    say(page, "Slow:")
    page.click("#plus")
    say(page, "Slow:plus;")
    page.fill("#query", "milk")
    page.press("#query", "Enter")
    get(program.port, "/open/raisesSlow")
    page.wait_for_url("**/page/raises?q=milk")
