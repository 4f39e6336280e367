"""`run --debug`, seen from the browser: a saved file, and the open page follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.cli.conftest import APP, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page

    from tests.cli.conftest import Running

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


CONSOLE = ("WebSocket connection to", "ERR_CONNECTION", "favicon", "ERR_EMPTY_RESPONSE", "Failed to load resource")


def click(page: Page, selector: str) -> None:
    """Click once the page's `load()` has added what listens."""
    page.wait_for_function("() => window.pycommunicate?.loaded")
    page.click(selector)


def opened(project: Path, start: Callable, visitor: BrowserContext) -> tuple[Running, Page]:
    """The running project, and its page, in which somebody has clicked and typed."""
    write(project, {"controllers/home.py": VIEW, "templates/home.html": TEMPLATE})
    running = start(project, "run", "--debug")
    page = visitor.new_page()
    page.goto(running.url)
    click(page, "#say")
    expect(page.locator("#said")).to_have_text("one")
    page.fill("#typed", "typed before")
    page.evaluate("window.stays = true")
    return running, page


def test_a_page_that_is_open_follows(
    project: Path, start: Callable, visitor: BrowserContext, expect_console: Callable[..., None]
) -> None:
    expect_console(*CONSOLE)
    running, page = opened(project, start, visitor)
    write(
        project,
        {
            "controllers/home.py": VIEW.replace('"one"', '"two"'),
            "templates/home.html": TEMPLATE.replace("before", "after"),
        },
    )
    expect(page.get_by_role("heading")).to_have_text("after")
    click(page, "#say")
    expect(page.locator("#said")).to_have_text("two")
    expect(page.locator("#typed")).to_have_value("typed before")
    assert page.evaluate("window.stays") is True
    assert "restarted" not in running.text
    page.close()
    assert running.interrupt() == 0


def test_a_page_that_is_open_moves_to_the_next_process(
    project: Path, start: Callable, visitor: BrowserContext, expect_console: Callable[..., None]
) -> None:
    expect_console(*CONSOLE)
    running, page = opened(project, start, visitor)
    for number in range(3):
        title = f"after {number}"
        more = f"\napp.flask.jinja_env.globals['title'] = {title!r}\n"
        write(project, {"templates/home.html": TEMPLATE.replace("before", "{{ title }}"), "app.py": APP + more})
        running.wait_for(r"app.py.* changed: restarted in \d+ ms · 1 page mounted anew")
        expect(page.get_by_role("heading")).to_have_text(title)
        click(page, "#say")
        expect(page.locator("#said")).to_have_text("one")
        expect(page.locator("#typed")).to_have_value("typed before")
    assert page.evaluate("window.stays") is True
    write(project, {"app.py": "def ("})
    overlay = page.get_by_role("alertdialog")
    expect(overlay).to_contain_text("app.py:1")
    write(project, {"app.py": APP + "\napp.flask.jinja_env.globals['title'] = 'mended'\n"})
    expect(page.get_by_role("heading", name="mended")).to_be_visible()
    expect(overlay).to_have_count(0)
    assert page.evaluate("window.stays") is True
    page.close()
    assert running.interrupt() == 0


def test_the_page_of_a_project_that_does_not_start_comes_by_itself(
    project: Path, start: Callable, visitor: BrowserContext, expect_console: Callable[..., None]
) -> None:
    expect_console(*CONSOLE)
    write(project, {"controllers/home.py": VIEW + "no_such_name", "templates/home.html": TEMPLATE})
    running = start(project, "run", "--debug")
    page = visitor.new_page()
    page.goto(running.url)
    expect(page.locator("body")).to_contain_text("name 'no_such_name' is not defined")
    write(project, {"controllers/home.py": VIEW + "other_name"})
    expect(page.locator("body")).to_contain_text("name 'other_name' is not defined")
    write(project, {"controllers/home.py": VIEW})
    expect(page.get_by_role("heading")).to_have_text("before")
    click(page, "#say")
    expect(page.locator("#said")).to_have_text("one")
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
