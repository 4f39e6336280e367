"""What docs/policy.md shows is run: each policy is taken, the default is the one that is sent, and the strict ones let a page live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from playwright.sync_api import expect

from pycommunicate import CommunicateApp, ControllerFactory, View
from tests.browser.bench import source
from tests.browser.test_policy import WATCH
from tests.examples.opening import ROOT
from tests.examples.test_documents import blocks

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

    from tests.tools.fixtures import Server

BLOCKS: Final = blocks(ROOT / "docs" / "policy.md")
PYTHON: Final = [block.text for block in BLOCKS if block.language == "python"]
STRICT: Final = [text for text in PYTHON if "trusted-types" in text or "strict-dynamic" in text]


class Page(View):
    """A page with the document's script."""

    def render(self) -> Any:
        """Return it."""
        (script,) = [block.text for block in BLOCKS if block.language == "html"]
        return self.controller.templater.render_string("<head>{{ add_includes() }}</head>" + script)


def header_of(app: CommunicateApp) -> str:
    app.set_secret_key("k" * 40)
    app.add_controller("/", ControllerFactory().add_view(Page).set_default_view(Page))
    answer = app.flask.test_client().get("/", base_url="http://localhost")
    assert answer.status_code == 200
    return answer.headers["Content-Security-Policy"]


def test_the_default_is_the_one_that_is_sent() -> None:
    default = next(block.text for block in BLOCKS if block.language == "text").strip()
    nonce = header_of(CommunicateApp()).partition("'nonce-")[2].partition("'")[0]
    assert header_of(CommunicateApp()).split(" 'nonce-")[0] in default
    assert len(nonce) == 22
    assert CommunicateApp().policy.header() == default


@pytest.mark.parametrize("text", PYTHON)
def test_each_policy_is_taken(text: str) -> None:
    names: dict[str, Any] = {"CommunicateApp": CommunicateApp, "app": CommunicateApp()}
    exec(text, names)
    assert header_of(names["app"])


def test_a_directive_that_is_not_in_the_default_begins_with_what_was_allowed() -> None:
    policy = CommunicateApp(policy={"frame-src": ["https://maps.example"]}).policy
    assert "; frame-src 'self' https://maps.example" in policy.header()


@pytest.mark.parametrize("text", STRICT, ids=["trusted-types", "strict-dynamic"])
def test_a_page_lives_under_the_strict_policies(text: str, serve: Server, visitor: BrowserContext) -> None:
    options = text.strip().removeprefix("app = CommunicateApp(").removesuffix(")")
    lines = """
    class One(View):
        number = 1
        def render(self):
            return self.controller.templater.render("strict.html", number=self.number)
        def load(self):
            element = self.html_wrapper.element
            element("#next").add_event_listener("click", lambda: self.controller.change_view(2 - self.number))
            element("#box").append_html(Markup("<b id=made>made</b>"))
            element("#box").style["color"] = "red"
            element("#loaded").content = f"view {self.number}"
    class Two(One):
        number = 2
    app.add_controller("/", page_of(One, Two))
    """
    program = source(lines).replace('host="127.0.0.1")', f'host="127.0.0.1", {options})')
    assert options in program
    template = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Strict</title><link rel="icon" href="/static/none.svg">{{ add_includes() }}
        <style nonce="{{ csp_nonce() }}">#box { width: 77px }</style></head>
        <body><button id="next">next</button><p id="loaded"></p><div id="box"></div>
        <script nonce="{{ csp_nonce() }}">window.own = (window.own || "") + "{{ number }}"; // {{ number }}</script></body></html>"""
    visitor.add_init_script(WATCH)
    visitor.route("**/none.svg", lambda route: route.fulfill(body="<svg xmlns='http://www.w3.org/2000/svg'/>"))
    page = visitor.new_page()
    page.goto(serve(program, templates={"strict.html": template}).url)
    for number in (1, 2):
        expect(page.locator("#loaded")).to_have_text(f"view {number}")
        expect(page.locator("#made")).to_be_visible()
        assert page.evaluate("() => getComputedStyle(document.getElementById('box')).width") == "77px"
        page.click("#next")
    expect(page.locator("#loaded")).to_have_text("view 1")
    assert page.evaluate("() => [window.own, window.violations]") == ["121", []]
