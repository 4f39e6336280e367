"""Any sequence of clicks, typing, view changes, cuts, delays, restarts and tabs: the page shows what the model says. With the simulated browser.

`PYCOMMUNICATE_MACHINE_RUNS=5000` (with `--timeout 0`) runs more than the suite does.
"""

from __future__ import annotations

import os
import tempfile
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from pycommunicate import CommunicateApp, ControllerFactory, View
from pycommunicate.testing.dom.text import inner_text
from pycommunicate.testing.element import Element
from tests.faults.machine import FIRST, NOT_SHOWN, SECOND, VIEWS, Model

if TYPE_CHECKING:
    from pycommunicate.testing.page import Page

RUNS = int(os.environ.get("PYCOMMUNICATE_MACHINE_RUNS", "60"))
STEPS = 18
MOST_TABS = 4

_tabs = st.integers(0, MOST_TABS - 1)
_texts = st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), max_size=6)


def application(folder: str) -> CommunicateApp:
    """The application, once for all runs."""
    for name, text in {"first.html": FIRST, "second.html": SECOND}.items():
        (Path(folder) / name).write_text(textwrap.dedent(text), encoding="utf-8")
    scope: dict[str, Any] = {"View": View}
    exec(VIEWS, scope)
    app = CommunicateApp(template_directory=folder)
    app.set_secret_key("a key for the tests, used nowhere else")
    factory = ControllerFactory().add_view(scope["First"]).add_view(scope["Second"]).set_default_view(scope["First"])
    app.add_controller("/", factory)
    return app


def shown(page: Page) -> dict[str, object]:
    """What the page shows. It has come to rest: asking the page itself, for each text, would wait for that again."""
    document = page._tab.document

    def text(selector: str) -> object:
        found = document.select_one(selector)
        return NOT_SHOWN if found is None else inner_text(found)

    def field(selector: str, name: str) -> object:
        found = document.select_one(selector)
        return NOT_SHOWN if found is None else getattr(Element(page._tab, found), name)

    return {
        "h1": text("h1"),
        "state": text("#state"),
        "count": text("#count"),
        "rows": [inner_text(row) for row in document.select("#rows p")],
        "asked": text("#asked"),
        "heard": text("#heard"),
        "field": field("#field", "value"),
        "area": field("#area", "value"),
        "box": field("#box", "checked"),
    }


