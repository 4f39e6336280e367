"""`preload = True`: what `load()` writes is in the page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pycommunicate.protocol.operations import Op
from pycommunicate.protocol.version import LOAD_ELEMENT, PAGE_ELEMENT
from pycommunicate.server.connection.runtime import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycommunicate.testing import Browser

BODY = "<div id=place><ul id=rows class=list><li>in the HTML</ul></div><input id=next value=milk><button id=go>Go</button><p id=count>0</p>"


def fill(view: Any) -> None:
    rows = view.html_wrapper.element("#rows")
    for index in range(5):
        row = rows.add_child("li")
        row.id = f"row{index}"
        row.content = f"</script><b> & row {index}"
    view.html_wrapper.element("#go").add_event_listener("click", lambda: count(view))


def count(view: Any) -> None:
    view.counted = getattr(view, "counted", 0) + 1
    view.html_wrapper.element("#count").content = view.counted


def carried(html: str) -> list[Any]:
    """The operations that a page carries."""
    if f'id="{LOAD_ELEMENT}">' not in html:
        return []
    text = html.partition(f'id="{LOAD_ELEMENT}">')[2].partition("</script>")[0]
    return [operation for message in json.loads(text) for operation in message[3]]


def get(browser: Browser, method: str = "GET", **headers: str) -> Any:
    return browser._client.open("/", method=method, headers=headers, buffered=True)


def test_the_rows_are_in_the_page(add, app, browser: Browser) -> None:
    add("/", BODY, fill, preload=True)
    operations = carried(get(browser).text)
    assert operations[0] == [Op.BIND, 1, "#rows"]
    assert [op[2] for op in operations if op[0] == Op.CONTENT] == [f"</script><b> & row {index}" for index in range(5)]
    assert operations[-1] == [Op.LOADED]


def test_they_are_there_before_there_is_a_connection(add, browser: Browser) -> None:
    add("/", BODY, fill, preload=True)
    browser.network(offline=True)
    page = browser.open()
    assert not page.connected
    assert page.count("#rows li") == 6
    assert page.text("#row3") == ["</script><b> & row 3"]
    page.click("#go")  # is kept until there is one
    browser.network(offline=False)
    page.wait_until(lambda: page.text("#count") == ["1"])
    assert page.connected
    assert page.round_trips == 1, "the handler's own, the first time"
    assert page.errors == []


def test_nothing_of_it_is_kept_once_the_browser_is_there(add, app, browser: Browser) -> None:
    add("/", BODY, fill, preload=True)
    get(browser)
    (waiting,) = app.pages
    assert waiting.ahead is not None
    assert waiting.ahead.packets == []
    waiting.end("not wanted")
    browser.open()
    (page,) = app.pages
    assert page.ahead is None
    assert page.outbox.unacknowledged == 0


def test_what_follows_is_numbered_on(add, browser: Browser) -> None:
    add("/", BODY, fill, preload=True)
    page = browser.open()
    for number in range(1, 4):
        page.click("#go")
        assert page.text("#count") == [str(number)]
    assert page.count("#rows li") == 6
    browser.network(drop_next=2)
    page.click("#go")
    assert page.text("#count") == ["4"]
    assert page.errors == []


def test_a_question_waits_for_the_browser(add, browser: Browser) -> None:
    seen = []

    def load(view) -> None:
        rows = view.html_wrapper.element("#rows")
        rows.add_child("li").content = "before"
        seen.append(view.html_wrapper.element("#next").value)
        rows.add_child("li").content = "after"

    add("/", BODY, load, preload=True)
    assert [op[-1] for op in carried(get(browser).text) if op[0] == Op.CONTENT] == ["before"]
    assert seen == []
    for round_trips in (1, 0):  # foreseen, the second time: the answer comes with the join
        page = browser.open()
        assert page.text("#rows li") == ["in the HTML", "before", "after"]
        assert page.round_trips == round_trips
    assert seen == ["milk", "milk"]


@pytest.mark.parametrize(
    "ask",
    [
        lambda view: view.html_wrapper.element("#rows > li"),
        lambda view: view.html_wrapper.element("#nothing"),
        lambda view: view.html_wrapper.exists(".list"),
        lambda view: view.html_wrapper.element("#rows").classes.all(),
        lambda view: view.html_wrapper.element("#inert"),
    ],
)
def test_other_questions_wait_too(add, browser: Browser, ask: Callable[[Any], Any]) -> None:
    def load(view) -> None:
        ask(view)
        view.html_wrapper.element("#count").content = "asked"

    add("/", BODY + "<template><p id=inert></p></template><textarea><p id=inert></textarea>", load, preload=True)
    assert not any(op[0] == Op.CONTENT for op in carried(get(browser).text))
    assert browser.open().text("#count") == ["asked"]


def test_what_load_has_changed_is_not_looked_up_in_the_html(add, browser: Browser) -> None:
    seen = []

    def load(view) -> None:
        element = view.html_wrapper.element
        assert element("#rows")._handle == element("#rows")._handle
        assert view.html_wrapper.exists("#next")
        place = element("#place")
        place.clear()
        seen.append(element("#rows"))  # asked: it is gone
        place.add_child("p").id = "next"
        seen.append(element("#next").get_property("tagName"))  # asked: it is the new one

    add("/", BODY, load, preload=True)
    browser.open()
    assert seen == [None, "P"]


def test_the_head_is_sent_before_load_runs(add, browser: Browser) -> None:
    """So the browser fetches the script meanwhile."""
    loaded = []
    add("/", BODY, loaded.append, preload=True)
    pieces = iter(browser._client.open("/").response)
    head = next(pieces)
    assert b"<script src=" in head
    assert b"<body" not in head
    assert loaded == []
    rest = b"".join(pieces)
    assert len(loaded) == 1
    assert LOAD_ELEMENT.encode() in rest
    assert rest.endswith(b"</html>")


def test_a_page_that_ended_while_its_head_was_sent_runs_nothing(add, app, browser: Browser) -> None:
    loaded = []
    add("/", BODY, loaded.append, preload=True)
    pieces = iter(browser._client.open("/").response)
    next(pieces)
    app.pages.end_all("it waited too long for its socket")
    assert LOAD_ELEMENT.encode() not in b"".join(pieces)
    browser.world.settle()
    assert loaded == []


def test_without_the_browser_load_ends_with_the_page(add, app, browser: Browser) -> None:
    ended = []

    def load(view) -> None:
        try:
            view.html_wrapper.element("#next").value  # noqa: B018 - it is asked
        finally:
            ended.append("load")

    add("/", BODY, load, preload=True, teardown=lambda view: ended.append("teardown"))
    get(browser)
    assert app.pages.count(State.WAITING) == 1
    app.pages.end_all("it waited too long for its socket")
    browser.world.settle()
    assert sorted(ended) == ["load", "teardown"]
    assert len(app.pages) == 0


def test_waiting_pages_stay_bounded(add, app, browser: Browser) -> None:
    torn = []

    def load(view) -> None:
        view.counted = "loaded"
        fill(view)

    add("/", BODY, load, preload=True, teardown=lambda view: torn.append(view.counted))
    for _ in range(app.limits.waiting_pages_per_user + 5):
        get(browser)
    browser.world.settle()
    assert app.pages.count(State.WAITING) == app.limits.waiting_pages_per_user
    assert torn == ["loaded"] * 5


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("GET", {"Sec-Purpose": "prefetch"}),
        ("GET", {"Sec-Purpose": "prefetch;prerender"}),
        ("GET", {"Purpose": "prefetch"}),
        ("GET", {"X-Moz": "prefetch"}),
    ],
)
def test_nothing_happens_for_who_only_looks(add, browser: Browser, method: str, headers: dict[str, str]) -> None:
    loaded = []
    add("/", BODY, loaded.append, preload=True)
    response = get(browser, method, **headers)
    assert response.status_code == 200
    assert LOAD_ELEMENT not in response.text
    assert loaded == []


def test_a_page_that_was_prefetched_loads_when_it_is_shown(add, browser: Browser) -> None:
    add("/", BODY, fill, preload=True)
    browser._headers["Sec-Purpose"] = "prefetch"
    page = browser.open()
    assert page.count("#rows li") == 6
    assert page.errors == []


def test_a_page_without_the_client_runs_nothing(app, browser: Browser) -> None:
    from pycommunicate import ControllerFactory, View

    loaded = []

    class Plain(View):
        preload = True

        def render(self) -> str:
            return "<p>static"

        def load(self) -> None:
            loaded.append(1)

    app.add_controller("/", ControllerFactory().add_view(Plain).set_default_view(Plain))
    assert get(browser).text == "<p>static"
    assert loaded == []


def test_a_load_that_takes_long_goes_on_over_the_socket(add, app, browser: Browser) -> None:
    def load(view) -> None:
        rows = view.html_wrapper.element("#rows")
        rows.add_child("li").content = "early"
        app.engine.sleep(app.limits.preload + 0.1)
        rows.add_child("li").content = "late"

    add("/", BODY, load, preload=True)
    assert [op[-1] for op in carried(get(browser).text) if op[0] == Op.CONTENT] == ["early"]
    browser.world.patience = 1
    assert browser.open().text("#rows li") == ["in the HTML", "early", "late"]


def test_the_page_stays_bounded(add, app, browser: Browser) -> None:
    def load(view) -> None:
        rows = view.html_wrapper.element("#rows")
        for index in range(400):
            rows.add_child("li").content = f"{index} " + "x" * 1000

    add("/", BODY, load, preload=True)
    response = get(browser)
    assert 200_000 < len(response.text) < app.limits.preload_bytes + 10_000
    page = browser.open()
    assert page.count("#rows li") == 401
    assert page.text("#rows li:last-child")[0].startswith("399 ")


def test_what_is_published_meanwhile_arrives(add, app, browser: Browser) -> None:
    def load(view) -> None:
        rows = view.html_wrapper.element("#rows")

        def show(value) -> None:
            rows.add_child("li").content = value

        view.subscribe("news", show)

    add("/", BODY, load, preload=True)
    browser.network(offline=True)
    page = browser.open()
    app.topic("news").publish("while it waited")
    browser.network(offline=False)
    page.wait_until(lambda: page.connected)
    app.topic("news").publish("after")
    page.wait_until(lambda: page.count("#rows li") == 3)
    assert page.text("#rows li") == ["in the HTML", "while it waited", "after"]


def test_timers_begin_with_the_socket(add, browser: Browser) -> None:
    ticks = []
    add("/", BODY, lambda view: view.add_timer(0.01, lambda: ticks.append(1)), preload=True)
    browser.network(offline=True)
    page = browser.open()
    page.tick(0.05)
    assert ticks == []
    browser.network(offline=False)
    page.wait_until(lambda: ticks)


def test_a_server_that_was_restarted_meanwhile(add, browser: Browser) -> None:
    """The page it made is gone: the one in the browser is mounted anew."""
    add("/", BODY, fill, preload=True)
    browser.network(offline=True)
    page = browser.open()
    browser.network(restart_server=True)
    browser.network(offline=False)
    page.wait_until(lambda: page.connected)
    assert page.count("#rows li") == 6
    page.click("#go")
    assert page.text("#count") == ["1"]


def test_load_raises(add, browser: Browser) -> None:
    def load(view) -> None:
        view.html_wrapper.element("#count").content = "before"
        raise LookupError("in load()")

    add("/", BODY, load, preload=True)
    with pytest.raises(LookupError, match="in load"):
        browser.open()
    assert browser.pages[0].text("#count") == ["before"]


def test_another_view_and_elsewhere(add, app, browser: Browser) -> None:
    def load(view) -> None:
        if not view.controller.d.get("moved"):
            view.controller.d["moved"] = True
            view.controller.redirect("/there")

    add("/", BODY, load, preload=True)
    add("/there", "<p id=there>there")
    page = browser.open()
    assert page.path == "/there"


def test_the_session_is_written(add, browser: Browser) -> None:
    from flask import session

    def load(view) -> None:
        session["seen"] = session.get("seen", 0) + 1
        view.controller.user.session["visits"] = view.controller.user.session.get("visits", 0) + 1
        view.html_wrapper.element("#count").content = f"{session['seen']} {view.controller.user.session['visits']}"

    add("/", BODY, load, preload=True)
    assert browser.open().text("#count") == ["1 1"]
    assert browser.open().text("#count") == ["2 2"]


def test_a_page_says_nothing_of_others(add, browser: Browser, new_browser) -> None:
    """Each page has its own `load()`; nothing of one visitor is in another's page."""

    def load(view) -> None:
        view.html_wrapper.element("#count").content = view.controller.user.session.setdefault(
            "name", str(id(view.controller.user))
        )

    add("/", BODY, load, preload=True)
    one, other = browser.open(), new_browser().open()
    assert one.text("#count") != other.text("#count")
    assert one.text("#count")[0] not in other.html
    assert PAGE_ELEMENT in one.html
