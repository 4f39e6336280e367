"""Real processes: who was signed in stays signed in."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.tools.raw import get
from tests.tools.waiting import reaches

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext

    from tests.tools.fixtures import Server

SOURCE = """
import gevent
from pycommunicate import CommunicateApp, ControllerFactory, FileSessions, View

STORE = {store}
MANY = 10_000
app = CommunicateApp(sessions=STORE)
app.set_secret_key("0123456789abcdef0123456789abcdef")


class Page(View):
    def render(self):
        session = self.controller.user.session
        session["visits"] = session.get("visits", 0) + 1
        return self.controller.templater.render_string(
            "<title>t</title>{{{{ add_includes() }}}}<p id=name>{{{{ name }}}}</p><button id=in>in</button><button id=count>count</button>"
            "<button id=odd>odd</button><button id=many>many</button><b id=n></b><i>{{{{ visits }}}}</i>",
            name=session.get("name", "nobody"), visits=session["visits"])

    def load(self):
        for name in ("in", "count", "odd", "many"):
            self.html_wrapper.element("#" + name).add_event_listener("click", getattr(self, "on_" + name))
        self.on_count(0)

    def on_in(self):
        self.controller.user.renew()
        self.controller.user.session["name"] = "Ada"
        self.html_wrapper.element("#name").content = "Ada"

    def on_count(self, event=None):
        def count(session):
            session["count"] = session.get("count", 0) + (event is not 0)
            return session["count"]
        self.html_wrapper.element("#n").content = str(self.controller.user.session.update(count))

    def on_many(self):
        def count(session):
            session["count"] = session.get("count", 0) + 1
        for number in range(MANY):
            self.controller.user.session.update(count)
            if number % 50 == 0:
                gevent.sleep(0)
        self.html_wrapper.element("#name").content = "done"

    def on_odd(self):
        self.controller.user.session["odd"] = {{1, 2}}
        self.html_wrapper.element("#name").content = "odd"


class Visits(View):
    def render(self):
        session = self.controller.user.session
        session["visits"] = session.get("visits", 0) + 1
        return str(session["visits"])


for route, view in (("/", Page), ("/visits", Visits)):
    app.add_controller(route, ControllerFactory().add_view(view).set_default_view(view))
