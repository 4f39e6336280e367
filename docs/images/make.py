"""Makes the pictures in this folder anew: starts examples/todo, fills the list and photographs it in Chromium.

Run it in the virtual environment of `dev.py`, from the project's folder: `python docs/images/make.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from playwright.sync_api import expect, sync_playwright

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.tools.fixtures import CHROMIUM_ARGUMENTS, chromium_path  # noqa: E402 - found by the line above
from tests.tools.programs import Program  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Page

ENTRIES: Final = ("Book the train to Lisbon", "Water the tomatoes", "Ask Grace about the slides")


def fill(page: Page) -> None:
    """Add the entries as a person would."""
    expect(page.get_by_role("status")).to_have_text("0 entries")
    for number, entry in enumerate(ENTRIES, start=1):
        page.get_by_label("New entry").fill(entry)
        page.keyboard.press("Enter")
        expect(page.locator("#todos li")).to_have_count(number)
    page.locator("h1").click()
    page.wait_for_timeout(400)  # the rows fade in


def main() -> None:
    """Make todo.png and todo-dark.png."""
    with TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(CHROMIUM_ARGUMENTS))
        for scheme, file in (("light", "todo.png"), ("dark", "todo-dark.png")):
            environment = {
                "TODO_FILE": str(folder / f"{scheme}.json"),
                "SECRET_KEY": "only for the picture, not secret",
            }
            with Program(ROOT / "examples/todo/app.py", folder=folder / scheme, environment=environment) as program:
                page = browser.new_page(
                    viewport={"width": 760, "height": 100}, device_scale_factor=2, color_scheme=scheme
                )
                page.goto(program.url)
                fill(page)
                page.screenshot(path=ROOT / "docs/images" / file, full_page=True)
                page.close()
        browser.close()


if __name__ == "__main__":
    main()
