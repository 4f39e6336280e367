"""What costs a round trip: nothing that a handler with the same code asked the last time. `page.round_trips` counts how often the server had to ask."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycommunicate.testing import Browser, Page

BODY = """<form id=form><input id=next name=next value=milk><input type=checkbox id=box checked></form>
<button id=go class="a b" title=T data-kind=k>Go</button><ul id=rows></ul><p id=result></p>"""
NEXT = "#next"


def trips(page: Page, act: Callable[[], Any]) -> int:
    """How often the server asked while this was done."""
    before = page.round_trips
    act()
    return page.round_trips - before


def clicks(page: Page, selector: str = "#go", times: int = 3) -> list[int]:
    return [trips(page, lambda: page.click(selector)) for _ in range(times)]


def test_a_click_that_reads_a_field_and_adds_a_row_is_one_event_and_one_message(add, browser: Browser) -> None:
    def load(view) -> None:
        view.html_wrapper.element("#go").add_event_listener("click", partial(add_row, view))

    def add_row(view) -> None:
        field = view.html_wrapper.element("#next")
        view.html_wrapper.element("#rows").add_child("li").content = field.value
        field.value = ""

    add("/", BODY, load)
    page = browser.open()
    page.click("#go")
    page.fill("#next", "bread")
    sent, received = page.messages_sent, page.messages_received
    assert clicks(page, times=1) == [0]
    assert page.text("#rows li") == ["milk", "bread"]
    assert page.messages_received - received == 1
    assert page.messages_sent - sent == 2, "the event, and later the acknowledgement"


HANDLERS: dict[str, Callable[[Any], Any]] = {
    "value": lambda view: view.html_wrapper.element("#next").value,
    "checked": lambda view: view.html_wrapper.element("#box").checked,
    "get_property": lambda view: view.html_wrapper.element("#go").get_property("title"),
    "content": lambda view: view.html_wrapper.element("#go").content,
    "exists": lambda view: (view.html_wrapper.exists("#next"), view.html_wrapper.exists("#nothing")),
    "element": lambda view: view.html_wrapper.element(".nothing") is None,
    "classes": lambda view: list(view.html_wrapper.element("button").classes),
    "attributes": lambda view: view.html_wrapper.element("#go").attributes["title"],
    "style": lambda view: view.html_wrapper.element("#go").style["color"],
    "form_data": lambda view: view.html_wrapper.element("#form").form_data(),
    "parent": lambda view: view.html_wrapper.element("#next").get_property("parentElement").id,
    "kept": lambda view: view.field.value,
    "name": lambda view: view.html_wrapper.element(NEXT).value,
    "several": lambda view: [view.html_wrapper.element(name).value for name in ("#next", "#box")],
}
EXPECTED = {
    "value": "milk",
    "checked": True,
    "get_property": "T",
    "content": "Go",
    "exists": (True, False),
    "element": True,
    "classes": ["a", "b"],
    "attributes": "T",
    "style": "",
    "form_data": {"next": "milk"},
    "parent": "form",
    "kept": "milk",
    "name": "milk",
    "several": ["milk", "on"],
}
CHAINED = {"parent"}
"""The element that a read answered with is a question of its own."""


@pytest.mark.parametrize("name", HANDLERS)
def test_from_the_second_time_on_nothing_is_asked(add, browser: Browser, name: str) -> None:
    results = []

    def load(view) -> None:
        view.field = view.html_wrapper.element("#next")
        view.html_wrapper.element("#go").add_event_listener("click", lambda: results.append(HANDLERS[name](view)))

    add("/", BODY, load)
    first, *later = clicks(browser.open())
    assert first > 0
    assert later == [int(name in CHAINED)] * 2
    # On another page of the process it is known from the start, and so is what load() asks.
    page = browser.open()
    assert page.round_trips == 0
    assert clicks(page, times=1) == [int(name in CHAINED)]
    assert results == [EXPECTED[name]] * 4


def closure(view, index: int) -> Callable[[], None]:
    def handler() -> None:
        view.html_wrapper.element(f"#row{index}").delete()

    return handler


def with_format(view, index: int) -> Callable[[], None]:
    def handler() -> None:
        view.html_wrapper.element(f"#row{index}").delete()

    return handler


def with_percent(view, index: int) -> Callable[[], None]:
    return lambda number=index: view.html_wrapper.element("#row%s" % number).delete()  # noqa: UP031 - programs are written like that


def with_partial(view, index: int) -> Callable[[], None]:
    return partial(delete_row, view, str(index))


def delete_row(view, key: str) -> None:
    view.html_wrapper.element("#row" + key).delete()


def with_element(view, index: int) -> Callable[[], None]:
    row = view.rows[index]

    def handler() -> None:
        if row.get_property("id") == f"row{index}":
            row.delete()

    return handler


@pytest.mark.parametrize("make", [closure, with_format, with_percent, with_partial, with_element])
def test_selectors_that_differ_from_row_to_row(add, browser: Browser, make: Callable[..., Any]) -> None:
    def load(view) -> None:
        view.rows = {}
        for index in range(1, 6):
            row = view.rows[index] = view.html_wrapper.element("#rows").add_child("li")
            row.id = f"row{index}"
            row.add_child("button", content="x").add_event_listener("click", make(view, index))

    add("/", BODY, load)
    page = browser.open()
    assert [trips(page, partial(page.click, f"#row{index} button")) for index in (3, 5, 1)] == [1, 0, 0]
    other = browser.open()
    assert [trips(other, partial(other.click, f"#row{index} button")) for index in (4, 2)] == [0, 0]
    assert [page.count("#rows li"), other.count("#rows li")] == [2, 3]


def test_what_varies_may_come_with_the_event(add, browser: Browser) -> None:
    def load(view) -> None:
        rows = view.html_wrapper.element("#rows")
        for index in range(4):
            row = rows.add_child("li", id=f"row-{index}")
            row.add_child("button", attributes={"data-row-key": index})
        rows.add_event_listener("click", lambda event: remove(view, event), selector="button")

    def remove(view, event) -> None:
        view.html_wrapper.element("#row-" + event.data["rowKey"]).delete()

    add("/", BODY, load)
    page = browser.open()
    assert [trips(page, partial(page.click, f"#row-{index} button")) for index in (2, 0)] == [1, 0]
    assert page.count("#rows li") == 2


def test_the_element_of_the_event(add, browser: Browser) -> None:
    values = []

    def load(view) -> None:
        view.html_wrapper.element("#form").add_event_listener("change", changed, selector="input")

    def changed(event) -> None:
        values.append(event.target.attributes["id"])

    add("/", BODY, load)
    page = browser.open()
    assert [trips(page, partial(page.check, "#box", checked)) for checked in (False, True)] == [1, 0]
    assert values == ["box", "box"]


def test_pages_that_were_open_before_are_told(add, browser: Browser, new_browser) -> None:
    def load(view) -> None:
        view.html_wrapper.element("#go").add_event_listener("click", lambda: view.html_wrapper.element("#next").value)

    add("/", BODY, load)
    page, other = browser.open(), new_browser().open()
    assert clicks(page, times=1) == [2]
    assert clicks(other, times=2) == [0, 0]


def test_a_wrong_guess_costs_one_round_trip(add, browser: Browser) -> None:
    seen = []

    def load(view) -> None:
        view.questions = ["#next", "#box", "#go"]
        view.html_wrapper.element("#go").add_event_listener("click", lambda: ask(view))

    def ask(view) -> None:
        seen.append([view.html_wrapper.exists(selector) for selector in view.questions])
        seen.append([view.html_wrapper.exists(selector) for selector in ("#rows", "#result", "#no")])

    add("/", BODY, load)
    page = browser.open()
    # The first three come from a variable: nobody else is to see them, so they are asked; the other three come along with the first of them.
    assert clicks(page) == [6, 3, 3]
    assert seen == [[True, True, True], [True, True, False]] * 3


def test_a_timer_asks_for_all_in_one(add, browser: Browser) -> None:
    counts, pages = [], []

    def load(view) -> None:
        view.add_timer(0.03, lambda: tick(view))

    def tick(view) -> None:
        if pages and len(counts) < 3:
            (page,) = pages
            before = page._tab.counts.round_trips
            assert [view.html_wrapper.exists(s) for s in ("#next", "#box", "#no")] == [True, True, False]
            counts.append(page._tab.counts.round_trips - before)

    add("/", BODY, load)
    page = browser.open()
    pages.append(page)
    page.wait_until(lambda: len(counts) == 3)
    assert counts == [3, 1, 1]


def test_what_was_written_is_read(add, browser: Browser) -> None:
    """Reads after writes that matter are asked, those after writes that don't are not."""
    seen = []

    def load(view) -> None:
        view.html_wrapper.element("#go").add_event_listener("click", lambda: handle(view))

    def handle(view) -> None:
        field = view.html_wrapper.element("#next")
        before = field.value
        field.value = before + "!"
        view.html_wrapper.element("#rows").add_child("li").id = f"row{len(seen)}"
        seen.append((before, view.html_wrapper.exists("#box"), field.value, view.html_wrapper.exists("#go")))

    add("/", BODY, load)
    page = browser.open()
    assert clicks(page)[1:] == [1, 1], "the field after it was written; what it answers is newer than what came along"
    assert seen == [("milk" + "!" * n, True, "milk" + "!" * (n + 1), True) for n in range(3)]


