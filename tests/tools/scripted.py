"""A program whose pages can be checked without a browser: every event is logged, and everything it wrote can be foretold."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from pycommunicate.protocol.operations import Op
from tests.tools.raw import Closed, get
from tests.tools.simulated import Page

if TYPE_CHECKING:
    from tests.tools.programs import Program

SOURCE: Final = """
import json, os
from flask import jsonify
from pycommunicate import CommunicateApp, ControllerFactory, View
from pycommunicate.protocol.limits import Limits

app = CommunicateApp(web_port=int(os.environ["PORT"]), host="127.0.0.1", limits=Limits(**json.loads(os.environ.get("LIMITS", "{}"))))
app.set_secret_key("a key for the tests, used nowhere else")
handled, torn, running, opened = {}, [], {}, set()

class Scripted(View):
    def render(self):
        return self.controller.templater.render("scripted.html", key=self.controller.route_data["key"])

    def load(self):
        self.key = self.controller.route_data["key"]
        handled.setdefault(self.key, [])
        self.count = self.html_wrapper.element("#count")
        self.log = self.html_wrapper.element("#log")
        self.html_wrapper.element("#add").add_event_listener("click", self.add)
        self.html_wrapper.element("#ask").add_event_listener("click", self.ask)
        self.html_wrapper.element("#much").add_event_listener("change", self.much)
        self.html_wrapper.element("#slow").add_event_listener("click", self.slow, while_running="parallel")

    def add(self, event):
        handled[self.key].append(event.value)
        self.count.content = str(event.value)
        self.log.add_child("p").content = f"row {event.value}"

    def ask(self, event):
        handled[self.key].append(event.value)
        there = self.html_wrapper.exists(f"#there{event.value}")
        self.count.content = f"{event.value} {there}"

    def much(self, event):
        number, size = event.value
        for index in range(number):
            self.log.add_child("p").content = chr(97 + index % 26) * size
        self.count.content = "all written"

    def slow(self, event):
        if isinstance(event.value, str):  # a gate, which /open/<gate> opens
            running[event.value] = running.get(event.value, 0) + 1
            while event.value not in opened:
                sleep(0.01)
        else:
            sleep(event.value)
        handled[self.key].append(event.value)
        self.count.content = "slept"

    def teardown(self):
        torn.append(self.key)

app.add_controller("/page/<key>", ControllerFactory().add_view(Scripted).set_default_view(Scripted))

@app.flask.get("/handled/<key>")
def _handled(key):
    return jsonify(handled.get(key, []))

@app.flask.get("/running/<gate>")
def _at_the_gate(gate):
    return jsonify(running.get(gate, 0))

@app.flask.get("/open/<gate>")
def _open(gate):
    opened.add(gate)
    return ""

@app.flask.get("/torn")
def _torn():
    return jsonify(torn)

def _sockets():
    import socket
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            sock = socket.socket(fileno=os.dup(int(name)))
        except OSError:
            continue
        try:
            if sock.family == socket.AF_INET and sock.getsockname()[1] == int(os.environ["PORT"]):
                sock.getpeername()
                found.append([sock.getpeername()[1], sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)])
        except OSError:
            pass
        finally:
            sock.close()
    return found

@app.flask.get("/sockets")
def _nodelay():
    return jsonify(_sockets())

@app.flask.get("/census")
def _census():
    import gc
    gc.collect()
    counts = {}
    for thing in gc.get_objects():
        name = type(thing).__qualname__
        if name in {"Page", "Scripted", "User", "Controller", "Listeners", "Listening", "Greenlet", "GreenThread", "Server", "Socket"}:
            counts[name] = counts.get(name, 0) + 1
    return jsonify(counts)

app.run()
"""

TEMPLATES: Final = {
    "scripted.html": """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><title>{{ key }}</title>{{ add_includes() }}</head>
        <body><p id="count"></p><button id="add">add</button><button id="ask">ask</button><input id="much"><button id="slow"></button><div id="log"></div></body></html>
    """
}


def visit(program: Program, key: str, **options: Any) -> Page:
    """A joined page of its own visitor (or of `cookie=`)."""
    return Page.visit(program.port, f"/page/{key}", **options)


def handled(program: Program, key: str) -> list[Any]:
    """What the handlers of this page were called with, in order."""
    values: list[Any] = json.loads(get(program.port, f"/handled/{key}").body)
    return values


def at_the_gate(program: Program, gate: str) -> int:
    """How many handlers of `#slow` have begun that wait for this gate."""
    count: int = json.loads(get(program.port, f"/running/{gate}").body)
    return count


def open_gate(program: Program, gate: str) -> None:
    """Let them end, and those that come later."""
    get(program.port, f"/open/{gate}")


def census(program: Program) -> dict[str, int]:
    """How many objects of the interesting kinds are alive in the program."""
    counts: dict[str, int] = json.loads(get(program.port, "/census").body)
    return counts


def payload(value: Any) -> dict[str, Any]:
    """An event's payload with this value."""
    return {"type": "click", "value": value}


def exchange(page: Page, key: str, program: Program, *, broken: tuple[type[Exception], ...] = (Closed,)) -> None:
    """Load, two clicks, one that asks, one more, one that asks again; whatever breaks (raises one of `broken`) is connected again.

    Each operation must have been applied once, in order, and each event handled once, in order.
    """
    steps: list[tuple[str, Any]] = [("#add", 1), ("#add", 2), ("#ask", 3), ("#add", 4), ("#ask", 5)]
    done = fired = 0
    for _ in range(30):
        try:
            if page.channel is None:
                page.reconnect()
            page.until(lambda: page.loaded > 0)
            while done < len(steps):
                selector, value = steps[done]
                if fired == done:
                    # Made once, whatever becomes of the connection: the page keeps it until the server has it.
                    fired += 1
                    page.click(selector, payload(value))
                page.until(lambda: len(page.texts("#count")) > done)  # noqa: B023 - asked at once
                done += 1
            page.settle(0.02)
        except broken:
            page.cut()
        else:
            break
    assert done == len(steps)
    assert page.wrong == []
    assert page.texts("#count") == ["1", "2", "3 True", "4", "5 True"]
    rows = [operation[2] for _, operation in page.operations if operation[0] == Op.CONTENT]
    assert [text for text in rows if text.startswith("row")] == ["row 1", "row 2", "row 4"]
    assert handled(program, key) == [1, 2, 3, 4, 5]
    assert page.remounts == []
