"""Rows 8 to 10: text stays text, URLs lead nowhere else, names reach no prototype. On the server, and again in Chromium where the server's checks are passed by.

How text takes every way into the page: tests/browser/test_inert.py. Names and URLs one by one: tests/unit/protocol/test_safety.py and client/tests/safety.test.ts, with the same list.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.test_inert import TEXTS
from tests.tools.raw import get
from tests.tools.waiting import eventually
from tests.trust.beside import ATTACKED, TEMPLATES

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext
    from playwright.sync_api import Page as Tab

    from tests.tools.fixtures import Server
    from tests.tools.programs import Program

MARKUP = """
from pycommunicate import RefusedName, UnsafeURL

class Evil(View):
    def render(self):
        return self.controller.templater.render("evil.html", text=self.controller.route_data.get("text", ""))
    def load(self):
        self.box = self.html_wrapper.element("#box")
        self.link = self.html_wrapper.element("#link")
        self.html_wrapper.element("#go").add_event_listener("click", self.go)
        self.html_wrapper.element("#state").content = "ready"
    def go(self, event):
        # As a mistake of ours would write it: straight into the channel, past every check.
        page = self.controller.page
        for code, *rest in json.loads(event.data["raw"]):
            page.write([code, self.link._named() if rest[0] == "link" else self.box._named(), *rest[1:]] if rest[0] in ("box", "link") else [code, *rest])
        self.html_wrapper.element("#state").content = "done"

class Refusing(Evil):
    def load(self):
        refused = results.setdefault("refusing", [])
        box, link = self.html_wrapper.element("#box"), self.html_wrapper.element("#link")
        for what, url in [(what, url) for what in URL_WAYS for url in BAD_URLS]:
            try:
                URL_WAYS[what](self, link, url)
            except UnsafeURL:
                pass
            else:
                refused.append([what, url])
        for name in BAD_NAMES:
            for way in (lambda: box.set_property(name, "x"), lambda: box.get_property(name), lambda: box.prop(name, "x")):
                try:
                    way()
                except RefusedName:
                    pass
                else:
                    refused.append(name)
        self.html_wrapper.element("#state").content = "done"

URL_WAYS = {
    "redirect": lambda view, link, url: view.controller.redirect(url),
    "href property": lambda view, link, url: link.set_property("href", url),
    "href attribute": lambda view, link, url: link.attributes.__setitem__("href", url),
    "HREF attribute": lambda view, link, url: link.attributes.__setitem__("HREF", url),
    "src": lambda view, link, url: link.set_property("src", url),
    "action": lambda view, link, url: link.attributes.__setitem__("action", url),
    "formaction": lambda view, link, url: link.attributes.__setitem__("formaction", url),
}

for rule, view in (("/evil", Evil), ("/evil/<path:text>", Evil), ("/refusing", Refusing)):
    app.add_controller(rule, ControllerFactory().add_view(view).set_default_view(view))
"""
BAD_URLS = [
    "javascript:window.ran=1",
    "JaVaScRiPt:window.ran=1",
    " javascript:window.ran=1",
    "java\tscript:window.ran=1",
    "java\nscript:window.ran=1",
    "\x01javascript:window.ran=1",
    "javascript\x00:window.ran=1",
    "data:text/html,<script>window.ran=1</script>",
    "vbscript:x",
    "blob:x",
    "file:///etc/passwd",
    "//evil.example/x",
    " //evil.example/x",
    "\\\\evil.example/x",
    "/\\evil.example/x",
    "\\evil.example",
    "http:evil.example",
    "http:/evil.example",
    "https:\\\\evil.example",
    "http://",
    "/x\r\nSet-Cookie: a=b",
]
BAD_NAMES = ["__proto__", "constructor", "prototype", "innerHTML", "outerHTML", "srcdoc", "onclick", "onerror", "ONCLICK", "a.b", "", "constructor.prototype", "__proto__.polluted"]  # fmt: skip
PAGES = {
    "evil.html": """
    <!DOCTYPE html>
    <html lang="en"><head><meta charset="utf-8"><title>{{ text }}</title><link rel="icon" href="data:,">{{ add_includes() }}</head>
    <body data-x="{{ text }}"><p id="text">{{ text }}</p><p id="state"></p><div id="box"></div><a id="link">link</a><button id="go">go</button></body></html>
    """
}
HEAD = f"BAD_URLS = {BAD_URLS!r}\nBAD_NAMES = {BAD_NAMES!r}\n"


@pytest.fixture(scope="module")
def program(serve_module: Server) -> Program:
    """Pages that try to write what must not be written; without a policy, which would stop it too."""
    source = ATTACKED.replace("app.run()", HEAD + MARKUP + "\napp.run()")
    bare = source.replace("CommunicateApp(", "CommunicateApp(policy=None, ")
    assert bare != source
    return serve_module(bare, templates={**TEMPLATES, **PAGES})


def raw(tab: Tab, operations: list[list[object]]) -> None:
    """Have the server send these operations as they are: codes as in docs/wire.md, `box` and `link` for the elements."""
    tab.wait_for_function("() => document.getElementById('state').innerText === 'ready'")
    tab.evaluate("raw => { document.getElementById('go').dataset.raw = raw }", json.dumps(operations))
    tab.click("#go")
    tab.wait_for_function("() => document.getElementById('state').innerText === 'done'")


def clean(tab: Tab) -> None:
    """Nothing ran, nothing was polluted, nobody was led away."""
    assert tab.evaluate("() => [window.ran, ({}).polluted, Object.prototype.x, [].polluted]") == [None] * 4
    assert tab.evaluate("() => Object.keys(Object.prototype).length") == 0
    assert tab.evaluate("() => location.hostname") == "127.0.0.1"


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_attack_8_markup_in_titles_attributes_and_values(program: Program, number: int) -> None:
    """Autoescape is on in every template, whatever it is called, without the author's doing."""
    from urllib.parse import quote

    text = get(program.port, f"/evil/{quote(TEXTS[number], safe='')}").text
    assert len(re.findall(r"<script", text)) == 2, "the page's own"
    assert "<img" not in text
    assert "<svg" not in text
    assert re.search(r"<title>[^<]*</title>", text)
    assert re.search(r'data-x="[^"<]*"><p', text)


