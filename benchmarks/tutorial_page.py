"""The tutorial's page with 1,000 entries: messages, bytes and time from the connection to the last row.

    python benchmarks/tutorial_page.py [entries] [runs]

A fresh program for each engine, a fresh page for each run, the median of the runs. In Chromium, on loopback. "First" is the
first run of the process, before anything could be foreseen.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import sync_playwright

from tests.tools.fixtures import CHROMIUM_ARGUMENTS, chromium_path, count_frames
from tests.tools.programs import ENGINES, Engine, Program
from tests.tools.tutorial import prepare

if TYPE_CHECKING:
    from playwright.sync_api import Browser

WATCH = """
(last) => {
  const Plain = window.WebSocket;
  window.measured = {};
  window.WebSocket = class extends Plain {
    constructor(...args) {
      super(...args);
      window.measured.begun ??= performance.now();
    }
  };
  new MutationObserver(() => {
    if (window.measured.done === undefined && document.getElementById(last)?.innerText) {
      window.measured.done = performance.now();
    }
  }).observe(document, { childList: true, subtree: true, characterData: true });
}
"""


@dataclass(frozen=True)
class Run:
    """What one page took."""

    sent: int
    received: int
    size: int
    milliseconds: float


def measure(browser: Browser, program: Program, entries: int) -> Run:
    """Open the page once."""
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(f"({WATCH})('todoText{entries - 1}')")
    frames = count_frames(page)
    page.goto(program.url)
    page.wait_for_function("() => window.measured.done !== undefined", timeout=30_000)
    page.wait_for_timeout(200)
    took = page.evaluate("window.measured.done - window.measured.begun")
    context.close()
    return Run(len(frames.sent), len(frames.received), frames.size, took)


def run_engine(browser: Browser, engine: Engine, entries: int, runs: int) -> list[Run]:
    """All runs on one engine."""
    with tempfile.TemporaryDirectory() as folder:
        options = prepare(Path(folder), engine, [f"- entry {number}" for number in range(entries)])
        with Program(**options) as program:
            return [measure(browser, program, entries) for _ in range(runs)]


def main() -> None:
    """Measure and print."""
    entries = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    print(f"{entries} entries, {runs} runs; from the connection to the last row")
    print(f"{'engine':10}{'':8}{'sent':>6}{'received':>10}{'bytes':>10}{'ms':>8}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(), headless=True, args=list(CHROMIUM_ARGUMENTS)
        )
        for engine in ENGINES:
            done = run_engine(browser, engine, entries, runs)
            first = done[0]
            print(
                f"{engine:10}{'first':8}{first.sent:6}{first.received:10}{first.size:10}{first.milliseconds:8.0f}",
                flush=True,
            )
            print(
                f"{'':10}{'median':8}{statistics.median(run.sent for run in done):6.0f}"
                f"{statistics.median(run.received for run in done):10.0f}"
                f"{statistics.median(run.size for run in done):10.0f}"
                f"{statistics.median(run.milliseconds for run in done):8.0f}",
                flush=True,
            )
        browser.close()


if __name__ == "__main__":
    main()
