"""In debug, what the page's policy stopped is told at the terminal and over the page: where it stands, and what to write there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest
from playwright.sync_api import expect

from tests.browser.hot import SOURCE as HOT_SOURCE
from tests.browser.hot import Hot
from tests.tools.waiting import reaches

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Locator, Page

    from tests.tools.fixtures import Server
    from tests.tools.programs import Program

HEAD: Final = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Orders</title><link rel="icon" href="data:,">{{ add_includes() }}</head>
<body>
<p id="state">loading</p><button id="click">click</button><button id="anew">anew</button><p id="late"></p>
"""
INLINE: Final = """<script>
  // shows the chart
  drawChart(document.getElementById("state"));
</script>
"""
TOLD: Final = {
    "script": (
        INLINE,
        (
            'templates/hot.html line 6: an inline script was stopped by the page\'s policy: put `nonce="{{ csp_nonce() }}"` on it, '
            "or the code into static/"
        ),
    ),
    "handler": (
        "<p>\n<img src=/nothing alt='' onerror=\"markMissing(this)\">",
        (
            "templates/hot.html line 7: an event handler attribute was stopped by the page's policy: use `add_event_listener`, "
            "or `addEventListener` in a script in static/"
        ),
    ),
    "elsewhere": (
        '<p>\n<script src="http://127.0.0.1:9/lib/x.js"></script>',
        (
            "templates/hot.html line 7: http://127.0.0.1:9/lib/x.js was stopped by the page's policy: "
            '`policy={"script-src": ["http://127.0.0.1:9"]}` allows it'
        ),
    ),
    "image": (
        '<img src="http://127.0.0.1:9/{{ 1 + 1 }}.png" alt="">',
        (  # on a busy machine Chromium looks for images ahead of its parser, and then tells no line
            "the page /(, line 6 of its HTML)?: http://127.0.0.1:9/2.png was stopped by the page's policy: "
            '`policy={"img-src": ["http://127.0.0.1:9"]}` allows it'
        ),
    ),
    "base": (
        '<base href="http://127.0.0.1:9/">',
        (
            "templates/hot.html line 6: http://127.0.0.1:9/ was stopped by the page's policy: "
            '`policy={"base-uri": ["http://127.0.0.1:9"]}` allows it'
        ),
    ),
}


@pytest.fixture
def hot(
    serve: Server, visitor: BrowserContext, expect_console: Callable[..., None]
) -> Callable[..., tuple[Program, Page]]:
    """`hot(html)` serves a page with this HTML at its end, hot, and opens it."""
    expect_console("Content Security Policy", "violates the following", "404")

    def start(html: str, source: str = HOT_SOURCE) -> tuple[Program, Page]:
        program = serve(source, templates={"hot.html": HEAD + html})
        return program, Hot(program, visitor).page

    return start


def overlay(page: Page) -> Locator:
    return page.locator("pycommunicate-debug dialog.fault")


@pytest.mark.parametrize("case", TOLD)
def test_it_says_where_and_what_to_write(hot: Callable[..., tuple[Program, Page]], case: str) -> None:
    html, sentence = TOLD[case]
    program, page = hot(html)
    where, _, what = sentence.partition(": ")
    reaches(
        lambda: len(re.findall(f"{where if '?' in where else re.escape(where)}: {re.escape(what)}", program.err)), 1
    )
    expect(overlay(page)).to_be_visible()
    expect(overlay(page).locator("h1")).to_have_text("The page's policy stopped something")
    expect(overlay(page).locator(".said").first).to_contain_text(what)


def test_each_place_is_told_once(hot: Callable[..., tuple[Program, Page]]) -> None:
    program, page = hot(INLINE + "<p>\n<img src=/nothing alt='' onerror='markMissing(this)'>\n<a onclick='go(1)'>x</a>")
    expect(overlay(page)).to_be_visible()
    reaches(lambda: program.err.count("was stopped by the page's policy"), 3)
    page.reload()
    expect(page.locator("#state")).to_have_text("ready")
    page.wait_for_load_state("networkidle")
    expect(overlay(page)).to_have_count(0)
    assert program.err.count("was stopped by the page's policy") == 3


def test_it_goes_by_itself_and_the_script_runs_when_it_has_the_nonce(
    hot: Callable[..., tuple[Program, Page]],
) -> None:
    source = HOT_SOURCE.replace('host="127.0.0.1"', 'host="127.0.0.1", debug=True')
    program, page = hot("<script>\n  window.ran = (window.ran || 0) + 1;\n</script>", source)
    expect(overlay(page)).to_be_visible()
    (program.folder / "templates" / "hot.html").write_text(
        HEAD + '<script nonce="{{ csp_nonce() }}">\n  window.ran = (window.ran || 0) + 1;\n</script>'
    )
    page.evaluate("() => document.getElementById('anew').click()")
    expect(overlay(page)).to_have_count(0)
    reaches(lambda: page.evaluate("() => window.ran"), 1)


