"""A program that is hot without a reloader: a test tells its pages what a reloader would."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from playwright.sync_api import expect

from tests.browser.bench import APP, START
from tests.tools.raw import get, request

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

    from tests.tools.programs import Program

SOURCE: Final = (
    START
    + APP
    + """
from pathlib import Path
from pycommunicate.reload.fault import describe_fault

app.hot, app.build = True, "1"
STATIC = Path(__file__).parent / "static"
STATIC.mkdir(exist_ok=True)
visible, clicks, kept, broken = [], [], {}, [True]
app.page_visible = lambda page: visible.append(page.path)

class Home(View):
    def render(self):
        return self.controller.templater.render("hot.html")
    def load(self):
        element = self.html_wrapper.element
        element("#late").add_child("input", id="late-field")
        element("#click").add_event_listener("click", lambda: clicks.append(1))
        element("#anew").add_event_listener("click", lambda: self.controller.change_view(0))
        element("#state").content = "ready"
app.add_controller("/", page_of(Home))

class Broken(View):
    def render(self):
        if broken[0]:
            raise ValueError("<b>broken</b> on purpose")
        return self.controller.templater.render("hot.html")
app.add_controller("/broken", page_of(Broken))

@app.flask.post("/tell/<what>")
def _tell(what):
    for page in app.pages:
        page.debug(what, request.get_json())
    return ""

@app.flask.post("/fault")
def _fault():
    try:
        exec(compile(request.get_data(), str(app.folder / "views.py"), "exec"), {})
    except Exception as error:
        fault = describe_fault(error, app.folder, title="views.py raised")
    for page in app.pages:
        page.debug("fault", fault)
    return jsonify(fault)

@app.flask.post("/file/<name>")
def _file(name):
    (STATIC / name).write_bytes(request.get_data())
    return ""

@app.flask.post("/mend")
def _mend():
    broken[0], app.build = False, "2"
    return ""

@app.flask.get("/seen")
def _seen():
    return jsonify({"visible": visible, "clicks": len(clicks)})

app.run()
"""
)

PAGE: Final = """
    <!DOCTYPE html>
    <html lang="en">
    <head>
      <meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Hot</title><link rel="icon" href="data:,">
      <link rel="stylesheet" href="/static/app.css" media="all" id="sheet"><style>@import "/static/imported.css";</style>
      <script src="/static/used.js" defer></script>
      {{ add_includes() }}
    </head>
    <body>
      <p id="state">loading</p><button id="click">click</button><button id="anew">anew</button>
      <img id="picture" src="/static/picture.svg" alt=""><i id="shown">styled</i><b id="other">imported</b>
      <form><input id="field"><textarea name="area"></textarea><input type="checkbox" name="box"><select name="choice"><option>a</option><option>b</option></select>
      <input type="password" name="secret"></form>
      <details id="more"><summary>more</summary>text</details>
      <div id="late"></div><dialog id="modal">modal</dialog><div style="height:3000px"></div>
    </body>
    </html>
"""
PAGES: Final = {"hot.html": PAGE}
PICTURE: Final = '<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="10"><rect width="9" height="9"/></svg>'
FILES: Final = {
    "app.css": "#shown { color: rgb(1, 1, 1) }",
    "imported.css": "#other { color: rgb(1, 1, 1) }",
    "picture.svg": PICTURE.format(10),
    "used.js": "window.script = 1",
}


class Hot:
    """One page of one visitor."""

    def __init__(self, program: Program, visitor: BrowserContext, path: str = "/") -> None:
        self.program = program
        for name, text in FILES.items():
            self.write(name, text)
        self.page: Page = visitor.new_page()
        self.page.goto(program.url + path)
        expect(self.page.locator("#state")).to_have_text("ready")

    def tell(self, what: str, data: Any = None) -> None:
        """Send a message of hot reload to every page of the program."""
        headers = {"Content-Type": "application/json"}
        request(self.program.port, f"/tell/{what}", method="POST", body=json.dumps(data).encode(), headers=headers)

    def fault(self, source: str = "def f():\n    return 1 / 0\n\nf()") -> dict[str, Any]:
        """Have the lines raise, and every page told of it."""
        answer = request(self.program.port, "/fault", method="POST", body=source.encode())
        told: dict[str, Any] = json.loads(answer.body)
        return told

    def write(self, name: str, text: str) -> None:
        """Write a static file."""
        request(self.program.port, f"/file/{name}", method="POST", body=text.encode())

    @property
    def seen(self) -> dict[str, Any]:
        """What came from pages: `visible`, their paths; `clicks`, how many."""
        seen: dict[str, Any] = json.loads(get(self.program.port, "/seen").body)
        return seen

    def anew(self) -> None:
        """Have the view mounted anew, and wait until it is."""
        self.page.evaluate("document.getElementById('state').textContent = 'old'")
        self.page.evaluate("document.getElementById('anew').click()")
        expect(self.page.locator("#state")).to_have_text("ready")
