"""A page that is remounted is asked for with the address of now, not with that of its first load."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.bench import APP, START
from tests.tools.fixtures import BROKEN_CONNECTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext

    from tests.tools.fixtures import Server

SOURCE = (
    START
    + APP
    + """
class Search(View):
    keep = ("searches",)
    searches = 0

    def render(self):
        words = request.args.getlist("q")
        return self.controller.templater.render("search.html", shown=f"{request.path} {words} {self.searches}", query=" ".join(words))

    def load(self):
        self.html_wrapper.element("#field").add_event_listener("change", self.search)
        self.html_wrapper.element("#ready").content = "ready"

    def search(self, event):
        self.searches += 1
        self.html_wrapper.element("#ready").content = f"searched {self.searches}"

app.add_controller("/list", page_of(Search))
app.run()
"""
)
PAGES = {
    "search.html": """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><title>Search</title><link rel="icon" href="data:,">{{ add_includes() }}</head>
        <body><input id="field" value="{{ query }}"><p id="shown">{{ shown }}</p><p id="ready">-</p></body></html>
    """
}


@pytest.fixture(autouse=True)
def _connections_will_break(expect_console: Callable[..., None]) -> None:
    expect_console(*BROKEN_CONNECTIONS, "status of 503")


def test_a_remount_has_the_query_of_now(serve: Server, visitor: BrowserContext) -> None:
    program = serve(SOURCE, templates=PAGES)
    page = visitor.new_page()
    page.goto(f"{program.url}/list?q=milk")
    expect(page.locator("#ready")).to_have_text("ready")
    page.fill("#field", "brot & käse")
    page.press("#field", "Tab")
    expect(page.locator("#ready")).to_have_text("searched 1")
    page.evaluate("() => history.replaceState(null, '', '?' + new URLSearchParams({ q: field.value }))")
    program.restart()
    expect(page.locator("#shown")).to_have_text("/list ['brot & käse'] 1")
    expect(page.locator("#field")).to_have_value("brot & käse")

    page.evaluate("() => history.pushState(null, '', '/list')")  # the query is gone, and so it was for the server
    program.restart()
    expect(page.locator("#shown")).to_have_text("/list [] 1")

    page.evaluate(
        "() => history.pushState(null, '', '/elsewhere?q=other')"
    )  # another page's: this one stays what it is
    program.restart()
    expect(page.locator("#ready")).to_have_text("ready")
    expect(page.locator("#shown")).to_have_text("/list [] 1")
