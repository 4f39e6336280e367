"""Answers that nobody asked for, or that are none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pycommunicate.testing import Browser, Page

BODY = "<input id=next value=milk><button id=go>Go</button>"


@pytest.fixture
def seen(add) -> list[Any]:
    found: list[Any] = []

    def load(view) -> None:
        view.html_wrapper.element("#go").add_event_listener("click", lambda: handle(view))

    def handle(view) -> None:
        found.append(view.html_wrapper.exists("#next"))
        found.append(view.html_wrapper.element("#next").value)

    add("/", BODY, load)
    return found


def click(page: Page, *answers: Any, listener: int = 1) -> int:
    """Click with these answers; how often the server asked."""
    session = page._tab.session
    before = page.round_trips
    session._made += 1
    session._events.append((session._made, listener, None))
    session._sent = session._made
    session._send(session._encode("event", session._made, session._applied, listener, None, *answers))
    return page.round_trips - before


def test_answers_that_were_not_asked_for_are_ignored(seen, browser: Browser) -> None:
    page = browser.open()
    assert click(page, [1, [0, True], [1, -1], [0, "forged"]]) == 3
    assert seen == [True, "milk"]


def test_answers_to_earlier_questions_are_ignored(seen, browser: Browser) -> None:
    page = browser.open()
    page.click("#go")
    version = next(iter(page._tab.scope.foretold.values()))[0]
    assert click(page, [version - 1, [0, False], [1, -1], [0, "forged"]]) == 1
    assert click(page, [version + 1, [0, False], [1, -1], [0, "forged"]]) == 1
    assert seen == [True, "milk"] * 3


def test_an_answer_of_another_type_is_asked_again(seen, browser: Browser) -> None:
    page = browser.open()
    page.click("#go")
    version = next(iter(page._tab.scope.foretold.values()))[0]
    for wrong in ("text", 1, None, [], True):
        assert click(page, [version, [0, wrong], [0, wrong], [0, wrong], [0, wrong]]) == 1
    assert seen == [True, "milk"] * 6


def test_fewer_and_more_answers_than_questions(seen, browser: Browser) -> None:
    page = browser.open()
    page.click("#go")
    version = next(iter(page._tab.scope.foretold.values()))[0]
    assert click(page, [version]) == 1
    assert click(page, [version, *[0] * 64]) == 1
    assert seen == [True, "milk"] * 3


@pytest.mark.parametrize(
    "answers",
    [
        0,
        "text",
        {},
        [],
        ["1"],
        [-1],
        [True],
        [1, 1],
        [1, None],
        [1, "text"],
        [1, []],
        [1, [0]],
        [1, [2, "gone"]],
        [1, [1, "handle"]],
        [1, [1, 2**60]],
        [1, [1, -1, "around"]],
        [1, [1, -1, ["1"]]],
        [1, [1, -1, [True]]],
        [1, [0, 1, [], 1, 1]],
        [1, *[0] * 65],
        [1, [0, eval("[" * 40 + "]" * 40)]],
    ],
    ids=lambda answers: repr(answers)[:40],
)
def test_what_is_no_answer_closes_the_connection(seen, browser: Browser, app, answers: Any) -> None:
    page = browser.open()
    before = app.refusals.counts["protocol"]
    click(page, answers)
    assert app.refusals.counts["protocol"] == before + 1
    assert seen in ([], [True, "milk"]), "the event comes again, without them"


def test_a_join_with_answers_that_are_none(seen, browser: Browser, app) -> None:
    page = browser.open()
    page._tab.session._ask = [1, [[30, "#next"]]]
    page._tab.session._resume = None
    page._tab.session._foresee = lambda *_: ["no version"]
    page._tab.cut()
    page.tick(0)
    assert sum(app.refusals.counts.values()) > 0
    assert seen == []


def test_a_page_can_be_told_only_so_much(add, browser: Browser) -> None:
    """However much a handler asks, what comes along is bounded."""
    asked = ", ".join(f"'#n{number}'" for number in range(100))
    names: dict[str, Any] = {}
    exec(f"def handle(view):\n    return [view.html_wrapper.exists(name) for name in ({asked})]", names)

    def load(view) -> None:
        view.html_wrapper.element("#go").add_event_listener("click", lambda: names["handle"](view))

    add("/", BODY, load)
    page = browser.open()
    for _ in range(3):
        page.click("#go")
    ((_, asked_along),) = page._tab.scope.foretold.values()
    assert len(asked_along) == 16


def test_an_answer_that_is_too_large_stays_at_home(add, browser: Browser) -> None:
    sizes = []

    def load(view) -> None:
        view.html_wrapper.element("#go").add_event_listener(
            "click", lambda: sizes.append(len(view.html_wrapper.element("#next").value))
        )

    add("/", BODY, load)
    page = browser.open()
    page.fill("#next", "x" * 50_000)
    before = page.round_trips
    for _ in range(3):
        page.click("#go")
    assert sizes == [50_000] * 3
    assert page.round_trips - before == 4, "two the first time; then one, which brings what did not come along"
