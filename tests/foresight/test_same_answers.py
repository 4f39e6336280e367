"""Foresight never changes an answer: random programs of writes and reads give the same results and the same document with it and without."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycommunicate import CommunicateApp, ControllerFactory, View
from pycommunicate.server.connection.foresight import recall
from pycommunicate.server.connection.foresight.answers import Foreseen
from tests.foresight.programs import (
    BODY,
    Turn,
    every_text,
    examples,
    happenings,
    make_handlers,
    programs,
    run,
    three_programs,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Scene:
    """One application for all examples."""

    def __init__(self, folder: Path) -> None:
        (folder / "page.html").write_text(BODY)
        self.app = CommunicateApp(template_directory=str(folder))
        self.app.set_secret_key("a key for the tests, used nowhere else")
        self.programs: list[Any] = [[], [], [], []]
        self.results: list[Any] = []
        self.known = 0
        scene = self
        handlers = make_handlers()

        class Made(View):
            def render(self) -> str:
                self.programs = scene.programs
                self.results = scene.results = []
                self.turn = Turn()
                return self.controller.templater.render("page.html")

            def load(self) -> None:
                with self.turn:
                    for number, handler in enumerate(handlers):
                        self.html_wrapper.element(f"#h{number}").add_event_listener("click", handler(self))
                    run(self, self.programs[3])

        self.app.add_controller("/", ControllerFactory().add_view(Made).set_default_view(Made))
        self.browser = self.app.test_browser(raise_errors=False)

    def play(self, programs: list[Any], script: list[Any], latency: float) -> tuple[Any, ...]:
        self.programs = programs
        self.browser.network(latency=0)
        page = self.browser.open()
        if latency:
            self.browser.network(latency=latency)
        tab = page._tab
        for what, *details in script:
            if what == "type":
                field = tab.document.by_id("c")
                if field is not None and field.name == "input":
                    field.live_value = details[0]
            elif what == "foreign":
                foreign(tab, *details)
            else:
                for number in details:
                    button = tab.document.by_id(f"h{number}")
                    if button is not None:
                        tab.dispatch("click", button)
                page._tab.world.settle()
        seen = (self.results, page.html.partition("<body")[2], [error.split()[0] for error in page.errors])
        self.round_trips = page.round_trips
        page.close()
        assert [type(error).__name__ for error in self.browser.raised] == []
        return seen


def foreign(tab: Any, what: str, name: str) -> None:
    """A script that is not ours changes the document."""
    element = tab.document.by_id(name)
    if element is None or element.name in {"html", "body"}:
        return
    if what == "remove":
        element.extract()
    elif what == "rename":
        element.attrs["id"] = "other"
    else:
        made = tab.document.create("input")
        made.attrs["id"] = name
        element.insert_before(made)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    made = Scene(tmp_path_factory.mktemp("scene"))
    yield made
    made.browser.close()


EXAMPLES = int(os.environ.get("EXAMPLES", "150"))
hits: list[int] = []


@examples(EXAMPLES)
@given(
    load=programs,
    handlers=three_programs,
    script=st.lists(happenings, max_size=8),
    latency=st.sampled_from([0, 0, 0.002]),
)
def test_the_same_answers_and_the_same_document(
    scene: Scene, load: list[Any], handlers: list[Any], script: list[Any], latency: float
) -> None:
    programs = [*handlers, load]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recall, "Texts", every_text)
        with pytest.MonkeyPatch.context() as without:
            without.setattr(Foreseen, "look_up", lambda _self, _key: None)
            plain = scene.play(programs, script, latency)
            asked = scene.round_trips
        first = scene.play(programs, script, latency)
        again = scene.play(programs, script, latency)
        hits.append(asked - scene.round_trips)
    assert first == plain
    assert again == plain


def test_foresight_was_at_work() -> None:
    """The examples above would say nothing if nothing were foreseen in them."""
    assert sum(hits) > len(hits)
