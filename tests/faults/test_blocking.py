"""Rows "cut inside a blocking read; inside a view change" and "10 minutes": asked again or failed with a type; one view or the other; mounted anew when it was too long."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.source import ended, notes
from tests.tools.raw import Closed
from tests.tools.simulated import GET_PROPERTY, Page
from tests.tools.waiting import eventually, reaches

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.tools.programs import Engine, Program
    from tests.tools.proxy import Direction, Proxy

_keys = itertools.count(1)


def page_on(program: Program, key: str, **options: Any) -> Page:
    page = Page(program.port, f"/fault/{key}", **options)
    page.connect()
    page.until(lambda: page.texts("#state") == ["ready"])
    return page


def titles(page: Page, *, silent: bool = False) -> None:
    """Answer questions for the title; or leave them unanswered."""

    def answer(operation: list[Any]) -> tuple[int, Any]:
        if operation[0] == GET_PROPERTY:
            return (-1, None) if silent else (0, "as answered")
        return page.usual_answer(operation)

    page.answer = answer


def asked(page: Page) -> int:
    return sum(operation[0] == GET_PROPERTY for _, operation in page.operations)


@pytest.mark.parametrize("seen", [True, False], ids=["question received", "question lost"])
@pytest.mark.parametrize("reset", [False, True], ids=["fin", "rst"])
def test_a_read_is_asked_again_after_a_cut(program: Program, *, seen: bool, reset: bool) -> None:
    key = f"read{next(_keys)}"
    page = page_on(program, key)
    titles(page, silent=True)
    page.click("#read")
    if seen:
        page.until(lambda: asked(page) == 1)
    else:
        time.sleep(0.15)  # the question is on its way, and lost with the connection
    page.cut(reset=reset)
    assert notes(program, key) == []
    titles(page)
    page.reconnect()
    page.until(lambda: page.texts("#place") == ["read"])
    assert notes(program, key) == [["read", "as answered"]]
    assert asked(page) == (2 if seen else 1)
    assert page.wrong == []
    page.leave()


def test_a_read_fails_with_its_type_where_nobody_comes_back(program: Program) -> None:
    key = f"read{next(_keys)}"
    page = page_on(program, key)
    titles(page, silent=True)
    page.click("#read")
    page.until(lambda: asked(page) == 1)
    begun = time.monotonic()
    page.cut()
    eventually(lambda: notes(program, key))
    assert notes(program, key) == [["raised", "BrowserTimeout"]]
    assert 0.8 < time.monotonic() - begun < 8, "sooner than where somebody is there to answer"
    # What it wrote after that is shown when the page comes back, and the next read works.
    titles(page)
    page.reconnect()
    page.until(lambda: page.texts("#place") == ["read"])
    page.click("#read")
    page.until(lambda: page.texts("#place") == ["read", "read"])
    assert notes(program, key)[1:] == [["read", "as answered"]]
    page.leave()


@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_read_is_answered_once_wherever_it_is_cut(
    program: Program, proxy: Callable[[int], Proxy], direction: Direction
) -> None:
    between = proxy(program.port)
    happened = 0
    for offset in range(1, 200, 13):
        key = f"read{next(_keys)}"
        page = page_on(program, key, through=between.port)
        titles(page)
        cut = between.cut_at(offset, direction, connection="any")
        page.click("#read")
        persist(page, lambda page=page: page.texts("#place") == ["read"])
        assert notes(program, key) == [["read", "as answered"]], f"cut {direction} at {offset}"
        assert page.wrong == []
        happened += cut.happened.is_set()
        page.leave()
    assert happened >= 5


def persist(page: Page, ask: Callable[[], object]) -> None:
    """Wait until `ask()`, connecting again whenever the connection breaks."""
    for _ in range(20):
        try:
            if page.channel is None:
                page.reconnect()
            page.until(ask)
        except Closed:
            page.cut()
        else:
            return
    message = "it broke again and again"
    raise AssertionError(message)


@pytest.mark.parametrize("direction", ["up", "down"])
@pytest.mark.parametrize("reset", [False, True], ids=["fin", "rst"])
def test_a_view_change_is_whole_wherever_it_is_cut(
    program: Program, proxy: Callable[[int], Proxy], direction: Direction, *, reset: bool
) -> None:
    between = proxy(program.port)
    happened = 0
    for offset in range(1, 1500 if direction == "down" else 330, 101 if direction == "down" else 23):
        key = f"view{next(_keys)}"
        page = page_on(program, key, through=between.port)
        cut = between.cut_at(offset, direction, connection="any", reset=reset)
        page.click("#two")
        persist(page, lambda page=page: page.texts("#state") == ["two is ready"])
        where = f"cut {direction} at {offset}"
        assert {mount["epoch"] for mount in page.remounts} == {page.epoch}, where
        assert "<h1>Two</h1>" in page.remounts[-1]["html"], where
        assert {page.names[element] for element, _ in page.listeners.values()} == {"#back"}, where
        # And back: the new view's listener is live, the old one's are gone.
        page.click("#back")
        persist(page, lambda page=page: page.texts("#state") == ["ready"])
        assert "<h1>One</h1>" in page.remounts[-1]["html"], where
        assert page.wrong == []
        happened += cut.happened.is_set()
        page.leave()
    assert happened >= 10


def test_grace_time_over(start: Callable[..., Program], engine: Engine) -> None:
    """Ten minutes, made short: past the grace time the page is mounted anew, within it the page goes on."""
    program = start(engine, environment={"LIMITS": '{"grace": 1.5}'})
    page = page_on(program, "grace")
    page.click("#add")
    page.until(lambda: page.texts("#place") == ["1"])
    page.cut()
    time.sleep(0.3)
    page.reconnect()
    assert (page.resumes, page.remounts) == (1, [])
    page.cut()
    reaches(lambda: ended(program), ["grace"])
    page.loaded = 0
    page.reconnect()
    page.until(lambda: page.loaded > 0)
    assert len(page.remounts) == 1
    assert page.remounts[0]["keep"] is True
    page.click("#add")
    page.until(lambda: page.texts("#place") == ["1"])
    page.leave()
    reaches(lambda: ended(program), ["grace", "grace"])
