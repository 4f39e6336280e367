"""Broken connections and restarted servers, as a person sees them."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.bench import TEMPLATES, Bench, BenchError, source
from tests.tools.fixtures import BROKEN_CONNECTIONS
from tests.tools.programs import ENGINES, Engine
from tests.tools.waiting import eventually, reaches

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext

    from tests.tools.fixtures import Server
    from tests.tools.programs import Program
    from tests.tools.proxy import Proxy

COUNTER = """
class Counter(View):
    def render(self):
        return self.controller.templater.render("counter.html")
    def load(self):
        self.count = 0
        self.shown = self.html_wrapper.element("#count")
        self.log = self.html_wrapper.element("#log")
        self.html_wrapper.element("#add").add_event_listener("click", self.add)
        self.html_wrapper.element("#state").content = "ready"
    def add(self):
        self.count += 1
        self.shown.content = str(self.count)
        self.log.add_child("p").content = str(self.count)
app.add_controller("/counter", page_of(Counter))

stored = []

@app.flask.route("/copy", methods=["GET", "POST"])
def _copy():
    # Gives out a page that was rendered before, as a cache would; twice, then a fresh one.
    from flask import redirect
    if request.method == "POST":
        stored[:] = [request.get_data(as_text=True)] * 2
        return ""
    return stored.pop() if stored else redirect("/counter")
