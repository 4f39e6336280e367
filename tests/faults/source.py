"""The program of these tests: every kind of handler that a fault may meet, and what is alive in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from tests.tools.raw import get
from tests.tools.scripted import SOURCE as SCRIPTED
from tests.tools.scripted import TEMPLATES as SCRIPTED_TEMPLATES

if TYPE_CHECKING:
    from tests.tools.programs import Program

EXTRA: Final = """
import sys
import time
import greenlet
from flask import request

errors, notes, ended = [], {}, []

@app.on_error
def _noted(error, where):
    errors.append([type(error).__name__, where])

def spin(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass

class One(View):
    keep = ()
    def render(self):
        if self.controller.route_data["key"] == "exits":
            sys.exit("in render()")
        return self.controller.templater.render("one.html")

    def load(self):
        self.key = self.controller.route_data["key"]
        self.notes = notes.setdefault(self.key, [])
        self.count = 0
        element = self.html_wrapper.element
        self.place, self.rows = element("#place"), element("#rows")
        for name in ("add", "slow", "spin", "fail", "exit", "read", "two", "bad"):
            element("#" + name).add_event_listener("click", getattr(self, "on_" + name))
        self.subscribe("news", lambda value: None)
        element("#state").content = "ready"

    def on_add(self):
        self.count += 1
        self.place.content = str(self.count)
        self.rows.add_child("p").content = str(self.count)

    def on_slow(self, event):
        self.notes.append("began")
        sleep(float(event.value))
        self.notes.append("slept")
        self.place.content = "slept"
        self.notes.append("written")

    def on_spin(self, event):
        print("spinning", flush=True)
        spin(float(event.value))
        self.place.content = "spun"

    def on_fail(self):
        raise ZeroDivisionError("as asked")

    def on_exit(self):
        sys.exit("as asked")

    def on_read(self, event):
        try:
            self.notes.append(["read", self.place.get_property("title")])
        except Exception as error:
            self.notes.append(["raised", type(error).__name__])
        self.place.content = "read"

    def on_two(self):
        self.controller.change_view(1)

    def on_bad(self):
        self.controller.change_view(2)

    def teardown(self):
        ended.append(getattr(self, "key", ""))
        if getattr(self, "key", "").startswith("bad-teardown"):
            raise LookupError("teardown failed, as asked")

class Two(View):
    def render(self):
        return self.controller.templater.render("two.html")

    def load(self):
        if self.controller.route_data["key"].startswith("bad-load"):
            raise OSError("load failed, as asked")
        element = self.html_wrapper.element
        element("#back").add_event_listener("click", lambda: self.controller.change_view(0))
        element("#state").content = "two is ready"

class Three(View):
    def render(self):
        raise KeyError("render failed, as asked")

app.add_controller("/fault/<key>", ControllerFactory().add_view(One).add_view(Two).add_view(Three).set_default_view(One))

@app.flask.get("/notes/<key>")
def _notes(key):
    return jsonify(notes.get(key, []))

@app.flask.get("/alive")
def _alive():
    import gc
    gc.collect()
    counts = {"greenlets": 0, "Page": 0, "User": 0, "Listeners": 0, "Listening": 0, "One": 0, "Two": 0, "Timer": 0, "Session": 0}
    for thing in gc.get_objects():
        if isinstance(thing, greenlet.greenlet):
            counts["greenlets"] += not thing.dead
        elif type(thing).__name__ in counts and type(thing).__module__.partition(".")[0] in ("pycommunicate", "__main__"):
            counts[type(thing).__name__] += 1
    counts["subscribers"] = len(app.topic("news")) if hasattr(app.topic("news"), "__len__") else 0
    counts["pages"], counts["users"] = len(app.pages), len(app.users)
    return jsonify(counts)

looked_at = []

@app.flask.before_request
def _look():
    looked_at.append([request.path, len(app._gateway._eio.sockets)])

@app.flask.get("/looked-at")
def _looked_at():
    return jsonify(looked_at)

@app.flask.get("/refused")
def _refused():
    return jsonify(app.refused)

@app.flask.get("/raised")
def _raised():
    return jsonify(errors)

@app.flask.get("/ended")
def _ended():
    return jsonify(ended)
"""
SOURCE: Final = SCRIPTED.replace("app.run()", EXTRA + "\napp.run()")
TEMPLATES: Final = {
    **SCRIPTED_TEMPLATES,
    "one.html": """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><title>One</title><link rel="icon" href="data:,">{{ add_includes() }}</head>
        <body><h1>One</h1><p id="state">loading</p><p id="place" title="as rendered">0</p>
        <button id="add">add</button><button id="slow" value="1">slow</button><button id="spin" value="3.5">spin</button>
        <button id="fail">fail</button><button id="exit">exit</button><button id="read">read</button><button id="two">two</button><button id="bad">bad</button>
        <input id="field"><textarea id="area"></textarea><div id="rows"></div></body></html>
    """,
    "two.html": """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><title>Two</title><link rel="icon" href="data:,">{{ add_includes() }}</head>
        <body><h1>Two</h1><p id="state">loading two</p><button id="back">back</button></body></html>
    """,
}


def notes(program: Program, key: str) -> list[Any]:
    """What the handlers of this page noted."""
    values: list[Any] = json.loads(get(program.port, f"/notes/{key}").body)
    return values


def alive(program: Program) -> dict[str, int]:
    """How many of everything are alive in the program."""
    counts: dict[str, int] = json.loads(get(program.port, "/alive", timeout=30).body)
    return counts


def raised(program: Program) -> list[list[str]]:
    """What the error hook was told: the error's name, and where."""
    values: list[list[str]] = json.loads(get(program.port, "/raised").body)
    return values


def ended(program: Program) -> list[str]:
    """The keys of the pages whose `teardown()` was called."""
    values: list[str] = json.loads(get(program.port, "/ended").body)
    return values
