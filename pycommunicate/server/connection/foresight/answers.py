"""Answers that came along with an event: what they are to which question, and for how long they may be used."""

import time
from collections.abc import Container, Mapping
from typing import Any, NamedTuple

from pycommunicate.protocol.messages import ERROR, HANDLE, VALUE
from pycommunicate.protocol.operations import Op
from pycommunicate.proxies.dom.element import ElementWrapper
from pycommunicate.server.connection.foresight.changes import Changes
from pycommunicate.server.connection.foresight.habits import MATCHED, Habit, Question, is_find
from pycommunicate.server.connection.outbox import Outbox
from pycommunicate.server.connection.reads import Reads, fits

Key = tuple[Any, ...]
"""A question as it is asked on one page: `(code, selector)`, or `(code, handle, *names)`."""


class Told(NamedTuple):
    """What one page was told to ask along with the events of a habit's listeners."""

    version: int
    habit: Habit
    questions: tuple[Question, ...]
    reads: list[Any]
    """The questions as they travel."""
    elements: dict[str, int]
    """The handles of the view's elements among them, by attribute."""
    sources: tuple[str, ...]
    """What the operands of a listener stand for."""
    known: tuple[Question, ...] | None
    """The habit's questions that this is all of; None where some can't be asked on this page as yet."""


class Circumstances(NamedTuple):
    """What makes one run of a handler differ from others: its arguments, and the event's element with what is known of it."""

    arguments: Mapping[str, Any]
    matched: int | None
    payload: Mapping[str, Any]
    view: Mapping[str, Any]


class Taken(NamedTuple):
    """One answer."""

    question: Question
    status: int
    value: Any
    around: tuple[int, ...]
    """The handles of the element and of those around it, as far as they have some."""
    plain: bool
    """Whether the element is a text field, which nothing but a write to itself changes."""


class Foreseen:
    """Answers as the browser gave them after operation `applied`. What was written since may have made them useless."""

    __slots__ = ("_answers", "_changes", "_latest", "_outbox", "_reads", "_seen", "_stamp", "_until")

    def __init__(
        self, answers: dict[Key, Taken], outbox: Outbox, reads: Reads, applied: int, seconds: float, *, ahead: int = 0
    ) -> None:
        """Keep the answers for so many seconds. `ahead`: how many answers to real questions came with them."""
        self._answers = answers
        self._outbox = outbox
        self._reads = reads
        self._until = time.monotonic() + seconds
        self._stamp = reads.answered + ahead
        self._latest = reads.latest_name
        self._seen = applied
        self._changes = Changes()

    def catch_up(self) -> None:
        """Look at what was written since the last time: it may be forgotten after this."""
        written = self._outbox.since(self._seen)
        if written is None:
            self.drop()
            return
        for operations in written:
            self._changes.add(operations)
        self._seen = self._outbox.last_written

    def drop(self) -> None:
        """The answers are of no use any more."""
        self._answers = {}

    def look_up(self, key: Key) -> Taken | None:
        """Return the answer, where it is known and nothing since can have changed it."""
        taken = self._answers.get(key)
        if taken is None or self._stamp != self._reads.answered or time.monotonic() > self._until:
            return None
        self.catch_up()
        changes = self._changes
        if key[0] in {Op.FIND, Op.EXISTS}:
            held = changes.leave_match(key[1], taken.around, self._latest)
        elif key[0] == Op.GET_PROPERTY and key[2] in {"value", "checked"} and taken.plain:
            held = changes.leave_field(taken.around, self._latest)
        else:
            held = not changes.any
        return taken if held and self._answers else None


def tell(habit: Habit, version: int, circumstances: Circumstances, epoch: str) -> Told:
    """Return what a page is to be told of a habit: the questions that can be asked there."""
    elements: dict[str, int] = {}
    questions: list[Question] = []
    for question in habit.questions:
        where = question[1]
        if not is_find(question) and isinstance(where, tuple) and where[0] == "view":
            handle = handle_of(circumstances.view.get(where[1]), epoch)
            if handle is None:
                continue
            elements[where[1]] = handle
        questions.append(question)
    places = {question: place for place, question in enumerate(questions)}
    reads = [_travelling(question, places, habit.sources, elements) for question in questions]
    known = habit.questions if len(questions) == len(habit.questions) else None
    return Told(version, habit, tuple(questions), reads, elements, habit.sources, known)