"""
SOURCE = source(COUNTER)
PAGES = {
    "counter.html": """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><title>Counter</title><link rel="icon" href="data:,">{{ add_includes() }}</head>
        <body><h1>Counter</h1><p id="state">loading</p><p id="count">0</p><button id="add">add</button>
        <input id="field"><textarea id="area"></textarea><input type="checkbox" id="box"><select id="select"><option>a</option><option>b</option></select>
        <div id="log"></div><div style="height:3000px"></div><p id="end">end</p></body></html>
    """
}


@pytest.fixture(autouse=True)
def _connections_will_break(expect_console: Callable[..., None]) -> None:
    expect_console(*BROKEN_CONNECTIONS, "status of 503")


def open_counter(visitor: BrowserContext, url: str) -> object:
    page = visitor.new_page()
    page.goto(f"{url}/counter")
    expect(page.locator("#state")).to_have_text("ready")
    return page


def numbers(page: object) -> list[str]:
    texts: list[str] = page.locator("#log p").all_inner_texts()
    return texts


def test_a_restarting_server_is_no_reason_to_poll(visitor: BrowserContext, serve: Server) -> None:
    program = serve(SOURCE, templates=PAGES)
    page = open_counter(visitor, program.url)
    polls: list[str] = []
    page.on("request", lambda request: polls.append(request.url) if "transport=polling" in request.url else None)
    page.evaluate("document.getElementById('state').textContent = 'as it was'")
    program.kill()
    page.wait_for_timeout(1500)  # four or five attempts
    program.start()
    expect(page.locator("#state")).to_have_text("ready")
    assert polls == []


@pytest.mark.parametrize("how", ["drop", "reset"])
def test_clicks_made_while_offline_are_kept_and_handled_once(
    visitor: BrowserContext, program: Program, proxy: Callable[[int], Proxy], how: str
) -> None:
    between = proxy(program.port)
    page = open_counter(visitor, between.url)
    page.click("#add")
    expect(page.locator("#count")).to_have_text("1")
    page.evaluate("window.stays = true")
    between.refuse()
    getattr(between, how)()
    for _ in range(5):
        page.click("#add")
    page.wait_for_timeout(300)
    expect(page.locator("#count")).to_have_text("1")
    between.accept()
    expect(page.locator("#count")).to_have_text("6")
    page.click("#add")
    expect(page.locator("#count")).to_have_text("7")
    assert numbers(page) == [str(n) for n in range(1, 8)]
    assert page.evaluate("window.stays") is True


def test_the_banner_comes_and_goes(visitor: BrowserContext, program: Program, proxy: Callable[[int], Proxy]) -> None:
    between = proxy(program.port)
    page = open_counter(visitor, between.url)
    before = page.evaluate("() => document.body.innerText")
    between.refuse()
    between.drop()
    banner = page.locator("text=/connect/i")
    expect(banner.first).to_be_visible()
    between.accept()
    expect(banner).to_have_count(0)
    page.click("#add")
    expect(page.locator("#count")).to_have_text("1")
    assert page.evaluate("() => document.body.innerText") != before


@pytest.mark.alone
def test_back_soon_after_the_link_returns(
    visitor: BrowserContext, program: Program, proxy: Callable[[int], Proxy]
) -> None:
    between = proxy(program.port)
    page = open_counter(visitor, between.url)
    took = []
    for number in range(1, 4):
        between.refuse()
        between.drop()
        page.wait_for_timeout(600)
        page.evaluate("() => document.getElementById('add').click()")
        between.accept()
        begun = time.monotonic()
        expect(page.locator("#count")).to_have_text(str(number))
        took.append(time.monotonic() - begun)
    assert sorted(took)[1] < 1, took  # pauses that grow would be longer already


def test_a_link_that_hangs(visitor: BrowserContext, program: Program, proxy: Callable[[int], Proxy]) -> None:
    between = proxy(program.port)
    page = open_counter(visitor, between.url)
    between.hold()
    page.click("#add")
    page.click("#add")
    expect(page.locator("text=/connect/i").first).to_be_visible()
    between.release()
    expect(page.locator("#count")).to_have_text("2")
    page.wait_for_timeout(300)
    assert numbers(page) == ["1", "2"]


@pytest.mark.parametrize("direction", ["up", "down"])
def test_cut_at_many_bytes(
    visitor: BrowserContext, program: Program, proxy: Callable[[int], Proxy], direction: str
) -> None:
    between = proxy(program.port)
    page = open_counter(visitor, between.url)
    done = 0
    for offset in (1, 3, 17, 60, 150, 333, 700):
        cut = between.cut_at(offset, direction, connection="any")
        page.evaluate("() => { for (let i = 0; i < 8; i++) document.getElementById('add').click() }")
        done += 8
        expect(page.locator("#count")).to_have_text(str(done))
        assert cut.happened.is_set() or offset > 100
    assert numbers(page) == [str(n) for n in range(1, done + 1)]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_restarted_server_finds_the_page_again(serve: Server, visitor: BrowserContext, engine: Engine) -> None:
    program = serve(SOURCE, engine=engine, templates={**TEMPLATES, **PAGES})
    page = open_counter(visitor, program.url)
    page.click("#add")
    page.click("#add")
    expect(page.locator("#count")).to_have_text("2")
    page.fill("#field", "typed by a person")
    page.fill("#area", "two\nlines")
    page.check("#box")
    page.select_option("#select", "b")
    page.evaluate("window.stays = true")
    page.locator("#end").scroll_into_view_if_needed()
    page.focus("#field")
    page.evaluate("() => { const f = document.getElementById('field'); f.setSelectionRange(2, 5); scrollTo(0, 1500) }")
    program.kill()
    page.wait_for_timeout(200)
    program.start()
    begun = time.monotonic()
    expect(page.locator("#count")).to_have_text("0")
    assert time.monotonic() - begun < 8
    expect(page.locator("#state")).to_have_text("ready")
    # Mounted anew: the log of the old mount is gone, what was typed, focus and scroll are not.
    expect(page.locator("#log p")).to_have_count(0)
    assert page.evaluate("window.stays") is True
    expect(page.locator("#field")).to_have_value("typed by a person")
    expect(page.locator("#area")).to_have_value("two\nlines")
    expect(page.locator("#box")).to_be_checked()
    expect(page.locator("#select")).to_have_value("b")
    expect(page.locator("#field")).to_be_focused()
    assert page.evaluate(
        "() => [document.getElementById('field').selectionStart, document.getElementById('field').selectionEnd]"
    ) == [2, 5]
    assert page.evaluate("() => scrollY") == 1500
    page.evaluate("() => document.getElementById('add').click()")
    expect(page.locator("#count")).to_have_text("1")
    assert numbers(page) == ["1"]
    # And a second time.
    program.restart()
    expect(page.locator("#count")).to_have_text("0")
    expect(page.locator("#state")).to_have_text("ready")
    page.evaluate("() => document.getElementById('add').click()")
    expect(page.locator("#count")).to_have_text("1")
    expect(page.locator("#field")).to_have_value("typed by a person")
    page.close()


def test_a_polite_end(serve: Server, visitor: BrowserContext) -> None:
    program = serve(SOURCE, templates={**TEMPLATES, **PAGES})
    page = open_counter(visitor, program.url)
    page.click("#add")
    expect(page.locator("#count")).to_have_text("1")
    program.terminate()
    assert program.wait(12) == 0
    assert "Traceback" not in program.err
    program.start()
    expect(page.locator("#count")).to_have_text("0")
    page.close()


def test_a_refresh_during_a_handler(visitor: BrowserContext, program: Program) -> None:
    bench = Bench(program, visitor)
    bench.start("for step in range(500):\n    element('#place').content = f'step {step}'\n    sleep(0.02)")
    expect(bench.page.locator("#place")).to_have_text(re.compile("step [1-9]"))
    bench.page.reload()
    expect(bench.page.locator("#state")).to_have_text("ready")
    bench.page.wait_for_timeout(300)
    expect(bench.page.locator("#place")).to_have_text("")
    # The handler's next question found nobody: that is what it was told.
    with pytest.raises(BenchError) as caught:
        bench.wait()
    assert caught.value.name == "BrowserGone"
    assert bench.run("result = 'alive'") == "alive"


def test_a_duplicated_page_is_one_of_its_own(visitor: BrowserContext, program: Program) -> None:
    one = open_counter(visitor, program.url)
    # What "duplicate tab" does where a cache kept the page: the same bytes, with the same request id, a second time.
    one.evaluate("async () => fetch('/copy', {method: 'POST', body: await (await fetch(location.href)).text()})")
    first, second = visitor.new_page(), visitor.new_page()
    for page in (first, second):
        page.goto(f"{program.url}/copy")
        expect(page.locator("#state")).to_have_text("ready")
    first.click("#add")
    first.click("#add")
    second.click("#add")
    one.click("#add")
    expect(first.locator("#count")).to_have_text("2")
    expect(second.locator("#count")).to_have_text("1")
    expect(one.locator("#count")).to_have_text("1")


def test_long_polling_where_web_sockets_are_blocked(visitor: BrowserContext, program: Program) -> None:
    # As behind a proxy that knows no WebSockets: each attempt fails.
    visitor.add_init_script(
        """
        const Plain = window.WebSocket;
        window.WebSocket = class extends Plain { constructor(url) { super(url.replace('__pycommunicate', 'blocked')); } };
        """
    )
    page = open_counter(visitor, program.url)
    for number in range(1, 6):
        page.click("#add")
        expect(page.locator("#count")).to_have_text(str(number))
    page.evaluate("() => { for (let i = 0; i < 50; i++) document.getElementById('add').click() }")
    expect(page.locator("#count")).to_have_text("55")
    assert numbers(page) == [str(n) for n in range(1, 56)]
    eventually(lambda: program.alive)
    reaches(lambda: page.locator("#state").inner_text(), "ready")
