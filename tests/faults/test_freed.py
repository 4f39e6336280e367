"""What has ended is freed when its last handler ends: nothing of a page waits for the garbage collector, which is off here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.faults.source import SOURCE, TEMPLATES
from tests.tools.raw import get
from tests.tools.scripted import payload
from tests.tools.simulated import Page
from tests.tools.waiting import eventually, reaches

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.tools.fixtures import Server
    from tests.tools.programs import Program

WATCHED = """
import gc
import weakref
from pycommunicate.server.app.page import Page as PageOfServer

gc.collect()
gc.disable()
made = {}

def watch(kind):
    begin = kind.__init__
    def __init__(self, *arguments, **named):
        begin(self, *arguments, **named)
        made.setdefault(type(self).__name__, weakref.WeakSet()).add(self)
    kind.__init__ = __init__

from pycommunicate import Controller, Templater

for kind in (PageOfServer, View, Controller, Templater):
    watch(kind)

class Ahead(One):
    preload = True

class Unmounted(One):
    def load(self):
        raise OSError("load failed, as asked")

class Keeps(One):
    def load(self):
        super().load()
        self.clock = self.add_timer(0.05, self.tick)
        self.news = self.subscribe("news", self.on_news)
        self.own = self.html_wrapper.element("#place")
        self.own.add_event_listener("click", lambda event: self.own)
        app.topic("news").publish("begin")
    def tick(self):
        self.place.content = "tick"
    def on_news(self, value):
        self.place.content = value

class Plain(View):
    def render(self):
        return "<p>without the client</p>"

class Elsewhere(View):
    def render(self):
        self.controller.redirect("/plain/b")

class Large(Keeps):
    def load(self):
        super().load()
        self.data = b"x" * 40_000_000

class Late(One):
    def load(self):
        super().load()
        spawn(self.after_the_end)
    def after_the_end(self):
        while self.controller.page.state.name != "ENDED" or self.controller.views:
            sleep(0.01)
        for name in ("view", "change_view", "add_timer", "write"):
            try:
                if name == "view":
                    self.controller.view
                elif name == "change_view":
                    self.controller.change_view(1)
                elif name == "add_timer":
                    self.add_timer(1, self.on_add)
                else:
                    self.place.content = "late"
                notes.setdefault("late", []).append(f"{name}: nothing")
            except Exception as error:
                notes.setdefault("late", []).append(f"{name}: {type(error).__name__}")

for name, view in (("large", Large), ("late", Late), ("ahead", Ahead), ("unmounted", Unmounted), ("keeps", Keeps), ("plain", Plain), ("elsewhere", Elsewhere)):
    app.add_controller(f"/{name}/<key>", ControllerFactory().add_view(view).add_view(Two).set_default_view(view))

@app.flask.get("/held")
def _held():
    return jsonify({name: len(alive) for name, alive in made.items() if len(alive)})
"""
LIMITS = {"LIMITS": '{"grace": 0.4, "join_page": 0.6}'}


@pytest.fixture(scope="module", params=["gevent", "eventlet"])
def program(request: pytest.FixtureRequest, serve_module: Server) -> Program:
    source = SOURCE.replace("app.run()", WATCHED + "app.run()")
    return serve_module(source, engine=request.param, templates=TEMPLATES, environment=LIMITS)


def opened(program: Program, path: str = "/fault/a") -> Page:
    page = Page.visit(program.port, path)
    page.until(lambda: page.texts("#state") == ["ready"])
    return page


def left(program: Program) -> None:
    opened(program).leave()


def cut(program: Program) -> None:
    opened(program).cut()


def clicked(program: Program) -> None:
    page = opened(program)
    for button in ("#add", "#read", "#fail", "#exit", "#bad"):
        page.click(button, payload(""))
    page.settle()
    page.leave()


def another_view(program: Program) -> None:
    page = opened(program)
    page.click("#two")
    page.until(lambda: page.texts("#state") == ["two is ready"])
    page.leave()


def timers_and_subscriptions(program: Program) -> None:
    page = opened(program, "/keeps/a")
    page.until(lambda: "tick" in page.texts("#place"))
    page.leave()


def a_failed_load(program: Program) -> None:
    page = Page.visit(program.port, "/unmounted/a")
    page.settle()
    page.leave()


def never_connected(program: Program) -> None:
    get(program.port, "/fault/a")


def never_connected_ahead(program: Program) -> None:
    get(program.port, "/ahead/a")


def ahead(program: Program) -> None:
    opened(program, "/ahead/a").leave()


def without_a_client(program: Program) -> None:
    get(program.port, "/plain/a")


def a_redirect(program: Program) -> None:
    get(program.port, "/elsewhere/a")


def while_a_handler_runs(program: Program) -> None:
    page = opened(program)
    page.click("#slow", payload("0.5"))
    eventually(lambda: "began" in get(program.port, "/notes/a").text)
    page.leave()


def while_a_handler_reads(program: Program) -> None:
    page = opened(program)
    page.answer = lambda operation: (-1, None)
    page.click("#read", payload(""))
    page.settle()
    page.cut()


WAYS = [
    left,
    cut,
    clicked,
    another_view,
    timers_and_subscriptions,
    a_failed_load,
    never_connected,
    never_connected_ahead,
    ahead,
    without_a_client,
    a_redirect,
    while_a_handler_runs,
    while_a_handler_reads,
]


@pytest.mark.parametrize("way", WAYS)
def test_a_page_that_has_ended_is_freed(program: Program, way: Callable[[Program], None]) -> None:
    way(program)
    reaches(lambda: json.loads(get(program.port, "/held").text), {}, timeout=10)


def test_what_pages_held_is_given_back(program: Program) -> None:
    before = program.memory
    pages = [opened(program, f"/large/{number}") for number in range(24)]
    eventually(lambda: program.memory - before > 24 * 40_000_000)
    for page in pages:
        page.leave()
    eventually(lambda: program.memory - before < 40_000_000, timeout=5)


def test_code_that_goes_on_after_the_end_is_told(program: Program) -> None:
    opened(program, "/late/a").leave()
    told = ["view: BrowserGone", "change_view: BrowserGone", "add_timer: BrowserGone", "write: BrowserGone"]
    reaches(lambda: json.loads(get(program.port, "/notes/late").text), told)
