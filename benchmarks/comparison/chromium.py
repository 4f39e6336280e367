"""Pages in headless Chromium, with counters."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from playwright.sync_api import sync_playwright

from tests.tools.fixtures import CHROMIUM_ARGUMENTS, chromium_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, CDPSession, Page

WATCH: Final = (Path(__file__).parent / "watch.js").read_text(encoding="utf-8").partition('"use strict";')[2].strip()
SETTLED: Final = 200
"""Milliseconds after which what was begun has ended."""
PARTS: Final = {
    "script": ("ScriptDuration",),
    "layout": ("LayoutDuration", "RecalcStyleDuration"),
    "browser": ("TaskDuration",),
}


@dataclass(frozen=True)
class Opened:
    """How a page came up. Times are milliseconds since the navigation."""

    opened: float
    loaded: float
    messages: int
    size: int


class Tab:
    """One page, open."""

    def __init__(self, page: Page, session: CDPSession) -> None:
        self.page = page
        self._session = session
        self._before: dict[str, float] = {}

    def open(self, url: str, selector: str, text: str) -> Opened:
        """Go there; it is up when the first element that matches has this text."""
        self.page.add_init_script(f"({WATCH.rstrip(';')})({[selector, text]!r})")
        self.page.goto(url)
        self.page.wait_for_function("() => watch.loaded !== null", polling=20)
        self.page.wait_for_timeout(SETTLED)
        seen = self.page.evaluate("({opened: watch.opened, loaded: watch.loaded, ...watch.counted})")
        return Opened(seen["opened"] or 0.0, seen["loaded"], seen["messages"], seen["bytes"])

    def do(self, name: str, *arguments: object) -> Any:
        """Call one of `watch`'s functions."""
        return self.page.evaluate(f"(given) => watch.{name}(...given)", list(arguments))

    def begin(self) -> None:
        """From here on `parts()` counts."""
        self._before = self._metrics()

    def parts(self) -> dict[str, float]:
        """What the browser's main thread did since `begin()`, in milliseconds: script, layout and style, all of it."""
        self.page.wait_for_timeout(50)
        now = self._metrics()
        return {
            part: sum(now[name] - self._before.get(name, 0) for name in names) * 1000 for part, names in PARTS.items()
        }

    def _metrics(self) -> dict[str, float]:
        return {metric["name"]: metric["value"] for metric in self._session.send("Performance.getMetrics")["metrics"]}


class Chromium:
    """One browser."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    @contextlib.contextmanager
    def tab(self) -> Iterator[Tab]:
        """Give a tab of a new visitor."""
        context = self._browser.new_context()
        context.set_default_timeout(30_000)
        try:
            page = context.new_page()
            session = context.new_cdp_session(page)
            session.send("Performance.enable")
            yield Tab(page, session)
        finally:
            context.close()

    @property
    def version(self) -> str:
        """The browser's version."""
        return self._browser.version


@contextlib.contextmanager
def chromium() -> Iterator[Chromium]:
    """Start a browser, and end it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(), headless=True, args=list(CHROMIUM_ARGUMENTS)
        )
        try:
            yield Chromium(browser)
        finally:
            browser.close()