def test_attack_8_markup_through_operations(visitor: BrowserContext, program: Program) -> None:
    tab = visitor.new_page()
    tab.goto(f"{program.url}/evil")
    operations: list[list[object]] = []
    for text in TEXTS:
        operations += [
            [5, "box", text],
            [8, "box", "title", text],
            [6, "box", "title", text],
            [7, "box", "color", text],
        ]
    raw(tab, operations)
    assert tab.evaluate("() => document.getElementById('box').children.length") == 0
    assert tab.evaluate("() => [document.scripts.length, document.images.length]") == [2, 0]
    clean(tab)


def test_attack_9_unsafe_urls_on_the_server(visitor: BrowserContext, program: Program) -> None:
    """And names of row 10: every way that the API has, each refused where it is written."""
    tab = visitor.new_page()
    tab.goto(f"{program.url}/refusing")
    tab.wait_for_function("() => document.getElementById('state').innerText === 'done'", timeout=8000)
    assert json.loads(get(program.port, "/results/refusing").text) == []
    assert tab.evaluate("() => document.getElementById('link').attributes.length") == 1
    clean(tab)


def test_attack_9_unsafe_urls_again_in_the_client(visitor: BrowserContext, program: Program) -> None:
    tab = visitor.new_page()
    tab.goto(f"{program.url}/evil")
    said = len(program.err)
    operations: list[list[object]] = []
    for url in BAD_URLS[:-5]:
        operations += [[code, "link", name, url] for code in (6, 8) for name in ("href", "src", "action", "formaction")]
        operations.append([15, url])
    raw(tab, operations)
    assert tab.evaluate("() => document.getElementById('link').attributes.length") == 1
    tab.click("#link")
    clean(tab)
    # Each is told with its number, but no more than 10 lines a second of one peer.
    eventually(lambda: "refused" in program.err[said:], what=program.err[said:])


def test_attack_10_names_again_in_the_client(visitor: BrowserContext, program: Program) -> None:
    tab = visitor.new_page()
    tab.goto(f"{program.url}/evil")
    markup = "<img src=x onerror='window.ran=1'>"
    operations: list[list[object]] = []
    for name in BAD_NAMES:
        operations += [
            [6, "box", name, markup],
            [6, "box", name, {"polluted": 1, "x": 1}],
            [8, "box", name, "window.ran=1"],
        ]
    operations += [
        [7, "box", "__proto__", "x"],
        [9, "box", ["__proto__"], []],
        [1, "box", 9001, "script"],
        [5, 9001, "window.ran=1"],
    ]
    operations += [
        [6, "box", "data", json.loads('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}')]
    ]
    raw(tab, operations)
    assert tab.evaluate("() => document.getElementById('box').innerHTML") == ""
    assert tab.evaluate("() => document.getElementById('box').onclick") is None
    assert tab.evaluate("() => Object.getPrototypeOf(document.getElementById('box')) === HTMLDivElement.prototype")
    clean(tab)
