"""Faults that only a real browser shows: what is on the screen meanwhile. The rest of the table is in tests/faults and test_resume.py."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.faults.source import SOURCE as FAULTS
from tests.faults.source import TEMPLATES as FAULT_TEMPLATES
from tests.faults.source import alive, ended, notes, raised
from tests.tools.fixtures import BROKEN_CONNECTIONS
from tests.tools.programs import ENGINES, Engine, Program
from tests.tools.waiting import eventually, reaches

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Page

    from tests.tools.fixtures import Server
    from tests.tools.proxy import Proxy

BANNER = "text=/connect/i"
WATCH = """() => {
    // Every state in which the page could have been painted.
    const seen = window.seen = [], note = () => seen.push([document.querySelector("h1")?.innerText, !!document.getElementById("two"), !!document.getElementById("back")].join());
    new MutationObserver(note).observe(document, { subtree: true, childList: true, characterData: true });
    note();
}"""


@pytest.fixture(autouse=True)
def _connections_will_break(expect_console: Callable[..., None]) -> None:
    expect_console(
        # 50x: an attempt over a kept HTTP connection that meets the end of the server
        r"responded with a status of 50[03] .*/__pycommunicate/socket",
        *BROKEN_CONNECTIONS,
        "no longer",
    )


@pytest.fixture(scope="module")
def program(serve_module: Server) -> Program:
    """With a grace time of two seconds."""
    limits = '{"grace": 2, "read_deadline_offline": 1.9}'
    return serve_module(FAULTS, templates=FAULT_TEMPLATES, environment={"LIMITS": limits})


def open_fault(visitor: BrowserContext, url: str, key: str) -> Page:
    page = visitor.new_page()
    page.goto(f"{url}/fault/{key}")
    expect(page.locator("#state")).to_have_text("ready")
    return page


def click(page: Page, what: str) -> None:
    page.evaluate("what => document.getElementById(what).click()", what)


def test_a_view_change_that_is_cut_shows_one_view_or_the_other(
    visitor: BrowserContext, program: Program, proxy: Callable[[int], Proxy]
) -> None:
    between = proxy(program.port)
    page = open_fault(visitor, between.url, "half")
    page.evaluate(WATCH)
    for offset in (5, 120, 300, 700):
        for direction in ("up", "down"):
            there = page.locator("h1").inner_text()
            between.cut_at(offset, direction, connection="any")
            click(page, "two" if there == "One" else "back")
            expect(page.locator("#state")).to_have_text("two is ready" if there == "One" else "ready")
            expect(page.locator("h1")).to_have_text("Two" if there == "One" else "One")
    assert set(page.evaluate("window.seen")) == {"One,true,false", "Two,false,true"}
    page.close()


def test_a_read_that_is_cut_is_asked_again(
    visitor: BrowserContext, program: Program, proxy: Callable[[int], Proxy]
) -> None:
    between = proxy(program.port)
    page = open_fault(visitor, between.url, "asks")
    for number in range(4):
        between.cut_at((20, 60, 90, 150)[number], ("up", "down")[number % 2], connection="any")
        click(page, "read")
        reaches(lambda: len(notes(program, "asks")), number + 1)
    assert {tuple(note) for note in notes(program, "asks")} <= {("read", "as rendered"), ("raised", "BrowserTimeout")}
    assert notes(program, "asks").count(["read", "as rendered"]) >= 3
    page.close()


def test_grace_time_over_what_was_typed_stays(
    visitor: BrowserContext, program: Program, proxy: Callable[[int], Proxy]
) -> None:
    between = proxy(program.port)
    page = open_fault(visitor, between.url, "asleep")
    click(page, "add")
    expect(page.locator("#place")).to_have_text("1")
    between.refuse()
    between.drop()
    page.fill("#field", "typed in the tunnel")
    page.fill("#area", "two\nlines")
    reaches(lambda: "asleep" in ended(program), True)
    between.accept()
    expect(page.locator("#place")).to_have_text("0")
    expect(page.locator("#field")).to_have_value("typed in the tunnel")
    expect(page.locator("#area")).to_have_value("two\nlines")
    expect(page.locator("#state")).to_have_text("ready")
    click(page, "add")
    expect(page.locator("#place")).to_have_text("1")
    expect(page.locator(BANNER)).to_have_count(0)
    page.close()


@pytest.mark.parametrize("engine", ENGINES)
def test_sigterm_shows_what_the_handler_wrote_and_the_page_comes_back(
    serve: Server, visitor: BrowserContext, engine: Engine
) -> None:
    program = serve(FAULTS, engine=engine, templates=FAULT_TEMPLATES)
    page = open_fault(visitor, program.url, "polite")
    page.fill("#field", "typed")
    click(page, "slow")
    eventually(lambda: "began" in notes(program, "polite"))
    program.terminate()
    expect(page.locator("#place")).to_have_text("slept")
    assert program.wait(20) == 0
    assert "Traceback" not in program.err
    program.start()
    begun = time.monotonic()
    expect(page.locator("#place")).to_have_text("0")
    assert time.monotonic() - begun < 8
    expect(page.locator("#field")).to_have_value("typed")
    expect(page.locator("#state")).to_have_text("ready")
    click(page, "add")
    expect(page.locator("#place")).to_have_text("1")
    page.close()


def test_a_click_that_a_polite_end_did_not_handle_is_told(serve: Server, visitor: BrowserContext) -> None:
    program = serve(FAULTS, templates=FAULT_TEMPLATES)
    page = open_fault(visitor, program.url, "told")
    click(page, "slow")
    eventually(lambda: "began" in notes(program, "told"))
    program.terminate()
    page.wait_for_timeout(200)
    click(page, "add")
    assert program.wait(20) == 0
    handled = "1" in page.locator("#rows").inner_text()
    program.start()
    if not handled:
        expect(page.get_by_text(re.compile("may not have been carried out|renewed", re.IGNORECASE))).to_have_count(1)
    page.close()


def test_a_handler_that_loops_brings_the_banner_and_it_goes(visitor: BrowserContext, program: Program) -> None:
    page = open_fault(visitor, program.url, "loops")
    click(page, "spin")
    click(page, "add")
    expect(page.locator(BANNER).first).to_be_visible()
    expect(page.locator("#rows p")).to_have_text(["1"])
    expect(page.locator(BANNER)).to_have_count(0)
    click(page, "add")
    expect(page.locator("#rows p")).to_have_text(["1", "2"])
    page.close()


def test_a_teardown_that_raises(visitor: BrowserContext, program: Program) -> None:
    page = open_fault(visitor, program.url, "bad-teardown")
    known = len(raised(program))
    click(page, "two")
    expect(page.locator("#state")).to_have_text("two is ready")
    click(page, "back")
    expect(page.locator("#state")).to_have_text("ready")
    page.close()
    reaches(lambda: len(raised(program)) - known, 2)


def test_tabs_refreshed_closed_gone_back_to_leave_nothing(visitor: BrowserContext, serve: Server) -> None:
    program = serve(FAULTS, templates=FAULT_TEMPLATES, environment={"LIMITS": '{"grace": 1}'})
    before = alive(program)
    page = open_fault(visitor, program.url, "tabs")
    click(page, "slow")
    eventually(lambda: "began" in notes(program, "tabs"))
    page.reload()  # during the handler
    expect(page.locator("#state")).to_have_text("ready")
    # Elsewhere, and back (from the back/forward cache or anew, as the browser likes).
    click(page, "add")
    expect(page.locator("#place")).to_have_text("1")
    page.goto(f"{program.url}/fault/tabs2")
    expect(page.locator("#state")).to_have_text("ready")
    page.go_back()
    expect(page.locator("#state")).to_have_text("ready")
    rows = len(page.locator("#rows p").all())
    click(page, "add")
    expect(page.locator("#rows p")).to_have_count(rows + 1)
    page.go_forward()
    expect(page.locator("#state")).to_have_text("ready")
    click(page, "add")
    expect(page.locator("#place")).to_have_text("1")
    # A duplicate is a page of its own; closed in the middle of a handler.
    copy = visitor.new_page()
    copy.goto(page.url)
    expect(copy.locator("#state")).to_have_text("ready")
    click(copy, "slow")
    copy.close()
    expect(page.locator("#place")).to_have_text("1")
    eventually(lambda: "slept" in notes(program, "tabs"))
    assert "written" not in notes(program, "tabs")
    page.close()
    eventually(
        lambda: all(now <= before[name] + (name == "greenlets") for name, now in alive(program).items()),
        every=0.2,
    )
