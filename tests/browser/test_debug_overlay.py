"""The overlay over a living page: what it shows, how it goes, and that the page is none the worse for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser import hot
from tests.browser.hot import Hot
from tests.browser.test_policy import POLICY, WATCH
from tests.tools.waiting import reaches

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Locator

    from tests.tools.fixtures import Server
    from tests.tools.programs import Program

SOURCE = hot.SOURCE
PAGES = hot.PAGES
HOST = "pycommunicate-debug"
CHAIN = """
def inner():
    raise KeyError("lost")

def outer():
    try:
        inner()
    except KeyError as error:
        raise ValueError("<img src=x onerror='window.hacked = true'>") from error

outer()
"""


@pytest.fixture
def page(program: Program, visitor: BrowserContext) -> Hot:
    return Hot(program, visitor)


def dialog(hot: Hot) -> Locator:
    return hot.page.get_by_role("alertdialog")


def test_it_says_what_where_and_why(page: Hot) -> None:
    page.page.evaluate("window.before = document.body.innerHTML")
    page.fault(CHAIN)
    shown = dialog(page)
    expect(shown).to_have_accessible_name("views.py raised")
    expect(shown).to_have_accessible_description("ValueError <img src=x onerror='window.hacked = true'>")
    expect(shown.locator(".place").first).to_have_text("views.py:9")
    expect(shown.locator("h2")).to_have_text(["Called from", "Caused by", "Called from"])
    expect(shown.locator(".cause .said")).to_have_text("KeyError 'lost'")
    expect(shown.locator("img")).to_have_count(0)
    assert page.page.evaluate("window.hacked") is None
    assert page.page.evaluate("document.body.innerHTML === window.before")
    assert page.page.evaluate(f"document.querySelector('{HOST}').parentNode === document.documentElement")


def test_it_shows_the_code_with_carets(page: Hot) -> None:
    code = [[8, "def ä():"], [9, "\treturn '漢字' + unknown"], [10, ""]]
    place = {"file": "views/a.py", "line": 9, "column": 17, "end_column": 24, "code": code}
    library = {**place, "file": "flask/app.py", "code": [], "function": "run", "project": False}
    fault = {"title": "t", "kind": "NameError", "message": "m", **place, "causes": [], "text": "x"}
    page.tell("fault", {**fault, "frames": [{**place, "function": "ä", "project": True}, library, library]})
    shown = dialog(page)
    expect(shown.locator(".line:not([aria-hidden])")).to_have_text(["8def ä():", "9\treturn '漢字' + unknown", "10"])
    expect(shown.locator(".line.here .number").first).to_have_text("9")
    expect(shown.locator(".caret")).to_have_text("^^^^^^^")
    ends = page.page.evaluate(
        """() => {
            const root = document.querySelector("pycommunicate-debug").shadowRoot;
            const text = root.querySelector(".here").childNodes[1];
            const range = document.createRange();
            range.setStart(text, 16);
            range.setEnd(text, 17);
            return [range.getBoundingClientRect().left, root.querySelector(".caret").getBoundingClientRect().left];
        }"""
    )
    assert abs(ends[0] - ends[1]) < 1, "the first caret stands under the first character, whatever comes before"
    libraries = shown.locator(".libraries")
    expect(libraries.locator("summary")).to_have_text("2 frames in libraries")
    expect(libraries.locator("li").first).not_to_be_visible()
    libraries.locator("summary").click()
    expect(libraries.locator("li").first).to_be_visible()


def test_escape_closes_it_and_the_page_goes_on(page: Hot) -> None:
    field = page.page.locator("#field")
    field.fill("half a sentence")
    field.evaluate("e => e.setSelectionRange(4, 6)")
    page.page.evaluate("window.keys = []; addEventListener('keydown', e => keys.push(e.key))")
    before = page.seen["clicks"]
    page.fault()
    expect(dialog(page)).to_be_visible()
    assert page.page.evaluate("document.activeElement.localName") == HOST
    page.page.keyboard.type("x ")  # who types on writes nothing and presses nothing
    expect(dialog(page)).to_be_visible()
    page.page.keyboard.press("Escape")
    expect(dialog(page)).to_have_count(0)
    expect(page.page.locator(HOST)).to_have_count(0)
    assert page.page.evaluate("window.keys") == []
    expect(field).to_be_focused()
    assert field.evaluate("e => [e.selectionStart, e.selectionEnd]") == [4, 6]
    page.page.keyboard.type("of")
    expect(field).to_have_value("halfof sentence")
    page.page.click("#click")
    reaches(lambda: page.seen["clicks"], before + 1)


def test_it_goes_by_itself(page: Hot) -> None:
    page.page.focus("#field")
    page.fault()
    expect(dialog(page)).to_be_visible()
    page.tell("fixed")
    expect(page.page.locator(HOST)).to_have_count(0)
    expect(page.page.locator("#field")).to_be_focused()
    page.tell("fixed")
    page.fault()
    expect(dialog(page)).to_have_count(1)


def test_the_next_error_takes_its_place(page: Hot) -> None:
    page.page.focus("#field")
    page.fault()
    page.fault("raise TypeError('another')")
    expect(dialog(page)).to_have_count(1)
    expect(dialog(page).locator(".said")).to_have_text("TypeError another")
    page.page.get_by_role("button", name="Close").click()
    expect(dialog(page)).to_have_count(0)
    expect(page.page.locator("#field")).to_be_focused()


def test_a_mount_anew_leaves_it_alone(page: Hot) -> None:
    page.page.fill("#field", "typed")
    page.fault()
    page.anew()
    expect(dialog(page)).to_be_visible()
    assert page.page.evaluate("document.activeElement.localName") == HOST
    page.page.keyboard.press("Escape")
    expect(page.page.locator("#field")).to_have_value("typed")
    expect(page.page.locator("#field")).to_be_focused()


def test_it_is_above_a_modal_dialog_of_the_page(page: Hot) -> None:
    page.page.evaluate("document.getElementById('modal').showModal()")
    page.fault()
    page.page.get_by_role("button", name="Close").click()
    expect(dialog(page)).to_have_count(0)
    expect(page.page.locator("#modal")).to_be_visible()


def test_the_text_is_copied(page: Hot) -> None:
    page.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    told = page.fault(CHAIN)
    page.page.get_by_role("button", name="Copy").click()
    expect(page.page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.page.evaluate("navigator.clipboard.readText()") == told["text"]


def test_the_text_is_copied_where_there_is_no_clipboard(page: Hot) -> None:
    page.page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.page.evaluate("document.addEventListener('copy', () => { window.copied = true })")
    page.fault(CHAIN)
    page.page.get_by_role("button", name="Copy").click()
    expect(page.page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.page.evaluate("window.copied")


@pytest.mark.parametrize("width", [320, 390])
def test_it_fits_a_phone(program: Program, new_visitor: Callable[..., BrowserContext], width: int) -> None:
    page = Hot(program, new_visitor(viewport={"width": width, "height": 640}))
    page.fault(CHAIN.replace("lost", "lost" * 200))
    box = dialog(page).bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert dialog(page).evaluate("e => e.scrollWidth - e.clientWidth") == 0
    page.page.get_by_role("button", name="Close").scroll_into_view_if_needed()
    dialog(page).evaluate("e => e.scrollTo(0, 9999)")
    page.page.get_by_role("button", name="Close").click()
    expect(dialog(page)).to_have_count(0)


def test_it_needs_no_leave_of_a_strict_policy(serve: Server, new_visitor: Callable[..., BrowserContext]) -> None:
    header = f'@app.flask.after_request\ndef _policy(response):\n    response.headers["Content-Security-Policy"] = {POLICY!r}\n    return response\n'
    page = '<!DOCTYPE html><html lang="en"><head><title>x</title><link rel="icon" href="/static/picture.svg">{{ add_includes() }}</head><body><p id="state"></p><i id="late"></i><button id="click"></button><button id="anew"></button></body></html>'
    program = serve(SOURCE.replace("app.run()", header + "app.run()"), templates={"hot.html": page})
    visitor = new_visitor()
    visitor.add_init_script(WATCH)
    hot = Hot(program, visitor)
    hot.tell("restarting")
    hot.fault(CHAIN)
    expect(dialog(hot)).to_be_visible()
    assert dialog(hot).evaluate("e => getComputedStyle(e).position") == "fixed"
    assert hot.page.evaluate("window.violations") == []


def test_there_is_none_without_hot_reload(serve: Server, visitor: BrowserContext) -> None:
    program = serve(SOURCE.replace("app.hot, app.build = True", "app.hot, app.build = False"), templates=PAGES)
    page = Hot(program, visitor)
    page.fault()
    page.tell("restarting")
    page.tell("stale", 1)
    page.page.click("#click")
    reaches(lambda: page.seen, {"clicks": 1, "visible": []})
    expect(page.page.locator(HOST)).to_have_count(0)
    assert "client-debug" not in page.page.content()
