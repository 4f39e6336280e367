"""What a browser says is checked where it is decoded: numbers that no page has, half characters, in events and in answers. On both engines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest

from tests.tools.programs import ENGINES
from tests.tools.raw import NAMESPACE, Closed, get
from tests.tools.simulated import Page

if TYPE_CHECKING:
    from tests.tools.fixtures import Server
    from tests.tools.programs import Program

SOURCE: Final = """
import os
from flask import jsonify
from pycommunicate import CommunicateApp, ControllerFactory, View

app = CommunicateApp(web_port=int(os.environ["PORT"]), host="127.0.0.1")
app.set_secret_key("a key for the tests, used nowhere else")
said, ran = [], []

class Numbered(View):
    def render(self):
        return self.controller.templater.render("numbered.html", said=said)

    def load(self):
        w = self.html_wrapper
        w.element("#list").add_event_listener("click", self.arm, selector="li")
        w.element("#begin").add_event_listener("focus", self.begin)
        w.element("#say").add_event_listener("change", self.say)
        w.element("#nest").add_event_listener("click", self.nest)
        w.element("#look").add_event_listener("click", self.look)
        w.element("#write").add_event_listener("click", self.write)
        w.element("#lead").add_event_listener("click", self.lead)

    def arm(self, event):
        event.target.add_event_listener("dblclick", lambda: ran.append("armed"))

    def begin(self, event):
        self.admin = self.html_wrapper.element("#admin").add_event_listener("click", lambda: ran.append("admin"))
        self.html_wrapper.element("#off").add_event_listener("click", self.admin.remove)

    def say(self, event):
        said.append(event.value)
        self.html_wrapper.element("#list").add_child("li", content=event.value)

    def nest(self, event):
        child = event.target.add_child("p")
        child.add_child("b").add_event_listener("click", lambda: ran.append("nested"))
        self.html_wrapper.element("#admin").delete()
        ran.append("went on")

    def look(self, event):
        self.html_wrapper.element("#found").add_child("p").add_event_listener("click", lambda: None)
        self.html_wrapper.element("#admin").delete()
        ran.append("went on")

    def write(self, event):
        self.html_wrapper.element("#found").content = "own " + chr(0xD800)

    def lead(self, event):
        self.controller.redirect("/?" + chr(0xD800))

app.add_controller("/", ControllerFactory().add_view(Numbered).set_default_view(Numbered))

class Own(View):
    def render(self):
        return self.controller.templater.render_string("<p>{{ add_includes() }}{{ text }}</p>", text="own " + chr(0xD800))

app.add_controller("/own", ControllerFactory().add_view(Own).set_default_view(Own))

@app.flask.get("/ran")
def _ran():
    return jsonify(ran)

app.run()
"""
TEMPLATES: Final = {
    "numbered.html": """<!DOCTYPE html><html lang="en"><head><title>t</title>{{ add_includes() }}</head><body>
    <ul id="list">{% for text in said %}<li>{{ text }}</li>{% endfor %}</ul><input id="say"><button id="begin"></button><button id="admin"></button>
    <button id="off"></button><button id="nest"></button><button id="look"></button><div id="found"></div><button id="lead"></button><button id="write"></button></body></html>"""
}


@pytest.fixture(scope="module", params=ENGINES)
def program(serve_module: Server, request: pytest.FixtureRequest) -> Program:
    return serve_module(SOURCE, templates=TEMPLATES, engine=request.param)


def ran(program: Program) -> list[str]:
    return list(json.loads(get(program.port, "/ran", timeout=5).body))


def last_handle(page: Page) -> int:
    return max(page.names)


def is_closed(page: Page) -> None:
    """The connection ends, whatever is answered meanwhile."""
    try:
        page.until(lambda: False, timeout=10)
    except TimeoutError:
        pytest.fail("the connection goes on")
    except (Closed, OSError):
        page.cut()


@pytest.mark.parametrize("target", [2**70, -(2**70), 2**31, -(2**31), 2**63, "1", 1.5, True])
def test_a_target_that_no_page_has(program: Program, target: object) -> None:
    """It reached a column of 32 bits once, of which some are longer than others since: numbers ran each other's handlers."""
    with Page.visit(program.port) as page:
        page.fire(page.listener("#list"), {"type": "click", "target": target})
        is_closed(page)
        page.unsent.clear()
        page.made -= 1
        page.reconnect()
        page.fire(page.listener("#begin", "focus"), {"type": "focus"})
        page.until(lambda: any(name == "#off" for name in page.names.values()))
        page.settle()
        admin, off = page.listener("#admin"), page.listener("#off")
        page.fire(off)
        page.until(lambda: admin not in page.listeners)
        before = ran(program)
        for number in (admin, off, 2**31, 2**53 - 1):
            page.fire(number, {"type": "click", "target": 1})
        page.settle()
        assert ran(program) == before


@pytest.mark.parametrize("ahead", [1, 2, 1000])
def test_a_target_that_this_page_does_not_have_yet(program: Program, ahead: int) -> None:
    """An element inside itself: what looked for the element around it never came back."""
    with Page.visit(program.port) as page:
        page.fire(page.listener("#nest"), {"type": "click", "target": last_handle(page) + ahead})
        is_closed(page)
        assert "went on" not in ran(program)


@pytest.mark.parametrize("ahead", [2, 3, 2**40])
def test_an_answer_that_this_page_does_not_have_yet(program: Program, ahead: int) -> None:
    with Page.visit(program.port) as page:
        handle = last_handle(page) + ahead
        page.answer = lambda _operation: (1, handle)
        page.fire(page.listener("#look"))
        is_closed(page)
        assert "went on" not in ran(program)


def test_half_a_character_is_shown_to_everybody_as_a_whole_one(program: Program) -> None:
    with Page.visit(program.port) as page:
        assert page.channel is not None
        page.made += 1
        number = page.listener("#say", "change")
        head = f'["event",{json.dumps(page.epoch)},1,{page.applied},{number},'
        page.channel.web_socket.send_text(f'42{NAMESPACE},{head}{{"value":"half \\ud800"}}]')
        page.until(lambda: "half \ufffd" in page.contents.values())
    shown = get(program.port, "/")
    assert shown.status == 200
    assert "half \ufffd" in shown.text


def test_what_the_application_writes_itself(program: Program) -> None:
    """Its page is served all the same, with U+FFFD; so is where it leads."""
    assert get(program.port, "/own").status == 200
    assert "own \ufffd" in get(program.port, "/own").text
    with Page.visit(program.port) as page:
        page.fire(page.listener("#lead"))
        page.until(lambda: page.navigated)
        assert page.navigated == ["/?\ufffd"]
        page.fire(page.listener("#write"))
        page.until(lambda: "own \ud800" in page.contents.values())
