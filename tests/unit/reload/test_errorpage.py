"""The page for an error where there is no page to show it over."""

from __future__ import annotations

import base64
import hashlib
import html.parser
from pathlib import Path
from typing import Any

import pytest

from pycommunicate import CommunicateApp, ControllerFactory, View
from pycommunicate.reload.errorpage import PAGE_POLICY, render_error_page
from pycommunicate.reload.fault import describe_fault

MARKUP = "<img src=x onerror=alert(1)>\"'&</textarea></script>"


class Reader(html.parser.HTMLParser):
    """Which elements there are, and the text of some."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.current = ""
        self.attributes: dict[str, str | None] = {}
        self.texts: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.current = tag
        if tag == "html":
            self.attributes = dict(attrs)

    def handle_data(self, data: str) -> None:
        self.texts[self.current] = self.texts.get(self.current, "") + data

    def handle_endtag(self, tag: str) -> None:
        self.current = ""


def fault_of(text: str) -> dict[str, Any]:
    place = {"file": text, "line": 2, "column": 2, "end_column": 4, "code": [[1, text], [2, text]]}
    frames = [{**place, "line": line, "function": text, "project": line < 3} for line in (1, 2, 3)]
    told = {**place, "kind": text, "message": text, "frames": frames}
    return {"title": text, **told, "causes": [{**told, "relation": text}], "text": text}


def test_nothing_of_an_error_is_markup() -> None:
    plain, marked = (
        Reader(render_error_page(fault_of(text), note=text, build_url=f"/{text}/build", build=text))
        for text in ("x", MARKUP)
    )
    assert marked.tags == plain.tags
    assert "img" not in marked.tags
    assert marked.texts["h1"] == MARKUP
    assert marked.texts["textarea"].strip("\n") == MARKUP
    assert marked.attributes["data-build"] == f"/{MARKUP}/build"
    assert marked.attributes["data-seen"] == MARKUP


def test_the_policy_allows_the_pages_own_script() -> None:
    script = Reader(render_error_page(fault_of("x"), note="n", build_url="/build", build="1")).texts["script"]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in PAGE_POLICY


def test_an_error_without_a_place() -> None:
    fault = describe_fault(KeyboardInterrupt(), Path())
    page = Reader(render_error_page(fault, note="n", build_url="/build", build="1"))
    assert "pre" not in page.tags
    assert page.texts["h1"] == "KeyboardInterrupt"


class Broken(View):
    def render(self) -> str:
        raise ValueError("on purpose")


@pytest.fixture
def app(tmp_path: Path) -> CommunicateApp:
    app = CommunicateApp(template_directory=str(tmp_path))
    app.set_secret_key("a key for the tests, used nowhere else")
    app.add_controller("/broken", ControllerFactory().add_view(Broken).set_default_view(Broken))
    return app


@pytest.mark.parametrize("hot", [False, True])
def test_it_is_served_while_hot_only(app: CommunicateApp, caplog: pytest.LogCaptureFixture, hot: bool) -> None:
    app.hot = hot
    answer = app.flask.test_client().get("/broken", headers={"Accept": "text/html"})
    assert answer.status_code == 500
    assert ("on purpose" in answer.text) is hot
    assert (answer.headers.get("Content-Security-Policy") == PAGE_POLICY) is hot
    assert "on purpose" in caplog.text, "the log has it in any case"


@pytest.mark.parametrize(("method", "accept"), [("GET", "application/json"), ("HEAD", "text/html")])
def test_who_wants_no_page_gets_none(app: CommunicateApp, method: str, accept: str) -> None:
    app.hot = True
    answer = app.flask.test_client().open("/broken", method=method, headers={"Accept": accept})
    assert (answer.status_code, "on purpose" in answer.text) == (500, False)
