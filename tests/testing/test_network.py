"""A network that misbehaves."""

from __future__ import annotations

import time

COUNT = "<input id=typed><textarea id=area>a</textarea><button id=add>Add</button><p id=count>0</p><div id=rows></div>"


def counting(view) -> None:
    element = view.html_wrapper.element
    view.number = 0

    def add() -> None:
        view.number += 1
        number = view.number
        element("#count").content = number
        assert element("#count").content
        element("#rows").add_child("p").content = number

    element("#add").add_event_listener("click", add)


def test_each_loss_is_made_good(add, browser) -> None:
    add("/", COUNT, counting)
    page = browser.open()
    for number in range(1, 13):
        browser.network(drop_next=number % 6)
        page.click("#add")
        assert page.text("#rows p")[-1] == str(number)
    assert page.text("#rows p") == [str(number) for number in range(1, 13)]
    assert page.connected


def test_a_restart_keeps_what_was_typed(add, app, browser) -> None:
    add("/", COUNT, counting)
    page, other = browser.open(), browser.open()
    page.click("#add")
    page.fill("#typed", "half a sent")
    page.type("#area", "b")
    page.focus("#typed")
    browser.network(restart_server=True)
    assert page.connected
    assert other.connected
    assert page.text("#count") == ["0"]
    assert page.value("#typed") == "half a sent"
    assert page.value("#area") == "ab"
    assert page.focused.id == "typed"
    page.click("#add")
    assert page.text("#rows p") == ["1"]
    assert len(app.pages) == 2
    assert page.errors == []


def test_a_restart_forgets_sessions_in_memory(add, browser) -> None:
    def load(view) -> None:
        user = view.controller.user
        user.session["visits"] = user.session.get("visits", 0) + 1
        view.html_wrapper.element("p").content = user.session["visits"]

    add("/", "<p></p>", load)
    page = browser.open()
    page.reload()
    assert page.text("p") == ["2"]
    browser.network(restart_server=True)
    assert page.text("p") == ["1"]


def test_offline(add, browser) -> None:
    add("/", COUNT, counting)
    page = browser.open()
    browser.network(offline=True)
    assert not page.connected
    page.click("#add")
    page.click("#add")
    assert page.text("#rows p") == []
    browser.network(offline=False)
    assert page.connected
    assert page.text("#rows p") == ["1", "2"]


def test_latency(add, browser) -> None:
    add("/", COUNT, counting)
    page = browser.open()
    browser.network(latency=0.03)
    start = time.monotonic()
    page.click("#add")
    assert page.text("#rows p") == ["1"]
    assert time.monotonic() - start > 0.06