def test_a_second_click_before_the_first_was_shown(add, browser: Browser) -> None:
    """Its answers are older than what the first has written."""
    seen = []

    def load(view) -> None:
        view.html_wrapper.element("#go").add_event_listener("click", lambda: handle(view))

    def handle(view) -> None:
        field = view.html_wrapper.element("#next")
        seen.append(field.value)
        field.value = f"{len(seen)}"

    add("/", BODY, load)
    page = browser.open()
    page.click("#go")
    browser.network(latency=0.005)
    tab = page._tab
    for _ in range(2):
        tab.dispatch("click", tab.document.by_id("go"))
    page.tick(0)
    assert seen == ["milk", "1", "2"]


def test_an_answer_grows_old(add, browser: Browser, app) -> None:
    seen = []
    pause = [0.0]

    def load(view) -> None:
        view.html_wrapper.element("#go").add_event_listener("click", lambda: handle(view))

    def handle(view) -> None:
        if pause[0]:
            app.engine.sleep(pause[0])
        seen.append(view.html_wrapper.element("#next").value)

    add("/", BODY, load)
    browser.world.patience = 2.0
    page = browser.open()
    page.click("#go")
    assert clicks(page, times=1) == [0]
    pause[0] = app.limits.foreseen + 0.05
    tab = page._tab
    tab.dispatch("click", tab.document.by_id("go"))
    app.engine.sleep(0.02)
    tab.document.by_id("next").live_value = "typed meanwhile"
    page.tick(0)
    assert seen[-1] == "typed meanwhile"