def _travelling(
    question: Question, places: dict[Question, int], sources: tuple[str, ...], elements: dict[str, int]
) -> list[Any]:
    code, where, *names = question
    if is_find(question):
        if isinstance(where, str):
            return [int(code), where]
        return [int(code), [_part(part, sources) for part in where]]
    place: Any
    if where == MATCHED:
        place = -1
    elif where[0] == "arg":
        place = -2 - sources.index(where[1])
    elif where[0] == "view":
        place = [elements[where[1]]]
    else:
        place = places[where]
    return [int(code), place, *names]


def _part(part: Any, sources: tuple[str, ...]) -> Any:
    if isinstance(part, str):
        return part
    return sources.index(part[1]) if part[0] == "arg" else [part[1]]


def arguments_told(sources: tuple[str, ...], arguments: Mapping[str, Any], epoch: str) -> list[Any]:
    """Return what the browser is told of one handler's arguments: text for selectors, handles of elements."""
    return [_argument(arguments.get(source), epoch) for source in sources]


def _argument(value: Any, epoch: str) -> Any:
    handle = handle_of(value, epoch)
    return handle if handle is not None else text_of(value)


def handle_of(value: Any, epoch: str) -> int | None:
    """Return the handle of an element of this epoch."""
    return value._handle if isinstance(value, ElementWrapper) and value._epoch == epoch else None


def text_of(value: Any) -> str | None:
    """Return a short text or a number as text."""
    if type(value) is int:
        return str(value)
    return value if type(value) is str and 0 < len(value) <= 100 else None


def attributes_of(payload: Mapping[str, Any], names: Container[str]) -> dict[str, str]:
    """Return the attributes of the event's element, as far as the event tells them: of those in `data`, only the ones with these names."""
    found = {
        "data-" + "".join(f"-{c.lower()}" if c.isupper() else c for c in name): value
        for name, value in payload.get("data", {}).items()
        if name in names
    }
    if payload.get("id"):
        found["id"] = payload["id"]
    return found


def answers_of(told: Told, circumstances: Circumstances, operands: list[Any], answers: list[Any]) -> dict[Key, Taken]:
    """Return the answers to what a page was told to ask, by the question as its handler will ask it. What is not as it should be is left out.

    `operands` are those that the browser was told: what the handler's arguments are by now may be something else.
    """
    known = dict(zip(told.sources, operands, strict=False))
    handles: list[int | None] = []
    found: dict[Key, Taken] = {}
    for question, answer in zip(told.questions, answers, strict=False):
        handle: int | None = None
        if isinstance(answer, list):
            code, where, *names = question
            status, value, *more = answer
            around = tuple(more[0]) if more else ()
            plain = len(more) > 1
            if is_find(question):
                selector = selector_of(where, known, circumstances.payload)
                if selector is not None and status in {VALUE, HANDLE} and (status == HANDLE or value is False):
                    handle = value if status == HANDLE else None
                    found[int(code), selector] = Taken(
                        question, status, value, (value, *around) if status == HANDLE else (), plain
                    )
            else:
                element = _element(where, told, circumstances.matched, known, handles)
                if element is not None and status != ERROR and fits(code, status, value):
                    found[(int(code), element, *names)] = Taken(question, status, value, (element, *around), plain)
        handles.append(handle)
    return found


def selector_of(where: Any, operands: Mapping[str, Any], payload: Mapping[str, Any]) -> str | None:
    """Return the selector in which the parts that vary are filled in."""
    if isinstance(where, str):
        return where
    attributes = attributes_of(payload, payload.get("data", {}))
    parts: list[str] = []
    for part in where:
        text = part
        if not isinstance(part, str):
            text = operands.get(part[1]) if part[0] == "arg" else attributes.get(part[1])
        if not isinstance(text, str):
            return None
        parts.append(text)
    return "".join(parts)


def _element(
    where: Any, told: Told, matched: int | None, operands: Mapping[str, Any], handles: list[int | None]
) -> int | None:
    if where == MATCHED:
        return matched
    if where[0] == "arg":
        handle = operands.get(where[1])
        return handle if isinstance(handle, int) else None
    if where[0] == "view":
        return told.elements[where[1]]
    place = told.questions.index(where)
    return handles[place] if place < len(handles) else None
