"""What a view says it keeps is there again after the server was restarted; the rest begins anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.tools.fixtures import BROKEN_CONNECTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext

    from tests.tools.fixtures import Server

SOURCE = """
import os
from pycommunicate import CommunicateApp, ControllerFactory, View

app = CommunicateApp(web_port=int(os.environ["PORT"]), host="127.0.0.1")

class Counter(View):
    keep = ("count", "names")
    count = 0
    names = ()
    lost = 0

    def render(self):
        return self.controller.templater.render_string(
            "<!DOCTYPE html><html lang=en><title>x</title>{{ add_includes() }}<p id=shown>{{ shown }}</p>"
            "<button id=add>+</button><button id=renew>renew</button>", shown=self.shown())

    def shown(self):
        return f"{self.count} {'/'.join(self.names)} {self.lost}"

    def load(self):
        self.html_wrapper.element("#add").add_event_listener("click", self.add)
        self.html_wrapper.element("#renew").add_event_listener("click", self.controller.user.renew)
        self.html_wrapper.element("#shown").attributes["data-ready"] = True  # who clicks before is not heard

    def add(self):
        self.count += 1
        self.lost += 1
        self.names = [*self.names, "é<"]
        self.html_wrapper.element("#shown").content = self.shown()

app.add_controller("/", ControllerFactory().add_view(Counter).set_default_view(Counter))
app.set_secret_key("a secret that is long enough")
app.run()
"""


@pytest.fixture(autouse=True)
def _connections_will_break(expect_console: Callable[..., None]) -> None:
    expect_console(*BROKEN_CONNECTIONS, "status of 503")


def test_what_a_view_keeps_survives_a_restart(serve: Server, visitor: BrowserContext) -> None:
    program = serve(SOURCE)
    page = visitor.new_page()
    page.goto(program.url)
    expect(page.locator("#shown[data-ready]")).to_have_text("0 0")
    page.click("#add")
    page.click("#add")
    expect(page.locator("#shown")).to_have_text("2 é</é< 2")
    program.restart()
    expect(page.locator("#shown")).to_have_text("2 é</é< 0")


def test_the_page_comes_back_after_the_id_was_renewed(serve: Server, visitor: BrowserContext) -> None:
    program = serve(SOURCE)
    page = visitor.new_page()
    page.goto(program.url)
    expect(page.locator("#shown[data-ready]")).to_have_text("0 0")
    page.evaluate("window.same = true")
    page.click("#renew")
    page.click("#add")
    expect(page.locator("#shown")).to_have_text("1 é< 1")
    program.restart()
    expect(page.locator("#shown")).to_have_text("1 é< 0")
    assert page.evaluate("window.same"), "mounted anew, not loaded again"


FILLED = """
import os
from gevent import sleep
from pycommunicate import CommunicateApp, ControllerFactory, View

app = CommunicateApp(web_port=int(os.environ["PORT"]), host="127.0.0.1")

class Filled(View):
    def render(self):
        return self.controller.templater.render_string(
            "<!DOCTYPE html><html lang=en><title>x</title>{{ add_includes() }}<div id=list></div><p id=state></p>"
            "<p id=here>here</p><div style='height: 3000px'></div>")

    def load(self):
        for n in range(5):
            self.html_wrapper.element("#list").add_child("p").content = str(n)
            sleep(0.05)
        self.html_wrapper.element("#state").content = f"ready in {os.getpid()}"

app.add_controller("/", ControllerFactory().add_view(Filled).set_default_view(Filled))
app.set_secret_key("a secret that is long enough")
app.run()
"""


def test_the_page_stays_where_it_was_scrolled_while_load_fills_it_again(serve: Server, visitor: BrowserContext) -> None:
    program = serve(FILLED)
    page = visitor.new_page()
    page.goto(program.url)
    expect(page.locator("#state")).to_have_text(f"ready in {program.pid}")
    page.evaluate("scrollTo(0, 250)")
    where = "() => [scrollY, Math.round(document.getElementById('here').getBoundingClientRect().top)]"
    before = page.evaluate(where)
    program.restart()
    expect(page.locator("#state")).to_have_text(f"ready in {program.pid}")
    page.wait_for_timeout(200)
    assert page.evaluate(where) == before