def test_what_a_foreign_script_did_is_seen(add, browser: Browser) -> None:
    seen = []

    def load(view) -> None:
        view.html_wrapper.element("#go").add_event_listener("click", lambda: handle(view))

    def handle(view) -> None:
        element = view.html_wrapper.element("#next")
        seen.append(element and element.value)

    add("/", BODY, load)
    page = browser.open()
    page.click("#go")
    page._tab.document.by_id("next").extract()
    assert clicks(page, times=1) == [0]
    assert seen == ["milk", None]


@pytest.mark.parametrize("drop", range(1, 8))
def test_over_broken_connections(add, browser: Browser, drop: int) -> None:
    seen = []

    def load(view) -> None:
        view.html_wrapper.element("#go").add_event_listener("click", lambda: handle(view))

    def handle(view) -> None:
        field = view.html_wrapper.element("#next")
        seen.append(field.value)
        field.value = f"{len(seen)}"
        view.html_wrapper.element("#rows").add_child("li").content = field.value

    add("/", BODY, load)
    page = browser.open()
    for _ in range(4):
        browser.network(drop_next=drop)
        page.click("#go")
    browser.network(restart_server=True)
    page.click("#go")
    page.click("#go")
    assert seen == ["milk", "1", "2", "3", "milk", "5"], "what load() does not make is gone after a mount anew"
    assert page.text("#rows li") == ["5", "6"]
    assert page.errors == []


