"""The tutorial: as it stands on eventlet, and on gevent with its eventlet lines exchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.tools.fixtures import count_frames
from tests.tools.programs import ENGINES, Engine
from tests.tools.tutorial import prepare
from tests.tools.waiting import reaches

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import BrowserContext

    from tests.tools.fixtures import Server

ROWS = "#todo > div"


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    value: Engine = request.param
    return value


def test_the_tutorial_works(serve: Server, visitor: BrowserContext, tmp_path: Path, engine: Engine) -> None:
    program = serve(**prepare(tmp_path, engine))
    file = tmp_path / "todo.txt"
    page = visitor.new_page()
    page.goto(program.url)
    expect(page.locator("#loadingBar")).to_have_count(0)
    expect(page).to_have_title("Tutorial Checklist")
    rows = page.locator(ROWS)
    expect(rows).to_have_count(0)

    # Two entries are added; the field is emptied; they are in the file.
    for number, text in enumerate(("milk", 'bread & <b>"butter"</b>'), 1):
        page.fill("#next", text)
        page.click("#add")
        expect(rows).to_have_count(number)
        expect(page.locator("#next")).to_have_value("")
    expect(rows.locator("p")).to_have_text(["- milk", '- bread & <b>"butter"</b>'])
    expect(rows.locator("button")).to_have_text(["Remove", "Remove"])
    assert rows.nth(0).get_attribute("id") == "todo1"
    assert rows.nth(0).locator("p").get_attribute("id") == "todoText1"
    assert rows.nth(0).locator("button").get_attribute("id") == "todo1"
    reaches(lambda: file.read_text(encoding="utf-8"), '- milk\n- bread & <b>"butter"</b>\n')

    # A reload shows them again; so does another tab.
    page.reload()
    expect(rows.locator("p")).to_have_text(["- milk", '- bread & <b>"butter"</b>'])
    other = visitor.new_page()
    other.goto(program.url)
    expect(other.locator(ROWS)).to_have_count(2)

    # The row and its button share an id; the first in the document is the row, so the whole row goes.
    rows.nth(0).locator("button").click()
    expect(rows).to_have_count(1)
    expect(rows.locator("p")).to_have_text(['- bread & <b>"butter"</b>'])
    reaches(lambda: file.read_text(encoding="utf-8"), '- bread & <b>"butter"</b>\n')
    page.reload()
    expect(rows.locator("p")).to_have_text(['- bread & <b>"butter"</b>'])

    # What a restarted server reads from the file has line ends; they show as before.
    page.close()
    other.close()
    program.stop()
    program.start()
    third = visitor.new_page()
    third.goto(program.url)
    expect(third.locator(ROWS).locator("p")).to_have_text(['- bread & <b>"butter"</b>'])
    third.locator(ROWS).locator("button").click()
    expect(third.locator(ROWS)).to_have_count(0)
    reaches(lambda: file.read_text(encoding="utf-8"), "")
    assert "Traceback" not in program.log


def test_a_thousand_entries_take_few_messages(
    serve: Server, visitor: BrowserContext, tmp_path: Path, engine: Engine
) -> None:
    program = serve(**prepare(tmp_path, engine, [f"- entry {number}" for number in range(1000)]))
    page = visitor.new_page()
    frames = count_frames(page)
    page.goto(program.url)
    expect(page.locator("#todoText999")).to_have_text("- entry 999")
    expect(page.locator("#loadingBar")).to_have_count(0)
    page.wait_for_timeout(200)
    # From the open socket to the last row, both directions, the handshake included.
    assert 0 < frames.count_until("- entry 999") <= 12, [frame[:100] for frame in frames.both]
    assert frames.count < 20, "with the listeners and acknowledgements after it"
    assert frames.size < 60_000, "each row's own, and the shape of a row once"
    assert frames.sockets == 1
    assert page.locator(ROWS).count() == 1000

    # The last and the first can be removed; each takes a few messages.
    frames.clear()
    page.locator(ROWS).nth(999).locator("button").click()
    expect(page.locator(ROWS)).to_have_count(999)
    page.locator(ROWS).nth(0).locator("button").click()
    expect(page.locator(ROWS)).to_have_count(998)
    expect(page.locator("#todoText0")).to_have_count(0)
    page.wait_for_timeout(200)
    assert frames.count < 20
    reaches(
        lambda: (tmp_path / "todo.txt").read_text(encoding="utf-8").splitlines(),
        [f"- entry {number}" for number in range(1, 999)],
    )


def test_two_add_at_once(serve: Server, visitor: BrowserContext, tmp_path: Path, engine: Engine) -> None:
    program = serve(**prepare(tmp_path, engine))
    one, two = visitor.new_page(), visitor.new_page()
    for page in (one, two):
        page.goto(program.url)
        expect(page.locator("#loadingBar")).to_have_count(0)
    one.fill("#next", "one")
    two.fill("#next", "two")
    one.click("#add")
    two.click("#add")
    expect(one.locator(ROWS).locator("p")).to_have_text(["- one"])
    expect(two.locator(ROWS).locator("p")).to_have_text(["- two"])
    reaches(lambda: sorted((tmp_path / "todo.txt").read_text(encoding="utf-8").split("\n")), ["", "- one", "- two"])
