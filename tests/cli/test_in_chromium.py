"""`run --debug`, seen from the browser: a saved file, and the open page follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.cli.conftest import write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import BrowserContext

pytestmark = pytest.mark.browser

TEMPLATE = """<!DOCTYPE html>
<html lang="en"><head><title>Shop</title>{{ add_includes() }}</head>
<body><h1>before</h1><input id="typed" aria-label="Typed"><p id="said"></p><button id="say">Say</button></body></html>"""
VIEW = """
from pycommunicate import View, route


@route("/")
class HomeView(View):
    def render(self):
        return self.controller.templater.render("home.html")

    def load(self):
        self.html_wrapper.element("#say").add_event_listener("click", self.say)

    def say(self):
        self.html_wrapper.element("#said").content = "one"
"""


def test_a_page_that_is_open_follows(
    project: Path, start: Callable, visitor: BrowserContext, expect_console: Callable[..., None]
) -> None:
    expect_console(
        "WebSocket connection to", "ERR_CONNECTION", "favicon", "ERR_EMPTY_RESPONSE", "Failed to load resource: net::"
    )
    write(project, {"controllers/home.py": VIEW, "templates/home.html": TEMPLATE})
    running = start(project, "run", "--debug")
    page = visitor.new_page()
    page.goto(running.url)
    page.click("#say")
    expect(page.locator("#said")).to_have_text("one")
    page.fill("#typed", "typed before")
    page.evaluate("window.stays = true")
    write(
        project,
        {
            "controllers/home.py": VIEW.replace('"one"', '"two"'),
            "templates/home.html": TEMPLATE.replace("before", "after"),
        },
    )
    expect(page.get_by_role("heading")).to_have_text("after", timeout=15_000)
    page.click("#say")
    expect(page.locator("#said")).to_have_text("two")
    expect(page.locator("#typed")).to_have_value("typed before")
    assert page.evaluate("window.stays") is True
    page.close()
    assert running.interrupt() == 0


def test_the_404_page(
    project: Path, start: Callable, new_visitor: Callable[..., BrowserContext], expect_console: Callable[..., None]
) -> None:
    expect_console("404", "favicon")
    running = start(project, "run", "--debug")
    url = running.url
    for options in ({"color_scheme": "dark"}, {"viewport": {"width": 360, "height": 640}}):
        page = new_visitor(**options).new_page()
        page.goto(url + "foldr")
        expect(page.get_by_role("heading")).to_have_text("Nothing is at /foldr")
        expect(page.locator("li").first).to_contain_text("/folder/")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.get_by_role("link", name="/folder/").click()
        expect(page.locator("body")).to_have_text("entry {}")
        page.close()
    assert running.interrupt() == 0
