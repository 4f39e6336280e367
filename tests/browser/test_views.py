"""View and Controller: life, change, timers, end."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from tests.browser.bench import APP, BENCH, source
from tests.tools.raw import get
from tests.tools.waiting import eventually, reaches

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

    from tests.tools.programs import Program

# Its style sheets are `data:` addresses, so that each view brings one of its own.
APP_WITH_SHEETS = APP.replace('host="127.0.0.1"', 'host="127.0.0.1", policy={"style-src": ["data:"]}')
SOURCE = source(
    """
    import gc
    seen = []

    class One(View):
        number = 1
        def render(self):
            seen.append(["render", self.number])
            return self.controller.templater.render(f"view{self.number}.html", d=self.controller.d)
        def load(self):
            seen.append(["load", self.number])
            self.ticks = self.html_wrapper.element("#ticks")
            self.count = 0
            self.timer = self.add_timer(0.05, self.tick)
            self.html_wrapper.element("#next").add_event_listener("click", self.next)
            self.html_wrapper.element("#act").add_event_listener("click", self.act)
            self.html_wrapper.element("#loaded").content = f"view {self.number} is loaded"
        def tick(self):
            self.count += 1
            seen.append(["tick", self.number])
            self.ticks.content = f"{self.number}: {self.count}"
        def act(self):
            seen.append(["act", self.number])
            self.controller.d["acts"] = self.controller.d.get("acts", 0) + 1
        def next(self):
            self.controller.change_view(2 - self.number)
        def teardown(self):
            seen.append(["teardown", self.number])

    class Two(One):
        number = 2

    app.add_controller("/two-views", page_of(One, Two))

    class Many(View):
        other = 1
        def render(self):
            return self.controller.templater.render("page.html", title=f"many {self.other}", body="<button id=b>b</button><p id=n></p>")
        def load(self):
            self.controller.d["n"] = self.controller.d.get("n", 0) + 1
            button = self.html_wrapper.element("#b")
            button.add_event_listener("click", self.go)
            button.add_event_listener("focus", lambda: None)
            self.add_timer(60, self.go)
            self.subscribe("nothing", print)
            for number in range(20):
                button.add_after("i").content = str(number)
            self.html_wrapper.element("#n").content = str(self.controller.d["n"])
        def go(self):
            self.controller.change_view(self.other)

    class Many2(Many):
        other = 0

    app.add_controller("/many", page_of(Many, Many2))

    class Choice(View):
        number, form, chosen = 0, "one", "r1"
        def render(self):
            radios = "".join(f"<input type=radio name=r id={i} {'checked' if i == self.chosen else ''}>" for i in ("r1", "r2"))
            return self.controller.templater.render("page.html", body=f"<form id={self.form}>{radios}</form><button id=go>{self.number}</button>")
        def load(self):
            self.html_wrapper.element("#go").add_event_listener("click", lambda: self.controller.change_view(1 - self.number))

    class OtherChoice(Choice):
        number, form, chosen = 1, "two", "r2"

    app.add_controller("/radios", page_of(Choice, OtherChoice))

    class Timers(View):
        def render(self):
            return self.controller.templater.render("page.html", body="<p id=a></p><p id=b></p><button id=stop>stop</button>")
        def load(self):
            self.a, self.b = self.html_wrapper.element("#a"), self.html_wrapper.element("#b")
            self.counts = {"a": 0, "b": 0}
            self.one = self.add_timer(0.03, self.count_a)
            self.add_timer(0.03, self.fail)
            self.html_wrapper.element("#stop").add_event_listener("click", self.stop)
        def count_a(self):
            self.counts["a"] += 1
            self.a.content = str(self.counts["a"])
        def fail(self):
            self.counts["b"] += 1
            self.b.content = str(self.counts["b"])
            raise RuntimeError("a timer_that_failed")
        def stop(self):
            self.cancel_timer(self.one)
            self.cancel_timer(self.one)
            self.a.content = f"stopped at {self.counts['a']}"
    app.add_controller("/timers", page_of(Timers))

    class BadLoad(View):
        def render(self):
            return self.controller.templater.render("page.html", body="<button id=b>b</button><p id=said></p>")
        def load(self):
            self.html_wrapper.element("#b").add_event_listener("click", self.clicked)
            self.html_wrapper.element("#said").content = "ready"
            raise RuntimeError("this load() failed on purpose")
        def clicked(self):
            self.html_wrapper.element("#said").content = "alive"
        def teardown(self):
            raise RuntimeError("this teardown() failed on purpose")
    app.add_controller("/bad-load", page_of(BadLoad))

    class BadNext(View):
        def render(self):
            return self.controller.templater.render("page.html", body="<button id=b>b</button><p id=said>first</p>")
        def load(self):
            self.html_wrapper.element("#b").add_event_listener("click", self.go)
            self.html_wrapper.element("#said").content = "ready"
        def go(self):
            self.controller.change_view(1)
    class BadRender(View):
        def render(self):
            raise RuntimeError("this render failed in change_view")
    app.add_controller("/bad-next", page_of(BadNext, BadRender))

    class Keeps(View):
        def render(self):
            return self.controller.templater.render("page.html", body="<button id=b>b</button><input id=f><p id=said></p>")
        def load(self):
            self.html_wrapper.element("#b").add_event_listener("click", self.ask)
            self.html_wrapper.element("#said").content = "ready"
        def ask(self):
            try:
                self.controller.change_view(7)
            except IndexError as error:
                self.html_wrapper.element("#said").content = f"IndexError: {error}"
    app.add_controller("/keeps", page_of(Keeps))

    class ChangesInLoad(One):
        def load(self):
            seen.append(["load", "changes"])
            self.controller.change_view(1)
    app.add_controller("/changes-in-load", page_of(ChangesInLoad, Two))

    class ChangesInRender(View):
        def render(self):
            try:
                self.controller.change_view(1)
            except Exception as error:
                return f"render: {type(error).__name__}"
            return "render: nothing"
    app.add_controller("/changes-in-render", page_of(ChangesInRender, Two))

    @app.flask.get("/seen")
    def _seen():
        return jsonify(seen)

    @app.flask.post("/forget")
    def _forget():
        seen.clear()
        return ""

    @app.flask.get("/census")
    def _census():
        gc.collect()
        counts = {}
        for thing in gc.get_objects():
            kind = type(thing)
            if str(kind.__module__).startswith(("pycommunicate", "greenlet", "gevent", "__main__")):
                counts[kind.__qualname__] = counts.get(kind.__qualname__, 0) + 1
        return jsonify(counts)
    """,
    app=APP_WITH_SHEETS,
)
assert BENCH in SOURCE

VIEW = """
    <!DOCTYPE html>
    <html lang="en">
    <head>
      <meta charset="utf-8"><title>View NUMBER</title><link rel="icon" href="data:,">
      <meta name="view" content="NUMBER">
      <link rel="stylesheet" href="data:text/css,p%7Bmargin%3ANUMBERpx%7D">
      {{ add_includes() }}
    </head>
    <body class="view-NUMBER" data-view="NUMBER">
      <h1>View NUMBER</h1><p id="loaded">loading</p><p id="ticks"></p><p id="acts">{{ d.acts }}</p>
      <button id="next">next</button><button id="act">act</button><input id="field" value="from view NUMBER">
    </body>
    </html>
