"""Some seeds of the state machine of tests/faults, in Chromium: clicks, typing, view changes, cuts, delays, restarts and tabs against the same model."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

from tests.browser.bench import APP, START
from tests.faults.machine import FIRST, NOT_SHOWN, SECOND, VIEWS, Model
from tests.tools.fixtures import BROKEN_CONNECTIONS
from tests.tools.waiting import reaches

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Page

    from tests.tools.fixtures import Server
    from tests.tools.programs import Program
    from tests.tools.proxy import Proxy

SOURCE = START + APP + VIEWS + 'app.add_controller("/", page_of(First, Second))\napp.run()\n'
PAGES = {
    name: text.replace("<title>", '<link rel="icon" href="data:,"><title>')
    for name, text in {"first.html": FIRST, "second.html": SECOND}.items()
}
STEPS = 10
SHOWN = """absent => {
    const one = selector => document.querySelector(selector);
    const text = selector => one(selector) ? one(selector).innerText : absent;
    return {
        h1: text("h1"), state: text("#state"), count: text("#count"), rows: [...document.querySelectorAll("#rows p")].map(row => row.innerText),
        asked: text("#asked"), heard: text("#heard"), field: one("#field").value, area: one("#area") ? one("#area").value : absent,
        box: one("#box") ? one("#box").checked : absent,
    };
}"""


@pytest.fixture(autouse=True)
def _connections_will_break(expect_console: Callable[..., None]) -> None:
    expect_console(*BROKEN_CONNECTIONS)


class Driver:
    """Does what the seed says, to the pages and to the models."""

    def __init__(self, chance: random.Random, visitor: BrowserContext, program: Program, between: Proxy) -> None:
        self.chance = chance
        self.visitor = visitor
        self.program = program
        self.between = between
        self.tabs: list[tuple[Page, Model]] = []
        self.done: list[str] = []

    def shows(self) -> None:
        for page, model in self.tabs:
            reaches(lambda page=page: page.evaluate(SHOWN, NOT_SHOWN), model.shown())

    def open(self) -> None:
        if len(self.tabs) < 3:
            page = self.visitor.new_page()
            page.goto(self.between.url)
            self.tabs.append((page, Model()))

    def click(self, page: Page, what: str, times: int = 1) -> None:
        page.evaluate(
            "([what, times]) => { for (let i = 0; i < times; i++) document.getElementById(what)?.click() }",
            [what, times],
        )

    def step(self) -> None:
        name = self.chance.choices(
            [
                "add",
                "drop",
                "ask",
                "other",
                "fill",
                "area",
                "cut",
                "away",
                "delay",
                "restart",
                "open",
                "close",
                "reload",
            ],
            [6, 3, 2, 2, 3, 2, 4, 4, 1, 1, 1, 1, 1],
        )[0]
        self.done.append(name)
        page, model = self.chance.choice(self.tabs)
        if name in {"add", "drop", "ask", "other"}:
            self.act(page, model, name)
        elif name == "fill":
            text = f"typed {self.chance.randrange(100)}"
            if text != model.field:
                page.fill("#field", text)
                page.evaluate("document.getElementById('field').blur()")
                model.type(text)
        elif name == "area":
            if not model.view:
                model.area, model.box = f"area {self.chance.randrange(100)}", self.chance.random() < 0.5
                page.fill("#area", model.area)
                page.set_checked("#box", model.box)
        elif name == "cut":
            self.chance.choice([self.between.drop, self.between.reset])()
            self.act(page, model, self.chance.choice(["add", "drop", "other"]))
        elif name == "away":
            self.between.refuse()
            self.between.drop()
            for what in self.chance.choices(["add", "drop"], k=3):
                self.act(page, model, what)
            if self.chance.random() < 0.3:
                self.act(page, model, "other")
            page.wait_for_timeout(150)
            self.between.accept()
        elif name == "delay":
            self.between.delay(self.chance.choice([0, 5, 30]))
        elif name == "restart":
            for one, _ in self.tabs:  # so that it can be seen when it is mounted anew
                one.evaluate("document.getElementById('state').textContent = 'before the restart'")
            self.program.restart()
            for _, one in self.tabs:
                one.mounted_anew()
        elif name == "open":
            self.open()
        elif name == "close" and len(self.tabs) > 1:
            self.tabs.remove((page, model))
            page.close()
        elif name == "reload":
            page.reload()
            model.reload()

    def act(self, page: Page, model: Model, what: str) -> None:
        if model.view and what in {"drop", "ask"}:
            return
        times = self.chance.randrange(1, 4) if what == "add" else 1
        self.click(page, what, times)
        for _ in range(times):
            getattr(model, what)()


@pytest.mark.parametrize("seed", range(int(os.environ.get("PYCOMMUNICATE_MACHINE_SEEDS", "6"))))
def test_seed(serve: Server, visitor: BrowserContext, proxy: Callable[[int], Proxy], seed: int) -> None:
    program = serve(SOURCE, templates=PAGES)
    driver = Driver(random.Random(seed), visitor, program, proxy(program.port))
    driver.open()
    try:
        driver.shows()
        for _ in range(STEPS):
            driver.step()
            driver.shows()
    except Exception as error:
        message = f"after {driver.done}: {error}"
        raise AssertionError(message) from error
    assert "Traceback" not in program.err, program.err[-3000:]
    for page, _ in driver.tabs:
        page.close()
