"""Every program in examples/, started as a user starts it and clicked in Chromium."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.examples.opening import EXAMPLES, ROOT, wait_until_live

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.examples.opening import StartExample, Visit

NAMES = sorted(folder.parent.name for folder in EXAMPLES.glob("*/app.py"))


def status_of(url: str) -> int:
    """Return the HTTP status that `url` answers with."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


def entries(page: Page) -> list[str]:
    return page.locator("#todos li span").all_inner_texts()


@pytest.mark.parametrize("name", NAMES)
def test_an_example_says_what_it_shows_and_stands_in_the_index(name: str) -> None:
    source = (EXAMPLES / name / "app.py").read_text("utf-8")
    assert source.startswith(f'"""{name}: ')
    assert len(source.splitlines()) <= 100
    assert f"[{name}]({name}/app.py)" in (EXAMPLES / "README.md").read_text("utf-8")


def test_hello_counts_the_visits_of_each_visitor(example: StartExample, visit: Visit) -> None:
    url = example("hello").url
    page = visit(url, live=False)
    expect(page.locator(".big")).to_have_text("1 time.")
    page.get_by_role("link", name="Open the page again").click()
    expect(page.locator(".big")).to_have_text("2 times.")
    expect(visit(url, live=False).locator("#visits")).to_have_text("1")


def test_todo_adds_and_removes(example: StartExample, visit: Visit, tmp_path: Path) -> None:
    page = visit(example("todo", TODO_FILE=str(tmp_path / "todo.json")).url)
    expect(page.locator(".empty")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("0 entries")

    page.get_by_label("New entry").fill("Milk")
    page.get_by_role("button", name="Add").click()
    expect(page.locator("#todos li")).to_have_count(1)
    expect(page.get_by_label("New entry")).to_have_value("")
    expect(page.get_by_role("status")).to_have_text("1 entry")
    expect(page.locator(".empty")).to_be_hidden()

    page.get_by_label("New entry").fill("Bread & <i>butter</i>")
    page.keyboard.press("Enter")
    expect(page.locator("#todos li")).to_have_count(2)
    assert entries(page) == ["Milk", "Bread & <i>butter</i>"]

    page.get_by_label("New entry").fill("   ")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Remove Milk").click()
    expect(page.locator("#todos li")).to_have_count(1)
    expect(page.get_by_role("status")).to_have_text("1 entry")
    expect(page.get_by_label("New entry")).to_be_focused()
    assert entries(page) == ["Bread & <i>butter</i>"]
    assert list(json.loads((tmp_path / "todo.json").read_text("utf-8")).values()) == ["Bread & <i>butter</i>"]


def test_todo_survives_a_restart_and_its_page_too(
    example: StartExample, visit: Visit, expect_console: Callable[..., None], tmp_path: Path
) -> None:
    expect_console("ERR_CONNECTION_REFUSED", "WebSocket connection")  # while it restarts
    program = example("todo", TODO_FILE=str(tmp_path / "todo.json"))
    page = visit(program.url)
    page.get_by_label("New entry").fill("Milk")
    page.keyboard.press("Enter")
    expect(page.locator("#todos li")).to_have_count(1)
    page.get_by_label("New entry").fill("half a wo")
    program.restart()
    assert entries(visit(program.url)) == ["Milk"]
    wait_until_live(page)
    page.get_by_label("New entry").press_sequentially("rd")
    page.keyboard.press("Enter")
    expect(page.locator("#todos li")).to_have_count(2)
    assert entries(page) == ["Milk", "half a word"]


def test_todo_shows_what_others_add_and_remove(example: StartExample, visit: Visit, tmp_path: Path) -> None:
    url = example("todo", TODO_FILE=str(tmp_path / "todo.json")).url
    one, other = visit(url), visit(url)
    for number in range(3):
        one.get_by_label("New entry").fill(f"entry {number}")
        one.keyboard.press("Enter")
        expect(other.locator("#todos li")).to_have_count(number + 1)
    other.get_by_role("button", name="Remove entry 1").click()
    expect(one.locator("#todos li")).to_have_count(2)
    assert entries(one) == entries(other) == ["entry 0", "entry 2"]


def test_events_are_told_what_happened(example: StartExample, visit: Visit) -> None:
    page = visit(example("events").url)
    said, dot = page.locator("#said"), page.locator("#dot")

    page.locator("#field").press("ArrowRight")
    expect(dot).to_have_attribute("style", re.compile("left: 55%"))
    page.keyboard.press("Shift+ArrowDown")
    expect(said).to_have_text("ArrowDown, with shift")
    page.keyboard.press("a")
    page.get_by_role("button", name="Green").click()
    expect(said).to_have_text("click on the button whose data-colour is seagreen")
    expect(dot).to_have_attribute("style", re.compile("seagreen"))
    page.get_by_label("Your name").press_sequentially("Grace")
    expect(said).to_have_text("Hello, Grace")
    page.get_by_role("button", name="Works once").click()
    expect(page.get_by_role("button", name="That was it")).to_be_disabled()


def test_events_has_a_clock_that_stops_and_starts(example: StartExample, visit: Visit) -> None:
    page = visit(example("events").url)
    clock = page.locator("#clock")
    first = clock.inner_text()
    expect(clock).not_to_have_text(first)
    page.get_by_role("button", name="Stop the clock").click()
    expect(page.get_by_role("button", name="Start the clock")).to_be_visible()
    stopped = clock.inner_text()
    page.wait_for_timeout(1500)
    expect(clock).to_have_text(stopped)
    page.get_by_role("button", name="Start the clock").click()
    expect(clock).not_to_have_text(stopped)


def test_views_lead_through_the_steps_and_back(example: StartExample, visit: Visit) -> None:
    page = visit(example("views").url)
    page.evaluate("window.loadedOnce = true")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("status")).to_have_text("Please tell us your name first.")
    page.get_by_label("Your name").fill("Ada")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading")).to_have_text("What would you like, Ada?")
    expect(page.get_by_role("heading")).to_be_focused()
    expect(page).to_have_title("What would you like, Ada?")
    page.get_by_label("Cappuccino").check()
    page.get_by_role("button", name="Order").click()
    expect(page.locator("dl")).to_contain_text("Cappuccino")
    page.get_by_role("button", name="Change the drink").click()
    expect(page.get_by_label("Cappuccino")).to_be_checked()
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_label("Your name")).to_have_value("Ada")
    assert page.evaluate("window.loadedOnce") is True


