"""What pages of different visitors share holds only what stands in the code, and no more of it than fits."""

from __future__ import annotations

import json
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pycommunicate.server.connection.foresight import constants
from pycommunicate.server.connection.foresight.habits import Habits

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycommunicate.testing import Browser, Page

BODY = "<button id=go data-key=1>Go</button><p id=row-1></p>"
SECRET = "invoice-of-alice"
computed = ""
CONSTANT = "#row-1"
TWO = ("#row-1", "#row-2")


class Rows:
    """In another module or class than the handler's view: its attributes stand in the code all the same."""

    CONSTANT = "#row-1"
    computed = ""


def told(page: Page) -> str:
    """All that a page was told to ask along."""
    page.tick(0)
    return json.dumps(list(page._tab.scope.foretold.values()))


def send(page: Page, payload: dict[str, Any], listener: int = 1) -> None:
    """Send an event as no browser of ours would."""
    session = page._tab.session
    session._made += 1
    session._events.append((session._made, listener, payload))
    session._sent = session._made
    session._send(session._encode("event", session._made, session._applied, listener, payload))
    page.tick(0)


def test_names_of_data_are_shared_only_if_they_stand_in_the_code(add, browser: Browser, new_browser) -> None:
    def load(view) -> None:
        view.html_wrapper.element("#go").add_event_listener("click", lambda event: pick(view, event))

    def pick(view, event) -> None:
        view.html_wrapper.element("#row-" + event.data["key"])

    add("/", BODY, load)
    hostile, other = browser.open(), new_browser().open()
    for number in range(20):
        send(hostile, {"type": "click", "target": -1, "data": {f"{SECRET}{number}": "1", "key": "1"}})
    assert SECRET not in told(other)
    assert '["data-key"]' in told(other)


def asks_global(view, event) -> None:
    global computed
    if event.value:
        computed = "#" + event.value
    view.html_wrapper.exists(computed)


def asks_attribute(view, event) -> None:
    if event.value:
        type(view).computed = "#" + event.value
    view.html_wrapper.exists(type(view).computed)


def asks_constants(view, _event) -> None:
    assert view.html_wrapper.exists(CONSTANT)
    assert [view.html_wrapper.exists(one) for one in TWO] == [True, False]


class Handlers(Rows):
    """Handlers as methods, whose class has constants and what was computed."""

    def __init__(self, view: Any) -> None:
        self.view = view

    def asks_own(self, event: Any) -> None:
        if event.value:
            Handlers.computed = "#" + event.value
        self.view.html_wrapper.exists(self.computed)

    def asks_constant(self, _event: Any) -> None:
        assert self.view.html_wrapper.exists(self.CONSTANT)


@pytest.mark.parametrize("make", [lambda view: partial(asks_global, view), lambda view: partial(asks_attribute, view), lambda view: Handlers(view).asks_own])  # fmt: skip
def test_what_was_computed_into_a_global_or_a_class_is_nobodys_business(
    add, browser: Browser, new_browser, make
) -> None:
    def load(view) -> None:
        type(view).computed = ""
        view.html_wrapper.element("#go").add_event_listener("click", make(view))

    add("/", BODY, load)
    mine, other = browser.open(), new_browser().open()
    for _ in range(2):
        send(mine, {"type": "click", "target": -1, "value": SECRET})
    assert SECRET not in told(mine)
    assert SECRET not in told(other)
    assert SECRET not in told(new_browser().open())


@pytest.mark.parametrize(
    "make", [lambda view: partial(asks_constants, view), lambda view: Handlers(view).asks_constant]
)
def test_constants_of_modules_and_classes_come_along(add, browser: Browser, make: Callable[..., Any]) -> None:
    add("/", BODY, lambda view: view.html_wrapper.element("#go").add_event_listener("click", make(view)))
    page = browser.open()
    trips = []
    for _ in range(2):
        before = page.round_trips
        page.click("#go")
        trips.append(page.round_trips - before)
    assert trips[0] > 0
    assert trips[1] == 0


def test_a_long_text_is_asked_each_time(add, browser: Browser) -> None:
    names: dict[str, Any] = {}
    exec(f"def ask(view): view.html_wrapper.exists({'#' + 'x' * 400!r})", names)
    add(
        "/",
        BODY,
        lambda view: view.html_wrapper.element("#go").add_event_listener("click", partial(names["ask"], view)),
    )
    page = browser.open()
    page.click("#go")
    page.click("#go")
    assert "xxx" not in told(page)


def test_a_keyword_that_is_not_a_parameters_is_not_shared(add, app, browser: Browser) -> None:
    def ask(view, **others: str) -> None:
        view.html_wrapper.exists("#row-" + next(iter(others.values())))

    def load(view) -> None:
        view.html_wrapper.element("#go").add_event_listener("click", partial(ask, view, **{SECRET: "1"}))

    view = add("/", BODY, load)
    page = browser.open()
    page.click("#go")
    page.click("#go")
    shared = list(app.habits.of_view(view))
    assert shared
    assert not any(SECRET in repr(habit.questions) + repr(habit.sources) for habit in shared)


def test_there_are_so_many_habits_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Habits, "MOST", 5)
    habits = Habits()
    views = [type(f"View{number}", (), {}) for number in range(3)]
    made = [habits.of_view(view).of(eval(f"lambda: {number}")) for number, view in enumerate(views * 3)]
    assert [habit is not None for habit in made] == [True] * 5 + [False] * 4


def test_code_that_cannot_be_read_has_no_constants() -> None:
    for module in (
        {},
        {"__name__": "gone", "__file__": "/nowhere/gone.py"},
        {"__name__": "gone", "__file__": "a\0b"},
        {"__name__": "odd", "__file__": None, "__loader__": SimpleNamespace(get_code=lambda _name: None)},
    ):
        assert not list(constants._standing(["text"], module))
