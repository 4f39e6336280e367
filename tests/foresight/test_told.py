"""In debug, each run says what it cost, and a line that asks again and again is named."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

import pytest

from pycommunicate.server.connection import cost

if TYPE_CHECKING:
    from pycommunicate import CommunicateApp
    from pycommunicate.testing import Browser

BODY = "<input id=a value=1><input id=b value=2><button id=go>Go</button><ul id=rows></ul>"


@pytest.fixture
def debug(app: CommunicateApp, caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    app.debug = True
    cost._told.clear()
    caplog.set_level(logging.INFO, "pycommunicate")
    return caplog


def load(view) -> None:
    view.html_wrapper.element("#go").add_event_listener("click", lambda: go(view))


def go(view) -> None:
    field = view.html_wrapper.element("#a")
    view.html_wrapper.element("#rows").add_child("li").content = field.value


def handlers(log: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in log.records if record.name == "pycommunicate.handlers"]


def test_a_line_for_each_run(add, debug, browser: Browser) -> None:
    add("/", BODY, load)
    page = browser.open()
    page.click("#go")
    page.click("#go")
    loaded, first, second = (re.sub(r"[\d.]+ ms", "T ms", line) for line in handlers(debug))
    assert loaded.startswith("/: load() ")
    assert re.search(r": 1 round trip, 2 operations, \d+ bytes, T ms$", loaded)
    assert re.fullmatch(
        r"/: the click handler load\.<locals>\.<lambda> \(.*test_told\.py:\d+\): 3 round trips, 2 operations, \d+ bytes, T ms",
        first,
    )
    assert second.endswith("T ms; 3 answers came along")
    assert ": 0 round trips, 2 operations, " in second


def test_reads_in_a_loop_name_their_line(add, debug, browser: Browser) -> None:
    def loops(view) -> None:
        for name in ("a", "b", "go", "rows", "a"):
            view.html_wrapper.exists(f"#{name}")  # the line

    add("/", BODY, loops)
    browser.open()
    browser.open()
    warnings = [record for record in debug.records if record.levelno == logging.WARNING]
    (warning,) = warnings
    line = loops.__code__.co_firstlineno + 2
    assert f"test_told.py:{line} asks the browser again and again" in warning.getMessage()


def test_nothing_of_it_in_production(add, app, caplog: pytest.LogCaptureFixture, browser: Browser) -> None:
    caplog.set_level(logging.DEBUG)
    assert not app.debug
    add("/", BODY, load)
    browser.open().click("#go")
    assert handlers(caplog) == []