def test_redirects_before_the_page_and_from_a_handler(example: StartExample, visit: Visit) -> None:
    url = example("redirects").url
    page = visit(url)
    expect(page).to_have_url(f"{url}/stop/1")
    for number in (2, 3, 4, 5, 1):
        wait_until_live(page)
        page.get_by_role("button", name="Next stop").click()
        expect(page).to_have_url(f"{url}/stop/{number}")
    wait_until_live(page)
    page.get_by_role("button", name="Surprise me").click()
    expect(page).to_have_url(re.compile("/stop/[2-5]$"))
    page.get_by_role("link", name="a stop that does not exist").click()
    expect(page).to_have_url(f"{url}/stop/1")


def test_errors_have_pages_of_their_own(
    example: StartExample, visit: Visit, expect_console: Callable[..., None]
) -> None:
    expect_console(r"status of (403|404|500)")
    url = example("errors").url
    assert [status_of(url + path) for path in ("/", "/nowhere", "/members", "/broken")] == [200, 404, 403, 500]
    for path, words in (("/nowhere", "no such page"), ("/members", "not for you"), ("/broken", "went wrong")):
        page = visit(url + path, live=False)
        expect(page.get_by_role("heading")).to_contain_text(words)
        expect(page).to_have_url(url + path)


def test_errors_in_a_handler_leave_the_page_alive(example: StartExample, visit: Visit) -> None:
    program = example("errors")
    page = visit(program.url)
    for _ in range(2):
        page.get_by_role("button", name="Raise in the handler").click()
        expect(page.locator("#status")).to_contain_text("The handler raised")
        expect(page.locator("pycommunicate-banner")).to_contain_text("Something went wrong.")
    page.get_by_role("button", name="Is the page alive?").click()
    expect(page.locator("#status")).to_have_text("Still alive: 1")
    assert "RuntimeError: this handler always fails" in program.err
    assert "Please look after the click handler HomeView.fail" in program.out


