"""The simulated browser and Chromium, through the same scenes of the same program: the same documents, step by step."""

from __future__ import annotations

import json
import re
import runpy
import time
from difflib import unified_diff
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Error as PlaywrightError

from pycommunicate.testing.dom import fields
from pycommunicate.testing.dom.node import Element, attribute, children
from pycommunicate.testing.dom.text import inner_text
from tests.testing.scenes import PROGRAM, SCENES, TEMPLATES, run
from tests.tools.waiting import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import BrowserContext

    from tests.tools.fixtures import Server
    from tests.tools.programs import Program

pytestmark = pytest.mark.browser

SNAPSHOT = """() => {
  const shown = (node) => {
    if (node.nodeType === 3) return node.data.replace(/\\s+/g, " ");
    if (node.nodeType !== 1 || node.localName === "script") return null;
    const kind = node.localName;
    const state = {};
    if (/^(input|textarea|select)$/.test(kind)) state.value = node.value;
    if (kind === "input") state.checked = node.checked;
    if (kind === "option") state.selected = node.selected;
    const attributes = Object.fromEntries(Array.from(node.attributes, ({name, value}) => [name, value]));
    return [kind, attributes, state, Array.from(node.childNodes, shown).filter((one) => one && one !== " ")];
  };
  return {body: shown(document.body), title: document.title, url: location.pathname + location.search + location.hash,
          focus: document.activeElement === document.body ? "" : document.activeElement.id, text: document.body.innerText};
}"""


class Simulated:
    """The scenes' words, in the simulated browser."""

    def __init__(self, browser: Any) -> None:
        self._browser = browser
        self.page: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.page, name)

    def open(self, url: str) -> None:
        self.page = self._browser.open(url)

    def tab(self, number: int) -> None:
        self.page = self._browser.pages[number]

    def shows(self, selector: str, text: str) -> None:
        self.page.wait_until(lambda: self.page.text(selector) == [text])

    def snapshot(self) -> dict[str, Any]:
        page = self.page
        page._settle()
        document = page._tab.document
        active = document.active
        return {
            "body": _shown(document.body),
            "title": document.title,
            "url": page._tab.url.removeprefix(self._browser.origin),
            "focus": "" if active is None else attribute(active, "id") or "",
            "text": inner_text(document.body),
        }


class Chromium:
    """The same words, in Chromium."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self._context = context
        self._url = url
        self.page: Any = None

    def open(self, url: str) -> None:
        self.page = self._context.new_page()
        self.page.goto(self._url + url)
        self._ready()

    def tab(self, number: int) -> None:
        self.page = self._context.pages[number]

    def reload(self) -> None:
        self.page.reload()
        self._ready()

    def _ready(self) -> None:
        self.page.wait_for_function("() => window.pycommunicate && window.pycommunicate.loaded")

    def shows(self, selector: str, text: str) -> None:
        self.page.wait_for_function("([s, t]) => document.querySelector(s).innerText === t", arg=[selector, text])

    def click(self, selector: str) -> None:
        self.page.click(selector)

    def fill(self, selector: str, text: str) -> None:
        self.page.fill(selector, text)
        self.page.eval_on_selector(selector, "field => { field.blur(); field.focus(); }")  # our fill() is final

    def press(self, selector: str, key: str) -> None:
        self.page.press(selector, key)

    def check(self, selector: str) -> None:
        self.page.check(selector)

    def select(self, selector: str, *options: str) -> None:
        self.page.focus(selector)
        self.page.select_option(selector, list(options))

    def snapshot(self) -> dict[str, Any] | None:
        try:
            self._ready()
            return self.page.evaluate(SNAPSHOT)
        except PlaywrightError as error:
            if "navigation" not in str(error):
                raise
            return None  # it was just leaving the page


def _shown(node: Element) -> list[Any]:
    state: dict[str, Any] = {}
    if node.name in {"input", "textarea", "select"}:
        state["value"] = fields.value_of(node)
    if node.name == "input":
        state["checked"] = fields.is_checked(node)
    if node.name == "option":
        state["selected"] = fields.is_selected(node)
    inner: list[Any] = []
    for child in node.contents:
        if isinstance(child, Element):
            inner += [] if child.name == "script" else [_shown(child)]
        elif re.sub(r"\s+", " ", str(child)) != " ":
            inner.append(re.sub(r"\s+", " ", str(child)))
    return [node.name, {name: str(value) for name, value in node.attrs.items()}, state, inner]


@pytest.fixture(scope="module")
def program(serve_module: Server) -> Program:
    return serve_module(PROGRAM, templates=TEMPLATES)


@pytest.mark.parametrize("name", SCENES)
def test_the_same_in_both(name: str, program: Program, visitor: BrowserContext, tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    for file, text in TEMPLATES.items():
        (tmp_path / "templates" / file).write_text(text, "utf-8")
    (tmp_path / "program.py").write_text(PROGRAM, "utf-8")
    app = runpy.run_path(str(tmp_path / "program.py"))["app"]
    expected: dict[int, dict[str, Any]] = {}
    with app.test_browser(origin=program.url) as browser:
        simulated = Simulated(browser)
        run(SCENES[name], simulated, lambda number, _step: expected.update({number: simulated.snapshot()}))
    chromium = Chromium(visitor, program.url)

    def compare(number: int, step: Any) -> None:
        end = time.monotonic() + PATIENCE
        while (seen := chromium.snapshot()) != expected[number] and time.monotonic() < end:
            time.sleep(0.02)
        if seen != expected[number]:
            lines = [json.dumps(one, indent=1, ensure_ascii=False).splitlines() for one in (expected[number], seen)]
            pytest.fail(
                f"after step {number}, {step}:\n" + "\n".join(unified_diff(*lines, "simulated", "Chromium", n=4))
            )

    run(SCENES[name], chromium, compare)


def test_children_are_elements() -> None:
    from pycommunicate.testing.dom.document import Document

    assert [one.name for one in children(Document("<body>a<b></b>c<i></i>").body)] == ["b", "i"]
