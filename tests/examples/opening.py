"""Where the examples are, and what the fixtures that open them look like."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.tools.programs import Program

ROOT: Final = Path(__file__).resolve().parents[2]
EXAMPLES: Final = ROOT / "examples"


class StartExample(Protocol):
    """Starts the example `name`, with `environment` beside what every program gets."""

    def __call__(self, name: str, **environment: str) -> Program: ...


class Visit(Protocol):
    """Opens `url` in a browser of its own (own cookies) and waits until the page is live, unless told not to."""

    def __call__(self, url: str, *, live: bool = True) -> Page: ...


NOTICE_LIVE: Final = """
const Native = WebSocket;
window.WebSocket = class extends Native {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({ data }) => { if (String(data).includes("[16]")) window.pageIsLive = true; });
    this.addEventListener("close", () => { window.pageIsLive = false; });
  }
};
"""
"""Runs before a page's own scripts. Operation 16 is `loaded`; see docs/wire.md."""


def wait_until_live(page: Page) -> None:
    """Wait until the page is connected and its `load()` has ended."""
    page.wait_for_function("() => window.pageIsLive === true")
