"""Foresight never changes an answer: the random programs of tests/foresight, in Chromium, with it and without."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import expect

from tests.browser.bench import APP, START
from tests.foresight.programs import BODY, examples, happenings, programs, three_programs
from tests.tools.raw import get, request

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

    from tests.tools.fixtures import Server
    from tests.tools.programs import Program

SOURCE = (
    START
    + APP
    + """
from pycommunicate.server.connection.foresight import recall
from pycommunicate.server.connection.foresight.answers import Foreseen
from tests.foresight.programs import Turn, every_text, make_handlers, run

state = {}
handlers = make_handlers()
recall.Texts = every_text
look_up = Foreseen.look_up

def counted(foreseen, key):
    answer = None if "PLAIN" in os.environ else look_up(foreseen, key)
    state["foreseen"] += answer is not None
    return answer

Foreseen.look_up = counted

class Made(View):
    def render(self):
        self.programs = state["programs"]
        self.results = state["results"]
        self.turn = Turn()
        self.settled = None
        return self.controller.templater.render("made.html")

    def load(self):
        with self.turn:
            self.settled = self.html_wrapper.element("output")
            self.html_wrapper.element("#settle").add_event_listener("click", self.settle)
            for number, handler in enumerate(handlers):
                self.html_wrapper.element(f"#h{number}").add_event_listener("click", handler(self))
            run(self, self.programs[3])
        self.settled.content = "0"

    def settle(self, event):
        with self.turn:
            self.settled.content = event.value

app.add_controller("/", page_of(Made))

@app.on_error
def note(error, *_):
    state["errors"].append(type(error).__name__)

@app.flask.post("/programs")
def _programs():
    state.update(programs=request.get_json(), results=[], errors=[], foreseen=0)
    return ""

@app.flask.get("/state")
def _state():
    return jsonify([state["results"], state["errors"], state["foreseen"]])

app.run()
"""
)
PAGES = {"made.html": BODY.replace("</body>", "<button id=settle></button><output></output></body>")}
EXAMPLES = int(os.environ.get("PYCOMMUNICATE_FORESIGHT_EXAMPLES", "10"))
DO = """([what, ...details]) => {
    const found = id => document.getElementById(id);
    if (what === "type") {
        if (found("c")?.localName === "input") found("c").value = details[0];
    } else if (what === "foreign") {
        const [how, id] = details;
        const element = found(id);
        if (how === "remove") element?.remove();
        else if (how === "rename" && element) element.id = "other";
        else if (element) element.before(Object.assign(document.createElement("input"), {id}));
    } else for (const number of details) found("h" + number)?.click();
}"""
SHOWN = """() => [
    document.body.outerHTML,
    [...document.querySelectorAll("input, textarea, select")].map(field => [field.value, field.checked]),
    document.activeElement.id,
]"""


@pytest.fixture(scope="module")
def both(serve_module: Server) -> tuple[Program, Program]:
    """The application without foresight, and with it."""
    return (
        serve_module(SOURCE, templates=PAGES, environment={"PLAIN": "1"}),
        serve_module(SOURCE, templates=PAGES),
    )


def play(page: Page, program: Program, made: list[Any], script: list[Any]) -> tuple[Any, int]:
    """Return what the program and a person see, and how many answers were foreseen."""
    request(
        program.port,
        "/programs",
        method="POST",
        body=json.dumps(made).encode(),
        headers={"Content-Type": "application/json"},
    )
    page.goto(program.url)
    expect(page.locator("output")).to_have_text("0")
    for step, happening in enumerate(script, 1):
        page.evaluate(DO, happening)
        page.evaluate("step => { const b = document.getElementById('settle'); b.value = step; b.click() }", step)
        expect(page.locator("output")).to_have_text(str(step))
    results, errors, foreseen = json.loads(get(program.port, "/state").text)
    return (results, errors, page.evaluate(SHOWN)), foreseen


hits: list[int] = []


@examples(EXAMPLES)
@given(
    load=programs,
    handlers=three_programs,
    script=st.lists(happenings, min_size=2, max_size=8),
)
def test_the_same_answers_and_the_same_document(
    both: tuple[Program, Program], visitor: BrowserContext, load: list[Any], handlers: list[Any], script: list[Any]
) -> None:
    made = [*handlers, load]
    page = visitor.pages[0] if visitor.pages else visitor.new_page()
    without, foreseeing = both
    plain, _ = play(page, without, made, script)
    for _ in range(2):
        seen, foreseen = play(page, foreseeing, made, script)
        assert seen == plain
    hits.append(foreseen)


def test_foresight_was_at_work() -> None:
    """The examples above would say nothing if nothing were foreseen in them."""
    assert sum(hits) > len(hits)