def test_it_does_not_take_the_place_of_an_exception(hot: Callable[..., tuple[Program, Page]]) -> None:
    program, page = hot("<button id=act onclick='late(1)'>x</button>")
    expect(overlay(page)).to_be_visible()
    page.get_by_role("button", name="Close").click()
    Hot.fault(_teller(program))
    expect(overlay(page).locator(".said")).to_contain_text("ZeroDivisionError")
    page.evaluate("() => { document.body.setAttribute('onclick', 'another(2)'); document.body.click() }")
    reaches(lambda: "an event handler attribute" in program.err, True)
    page.wait_for_load_state("networkidle")
    expect(overlay(page).locator(".said").first).to_contain_text("ZeroDivisionError")


def _teller(program: Program) -> Hot:
    teller = Hot.__new__(Hot)
    teller.program = program
    return teller


OWN: Final = """
@app.flask.after_request
def _own(response):
    response.headers["Content-Security-Policy"] = "default-src 'self'; style-src 'self' 'unsafe-inline'"
    return response

app.run()
"""


def test_a_policy_of_the_applications_own_is_not_told_to_change_ours(hot: Callable[..., tuple[Program, Page]]) -> None:
    source = HOT_SOURCE.replace("app.run()", OWN)
    program, page = hot('<img src="http://127.0.0.1:9/a.png" alt="">', source)
    said = "http://127.0.0.1:9/a.png was stopped by the page's policy: the application's own policy allows it with `http://127.0.0.1:9` in `img-src`"
    expect(overlay(page).locator(".said").last).to_contain_text(said)
    assert f"templates/hot.html line 6: {said}" in program.err


def test_outside_of_debug_nothing_is_reported(
    serve: Server, visitor: BrowserContext, expect_console: Callable[..., None]
) -> None:
    expect_console("Content Security Policy", "violates the following")
    source = HOT_SOURCE.replace("app.hot, app.build = True", "app.hot, app.build = False")
    program = serve(source, templates={"hot.html": HEAD + INLINE})
    asked: list[str] = []
    visitor.on("request", lambda request: asked.append(request.url))
    page = Hot(program, visitor).page
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "violations" in url]
    assert page.request.post(program.url + "/__pycommunicate/violations", data="{}").status == 404


@pytest.mark.parametrize("engine", ["gevent", "eventlet"])
def test_without_hot_reload_the_terminal_is_told_by_the_browser(
    serve: Server, visitor: BrowserContext, expect_console: Callable[..., None], engine: str
) -> None:
    """`debug=True` alone serves the client of production: `report-uri` says it."""
    expect_console("Content Security Policy", "violates the following")
    source = HOT_SOURCE.replace("app.hot, app.build = True", "app.hot, app.build = False").replace(
        'host="127.0.0.1"', 'host="127.0.0.1", debug=True'
    )
    program = serve(source, engine=engine, templates={"hot.html": HEAD + INLINE})
    Hot(program, visitor)
    reaches(lambda: program.err.count(TOLD["script"][1]), 1)


def test_another_sites_page_writes_nothing_into_the_log(hot: Callable[..., tuple[Program, Page]]) -> None:
    """What another site has the browser send carries no cookie of the visitor's."""
    program, page = hot("")
    report = '{"csp-report": {"effective-directive": "img-src", "blocked-uri": "http://forged.example/"}}'
    from tests.tools.raw import request

    answer = request(program.port, "/__pycommunicate/violations", method="POST", body=report.encode())
    assert answer.status == 404
    assert page.request.post(program.url + "/__pycommunicate/violations", data=report).status == 200
    reaches(lambda: "forged.example" in program.err, True)


@pytest.mark.parametrize("width", [320, 390])
def test_it_fits_a_phone(
    serve: Server, new_visitor: Callable[..., BrowserContext], expect_console: Callable[..., None], width: int
) -> None:
    expect_console("Content Security Policy", "violates the following")
    program = serve(HOT_SOURCE, templates={"hot.html": HEAD + INLINE + "<i onclick='x()'></i>"})
    page = Hot(program, new_visitor(viewport={"width": width, "height": 640})).page
    expect(overlay(page)).to_be_visible()
    assert overlay(page).evaluate("e => e.scrollWidth - e.clientWidth") == 0
