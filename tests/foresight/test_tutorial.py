"""The documentation's tutorial, word for word, in Chromium: from the second time on, each click is one round trip."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.tools.fixtures import _leaves_nothing, count_frames
from tests.tools.programs import ENGINES, Engine
from tests.tools.tutorial import prepare

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import BrowserContext

    from tests.tools.fixtures import Frames, Server

__all__ = ["_leaves_nothing"]
ROWS = "#todo > div"
FIRST_READ = 30


def questions(frames: Frames) -> list[Any]:
    """The reads that the server has sent since the last time."""
    sent = [json.loads(frame.partition(",")[2]) for frame in frames.received if '["operations"' in frame]
    frames.clear()
    return [operation for message in sent for operation in message[3] if operation[0] >= FIRST_READ]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    value: Engine = request.param
    return value


def test_the_tutorial_asks_nothing_twice(
    serve: Server, visitor: BrowserContext, tmp_path: Path, engine: Engine
) -> None:
    program = serve(**prepare(tmp_path, engine, ["- one", "- two", "- three", "- four"]))
    asked = []
    for _visit in range(2):
        page = visitor.new_page()
        frames = count_frames(page)
        page.goto(program.url)
        rows = page.locator(ROWS)
        expect(page.locator("#loadingBar")).to_have_count(0)
        page.wait_for_function("() => pycommunicate.loaded")
        asked.append(questions(frames))
        for text in ("milk", "bread"):
            before = rows.count()
            page.fill("#next", text)
            page.click("#add")
            expect(rows).to_have_count(before + 1)
            expect(page.locator("#next")).to_have_value("")
            asked.append(questions(frames))
        for _row in range(2):
            before = rows.count()
            rows.first.locator("button").click()
            expect(rows).to_have_count(before - 1)
            asked.append(questions(frames))
        page.close()
    load, add, add_again, remove, remove_again, *second_visit = asked
    assert load
    assert add
    assert remove, "the first time, the browser has to be asked"
    assert [add_again, remove_again, *second_visit] == [[]] * 7


def test_one_event_out_and_operations_back(serve: Server, visitor: BrowserContext, tmp_path: Path) -> None:
    program = serve(**prepare(tmp_path, "gevent"))
    page = visitor.new_page()
    frames = count_frames(page)
    page.goto(program.url)
    rows = page.locator(ROWS)
    for number, text in enumerate(("learnt", "known"), 1):
        page.wait_for_function("() => pycommunicate.loaded")
        page.fill("#next", text)
        page.wait_for_timeout(300)  # what is acknowledged late is not counted below
        frames.clear()
        page.click("#add")
        expect(rows).to_have_count(number)
    received = [frame for frame in frames.received if '["operations"' in frame]
    sent = [frame for frame in frames.sent if '["event"' in frame or '["answer"' in frame]
    assert len(sent) == 1, frames.both
    assert "known" in sent[0], "what was asked came along with the click"
    assert len(received) <= 2, "the tutorial's handler gives its turn away once, between its writes"
    assert questions(frames) == []


def test_over_long_polling(serve: Server, visitor: BrowserContext, tmp_path: Path, engine: Engine) -> None:
    program = serve(**prepare(tmp_path, engine))
    page = visitor.new_page()
    page.route_web_socket("**/__pycommunicate/socket/**", lambda socket: socket.close())
    answers: list[str] = []
    page.on("request", lambda request: answers.append(request.post_data or "") if request.method == "POST" else None)
    page.goto(program.url)
    rows = page.locator(ROWS)
    for number, text in enumerate(("learnt", "known"), 1):
        page.wait_for_function("() => pycommunicate.loaded")
        page.fill("#next", text)
        page.wait_for_timeout(300)
        answers.clear()
        page.click("#add")
        expect(rows).to_have_count(number)
    assert sum('["event"' in body for body in answers) == 1, answers
    assert not any('["answer"' in body for body in answers), "nothing was asked"
