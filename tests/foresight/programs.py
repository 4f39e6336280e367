"""Random programs of writes and reads, as handlers make them; what they are carried out with."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from gevent.event import Event
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from markupsafe import Markup

from pycommunicate.errors import BrowserError

if TYPE_CHECKING:
    from collections.abc import Callable

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
three_programs = st.lists(programs, min_size=3, max_size=3)
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


class Turn:
    """Lets in one after the other, in the order of their coming; gevent's semaphores let others slip in between."""

    def __init__(self) -> None:
        self._waiting: deque[Event] = deque()

    def __enter__(self) -> None:
        mine = Event()
        self._waiting.append(mine)
        if self._waiting[0] is not mine:
            mine.wait()

    def __exit__(self, *_error: object) -> None:
        self._waiting.popleft()
        if self._waiting:
            self._waiting[0].set()


class EveryText(set[str]):
    """The programs here are data: what they ask counts as written in the code."""

    def __contains__(self, _text: object) -> bool:
        return True

    def issuperset(self, _texts: object) -> bool:
        return True


def every_text(_code: object) -> Any:
    """In the place of `Texts`."""
    return type("Texts", (), {"whole": EveryText(), "pieces": EveryText()})


def examples(count: int) -> settings:
    """So many programs, each of which takes the time that it takes."""
    return settings(
        max_examples=count,
        deadline=None,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
