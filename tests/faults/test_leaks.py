"""Row "refresh during a handler; tab closed; tab duplicated": no leak, no crossed wires. And 300 of the 10,000 pages opened and closed (the rest: `benchmarks/memory.py`)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.faults.source import alive, ended, notes
from tests.tools.scripted import payload
from tests.tools.simulated import Page, Refused
from tests.tools.waiting import PATIENCE, eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.tools.programs import Program

LIMITS = {"LIMITS": '{"grace": 0.5, "join_page": 1.5}'}


@pytest.fixture(scope="module", params=["gevent", "eventlet"])
def program(request: pytest.FixtureRequest, serve_module: Callable[..., Program]) -> Program:
    from tests.faults.source import SOURCE, TEMPLATES

    program = serve_module(SOURCE, engine=request.param, templates=TEMPLATES, environment=LIMITS)
    page = Page.visit(program.port, "/fault/warm")
    page.leave()
    eventually(lambda: alive(program)["pages"] == 0)
    return program


def page_on(program: Program, key: str, cookie: str = "") -> Page:
    page = Page.visit(program.port, f"/fault/{key}", cookie=cookie)
    page.until(lambda: page.texts("#state") == ["ready"])
    return page


def as_before(program: Program, before: dict[str, int], *, timeout: float = PATIENCE) -> None:
    """Wait until nothing more is alive than was before."""
    end = time.monotonic() + timeout
    while more := {name: (before[name], now) for name, now in alive(program).items() if now > before[name]}:
        assert time.monotonic() < end, f"more is alive than before: {more}"
        time.sleep(0.1)


def test_hundreds_of_pages_opened_and_closed(program: Program) -> None:
    before, files = alive(program), program.descriptors
    for number in range(300 if program.engine == "gevent" else 30):
        page = page_on(program, f"churn{number}")
        if number % 3 == 0:
            page.click("#add")
        if number % 10 == 0:
            page.click("#two")
            page.until(lambda page=page: page.texts("#state") == ["two is ready"])
        page.leave() if number % 4 else page.cut(reset=number % 8 == 0)
    as_before(program, before)
    eventually(lambda: program.descriptors <= files + 1, what=f"descriptors: {files} before")


def test_refreshed_during_a_handler(program: Program) -> None:
    before = alive(program)
    page = page_on(program, "refresh")
    page.click("#slow", payload("1"))
    eventually(lambda: notes(program, "refresh") == ["began"])
    page.leave()
    again = page_on(program, "refresh", page.cookie)
    eventually(lambda: "slept" in notes(program, "refresh"))
    again.settle(0.3)
    assert "written" not in notes(program, "refresh")  # it has learned that its page is gone
    assert again.texts("#place") == []  # and nothing of it has come to the new one
    again.click("#add")
    again.until(lambda: again.texts("#place") == ["1"])
    again.leave()
    as_before(program, before)


def test_a_tab_that_vanishes_during_a_handler(program: Program) -> None:
    """Closed without a word, as when the machine goes away: it ends with the grace time, and the handler with it."""
    before = alive(program)
    page = page_on(program, "vanish")
    page.click("#slow", payload("2"))
    eventually(lambda: notes(program, "vanish") == ["began"])
    page.cut(reset=True)
    as_before(program, before)
    assert "vanish" in ended(program)
    assert notes(program, "vanish") == ["began", "slept"]


def test_a_tab_that_vanishes_during_a_read(program: Program) -> None:
    before = alive(program)
    page = page_on(program, "unread")
    page.answer = lambda operation: (-1, None)
    page.click("#read")
    page.until(lambda: any(operation[0] == 32 for _, operation in page.operations))
    page.leave()
    as_before(program, before)
    assert notes(program, "unread") == [["raised", "BrowserGone"]]


def test_a_duplicated_tab_is_nobody_elses_page(program: Program) -> None:
    before = alive(program)
    page = page_on(program, "twice")
    page.click("#add")
    page.until(lambda: page.texts("#place") == ["1"])
    copy = Page(program.port, "/fault/twice", cookie=page.cookie)
    copy.request = page.request  # what "duplicate tab" has where the page came from a cache
    with pytest.raises(Refused) as refused:
        copy.connect()
    assert refused.value.code == "not_yours"
    page.click("#add")
    page.until(lambda: page.texts("#place") == ["1", "2"])
    page.leave()
    as_before(program, before)


def test_a_page_that_nobody_connects_is_let_go(program: Program) -> None:
    before = alive(program)
    for _ in range(5):
        Page(program.port, "/fault/never")
    assert alive(program)["pages"] == before["pages"] + 5
    as_before(program, before)