def test_chat_carries_messages_between_browsers(example: StartExample, visit: Visit) -> None:
    url = example("chat").url
    ada, grace = visit(url), visit(url)
    for page, name in ((ada, "Ada"), (grace, "Grace")):
        page.get_by_label("Your name").fill(name)
    ada.get_by_label("Message").fill("Is anybody there?")
    ada.keyboard.press("Enter")
    expect(grace.get_by_role("log").locator("p")).to_have_text(["AdaIs anybody there?"])
    expect(ada.get_by_label("Message")).to_have_value("")

    evil = "<img src=x onerror='document.title=1'><script>document.title=2</script>"
    grace.get_by_label("Message").fill(evil)
    grace.get_by_role("button", name="Send").click()
    expect(ada.locator("#log p").nth(1).locator("span")).to_have_text(evil)
    expect(ada.locator("#log p.mine")).to_have_count(1)
    assert ada.locator("#log img, #log script").count() == 0
    expect(ada).to_have_title("Chat")

    for number in range(30):
        ada.get_by_label("Message").fill(f"message {number}")
        ada.keyboard.press("Enter")
        expect(ada.get_by_label("Message")).to_have_value("")
    expect(grace.locator("#log p").last).to_have_text("Adamessage 29")
    expect(grace.locator("#log p").last).to_be_in_viewport()

    late = visit(url)
    expect(late.locator("#log p")).to_have_count(32)
    expect(late.locator("#log p.mine")).to_have_count(0)
    ada.reload()
    expect(ada.get_by_label("Your name")).to_have_value("Ada")


def test_progress_can_be_cancelled_and_started_again(example: StartExample, visit: Visit) -> None:
    page = visit(example("progress", JOB_SECONDS="3").url)
    status, start, cancel = (
        page.get_by_role("status"),
        page.get_by_role("button", name="Start"),
        page.locator("#cancel"),
    )
    page.evaluate("document.querySelector('#start').click(); document.querySelector('#start').click()")
    expect(status).to_have_text("Working…")
    expect(start).to_be_disabled()
    page.wait_for_function("() => document.querySelector('#bar').value > 10")
    cancel.click()
    expect(status).to_have_text(re.compile(r"Cancelled at \d+ %\."))
    assert 10 < page.evaluate("document.querySelector('#bar').value") < 100
    expect(cancel).to_be_disabled()

    start.click()
    expect(status).to_have_text("Done.")
    assert page.evaluate("document.querySelector('#bar').value") == 100


def test_progress_is_not_held_up_by_other_pages(example: StartExample, visit: Visit) -> None:
    url = example("progress", JOB_SECONDS="3").url
    one, other = visit(url), visit(url)
    one.get_by_role("button", name="Start").click()
    other.get_by_role("button", name="Start").click()
    other.get_by_role("button", name="Cancel").click()
    expect(other.get_by_role("status")).to_have_text(re.compile("Cancelled"))
    expect(one.get_by_role("status")).to_have_text("Done.")


LOWEST_CONTRAST = """() => {
  const channels = colour => colour.match(/[\\d.]+/g).map(Number);
  const luminance = colour => channels(colour).slice(0, 3).map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = e => { const c = getComputedStyle(e).backgroundColor; return channels(c)[3] === 0 ? behind(e.parentElement) : c; };
  const texts = [...document.querySelectorAll("body *")].filter(e => !e.disabled && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()));
  return Math.min(...texts.filter(e => e.checkVisibility()).map(e => {
    const [dark, light] = [luminance(getComputedStyle(e).color), luminance(behind(e))].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  }));
}"""
"""The contrast ratio of WCAG 2.2 (1.4.3), of the text that has the least."""


@pytest.mark.parametrize("name", NAMES)
def test_an_example_fits_a_phone_and_can_be_read_and_reached(
    name: str, example: StartExample, visit: Visit, tmp_path: Path
) -> None:
    page = visit(example(name, TODO_FILE=str(tmp_path / "todo.json")).url, live=name != "hello")
    page.set_viewport_size({"width": 390, "height": 780})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.documentElement.lang") == "en"
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    for control in page.locator("input, button, progress, [tabindex='0']").all():
        assert control.evaluate("e => e.labels?.length || e.textContent.trim() || e.getAttribute('aria-label')")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert page.evaluate(LOWEST_CONTRAST) >= 4.5, scheme
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"


def test_pages_that_need_javascript_say_so() -> None:
    templates = [*EXAMPLES.rglob("*.html"), *(ROOT / "templates_scaffold").rglob("*.html")]
    live = [template for template in templates if "add_includes()" in template.read_text("utf-8")]
    assert len(live) == 8
    assert [template.name for template in live if "<noscript>" not in template.read_text("utf-8")] == []
