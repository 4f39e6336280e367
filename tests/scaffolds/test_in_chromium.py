"""Every scaffold with `run --debug`, clicked through. PYCOMMUNICATE_SHOTS=folder keeps pictures."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Page, Route

    from tests.scaffolds.conftest import Running

    Visitor = Callable[..., BrowserContext]

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DEBUG = ("-m", "pycommunicate_cli", "run", "--debug", "--port", "PORT")


@pytest.fixture
def debugged(project: Callable[[str], Path], start: Callable[..., Running]) -> Callable[[str], Running]:
    return lambda scaffold: start(project(scaffold), *DEBUG)


def pictures(scaffold: str, url: str, new_visitor: Visitor) -> None:
    """Look at the page in all ways: nothing sticks out, everything can be hit with a finger and has a name."""
    for scheme in ("light", "dark"):
        visitor = new_visitor(color_scheme=scheme)
        page = visitor.new_page()
        page.goto(url)
        page.wait_for_function("() => pycommunicate.loaded")
        for width, height in ((1100, 760), (390, 780), (320, 560)):
            page.set_viewport_size({"width": width, "height": height})
            wide = "[...document.querySelectorAll('*')].filter(one => one.getBoundingClientRect().right > innerWidth).map(one => one.outerHTML)"
            assert page.evaluate(f"document.documentElement.scrollWidth <= innerWidth || {wide}") is True
            for element in page.query_selector_all("button:visible, input:not([type=checkbox]):visible"):
                box = element.bounding_box()
                assert box is not None
                assert round(box["height"]) >= 44
            unnamed = page.evaluate(
                """[...document.querySelectorAll('input, button')].filter(one =>
                     !one.labels?.length && !one.textContent && !one.ariaLabel).map(one => one.outerHTML)"""
            )
            assert unnamed == []
            folder = os.environ.get("PYCOMMUNICATE_SHOTS")
            if folder:
                page.screenshot(path=Path(folder) / f"{scaffold}-{scheme}-{width}.png")
        visitor.close()


def test_todo(debugged: Callable[[str], Running], new_visitor: Visitor, expect_console: Callable[..., None]) -> None:
    expect_console("ERR_CONNECTION_REFUSED", "WebSocket connection to")
    running = debugged("todo")
    page, other = (new_visitor().new_page() for _ in range(2))
    for one in (page, other):
        one.goto(running.url)
        expect(one.locator("#left")).to_have_text("No entries")
    expect(page.get_by_text("Nothing here yet")).to_be_visible()

    # With the keyboard alone.
    page.keyboard.press("Tab")
    expect(page.get_by_label("New entry")).to_be_focused()
    for text in ("Milk", "<b>Bread</b>", "A rather long one, " * 8):
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    expect(other.locator("#todos span")).to_have_count(3)
    expect(other.locator("#todos span").nth(1)).to_have_text("<b>Bread</b>")
    expect(page.get_by_label("New entry")).to_have_value("")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Milk", exact=True)).to_be_focused()
    page.keyboard.press("Space")
    expect(other.get_by_label("Milk", exact=True)).to_be_checked()
    expect(other.locator("#left")).to_have_text("2 left")

    # Kept over a restart, with what is being typed.
    page.get_by_label("New entry").fill("half a sen")
    running.restart()
    other.reload()
    expect(other.locator("#todos li")).to_have_count(3)
    expect(other.get_by_label("Milk", exact=True)).to_be_checked()
    pictures("todo", running.url, new_visitor)
    other.get_by_role("button", name="Remove <b>Bread</b>").click()
    expect(page.locator("#todos li")).to_have_count(2)
    expect(page.get_by_label("New entry")).to_have_value("half a sen")
    other.get_by_role("button", name="Clear what is done").click()
    expect(page.locator("#todos li")).to_have_count(1)
    expect(page.locator("#left")).to_have_text("1 left")


def test_blank(debugged: Callable[[str], Running], new_visitor: Visitor, expect_console: Callable[..., None]) -> None:
    expect_console("ERR_CONNECTION_REFUSED", "WebSocket connection to", "Failed to load resource")
    running = debugged("blank")
    visitor = new_visitor()
    page, tab = visitor.new_page(), visitor.new_page()
    for one in (page, tab):
        one.goto(running.url)
        expect(one.locator("#number")).to_have_text("0")
        one.wait_for_function("() => pycommunicate.loaded")
    for count in (1, 2, 3):
        page.get_by_role("button").click()
        expect(tab.locator("#number")).to_have_text(str(count))
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    tab.route("**/client*.js", hold)
    tab.goto(running.url, wait_until="commit")
    expect(tab.locator("#number")).to_have_text("3")
    page.get_by_role("button").click()
    expect(page.locator("#number")).to_have_text("4")
    held[0].continue_()
    expect(tab.locator("#number")).to_have_text("4")  # though it was not connected as yet
    running.restart()
    page.reload()
    expect(page.locator("#number")).to_have_text("4")
    page.goto(running.url + "/nowhere")
    expect(page.locator("body")).to_contain_text("/nowhere")
    pictures("blank", running.url, new_visitor)


def talk(page: Page, text: str) -> None:
    page.get_by_label("Message").fill(text)
    page.keyboard.press("Enter")


def test_chat(debugged: Callable[[str], Running], new_visitor: Visitor) -> None:
    running = debugged("chat")
    ada, grace = (new_visitor().new_page() for _ in range(2))
    ada.goto(running.url)
    expect(ada.locator("#people")).to_have_text("Only you are here")
    grace.goto(running.url)
    for page in (ada, grace):
        expect(page.locator("#people")).to_have_text("2 people are here")
    ada.get_by_label("Your name").fill("Ada")
    talk(ada, "Is there any coffee left?")
    talk(ada, "<script>alert(1)</script>")
    expect(grace.locator("#log li")).to_have_count(2)
    expect(grace.locator("#log b")).to_have_text(["Ada"])
    expect(grace.locator(".text").nth(1)).to_have_text("<script>alert(1)</script>")
    talk(grace, "Half a pot.")
    expect(ada.locator("#log b")).to_have_text(["You", "Somebody"])
    for number in range(20):
        talk(grace, f"line {number}")
    expect(ada.get_by_text("line 19")).to_be_in_viewport()
    expect(ada.get_by_label("Message")).to_be_in_viewport()
    ada.reload()
    expect(ada.get_by_label("Your name")).to_have_value("Ada")
    expect(ada.locator("#log li")).to_have_count(23)
    expect(ada.get_by_text("line 19")).to_be_in_viewport()
    grace.close()
    expect(ada.locator("#people")).to_have_text("Only you are here")
    pictures("chat", running.url, new_visitor)
