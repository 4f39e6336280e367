"""Changed files, stale pages and restarts, in a page that stays open."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser import hot
from tests.browser.hot import PICTURE, Hot
from tests.tools.raw import request
from tests.tools.waiting import reaches

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Route

    from tests.tools.programs import Program
    from tests.tools.proxy import Proxy

SOURCE = hot.SOURCE
PAGES = hot.PAGES
LINKS = "[...document.querySelectorAll('link[rel=stylesheet]')].map(e => [e.getAttribute('href').split('/').pop(), e.media, e.id])"


@pytest.fixture
def page(program: Program, visitor: BrowserContext) -> Hot:
    return Hot(program, visitor)


def colour(page: Hot, selector: str = "#shown") -> Any:
    return page.page.locator(selector).evaluate("e => getComputedStyle(e).color")


def test_a_stylesheet_is_swapped(page: Hot) -> None:
    assert colour(page) == "rgb(1, 1, 1)"
    page.page.evaluate(
        """() => {
            window.bare = 0;
            const look = () => {
                if (getComputedStyle(document.getElementById("shown")).color === "rgb(0, 0, 0)") bare++;
                requestAnimationFrame(look);
            };
            look();
        }"""
    )
    for version in (2, 3, 4):
        page.write("app.css", f"#shown {{ color: rgb({version}, 0, 1) }}")
        page.tell("files", [f"/static/app.css?v={version}"])
        reaches(lambda: colour(page), f"rgb({version}, 0, 1)")
    reaches(lambda: page.page.evaluate(LINKS), [["app.css?v=4", "all", "sheet"]])
    assert page.page.evaluate("window.bare") == 0


def test_the_last_of_quick_changes_wins(page: Hot) -> None:
    for version in range(1, 9):
        page.write("app.css", f"#shown {{ color: rgb({version}, 9, 9) }}")
        page.tell("files", [f"/static/app.css?v={version}"])
    reaches(lambda: page.page.evaluate(LINKS), [["app.css?v=8", "all", "sheet"]])
    assert colour(page) == "rgb(8, 9, 9)"


def test_a_stylesheet_that_was_overtaken_is_not_waited_for_though_it_comes(page: Hot) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.page.route(re.compile(r"app\.css\?v=[12]$"), hold)
    page.tell("files", ["/static/app.css?v=1"])
    page.page.wait_for_selector("link[href$='v=1']", state="attached")
    page.page.evaluate("window.overtaken = document.querySelector('link[href$=\"v=1\"]')")
    page.tell("files", ["/static/app.css?v=2"])
    page.page.wait_for_selector("link[href$='v=2']", state="attached")
    page.page.evaluate("overtaken.dispatchEvent(new Event('load'))")
    page.tell("files", ["/static/app.css?v=3"])
    reaches(lambda: page.page.evaluate(LINKS), [["app.css?v=3", "all", "sheet"]])
    for route in held:
        route.fulfill(content_type="text/css", body="")


def test_a_swapped_stylesheet_is_the_servers_after_a_mount_anew(page: Hot) -> None:
    page.write("app.css", "#shown { color: rgb(5, 5, 5) }")
    page.tell("files", ["/static/app.css?v=5"])
    reaches(lambda: page.page.evaluate(LINKS), [["app.css?v=5", "all", "sheet"]])
    page.anew()
    assert page.page.evaluate(LINKS) == [["app.css?v=5", "all", "sheet"]]
    assert colour(page) == "rgb(5, 5, 5)"


def test_a_broken_version_leaves_the_old_one(page: Hot, expect_console: Callable[..., None]) -> None:
    expect_console("404")
    page.tell("files", ["/static/gone/app.css?v=1", "/static/app.css?v=2"])
    reaches(lambda: page.page.evaluate(LINKS), [["app.css?v=2", "all", "sheet"]])


def test_an_imported_stylesheet_is_renewed(page: Hot) -> None:
    page.write("imported.css", "#other { color: rgb(7, 7, 7) }")
    page.tell("files", ["/static/imported.css?v=2"])
    reaches(lambda: colour(page, "#other"), "rgb(7, 7, 7)")
    page.anew()
    assert colour(page, "#other") == "rgb(7, 7, 7)"
    page.write("app.css", '@import "deep.css";')
    page.write("deep.css", "#shown { color: rgb(3, 3, 3) }")
    page.tell("files", ["/static/app.css?v=3"])
    reaches(lambda: colour(page), "rgb(3, 3, 3)")
    page.write("deep.css", "#shown { color: rgb(4, 4, 4) }")
    page.tell("files", ["/static/deep.css?v=4"])
    reaches(lambda: colour(page), "rgb(4, 4, 4)")


def test_images_are_renewed_wherever_they_are(page: Hot) -> None:
    page.page.evaluate(
        """() => {
            const place = document.getElementById("shown");
            place.innerHTML = '<img class=two srcset="/static/picture.svg 1x, /static/other.svg 2x"><u style="background: url(/static/picture.svg) red">u</u>';
            const style = document.createElement("style");
            style.textContent = "@media all { s { background-image: url('/static/picture.svg') } }";
            document.head.append(style);
            place.append(document.createElement("s"));
        }"""
    )
    picture = page.page.locator("#picture")
    reaches(lambda: picture.evaluate("e => e.naturalWidth"), 10)
    page.write("picture.svg", PICTURE.format(20))
    page.tell("files", ["/static/picture.svg?v=2"])
    reaches(lambda: picture.evaluate("e => e.naturalWidth"), 20)
    expect(page.page.locator(".two")).to_have_attribute(
        "srcset", f"{page.program.url}/static/picture.svg?v=2 1x, /static/other.svg 2x"
    )
    for selector in ("u", "s"):
        background = page.page.locator(selector).evaluate("e => getComputedStyle(e).backgroundImage")
        assert background == f'url("{page.program.url}/static/picture.svg?v=2")'
    page.anew()
    assert picture.evaluate("e => e.complete && e.naturalWidth") == 20


def test_a_script_reloads_the_page_with_what_was_typed(page: Hot) -> None:
    pages = page.page
    pages.fill("#field", "typed <b>")
    pages.fill("[name=area]", "lines\nof text")
    pages.check("[name=box]")
    pages.select_option("[name=choice]", "b")
    pages.fill("#late-field", "late")
    pages.click("summary")
    pages.focus("#field")
    pages.evaluate("document.getElementById('field').setSelectionRange(2, 5)")
    pages.evaluate("scrollTo(0, 700)")
    pages.evaluate("window.same = true")
    page.write("used.js", "window.script = 2")
    page.tell("files", ["/static/used.js?v=2"])
    pages.wait_for_function("() => window.script === 2 && pycommunicate.loaded")
    assert pages.evaluate("window.same") is None
    expect(pages.locator("#field")).to_have_value("typed <b>")
    expect(pages.locator("[name=area]")).to_have_value("lines\nof text")
    expect(pages.locator("[name=box]")).to_be_checked()
    expect(pages.locator("[name=choice]")).to_have_value("b")
    expect(pages.locator("#late-field")).to_have_value("late")
    expect(pages.locator("#field")).to_be_focused()
    assert pages.locator("#field").evaluate("e => [e.selectionStart, e.selectionEnd]") == [2, 5]
    assert pages.locator("#more").evaluate("e => e.open")
    reaches(lambda: pages.evaluate("scrollY"), 700)
    pages.reload()
    expect(pages.locator("#state")).to_have_text("ready")
    expect(pages.locator("#late-field")).to_have_value("")


def test_a_script_of_other_pages_does_not_reload_this_one(page: Hot) -> None:
    page.page.evaluate("window.same = true")
    page.tell("files", ["/static/unused.js?v=2", "/static/app.css?v=2"])
    reaches(lambda: page.page.evaluate(LINKS), [["app.css?v=2", "all", "sheet"]])
    assert page.page.evaluate("window.same")


def test_a_stale_page_says_when_it_is_seen(page: Hot) -> None:
    before = len(page.seen["visible"])
    page.tell("stale", 1)
    reaches(lambda: len(page.seen["visible"]), before + 1)
    page.page.evaluate("Object.defineProperty(document, 'hidden', { configurable: true, value: true })")
    for number in (2, 3, 4):
        page.tell("stale", number)
    clicks = page.seen["clicks"]
    page.page.evaluate("document.getElementById('click').click()")
    reaches(lambda: page.seen["clicks"], clicks + 1)
    assert len(page.seen["visible"]) == before + 1, "a hidden page is in no hurry"
    page.page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    reaches(lambda: len(page.seen["visible"]), before + 2)
    page.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.page.evaluate("document.getElementById('click').click()")
    reaches(lambda: page.seen["clicks"], clicks + 2)
    assert len(page.seen["visible"]) == before + 2


def test_an_announced_restart_shows_a_bar_until_the_page_is_back(
    program: Program, visitor: BrowserContext, proxy: Callable[[int], Proxy], expect_console: Callable[..., None]
) -> None:
    expect_console("WebSocket connection to", "ERR_CONNECTION", "Failed to load resource: net::")
    between = proxy(program.port)
    page = Hot(program, visitor)
    page.page.goto(between.url)
    expect(page.page.locator("#state")).to_have_text("ready")
    page.page.fill("#field", "typed")
    bar = page.page.get_by_role("progressbar")
    page.tell("restarting")
    expect(bar).to_be_attached()
    expect(bar).to_have_accessible_name("The server restarts")
    between.refuse()
    between.drop()
    page.page.wait_for_timeout(200)
    expect(bar).to_be_attached()
    between.accept()
    expect(bar).to_have_count(0)
    assert page.page.evaluate("pycommunicate.state") == "connected"
    clicks = page.seen["clicks"]
    page.page.click("#click")
    reaches(lambda: page.seen["clicks"], clicks + 1)
    expect(page.page.locator("#field")).to_have_value("typed")


def test_a_page_that_cannot_be_shown_shows_why_and_comes_back(
    program: Program, visitor: BrowserContext, expect_console: Callable[..., None]
) -> None:
    expect_console("status of 500")
    page = visitor.new_page()
    answer = page.goto(f"{program.url}/broken")
    assert answer is not None
    assert answer.status == 500
    expect(page.get_by_role("heading", level=1)).to_have_text("/broken could not be shown")
    expect(page.locator(".said")).to_have_text("ValueError <b>broken</b> on purpose")
    expect(page.locator(".line.here .number").first).not_to_be_empty()
    visitor.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith("/broken could not be shown\n\nValueError: <b>")
    request(program.port, "/mend", method="POST")
    expect(page.locator("#click")).to_be_visible()


def test_a_mount_anew_is_scrolled_as_before_though_load_adds_rows_above(page: Hot) -> None:
    page.page.evaluate("scrollTo(0, 700)")
    for _ in range(3):
        page.anew()
        page.page.evaluate("new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)))")
        assert page.page.evaluate("scrollY") == 700
