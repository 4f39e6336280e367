"""The simulated browser, as a test of a user's would use it."""

from __future__ import annotations

import time

import gevent
import pytest
from flask import request, session

from pycommunicate import ControllerFactory
from pycommunicate.testing import NoSuchElement, NotAtRest, NotPossible

TODO = "<form id=new><input id=next name=text><button id=add>Add</button></form><div id=todo></div>"


def todo(view) -> None:
    element = view.html_wrapper.element

    def entry(event) -> None:
        row = element("#todo").add_child("p")
        row.add_child("span", content=event.value["text"])
        row.add_child("button", content="Remove").add_event_listener("click", row.delete)

    element("#new").add_event_listener("submit", entry, reset=True)


def test_a_todo(add, browser) -> None:
    add("/", TODO, todo)
    page = browser.open("/")
    assert page.status == 200
    assert page.title == "Test"
    assert page.path == "/"
    assert page.connected
    page.fill("#next", "milk")
    page.click("#add")
    page.fill("#next", "eggs")
    page.press("#next", "Enter")
    assert page.text("#todo span") == ["milk", "eggs"]
    assert page.value("#next") == ""
    page.click("#todo p:first-child button")
    assert page.text("#todo span") == ["eggs"]
    assert page.errors == []


def test_the_button_that_submits_is_among_the_forms_data(add, browser) -> None:
    said = []
    html = "<form id=form><input name=text><button name=do value=save>Save</button><button name=do value=delete id=del>Delete</button></form>"
    add(
        "/",
        html,
        lambda view: view.html_wrapper.element("#form").add_event_listener(
            "submit", lambda event: said.append(event.value)
        ),
    )
    page = browser.open("/")
    page.click("#del")
    page.press("input", "Enter")
    assert said == [{"text": "", "do": "delete"}, {"text": "", "do": "save"}]


def test_reads_are_counted(add, browser) -> None:
    def load(view) -> None:
        box = view.html_wrapper.element("#box")

        def ask() -> None:
            box.content = "x" + str(box.value)
            box.content = "y" + str(box.value)

        view.html_wrapper.element("#go").add_event_listener("click", ask)

    add("/", "<output id=box>1</output><button id=go>Go</button>", load)
    page = browser.open("/")
    trips, sent, size = page.round_trips, page.messages_sent, page.bytes_received
    page.click("#go")
    assert page.text("#box") == ["yx1"]
    assert page.round_trips == trips + 2
    assert page.messages_sent > sent + 2
    assert page.bytes_received > size


def test_two_visitors_and_two_tabs(add, app, new_browser) -> None:
    def load(view) -> None:
        element = view.html_wrapper.element
        user = view.controller.user
        element("#who").content = user.session.setdefault("name", "nobody")

        def rename(event) -> None:
            user.session["name"] = event.value
            app.topic("names").publish(event.value)

        def show(value) -> None:
            element("#seen").content = value

        element("#name").add_event_listener("change", rename)
        view.subscribe("names", show)

    add("/", "<input id=name><p id=who></p><p id=seen></p>", load)
    ada, bob = new_browser(), new_browser()
    first, second, other = ada.open(), ada.open(), bob.open()
    first.fill("#name", "Ada")
    assert second.text("#seen") == ["Ada"]
    assert other.text("#seen") == ["Ada"]
    second.reload()
    other.reload()
    assert second.text("#who") == ["Ada"]
    assert other.text("#who") == ["nobody"]


def test_change_view_redirect_and_links(add, app, browser) -> None:
    def next_view(view) -> None:
        view.html_wrapper.element("#go").add_event_listener("click", lambda: view.controller.change_view(1))

    def away(view) -> None:
        view.html_wrapper.element("#away").add_event_listener("click", lambda: view.controller.redirect("/end?x=1#p"))

    one = add("", "<h1>One</h1><button id=go>Go</button>", next_view)
    two = add("", "<h1>Two</h1><button id=away>Away</button>", away, title="Second")
    add("/end", "<h1>End</h1><a href='/start'>Back</a>")
    app.add_controller("/", ControllerFactory().add_view(one).add_view(two).set_default_view(one))
    add("/start", "", render=lambda view: view.controller.redirect("/") or "")
    page = browser.open("/")
    page.click("#go")
    assert page.text("h1") == ["Two"]
    assert page.title == "Second"
    assert page.path == "/"
    page.click("#away")
    assert page.url == "http://localhost/end?x=1#p"
    assert page.text("h1") == ["End"]
    page.click("a")
    assert page.path == "/"
    assert page.text("h1") == ["One"]
    assert len(app.pages) == 1


def test_status_and_error_pages(add, app, new_browser) -> None:
    browser = new_browser()
    shown = add("", "<h1>Nothing here</h1>")
    app.add_error_handler(404, ControllerFactory().add_view(shown).set_default_view(shown))
    app.flask.add_url_rule("/json", "json", view_func=lambda: {"a": 1})
    page = browser.open("/missing")
    assert page.status == 404
    assert page.text("h1") == ["Nothing here"]
    page = browser.open("/json")
    assert page.status == 200
    assert page.text() == ['{"a":1}\n']
    assert not page.connected


def test_timers(add, browser) -> None:
    def load(view) -> None:
        counts = view.html_wrapper.element("#count")
        view.number = 0

        def tick() -> None:
            view.number += 1
            counts.content = view.number

        view.add_timer(0.02, tick)

    add("/", "<p id=count>0</p>", load)
    page = browser.open()
    page.wait_until(lambda: int(page.text("#count")[0]) >= 3)
    before = int(page.text("#count")[0])
    page.tick(0.1)
    assert int(page.text("#count")[0]) > before
    with pytest.raises(NotAtRest, match=r"not within 0.05 s. http://localhost/ shows:\n\d"):
        page.wait_until(lambda: False, timeout=0.05)


