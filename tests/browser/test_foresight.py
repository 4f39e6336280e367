"""Foresight never changes an answer: the random programs of tests/foresight, in Chromium, with it and without."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import expect

from pycommunicate.protocol.operations import ARGUMENTS, Op
from tests.browser.bench import APP, START
from tests.foresight.programs import BODY, examples, happenings, programs, three_programs
from tests.tools.raw import get, request
from tests.tools.waiting import eventually

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


ELEMENT_READS: dict[Op, str] = {
    Op.GET_PROPERTY: "element('#field').value",
    Op.GET_STYLE: "element('#field').style['color']",
    Op.GET_ATTRIBUTE: "element('#field').attributes['title']",
    Op.GET_ATTRIBUTES: "list(element('#field').attributes)",
    Op.GET_CLASSES: "list(element('#field').classes)",
    Op.FORM_DATA: "element('#field').form_data()",
}
READING = (
    START
    + APP
    + """
asked = []

class Made(View):
    def render(self):
        return self.controller.templater.render("reads.html")

    def load(self):
        element, reads = self.html_wrapper.element, self.controller.page.reads

        def counted(read):
            def handler():
                before = reads.answered
                read()
                asked.append(reads.answered - before)
            return handler

HANDLERS

app.add_controller("/", page_of(Made))

@app.flask.get("/asked")
def _asked():
    return jsonify(asked)

app.run()
"""
)


def test_each_read_of_an_element_is_foreseen(serve: Server, visitor: BrowserContext) -> None:
    """A kind of read that is new in the table has to be added here."""
    assert set(ELEMENT_READS) == {op for op, names in ARGUMENTS.items() if names[:2] == ("tag", "element")}
    handlers = "".join(
        f"        def read():\n            return {read}\n"
        f'        element("#b{int(op)}").add_event_listener("click", counted(read))\n'
        for op, read in ELEMENT_READS.items()
    )
    buttons = "".join(f"<button id=b{int(op)}>{op.name}</button>" for op in ELEMENT_READS)
    body = f"<form><input id=field name=n class=a title=t value=v></form>{buttons}"
    program = serve(
        READING.replace("HANDLERS\n", handlers),
        templates={
            "reads.html": f"<!DOCTYPE html><html lang=en><head>{{{{ add_includes() }}}}</head><body>{body}</body></html>"
        },
    )
    page = visitor.new_page()
    page.goto(program.url)
    page.wait_for_function("() => window.pycommunicate?.loaded")
    for number, op in enumerate(ELEMENT_READS):
        for click in range(2):
            page.click(f"#b{int(op)}")
            wanted = 2 * number + click + 1
            eventually(lambda: len(json.loads(get(program.port, "/asked").text)) == wanted, what=program.err, timeout=5)  # noqa: B023 - called at once
        page.wait_for_timeout(50)
    asked = json.loads(get(program.port, "/asked").text)
    assert [bool(first) for first in asked[::2]] == [True] * len(ELEMENT_READS)
    assert dict(zip(ELEMENT_READS, asked[1::2], strict=True)) == dict.fromkeys(ELEMENT_READS, 0)