app.add_controller("/plain", ControllerFactory().add_view(P := type("P", (View,), dict(render=lambda self: "plain"))).set_default_view(P))
app.run()
""".replace("is not 0", "!= 0")


@pytest.fixture
def source() -> str:
    return SOURCE.format(store='FileSessions("kept/sessions")')


def test_visits_are_counted_over_restarts(serve: Server, source: str) -> None:
    program = serve(source)
    response = get(program.port, "/visits")
    cookie = response.cookie_after()
    assert response.text == "1"
    assert get(program.port, "/visits", cookie).text == "2"
    program.restart()  # kill -9
    assert get(program.port, "/visits", cookie).text == "3"
    program.stop()
    program.start()
    assert get(program.port, "/visits", cookie).text == "4"
    assert get(program.port, "/visits").text == "1"
    assert "Traceback" not in program.log


def test_two_processes_share_the_store(serve: Server, source: str) -> None:
    one = serve(source)
    two = serve(source.replace("kept/sessions", str(one.folder / "kept/sessions")))
    cookie = get(one.port, "/visits").cookie_after()
    for number in range(2, 12, 2):
        assert get(two.port, "/visits", cookie).text == str(number)
        assert get(one.port, "/visits", cookie).text == str(number + 1)


def test_an_unwritable_store_ends_no_page(serve: Server, source: str) -> None:
    program = serve(source)
    cookie = get(program.port, "/visits").cookie_after()
    folder = program.folder / "kept" / "sessions"
    [kept] = folder.glob("*.session")
    text = kept.read_bytes()
    kept.unlink()
    kept.mkdir()  # can't be read as a file, nor replaced by one
    for number in (1, 2):
        response = get(program.port, "/visits", cookie)
        assert (response.status, response.text) == (200, str(number))
    assert "saving user.session" in program.log
    assert "StoreUnavailable" in program.log
    assert get(program.port, "/plain", cookie).status == 200
    kept.rmdir()
    kept.write_bytes(text)
    assert get(program.port, "/visits", cookie).status == 200
    assert get(program.port, "/visits", cookie).status == 200


def test_an_unreadable_store_fails_where_it_is_used(serve: Server) -> None:
    store = f"type('Down', (FileSessions,), dict(version=lambda self, id_: (_ for _ in ()).throw(__import__('pycommunicate').StoreUnavailable('down {errno.EIO}'))))('x')"
    program = serve(SOURCE.format(store=store))
    assert get(program.port, "/plain").text == "plain"
    assert get(program.port, "/visits").status == 500
    assert "StoreUnavailable" in program.log
    assert get(program.port, "/plain").text == "plain"


@pytest.mark.browser
def test_an_open_page_stays_signed_in(
    serve: Server, source: str, visitor: BrowserContext, expect_console: Callable[..., None]
) -> None:
    expect_console(r"ERR_CONNECTION_REFUSED|WebSocket connection to")
    program = serve(source)
    page = visitor.new_page()
    page.goto(program.url)
    expect(page.locator("#n")).to_have_text("0")
    page.click("#in")
    expect(page.locator("#name")).to_have_text("Ada")
    page.reload()  # with a token for the new id
    expect(page.locator("#n")).to_have_text("0")
    page.click("#count")
    expect(page.locator("#n")).to_have_text("1")
    page.evaluate("window.same = true")
    program.restart()
    expect(page.locator("i")).to_have_text("3")  # mounted anew
    expect(page.locator("#n")).to_have_text("1")
    page.click("#count")
    expect(page.locator("#n")).to_have_text("2")
    expect(page.locator("#name")).to_have_text("Ada")
    assert page.evaluate("window.same")
    page.reload()
    expect(page.locator("#name")).to_have_text("Ada")
    other = visitor.new_page()
    other.goto(program.url)
    for tab in (page, other, page, other):
        tab.click("#count")
    expect(other.locator("#n")).to_have_text("6")
    assert len(list((program.folder / "kept" / "sessions").glob("*.session"))) == 1  # none under the id of before


@pytest.mark.browser
@pytest.mark.parametrize("store", ["None", 'FileSessions("kept")'])
def test_a_value_without_a_json_form_is_logged(serve: Server, visitor: BrowserContext, store: str) -> None:
    program = serve(SOURCE.format(store=store))
    page = visitor.new_page()
    page.goto(program.url)
    expect(page.locator("#n")).to_have_text("0")
    page.click("#odd")
    expect(page.locator("#name")).to_have_text("odd")
    page.click("#count")
    expect(page.locator("#n")).to_have_text("1")
    reaches(lambda: "user.session['odd']: a set has no JSON form" in program.log, True)
    assert program.log.count("NotSerializable: user.session") <= 2  # the log's line and its traceback


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize(("store", "many"), [("None", 10_000), ('FileSessions("kept")', 1_000)])
def test_two_tabs_lose_no_increment(serve: Server, visitor: BrowserContext, store: str, many: int) -> None:
    program = serve(SOURCE.format(store=store).replace("MANY = 10_000", f"MANY = {many}"))
    tabs = [visitor.new_page() for _ in range(2)]
    for tab in tabs:
        tab.goto(program.url)
        expect(tab.locator("#n")).to_have_text("0")
    for tab in tabs:
        tab.click("#many")
    for tab in tabs:
        expect(tab.locator("#name")).to_have_text("done", timeout=30_000)
    tabs[0].click("#count")
    expect(tabs[0].locator("#n")).to_have_text(str(2 * many + 1))
