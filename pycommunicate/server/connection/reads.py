"""Reads under way: what handlers asked the browser, until it answers, its deadline passes or the page is gone."""

import time
from collections.abc import Callable
from typing import Any

from pycommunicate.engine import Engine, Event
from pycommunicate.errors import (
    AnswerTooLarge,
    BadAnswer,
    BrowserError,
    BrowserGone,
    BrowserTimeout,
    ElementGone,
    InvalidSelector,
)
from pycommunicate.protocol.limits import Limits
from pycommunicate.protocol.messages import ERROR, HANDLE, Answer
from pycommunicate.protocol.operations import Op, Operation
from pycommunicate.proxies.channel import Named

_UNANSWERED: Any = object()
Taken = Callable[[Answer], None]


class Read:
    """One question. It is answered once; a second answer finds nobody."""

    __slots__ = ("answer", "deadline", "error", "number", "operation", "signal", "taken")

    def __init__(self, operation: Operation, signal: Event | None, deadline: float) -> None:
        self.operation = operation
        self.number = 0
        self.signal = signal
        self.deadline = deadline
        self.answer: Any = _UNANSWERED
        self.error: Exception | None = None
        self.taken: Taken | None = None


class Reads:
    """The reads of one page. One-use tags: an answer to anything else is ignored and counted."""

    __slots__ = ("_engine", "_limits", "_pending", "_tag", "answered", "ignored", "latest_name", "online")

    def __init__(self, engine: Engine, limits: Limits) -> None:
        self._engine = engine
        self._limits = limits
        self._pending: dict[int, Read] = {}
        self._tag = 0
        self.online = True
        self.ignored = 0
        self.answered = 0
        """How many questions that somebody waited for were answered."""
        self.latest_name = 0
        """The last (lowest) handle that the browser has given, as far as it has said so."""

    def named(self, handle: object) -> None:
        """Note a handle that came from the browser."""
        if type(handle) is int and handle < self.latest_name:
            self.latest_name = handle

    def ask_along(
        self, code: int, arguments: tuple[object, ...], write: Callable[[Operation], object], taken: Taken
    ) -> int:
        """Write a read that nobody waits for; `taken` is called with its answer. Return its tag, for `forget`."""
        self._tag += 1
        read = Read((int(code), self._tag, *arguments), None, float("inf"))
        read.taken = taken
        self._pending[self._tag] = read
        write(read.operation)
        return self._tag

    def forget(self, tag: int) -> None:
        """An answer is no longer wanted."""
        self._pending.pop(tag, None)

    def ask(self, code: int, arguments: tuple[object, ...], send: Callable[[Operation], int]) -> Any:
        """Send the read and block for its answer. `send` returns the number that the operation got."""
        self._tag += 1
        tag = self._tag
        read = Read((int(code), tag, *arguments), self._engine.event(), time.monotonic() + self._patience())
        self._pending[tag] = read
        try:
            read.number = send(read.operation)
            self._wait(read)
        finally:
            self._pending.pop(tag, None)
        if read.error is not None:
            raise read.error
        if read.answer is _UNANSWERED:
            raise BrowserTimeout(f"the browser did not answer within {self._patience():g} s")
        return _value(code, read.answer, arguments)

    def take(self, answer: Answer) -> None:
        """Hand an answer to the handler that waits for it."""
        read = self._pending.pop(answer.tag, None)
        if read is None:
            self.ignored += 1
            return
        if answer.status == HANDLE:
            self.named(answer.value)
        if read.taken is not None:
            read.taken(answer)
            return
        self.answered += 1
        read.answer = answer
        if read.signal is not None:
            read.signal.set()

    def went_offline(self) -> None:
        """The connection is lost: what waits gets a short deadline."""
        self.online = False
        self._set_deadlines()

    def went_online(self, applied: int) -> list[Read]:
        """The connection is back. Return the reads whose operation was applied but whose answer was lost: they are to be asked again."""
        self.online = True
        self._set_deadlines()
        return [read for read in self._pending.values() if 0 < read.number <= applied]

    def end(self, reason: str) -> None:
        """Let all that wait raise `BrowserGone`."""
        pending, self._pending = self._pending, {}
        for read in pending.values():
            read.error = BrowserGone(reason)
            if read.signal is not None:
                read.signal.set()

    def _patience(self) -> float:
        return self._limits.read_deadline if self.online else self._limits.read_deadline_offline

    def _set_deadlines(self) -> None:
        deadline = time.monotonic() + self._patience()
        for read in self._pending.values():
            if read.signal is not None:
                read.deadline = deadline
                signal, read.signal = read.signal, self._engine.event()
                signal.set()

    def _wait(self, read: Read) -> None:
        while read.answer is _UNANSWERED and read.error is None:
            remaining = read.deadline - time.monotonic()
            if remaining <= 0 or read.signal is None:
                return
            read.signal.wait(remaining)


def _value(code: int, answer: Answer, arguments: tuple[object, ...]) -> Any:
    if answer.status == ERROR:
        raise _error(str(answer.value), arguments)
    if not fits(code, answer.status, answer.value):
        raise BadAnswer(f"{Op(code).name.lower()}: the browser answered with something of another type")
    return Named(answer.value) if answer.status == HANDLE else answer.value  # type: ignore[arg-type]


def fits(code: int, status: int, value: object) -> bool:
    """Whether that is an answer to such a read."""
    if status == HANDLE:
        return code in _MAY_BE_ELEMENT and isinstance(value, int)
    check = _FITS.get(code)
    return check is None or check(value)


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_text_or_nothing(value: object) -> bool:
    return value is None or isinstance(value, str)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_table(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


def _is_form(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) or _is_texts(item) for item in value.values())


_MAY_BE_ELEMENT = frozenset({Op.FIND, Op.GET_PROPERTY})
_FITS: dict[int, Callable[[object], bool]] = {
    Op.FIND: _is_bool,
    Op.EXISTS: _is_bool,
    Op.GET_STYLE: _is_text,
    Op.GET_ATTRIBUTE: _is_text_or_nothing,
    Op.GET_ATTRIBUTES: _is_table,
    Op.GET_CLASSES: _is_texts,
    Op.FORM_DATA: _is_form,
    Op.REDEEM: _is_bool,
}
"""What an honest browser answers to each read; a property may be anything."""


def _error(code: str, arguments: tuple[object, ...]) -> BrowserError:
    match code:
        case "invalid_selector":
            return InvalidSelector(f"{arguments[-1]!r} is no selector that the browser can parse")
        case "gone":
            return ElementGone("the element is no longer in the document")
        case "too_large":
            return AnswerTooLarge(f"the answer does not fit a message ({arguments[-1]!r})")
        case _:
            return BadAnswer(f"the browser answered {code!r}")
