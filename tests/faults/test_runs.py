"""Which runs wait for which: a run ends before the next of the same listener at the same element begins, whatever the network does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.tools.programs import ENGINES
from tests.tools.simulated import Page
from tests.tools.waiting import eventually

if TYPE_CHECKING:
    from tests.tools.fixtures import Server
    from tests.tools.programs import Program

HOLD: Final = 22
CLICKS: Final = 25
TEMPLATES: Final = {
    "one.html": "<html><head>{{ add_includes() }}</head><body><p id=n></p><ul id=list></ul></body></html>"
}
SOURCE: Final = """
import os
from pycommunicate import CommunicateApp, ControllerFactory, View

app = CommunicateApp(web_port=int(os.environ["PORT"]), host="127.0.0.1", debug=True)
app.set_secret_key("a key for the tests, used nowhere else")

class One(View):
    def render(self):
        return self.controller.templater.render("one.html")

    def load(self):
        element = self.html_wrapper.element
        self.mine, self.open = 0, False
        listen = lambda name, handler, **options: element(name).add_event_listener("click", handler, **options)
        listen("#add", self.add)
        listen("#parallel", self.add, while_running="parallel")
        listen("#gated", self.gated)
        listen("#open", self.release)
        self.rows = listen("#rows", self.row, selector="button")
        listen("#end", lambda: self.rows.remove())
        listen("#one", lambda: self.note("one"))
        listen("#two", lambda: self.note("two"))
        self.html_wrapper.element("#topic").add_event_listener("click", self.publish)
        self.subscribe("numbers", self.heard)
        self.says = element("#says")

    def add(self):
        self.mine += 1
        self.html_wrapper.element("#n").content = str(self.mine)
        self.html_wrapper.element("#list").add_child("li").content = str(self.mine)

    def note(self, name):
        self.says.content = name

    def gated(self):
        self.mine += 1
        print("gated begins", flush=True)
        while not self.open:
            sleep(0.01)
        print("gated ends", flush=True)

    def release(self):
        self.open = True

    def row(self, event):
        print(f"row {event.target._handle} begins", flush=True)
        while not self.open:
            sleep(0.01)
        print(f"row {event.target._handle} ends", flush=True)

    def publish(self):
        for number in range(20):
            app.topic("numbers").publish(number)

    def heard(self, value):
        self.html_wrapper.element("#n").content = str(value)
        self.says.content = str(value)

app.add_controller("/", ControllerFactory().add_view(One).set_default_view(One))
app.run()
"""


@pytest.fixture(scope="module", params=ENGINES)
def program(request: pytest.FixtureRequest, serve_module: Server) -> Program:
    """The program of these tests, on each engine."""
    return serve_module(SOURCE, engine=request.param, templates=TEMPLATES)


@pytest.fixture
def page(program: Program) -> Page:
    """A page of it."""
    return Page.visit(program.port)


def added(page: Page) -> list[str]:
    """The texts of the rows."""
    rows = {op[2] for _, op in page.operations if op[0] == 1 and op[3] == "li"}
    return [op[2] for _, op in page.operations if op[0] == 5 and op[1] in rows]


@pytest.mark.parametrize("cut_at", [0, 1, 12, 24])
def test_quick_clicks_with_a_cut_in_between_each_have_their_own_number(page: Page, cut_at: int) -> None:
    for click in range(CLICKS):
        if click == cut_at:
            page.cut()
        page.click("#add")
    page.reconnect()
    page.until(lambda: len(added(page)) == CLICKS)
    assert added(page) == [str(number) for number in range(1, CLICKS + 1)]
    assert page.wrong == []
    page.leave()


def test_handlers_that_do_not_block_run_in_the_order_of_their_events(page: Page) -> None:
    page.cut()
    made = ["one", "one", "two", "one", "two", "two"]
    for name in made:
        page.click(f"#{name}")
    page.reconnect()
    page.until(lambda: len(page.texts("#says")) == len(made))
    assert page.texts("#says") == made
    page.leave()


def test_parallel_can_be_asked_for(page: Page) -> None:
    page.cut()
    for _ in range(3):
        page.click("#parallel")
    page.reconnect()
    page.until(lambda: len(added(page)) == 3)
    assert added(page) == ["3", "3", "3"], "all three had begun when the first was answered"
    page.leave()


def test_others_run_while_many_of_one_listener_wait(program: Program, page: Page) -> None:
    """A browser that does not hold them back, too: what it may send besides is left."""
    ended = program.out.count("gated ends")
    for _ in range(300):
        page.click("#gated")
    page.click("#add")
    page.until(lambda: len(added(page)) == 1)
    assert added(page) == ["2"], "of 300 clicks, one has begun"
    assert [op for _, op in page.operations if op[0] == HOLD] == [[HOLD, page.listener("#gated"), True]]
    page.click("#open")
    eventually(lambda: program.out.count("gated ends") == ended + 300)
    page.until(lambda: [op[2] for _, op in page.operations if op[0] == HOLD] == [True, False])
    page.click("#add")
    page.until(lambda: len(added(page)) == 2)
    assert added(page)[1] == "302"
    assert page.wrong == []
    page.leave()


def test_a_browser_that_holds_nothing_back_is_held_back(program: Program, page: Page) -> None:
    """256 wait with their credit given back; 256 more have none."""
    for _ in range(1000):
        page.click("#gated")
    page.settle(0.5)
    assert page.sent_to < 600
    page.click("#open")
    ended = program.out.count("gated ends")
    assert ended <= 300
    page.cut()


def test_each_row_of_a_list_counts_by_itself(program: Program, page: Page) -> None:
    known = len(program.out)
    for target in (-1, -2, -1):
        page.click("#rows", {"type": "click", "target": target})
    eventually(lambda: program.out[known:].count("begins") == 2)
    page.click("#open")
    eventually(lambda: program.out[known:].count("ends") == 3)
    said = [line for line in program.out[known:].splitlines() if line.startswith("row -1")]
    assert said == ["row -1 begins", "row -1 ends"] * 2
    page.leave()


def test_what_waits_ends_with_its_listener(program: Program, page: Page) -> None:
    known = len(program.out)
    page.cut()
    for _ in range(3):
        page.click("#rows", {"type": "click", "target": -1})
    page.click("#end")
    page.click("#open")
    page.reconnect()
    eventually(lambda: program.out[known:].count("ends") == 1)
    page.click("#add")
    page.until(lambda: len(added(page)) == 1)
    assert program.out[known:].count("begins") == 1
    page.leave()


def test_what_waits_when_the_person_leaves_still_runs(program: Program, page: Page) -> None:
    known = len(program.out)
    for _ in range(3):
        page.click("#gated")
    page.click("#open")
    page.leave()
    eventually(lambda: program.out[known:].count("gated ends") == 3)


def test_a_subscription_runs_one_after_the_other(page: Page) -> None:
    page.click("#topic")
    page.until(lambda: len(page.texts("#says")) == 20)
    assert page.texts("#says") == [str(number) for number in range(20)]
    page.leave()