"""
PAGES = {f"view{number}.html": VIEW.replace("NUMBER", str(number)) for number in (1, 2)}


def seen(program: Program) -> list[Any]:
    noted: list[Any] = json.loads(get(program.port, "/seen").body)
    return noted


def is_view(page: Page, number: int) -> None:
    expect(page.locator("#loaded")).to_have_text(f"view {number} is loaded")
    expect(page).to_have_title(f"View {number}")
    expect(page.locator("body")).to_have_attribute("data-view", str(number))
    expect(page.locator("body")).to_have_class(f"view-{number}")
    expect(page.locator("h1")).to_have_text(f"View {number}")
    assert page.locator("meta[name=view]").get_attribute("content") == str(number)
    assert page.evaluate("() => getComputedStyle(document.querySelector('p')).marginTop") == f"{number}px"
    expect(page.locator("#field")).to_have_value(f"from view {number}")


def test_change_view(visitor: BrowserContext, program: Program) -> None:
    page = visitor.new_page()
    get_forget(page, program)
    page.goto(f"{program.url}/two-views")
    is_view(page, 1)
    expect(page.locator("#ticks")).to_have_text(re.compile(r"1: \d+"))
    assert [entry for entry in seen(program) if entry[0] != "tick"] == [["render", 1], ["load", 1]]
    page.fill("#field", "typed")
    page.click("#act")
    reaches(lambda: ["act", 1] in seen(program), wanted=True)
    page.evaluate("window.stays = true")
    url = page.url
    page.click("#next")
    is_view(page, 2)
    assert page.evaluate("window.stays") is True, "no page load"
    assert page.url == url
    expect(page.locator("#acts")).to_have_text("1")

    # The old view's timer has ended, the new one's runs; the button has one listener.
    expect(page.locator("#ticks")).to_have_text(re.compile(r"2: \d+"))
    order = seen(program)
    assert ["teardown", 1] in order
    assert ["tick", 1] not in order[order.index(["load", 2]) :]
    page.click("#act")
    reaches(lambda: seen(program).count(["act", 2]), 1)
    page.wait_for_timeout(100)
    assert seen(program).count(["act", 1]) == 1
    assert seen(program).count(["act", 2]) == 1

    page.click("#next")
    is_view(page, 1)


def get_forget(page: Page, program: Program) -> None:
    page.request.post(f"{program.url}/forget")


def census(program: Program) -> dict[str, int]:
    counts: dict[str, int] = json.loads(get(program.port, "/census").body)
    return counts


def test_the_radio_button_that_the_html_says_is_checked(visitor: BrowserContext, program: Program) -> None:
    page = visitor.new_page()
    page.goto(program.url + "/radios")
    checked = "[...document.querySelectorAll('input')].map((one) => one.checked)"
    for number, wanted in enumerate(([True, False], [False, True], [True, False])):
        expect(page.locator("#go")).to_have_text(str(number % 2))
        assert page.evaluate(checked) == wanted
        page.click("#go")


def test_a_hundred_switches_leak_nothing(visitor: BrowserContext, program: Program) -> None:
    page = visitor.new_page()
    page.goto(f"{program.url}/many")
    expect(page.locator("#n")).to_have_text("1")

    def switch(upto: int) -> None:
        begin = int(page.locator("#n").inner_text())
        for number in range(begin + 1, upto + 1):
            page.evaluate("() => document.getElementById('b').click()")
            page.wait_for_function("n => document.getElementById('n').innerText === n", arg=str(number))

    switch(10)
    page.wait_for_timeout(200)
    before = census(program)
    nodes = page.evaluate("() => document.getElementsByTagName('*').length")
    switch(110)

    def grown() -> dict[str, tuple[int, int]]:
        now = census(program)
        return {kind: (before.get(kind, 0), count) for kind, count in now.items() if count > before.get(kind, 0) + 8}

    reaches(grown, {})
    assert page.evaluate("() => document.getElementsByTagName('*').length") == nodes
    page.close()

    # Once the page is left, none of its views is.
    eventually(lambda: census(program).get("Many", 0) + census(program).get("Many2", 0) == 0, what="views are let go")


def test_teardown_when_the_person_leaves(visitor: BrowserContext, program: Program) -> None:
    page = visitor.new_page()
    page.goto(f"{program.url}/two-views")
    is_view(page, 1)
    get_forget(page, program)
    page.goto(f"{program.url}/keeps")
    reaches(lambda: ["teardown", 1] in seen(program), wanted=True)
    page.wait_for_timeout(200)
    order = seen(program)
    assert order.count(["teardown", 1]) == 1
    assert ["tick", 1] not in order[order.index(["teardown", 1]) :]
    page.goto(f"{program.url}/two-views")
    is_view(page, 1)
    page.close()
    reaches(lambda: seen(program).count(["teardown", 1]), 2)


def test_timers(visitor: BrowserContext, program: Program) -> None:
    page = visitor.new_page()
    page.goto(f"{program.url}/timers")
    page.wait_for_function("() => Number(document.getElementById('a').innerText) > 5")
    # One that raises goes on, and the log says so.
    page.wait_for_function("() => Number(document.getElementById('b').innerText) > 5")
    assert "timer_that_failed" in program.err
    page.click("#stop")
    page.wait_for_function("() => document.getElementById('a').innerText.startsWith('stopped at')")
    text = page.locator("#a").inner_text()
    page.wait_for_timeout(150)
    expect(page.locator("#a")).to_have_text(text)


def test_a_load_that_raises_leaves_the_page_alive(visitor: BrowserContext, program: Program) -> None:
    page = visitor.new_page()
    page.goto(f"{program.url}/bad-load")
    eventually(lambda: "this load() failed on purpose" in program.err)
    expect(page.locator("#said")).to_have_text("ready")
    page.click("#b")
    expect(page.locator("#said")).to_have_text("alive")
    page.goto(f"{program.url}/keeps")
    eventually(lambda: "this teardown() failed on purpose" in program.err)
    assert "BadLoad" in program.err


def test_a_view_that_cannot_be_rendered(visitor: BrowserContext, program: Program) -> None:
    page = visitor.new_page()
    page.goto(f"{program.url}/bad-next")
    expect(page.locator("#said")).to_have_text("ready")
    page.click("#b")
    eventually(lambda: "this render failed in change_view" in program.err)
    page.wait_for_timeout(100)
    assert "this render failed" not in page.content()
    assert "Traceback" not in page.content()


def test_a_view_that_is_not_there(visitor: BrowserContext, program: Program) -> None:
    page = visitor.new_page()
    page.goto(f"{program.url}/keeps")
    expect(page.locator("#said")).to_have_text("ready")
    page.click("#b")
    page.wait_for_function("() => document.getElementById('said').innerText.startsWith('IndexError')")


def test_change_view_in_load_and_in_render(visitor: BrowserContext, program: Program) -> None:
    page = visitor.new_page()
    page.goto(f"{program.url}/changes-in-load")
    is_view(page, 2)
    # "This function will not work from within a render() function."
    assert get(program.port, "/changes-in-render").text.startswith("render: ")
