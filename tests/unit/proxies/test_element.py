"""Each call on a handle is one operation of the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from markupsafe import Markup

from pycommunicate import ElementGone, ElementWrapper, HTMLWrapper, NotSerializable, RefusedName, UnsafeURL
from pycommunicate.protocol.operations import ARGUMENTS, Op, Operation
from pycommunicate.proxies.channel import Named
from pycommunicate.proxies.dom.listener import Terms


class Recorder:
    """A channel that notes what is written and answers what it was told to."""

    def __init__(self) -> None:
        self.epoch = "one"
        self.written: list[list[Any]] = []
        self.answer: Any = None
        self.handles = 1
        self.listeners = 0

    def write(self, operation: Operation) -> None:
        self.written.append(list(operation))

    def ask(self, code: int, *arguments: object) -> Any:
        self.written.append([code, "tag", *arguments])
        return self.answer

    ask_for_element = ask

    def find(self, selector: str) -> int | None:
        handle = self.new_handle()
        answer = self.ask_for_element(Op.FIND, handle, selector)
        return int(answer) if isinstance(answer, Named) else handle if answer is True else None

    def new_handle(self, parent: int = 0) -> int:
        self.handles += 1
        return self.handles

    def parent_of(self, handle: int) -> int:
        return 0

    def listen(self, handle: int, handler: Callable[..., object], terms: Terms) -> tuple[int, None]:
        self.listeners += 1
        return self.listeners, None

    def forget(self, number: int) -> None:
        self.written.append([Op.UNLISTEN, number])

    def forget_element(self, handle: int, *, inside: bool = False) -> None:
        pass


def make() -> tuple[Recorder, ElementWrapper]:
    recorder = Recorder()
    return recorder, ElementWrapper(recorder, 1, "#it")


def setitem(thing: Any, name: str, value: object) -> None:
    thing[name] = value


CALLS: list[tuple[Callable[[ElementWrapper], object], list[list[Any]]]] = [
    (lambda e: e.add_child("p"), [[Op.ADD_CHILD, 1, 2, "p"]]),
    (lambda e: e.prepend_child("p"), [[Op.PREPEND_CHILD, 1, 2, "p"]]),
    (lambda e: e.add_before("p"), [[Op.ADD_BEFORE, 1, 2, "p"]]),
    (lambda e: e.add_after("p"), [[Op.ADD_AFTER, 1, 2, "p"]]),
    (
        lambda e: e.add_child("a", id="x", content="<b>", attributes={"href": "/x"}),
        [
            [Op.ADD_CHILD, 1, 2, "a"],
            [Op.SET_PROPERTY, 2, "id", "x"],
            [Op.CONTENT, 2, "<b>"],
            [Op.SET_ATTRIBUTE, 2, "href", "/x"],
        ],
    ),
    (lambda e: e.delete(), [[Op.DELETE, 1]]),
    (lambda e: e.clear(), [[Op.CLEAR, 1]]),
    (lambda e: e.focus(), [[Op.FOCUS, 1]]),
    (lambda e: e.blur(), [[Op.BLUR, 1]]),
    (lambda e: e.scroll_into_view(), [[Op.SCROLL_INTO_VIEW, 1]]),
    (lambda e: e.append_html(Markup("<b>x</b>")), [[Op.APPEND_HTML, 1, "<b>x</b>"]]),
    (lambda e: e.set_property("value", 5), [[Op.SET_PROPERTY, 1, "value", 5]]),
    (lambda e: e.set_property("value", None), [[Op.SET_PROPERTY, 1, "value", None]]),
    (lambda e: e.prop("value", ""), [[Op.SET_PROPERTY, 1, "value", ""]]),
    (lambda e: e.prop("checked", False), [[Op.SET_PROPERTY, 1, "checked", False]]),
    (lambda e: e.prop("x", 0), [[Op.SET_PROPERTY, 1, "x", 0]]),
    (lambda e: e.prop("value"), [[Op.GET_PROPERTY, "tag", 1, "value"]]),
    (lambda e: e.prop("value", None), [[Op.GET_PROPERTY, "tag", 1, "value"]]),
    (lambda e: setattr(e, "content", "a"), [[Op.CONTENT, 1, "a"]]),
    (lambda e: setattr(e, "content", 5), [[Op.CONTENT, 1, "5"]]),
    (lambda e: e.content, [[Op.GET_PROPERTY, "tag", 1, "innerText"]]),
    (lambda e: e.checked, [[Op.GET_PROPERTY, "tag", 1, "checked"]]),
    (lambda e: setattr(e, "disabled", True), [[Op.SET_PROPERTY, 1, "disabled", True]]),
    (lambda e: setitem(e.style, "marginTop", "4px"), [[Op.SET_STYLE, 1, "marginTop", "4px"]]),
    (lambda e: e.style["--accent"], [[Op.GET_STYLE, "tag", 1, "--accent"]]),
    (lambda e: setitem(e.attributes, "hidden", True), [[Op.SET_ATTRIBUTE, 1, "hidden", ""]]),
    (lambda e: setitem(e.attributes, "hidden", False), [[Op.SET_ATTRIBUTE, 1, "hidden", None]]),
    (lambda e: e.attributes.get("lang"), [[Op.GET_ATTRIBUTE, "tag", 1, "lang"]]),
    (lambda e: e.attributes.all(), [[Op.GET_ATTRIBUTES, "tag", 1]]),
    (lambda e: e.classes.add("a", "b"), [[Op.SET_CLASSES, 1, ["a", "b"], []]]),
    (lambda e: e.classes.replace("a", "b"), [[Op.SET_CLASSES, 1, ["b"], ["a"]]]),
    (lambda e: e.classes.toggle("a", False), [[Op.SET_CLASSES, 1, [], ["a"]]]),
    (lambda e: e.classes.all(), [[Op.GET_CLASSES, "tag", 1]]),
    (lambda e: e.add_event_listener("click", lambda: None), [[Op.LISTEN, 1, 1, "click"]]),
    (
        lambda e: e.add_event_listener("submit", lambda event: None, once=True),
        [[Op.LISTEN, 1, 1, "submit", {"event": True, "prevent_default": True, "once": True}]],
    ),
    (
        lambda e: e.add_event_listener("keydown", lambda: None, keys="Enter", selector="input").remove(),
        [[Op.LISTEN, 1, 1, "keydown", {"keys": ["Enter"], "selector": "input"}], [Op.UNLISTEN, 1]],
    ),
]


@pytest.mark.parametrize(("call", "operations"), CALLS)
def test_a_call_is_its_operations(call: Callable[[ElementWrapper], object], operations: list[list[Any]]) -> None:
    recorder, element = make()
    call(element)
    assert recorder.written == operations
    for operation in recorder.written:
        optional = operation[0] == Op.LISTEN and len(operation) == 4
        assert len(operation) == 1 + len(ARGUMENTS[Op(operation[0])]) - optional


REFUSED: list[tuple[Callable[[ElementWrapper], object], type[Exception]]] = [
    (lambda e: e.add_child("script"), RefusedName),
    (lambda e: e.add_child("p onclick=x"), RefusedName),
    (lambda e: e.set_property("innerHTML", "<b>"), RefusedName),
    (lambda e: e.get_property("__proto__"), RefusedName),
    (lambda e: e.set_property("onclick", "x"), RefusedName),
    (lambda e: e.append_html("<b>text</b>"), RefusedName),  # type: ignore[arg-type]
    (lambda e: setitem(e.attributes, "onclick", "x"), RefusedName),
    (lambda e: setitem(e.attributes, "href", "javascript:alert(1)"), UnsafeURL),
    (lambda e: e.set_property("src", "data:text/html,x"), UnsafeURL),
    (lambda e: e.set_property("value", {1, 2}), NotSerializable),
    (lambda e: e.attributes.update(["hidden"]), TypeError),  # type: ignore[arg-type]
    (lambda e: e.classes.add("two words"), ValueError),
    (lambda e: e.add_event_listener("click", "handler"), TypeError),  # type: ignore[arg-type]
    (lambda e: e.add_event_listener("click", print, while_running="never"), ValueError),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("call", "error"), REFUSED)
def test_what_is_refused_is_not_written(call: Callable[[ElementWrapper], object], error: type[Exception]) -> None:
    recorder, element = make()
    with pytest.raises(error):
        call(element)
    assert recorder.written == []


def test_element_is_none_where_nothing_matches() -> None:
    recorder = Recorder()
    recorder.answer = False
    assert HTMLWrapper(recorder).element("#x") is None


def test_an_element_that_has_a_handle_keeps_it() -> None:
    recorder = Recorder()
    recorder.answer = Named(7)
    HTMLWrapper(recorder).element("#x").focus()
    assert recorder.written[-1] == [Op.FOCUS, 7]


def test_after_a_mount_anew_the_selector_is_asked_again() -> None:
    recorder, element = make()
    recorder.epoch = "two"
    element.focus()
    assert recorder.written == [[Op.BIND, 2, "#it"], [Op.FOCUS, 2]]


def test_after_a_mount_anew_an_element_that_was_created_is_gone() -> None:
    recorder, element = make()
    child = element.add_child("p")
    recorder.epoch = "two"
    with pytest.raises(ElementGone, match="mounted anew"):
        child.focus()
