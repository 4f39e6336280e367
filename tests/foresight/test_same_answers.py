"""Foresight never changes an answer: random programs of writes and reads give the same results and the same document with it and without."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from gevent.lock import BoundedSemaphore
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pycommunicate import CommunicateApp, ControllerFactory, View
from pycommunicate.errors import BrowserError
from pycommunicate.server.connection.foresight import recall
from pycommunicate.server.connection.foresight.answers import Foreseen
from pycommunicate.testing.dom.node import elements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BODY = """<!DOCTYPE html><html><head>{{ add_includes() }}</head><body>
<button id=h0></button><button id=h1></button><button id=h2></button>
<div id=a class=x><form id=b name=f><input id=c name=n value=1><input type=radio id=d name=r checked><input type=radio id=e name=r></form>
<textarea id=f>t</textarea></div><div id=g><select id=i><option>1<option>2</select><p id=j class=y>text<b id=k>bold</b></p></div>
</body></html>"""
IDS = ["a", "b", "c", "d", "e", "f", "g", "i", "j", "k", "new"]
SELECTORS = [
    *(f"#{name}" for name in IDS),
    ".x",
    ".y",
    "p",
    "#g b",
    "input",
    "[id=c]",
    "#new p",
    ":checked",
    "#a > form",
]

ids = st.sampled_from(IDS)
selectors = st.one_of(st.sampled_from([f"#{name}" for name in IDS]), st.sampled_from(SELECTORS))
texts = st.sampled_from(["", "1", "2", "c", "new", "x y"])
reads = st.one_of(
    st.tuples(st.sampled_from(["find", "exists"]), selectors),
    st.tuples(
        st.sampled_from(["value", "checked", "content", "id", "className", "classes", "form", "attributes"]), ids
    ),
)
writes = st.one_of(
    st.tuples(
        st.just("set"),
        ids,
        st.sampled_from(["value", "id", "title", "className", "textContent", "name", "type"]),
        texts,
    ),
    st.tuples(st.just("check"), ids, st.booleans()),
    st.tuples(st.just("text"), ids, texts),
    st.tuples(st.just("attribute"), ids, st.sampled_from(["id", "class", "value", "name", "title", "data-x"]), texts),
    st.tuples(st.just("class"), ids, st.sampled_from(["x", "y"])),
    st.tuples(st.just("style"), ids),
    st.tuples(
        st.sampled_from(["add", "prepend", "before", "after"]),
        ids,
        st.sampled_from(["p", "input", "option"]),
        st.sampled_from([None, *IDS]),
    ),
    st.tuples(st.sampled_from(["delete", "clear", "focus", "listen"]), ids),
    st.tuples(st.just("html"), ids, ids),
)
programs = st.lists(st.one_of(reads, reads, writes), max_size=6)
happenings = st.one_of(
    st.tuples(st.just("click"), st.integers(0, 2)),
    st.tuples(st.just("click"), st.integers(0, 2)),
    st.tuples(st.just("clicks"), st.integers(0, 2), st.integers(0, 2)),
    st.tuples(st.just("type"), texts),
    st.tuples(st.just("foreign"), st.sampled_from(["remove", "rename", "insert"]), ids),
)

SOURCE = """
def handler(view):
    def handle():
        with view.turn:  # one after the other: else each answer that takes a while lets others run
            run(view, view.programs[{number}])
    return handle
"""


def run(view: Any, program: list[Any]) -> None:
    """Carry a handler's program out, as handlers are written: look up, then write or read."""
    page = view.html_wrapper
    for what, where, *more in program:
        try:
            if what in {"find", "exists"}:
                view.results.append(page.exists(where) if what == "exists" else page.element(where) is not None)
                continue
            element = page.element(f"#{where}")
            if element is None:
                view.results.append(None)
            elif what in WRITES:
                WRITES[what](element, *more)
            else:
                view.results.append(READS[what](element))
        except BrowserError as error:
            view.results.append(type(error).__name__)


READS: dict[str, Callable[[Any], Any]] = {
    "value": lambda element: element.value,
    "checked": lambda element: element.checked,
    "content": lambda element: element.content,
    "id": lambda element: element.id,
    "className": lambda element: element.get_property("className"),
    "classes": lambda element: element.classes.all(),
    "form": lambda element: element.form_data(),
    "attributes": lambda element: element.attributes.all(),
}


def _set(element: Any, name: str, value: Any) -> None:
    element.set_property(name, value)


def _html(element: Any, name: str) -> None:
    from markupsafe import Markup

    element.append_html(Markup(f"<p id={name}><input value=9></p>"))


WRITES: dict[str, Callable[..., Any]] = {
    "set": _set,
    "check": lambda element, value: _set(element, "checked", value),
    "text": lambda element, text: setattr(element, "content", text),
    "attribute": lambda element, name, value: element.attributes.update({name: value}),
    "class": lambda element, name: element.classes.add(name),
    "style": lambda element: element.style.update({"color": "red"}),
    "add": lambda element, tag, id_: element.add_child(tag, id=id_),
    "prepend": lambda element, tag, id_: element.prepend_child(tag, id=id_),
    "before": lambda element, tag, id_: element.add_before(tag, id=id_),
    "after": lambda element, tag, id_: element.add_after(tag, id=id_),
    "delete": lambda element: element.delete(),
    "clear": lambda element: element.clear(),
    "focus": lambda element: element.focus(),
    "listen": lambda element: element.add_event_listener("click", lambda: None),
    "html": _html,
}


def make_handlers() -> list[Callable[[Any], Callable[[], None]]]:
    made = []
    for number in range(3):
        names: dict[str, Any] = {"run": run}
        exec(SOURCE.format(number=number), names)  # each with code of its own
        made.append(names["handler"])
    return made


class EveryText(set[str]):
    """The programs here are data: what they ask counts as written in the code."""

    def __contains__(self, _text: object) -> bool:
        return True

    def issuperset(self, _texts: object) -> bool:
        return True


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

        class Made(View):
            def render(self) -> str:
                self.programs = scene.programs
                self.results = scene.results = []
                self.turn = BoundedSemaphore()
                return self.controller.templater.render("page.html")

            def load(self) -> None:
                with self.turn:
                    for number, handler in enumerate(make_handlers_once):
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


make_handlers_once = make_handlers()


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


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
@given(
    load=programs,
    handlers=st.lists(programs, min_size=3, max_size=3),
    script=st.lists(happenings, max_size=8),
    latency=st.sampled_from([0, 0, 0.002]),
)
def test_the_same_answers_and_the_same_document(
    scene: Scene, load: list[Any], handlers: list[Any], script: list[Any], latency: float
) -> None:
    programs = [*handlers, load]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recall, "Texts", lambda _code: type("Texts", (), {"whole": EveryText(), "pieces": EveryText()}))
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


__all__ = ["elements"]