def test_another_view(add, browser: Browser) -> None:
    """Handles and listeners begin anew with each mount; so does what is foretold."""

    def load(view) -> None:
        view.html_wrapper.element("#go").add_event_listener("click", lambda: handle(view))

    def handle(view) -> None:
        field = view.html_wrapper.element("#next")
        seen.append(field.value)
        field.value = "before"
        view.controller.change_view(0)
        seen.append(view.html_wrapper.element("#next").value)

    seen: list[str] = []
    add("/", BODY, load)
    page = browser.open()
    assert [n > 0 for n in clicks(page)] == [True] * 3, "the second view is asked"
    assert seen == ["milk"] * 6, "never the value that the view before had written"
    assert page.connected


def test_only_texts_of_the_code_are_shared(add, browser: Browser, new_browser) -> None:
    """What one visitor's selectors hold never reaches another's page."""
    secrets = iter(["invoice-4711", "invoice-4712", "invoice-4713"])

    def load(view) -> None:
        view.secret = secret = next(secrets)
        view.html_wrapper.element(f"#{secret}")
        view.html_wrapper.exists("#x" + secret.partition("-")[2])
        view.html_wrapper.element("#go").add_event_listener("click", lambda: handle(view, secret))

    def handle(view, secret: str) -> None:
        view.html_wrapper.exists(f"#row-{secret}")
        view.html_wrapper.exists("#" + secret + "-" + time.strftime("%Y"))
        view.html_wrapper.element("#next").attributes.get(secret)

    add("/", BODY, load)
    first = browser.open()
    clicks(first)
    second = new_browser()
    received: list[str] = []
    page = second.open()
    session = page._tab.session
    plain = session.receive
    session.receive = lambda frame: (received.append(frame), plain(frame))
    clicks(page)
    told = page.html + "".join(received)
    assert "4711" not in told
    for habit in second.world.app.habits:
        assert "471" not in repr(habit.questions)


def test_while_it_is_slow_to_load(add, browser: Browser, app) -> None:
    """load() asks nothing the second time, though it writes much before its last question."""

    def load(view) -> None:
        rows = view.html_wrapper.element("#rows")
        view.html_wrapper.element("#result").delete()
        for index in range(500):
            row = rows.add_child("li")
            row.id = f"row{index}"
            row.content = "x" * 100
        view.html_wrapper.element("#go").add_event_listener("click", lambda: None)

    add("/", BODY, load)
    assert browser.open().round_trips == 3
    page = browser.open()
    assert page.round_trips == 0
    assert page.count("#rows li") == 500


def test_a_variable_that_changes_after_the_listener_was_made(add, browser: Browser) -> None:
    """Functions made in a loop share its variable: what the browser was told of it is no longer what the handler asks."""
    seen = []

    def load(view) -> None:
        for index in range(3):
            row = view.html_wrapper.element("#rows").add_child("li", id=f"row{index}")
            row.add_child("button").add_event_listener("click", lambda: seen.append(row_of(view, index)))  # noqa: B023 - that is the point

    def row_of(view, index: int) -> str:
        return view.html_wrapper.element(f"#row{index}").attributes["id"]

    add("/", BODY, load)
    for page in (browser.open(), browser.open()):
        for index in (0, 1, 0):
            page.click(f"#row{index} button")
    assert seen == ["row2"] * 6
