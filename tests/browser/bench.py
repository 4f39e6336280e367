"""The bench: a page on which a test runs a few lines of server code, as a handler of that page.

    bench.run("result = element('#box').prop('title', 'a').prop('title')") == "a"

The lines are posted to the program and run when the page's own Run button is clicked, so they take the way that every handler takes. What they leave in `result` comes back as JSON.
They see `view`, `controller`, `user`, `element`, `exists`, `app`, `sleep`, `spawn`, `note` (appends to what `bench.notes` shows) and `kept`, a dict that stays from run to run.
"""

from __future__ import annotations

import itertools
import json
import textwrap
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from playwright.sync_api import expect

from tests.tools.raw import get, request

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

    from tests.tools.programs import Program

PAGE: Final = """
    <!DOCTYPE html>
    <html lang="en">
    <head>
      <meta charset="utf-8">
      <title>{{ title or "Bench" }}</title>
      <link rel="icon" href="data:,">
      {{ add_includes() }}
    </head>
    <body>
      {% block body %}{{ body|safe }}{% endblock %}
    </body>
    </html>
"""

START: Final = """
import json, os, traceback
from flask import jsonify, request
from pycommunicate import BrowserGone, BrowserTimeout, Event, InvalidSelector, Markup, UnsafeURL
from pycommunicate.server.app.communicate import CommunicateApp
from pycommunicate.server.bases.controller import Controller, ControllerFactory
from pycommunicate.server.bases.views import View
from pycommunicate.protocol.limits import Limits

def page_of(*views):
    factory = ControllerFactory()
    for view in views:
        factory.add_view(view)
    return factory.set_default_view(views[0])
"""
"""What the programs of the browser tests begin with."""

APP: Final = """
app = CommunicateApp(web_port=int(os.environ["PORT"]), host="127.0.0.1")
app.set_secret_key("a key for the tests, used nowhere else")
"""

BARE: Final = APP.replace('host="127.0.0.1")', 'host="127.0.0.1", policy=None)')
"""An app whose pages have no policy, so that a test of another defence sees that one alone."""

BENCH: Final = """
codes, results, notes = {}, {}, {}

class BenchView(View):
    def render(self):
        return self.controller.templater.render("bench.html")

    def load(self):
        self.key = self.controller.route_data["key"]
        results.setdefault(self.key, [])
        self.notes = notes.setdefault(self.key, [])
        self.kept = {}
        self.ran = self.html_wrapper.element("#bench-ran")
        self.html_wrapper.element("#run").add_event_listener("click", self.run)
        self.html_wrapper.element("#state").content = "ready"

    def run(self):
        scope = {
            **globals(), "view": self, "controller": self.controller, "user": self.controller.user, "kept": self.kept,
            "element": self.html_wrapper.element, "exists": self.html_wrapper.exists, "note": self.notes.append,
        }
        try:
            exec(compile(codes.pop(self.key), "<bench>", "exec"), scope)
            results[self.key].append({"value": scope.get("result")})
        except Exception as error:
            traceback.print_exc()
            results[self.key].append({"error": type(error).__name__, "text": str(error), "code": getattr(error, "code", None)})
        self.ran.content = str(len(results[self.key]))

app.add_controller("/bench/<key>", page_of(BenchView))

@app.flask.post("/code/<key>")
def _code(key):
    codes[key] = request.get_data(as_text=True)
    return ""

@app.flask.get("/result/<key>/<int:number>")
def _result(key, number):
    there = results.get(key, [])
    return jsonify(there[number] if number < len(there) else None)

@app.flask.get("/notes/<key>")
def _notes(key):
    return jsonify(notes.get(key, []))
"""

BENCH_PAGE: Final = """
    <!DOCTYPE html>
    <html lang="en">
    <head>
      <meta charset="utf-8">
      <title>Bench</title>
      <link rel="icon" href="data:,">
      {{ add_includes() }}
    </head>
    <body>
      <button id="run">Run</button> <span id="state">loading</span> <span id="bench-ran"></span>
      <main id="place"></main>
    </body>
    </html>
"""

TEMPLATES: Final = {"bench.html": BENCH_PAGE, "page.html": PAGE}


def source(*parts: str, app: str = APP) -> str:
    """A program with a bench; `parts` come before `run()`."""
    return "\n".join([START, app, BENCH, *(textwrap.dedent(part) for part in parts), "app.run()", ""])


class BenchError(AssertionError):
    """The lines raised. `name` is the exception's class, `text` its message, `code` its stable code."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__(f"{answer['error']}: {answer['text']}")
        self.name: str = answer["error"]
        self.text: str = answer["text"]
        self.code: str | None = answer["code"]


_keys = itertools.count(1)


class Bench:
    """One page of one visitor."""

    def __init__(self, program: Program, visitor: BrowserContext, *, html: str = "", url: str | None = None) -> None:
        self.program = program
        self.key = f"bench{next(_keys)}"
        self.page: Page = visitor.new_page()
        self._runs = 0
        self.page.goto(f"{url or program.url}/bench/{self.key}")
        expect(self.page.locator("#state")).to_have_text("ready")
        if html:
            self.page.evaluate("html => { document.getElementById('place').innerHTML = html }", html)

    def start(self, code: str) -> None:
        """Run the lines; don't wait for them."""
        request(
            self.program.port, f"/code/{quote(self.key)}", method="POST", body=textwrap.dedent(code).encode("utf-8")
        )
        self.page.evaluate("document.getElementById('run').click()")

    def wait(self, timeout: float = 15, *, applied: bool = True) -> Any:
        """Wait for the lines that were started (and for what they wrote to be in the page); returns their `result`."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            answer = json.loads(get(self.program.port, f"/result/{quote(self.key)}/{self._runs}").body)
            if answer is not None:
                self._runs += 1
                if "error" in answer:
                    raise BenchError(answer)
                if applied:
                    expect(self.page.locator("#bench-ran")).to_have_text(str(self._runs))
                return answer["value"]
            self.page.wait_for_timeout(5)
        message = f"the lines did not end within {timeout} s\n{self.program.log[-3000:]}"
        raise AssertionError(message)

    def run(self, code: str, *, timeout: float = 15) -> Any:
        """Run the lines and return their `result`."""
        self.start(code)
        return self.wait(timeout)

    @property
    def notes(self) -> list[Any]:
        """What the lines noted so far."""
        noted: list[Any] = json.loads(get(self.program.port, f"/notes/{quote(self.key)}").body)
        return noted

    def js(self, expression: str, argument: Any = None) -> Any:
        """Evaluate JavaScript in the page."""
        return self.page.evaluate(expression, argument)