@pytest.mark.alone
def test_a_blocked_handler_is_not_waited_for(add, new_browser) -> None:
    def load(view) -> None:
        element = view.html_wrapper.element

        def work() -> None:
            element("#said").content = "working"
            gevent.sleep(30)

        element("#work").add_event_listener("click", work)
        element("#other").add_event_listener("click", lambda: element("#said").set_property("title", "other"))

    add("/", "<button id=work>Work</button><button id=other>Other</button><p id=said></p>", load)
    page = new_browser(patience=1).open()
    start = time.monotonic()
    page.click("#work")
    assert page.text("#said") == ["working"]
    again = time.monotonic()
    page.click("#other")
    assert page.element("#said").attributes["title"] == "other"
    assert time.monotonic() - again < 1  # known to be blocked: no patience a second time
    assert 1 < again - start < 20


def test_what_a_handler_raises_fails_the_test(add, new_browser) -> None:
    def load(view) -> None:
        view.html_wrapper.element("button").add_event_listener("click", lambda: 1 / 0)

    add("/", "<button>Go</button>", load)
    page = new_browser().open()
    with pytest.raises(ZeroDivisionError):
        page.click("button")
    assert page.exists("button")


def test_it_can_be_left_unraised(add, new_browser) -> None:
    add("/", "", lambda view: 1 / 0)
    add("/broken", "", render=lambda view: 1 / 0)
    browser = new_browser(raise_errors=False)
    page = browser.open()
    assert [type(error) for error in browser.raised] == [ZeroDivisionError]
    page.goto("/broken")
    assert page.status == 500


def test_what_render_raises_fails_the_test(add, browser) -> None:
    add("/", "", render=lambda view: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        browser.open()


def test_failed_operations_are_told(add, browser) -> None:
    def load(view) -> None:
        row = view.html_wrapper.element("#row")
        view.html_wrapper.element("#list").clear()
        row.content = "x"

    add("/", "<div id=list><p id=row></p></div>", load)
    assert "content failed: gone" in browser.open().errors[0]


def test_missing_elements_are_told_with_what_is_there(add, browser) -> None:
    add("/", TODO, todo)
    page = browser.open()
    with pytest.raises(NoSuchElement, match=r"nothing matches '#nxt' on http://localhost/ .*nearest ids are #next"):
        page.fill("#nxt", "x")
    with pytest.raises(ValueError, match="is no selector"):
        page.text("p[")
    with pytest.raises(NotPossible, match="is no field"):
        page.fill("#add", "x")


def test_an_app_without_a_key(app) -> None:
    app.flask.secret_key = None
    with pytest.raises(ValueError, match="no secret key"):
        app.test_browser()


def test_what_flask_keeps_is_there_when_a_redirect_arrives(add, app, browser) -> None:
    def load(view) -> None:
        def enter() -> None:
            session["name"] = "Ada"
            view.controller.redirect("/in")

        view.html_wrapper.element("#go").add_event_listener("click", enter)

    asked: list[str] = []

    @app.flask.after_request
    def _note(response):
        asked.append(request.path)
        return response

    app.flask.add_url_rule("/in", "inside", lambda: session.get("name", "nobody"))
    add("/", "<button id=go>Go</button>", load)
    page = browser.open()
    asked.clear()
    page.click("#go")
    assert page.text() == ["Ada"]
    assert asked == ["/__pycommunicate/ticket", "/in"]


def test_the_cookie_of_a_flask_session(add, app, browser) -> None:
    def load(view) -> None:
        view.html_wrapper.element("#in").add_event_listener("click", sign_in)

        def renew() -> None:
            view.controller.user.renew()
            view.html_wrapper.element("#said").content = "renewed"

        view.html_wrapper.element("#renew").add_event_listener("click", renew)

    def sign_in() -> None:
        session["name"] = "Ada"

    add("/", "<button id=in>In</button><button id=renew>New</button><p id=said></p>", load)
    app.flask.add_url_rule("/name", "name", view_func=lambda: session.get("name", "nobody"))
    page, other = browser.open(), browser.open()
    page.click("#in")
    assert browser.open("/name").text() == ["Ada"]
    before = browser.cookies["pycommunicate"]
    page.click("#renew")
    assert page.text("#said") == ["renewed"]
    assert browser.cookies["pycommunicate"] != before
    assert other.connected  # it has loaded itself again
    assert other.errors == []


def test_plain_forms(app, add, browser) -> None:
    from flask import redirect, request

    add("/", "<form action=/find><input name=q><select name=s><option>a<option>b</select><button>Go</button></form>")
    add("/two", "<form action=/post method=post><input name=n required><button>Go</button></form>")
    app.flask.add_url_rule("/find", "find", view_func=lambda: f"{dict(request.args)}")
    app.flask.add_url_rule(
        "/post", "post", view_func=lambda: redirect(f"/find?n={request.form['n']}"), methods=["POST"]
    )
    page = browser.open()
    page.fill("[name=q]", "é &")
    page.select("select", "b")
    page.click("button")
    assert page.text() == ["{'q': 'é &', 's': 'b'}"]
    page.goto("/two")
    page.click("button")
    assert page.path == "/two"
    assert page.errors == ['the form was not submitted: <input name="n" required="">: it is required and empty']
    page.fill("input", "7")
    page.click("button")
    assert page.text() == ["{'n': '7'}"]


def test_closing_ends_pages(add, app, new_browser) -> None:
    gone = []
    add("/", "", teardown=lambda view: gone.append(1))
    with new_browser() as browser:
        page = browser.open()
        page.close()
        page.close()
        assert len(gone) == 1
        browser.open()
    assert len(gone) == 2
    assert len(app.pages) == 0