class Machine(RuleBasedStateMachine):
    """A visitor with up to four tabs, a network, a server; and a model of each tab."""

    app: CommunicateApp

    def __init__(self) -> None:
        super().__init__()
        self.browser = self.app.test_browser()
        self.tabs: list[tuple[Page, Model]] = []
        self.offline = False
        self.restarted = False
        """Whether the server was restarted while there was no network."""
        self.waiting: dict[int, list[str]] = {}
        """What was done in each tab while there was no network: it is kept, and done when the network is back."""

    # -- tabs

    @initialize()
    def open_first(self) -> None:
        self._open()

    def _open(self) -> None:
        self.tabs.append((self.browser.open("/"), Model()))

    @precondition(lambda self: len(self.tabs) < MOST_TABS and not self.offline)
    @rule()
    def open_or_duplicate_a_tab(self) -> None:
        self._open()

    @precondition(lambda self: len(self.tabs) > 1)
    @rule(tab=_tabs)
    def close_a_tab(self, tab: int) -> None:
        page, _ = self.tabs.pop(tab % len(self.tabs))
        self.waiting.pop(id(page), None)
        page.close()

    @precondition(lambda self: not self.offline)
    @rule(tab=_tabs)
    def reload(self, tab: int) -> None:
        page, model = self._tab(tab)
        page.reload()
        model.reload()

    # -- what a person does

    def _tab(self, tab: int) -> tuple[Page, Model]:
        return self.tabs[tab % len(self.tabs)]

    def _click(self, tab: int, what: str) -> None:
        page, model = self._tab(tab)
        if not page.exists(f"#{what}"):
            return
        before = self.waiting.get(id(page), [])
        if "other" in before:
            return  # the view will have changed when this is handled: a click on the old one means nothing then
        page.click(f"#{what}")
        if self.offline:
            self.waiting.setdefault(id(page), []).append(what)
        else:
            getattr(model, what)()

    @rule(tab=_tabs, times=st.integers(1, 4))
    def add(self, tab: int, times: int) -> None:
        for _ in range(times):
            self._click(tab, "add")

    @rule(tab=_tabs)
    def drop(self, tab: int) -> None:
        self._click(tab, "drop")

    @rule(tab=_tabs)
    def ask(self, tab: int) -> None:
        self._click(tab, "ask")

    @rule(tab=_tabs)
    def change_view(self, tab: int) -> None:
        self._click(tab, "other")

    @rule(tab=_tabs, text=_texts)
    def fill(self, tab: int, text: str) -> None:
        page, model = self._tab(tab)
        if "other" in self.waiting.get(id(page), []):
            return
        changes = text != page.value("#field")
        page.fill("#field", text)
        model.field = text
        if model.view or not changes:
            return
        if self.offline:
            self.waiting.setdefault(id(page), []).append("heard:" + text)
        else:
            model.heard = text

    @rule(tab=_tabs, text=_texts, tick=st.booleans())
    def type_and_tick(self, tab: int, text: str, tick: bool) -> None:
        page, model = self._tab(tab)
        if model.view or "other" in self.waiting.get(id(page), []):
            return
        page.fill("#area", text)
        page.check("#box", tick)
        model.area, model.box = text, tick

    # -- what happens to the connection

    @precondition(lambda self: not self.offline)
    @rule(messages=st.integers(1, 4))
    def lose_messages(self, messages: int) -> None:
        self.browser.network(drop_next=messages)

    @precondition(lambda self: not self.offline)
    @rule(tab=_tabs)
    def cut(self, tab: int) -> None:
        self._tab(tab)[0]._tab.cut()

    @rule(seconds=st.sampled_from([0.0, 0.0, 0.002]))
    def delay(self, seconds: float) -> None:
        self.browser.network(latency=seconds)

    @precondition(lambda self: not self.offline)
    @rule()
    def go_offline(self) -> None:
        self.browser.network(offline=True)
        self.offline = True

    @precondition(lambda self: self.offline)
    @rule()
    def go_online(self) -> None:
        self.offline = False
        self.browser.network(offline=False)
        if self.restarted:  # mounted anew: clicks of before belong to another epoch, and the person is told
            self._mounted_anew()
        for page, model in self.tabs:
            for what in self.waiting.pop(id(page), []):
                if what.startswith("heard:"):
                    model.heard = what.removeprefix("heard:")
                else:
                    getattr(model, what)()

    @rule()
    def restart(self) -> None:
        self.browser.network(restart_server=True)
        self.restarted = True
        if not self.offline:
            self._mounted_anew()

    def _mounted_anew(self) -> None:
        self.restarted = False
        self.waiting.clear()
        for _, model in self.tabs:
            model.mounted_anew()

    # -- what must be so

    @invariant()
    def every_tab_shows_what_the_model_says(self) -> None:
        if self.offline:
            return
        for page, model in self.tabs:
            assert page.connected
            assert shown(page) == model.shown()
        assert len(self.app.pages) >= len(
            self.tabs
        )  # more: a tab's last message may have been lost, then its page waits
        assert len(self.app.users) <= 1

    def teardown(self) -> None:
        self.browser.close()
        assert len(self.app.pages) == 0
        assert self.browser.world.left() == ""


def test_any_sequence_of_faults() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Machine.app = application(folder)
        try:
            run_state_machine_as_test(
                Machine,
                settings=settings(
                    max_examples=RUNS,
                    stateful_step_count=STEPS,
                    deadline=None,
                    derandomize="PYCOMMUNICATE_MACHINE_RUNS" not in os.environ,
                    database=None,
                    phases=[Phase.generate, Phase.shrink],
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            del Machine.app
