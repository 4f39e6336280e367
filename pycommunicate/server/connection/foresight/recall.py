"""Recall: one run of application code, and what it asks of its page."""

from collections.abc import Callable, Mapping
from typing import Any

from pycommunicate.protocol.operations import Op
from pycommunicate.server.connection.foresight.answers import (
    Circumstances,
    Foreseen,
    Key,
    Taken,
    attributes_of,
    handle_of,
    text_of,
)
from pycommunicate.server.connection.foresight.constants import LONGEST, Texts
from pycommunicate.server.connection.foresight.habits import MATCHED, Habit, Question, arguments_of, code_of, is_find

_MOST_ASKED = 64
_NAMES = frozenset({"value", "checked", "innerText", "id", "disabled"})


class Recall:
    """Knows the answers that came with the event, and notes what is asked, for the next time."""

    __slots__ = (
        "_asked",
        "_found",
        "_function",
        "_payload",
        "_view",
        "cost",
        "foreseen",
        "habit",
        "known",
        "matched",
        "trips",
    )

    def __init__(
        self,
        habit: Habit | None,
        function: Callable[..., object],
        view: Any,
        *,
        matched: int | None = None,
        payload: Mapping[str, Any] | None = None,
    ) -> None:
        self.habit = habit
        self.foreseen: Foreseen | None = None
        self.matched = matched
        self.trips = 0
        self.cost: Any = None
        """What is counted of this run, in debug."""
        self.known = 0
        self._function = function
        self._view = view
        self._payload = payload or {}
        self._asked: dict[Question, None] = {}
        self._found: dict[int, Question] = {}

    @property
    def circumstances(self) -> Circumstances:
        """What the questions take from this run."""
        return Circumstances(arguments_of(self._function), self.matched, self._payload, vars(self._view))

    @property
    def asked(self) -> dict[Question, None]:
        """What has been asked so far and can be asked along the next time."""
        return self._asked

    def look_up(self, key: Key) -> Taken | None:
        """Return the answer to a question, where it is known."""
        taken = self.foreseen.look_up(key) if self.foreseen is not None else None
        if taken is not None:
            self.known += 1
            self._note(taken.question, taken.around)
        return taken

    def asks(self, key: Key, epoch: str) -> Question | None:
        """Note a question that is about to be asked, and return it in the form in which it can be asked along the next time."""
        if self.habit is None or len(self._asked) >= _MOST_ASKED or key[0] == Op.REDEEM:
            return None
        question = self._shared(key, epoch)
        if question is not None:
            self._asked[question] = None
        return question

    def known_ahead(self, selector: str, handle: int, epoch: str) -> None:
        """Note an element that was found without asking: what is asked of it can be asked along all the same."""
        if self.habit is not None:
            self.found(self._shared((Op.FIND, selector), epoch), handle)

    def found(self, question: Question | None, handle: int) -> None:
        """Note the element that was found."""
        if question is not None:
            self._found[handle] = question

    def _note(self, question: Question, around: tuple[int, ...]) -> None:
        if len(self._asked) < _MOST_ASKED:
            self._asked[question] = None
        if is_find(question) and question[0] == Op.FIND and around:
            self._found[around[0]] = question

    # -- the form that other runs can use ---------------------------------------------------------------------------------------

    def _shared(self, key: Key, epoch: str) -> Question | None:
        code, what, *names = key
        if code in {Op.FIND, Op.EXISTS} and len(what) > LONGEST:
            return None
        circumstances = self.circumstances
        texts = Texts(code_of(self._function))
        if code in {Op.FIND, Op.EXISTS}:
            selector = self._selector(what, texts, circumstances)
            return None if selector is None else (code, selector)
        if not texts.whole.issuperset(set(names) - _NAMES):
            return None
        where = self._where(what, circumstances, epoch)
        return None if where is None else (code, where, *names)

    def _selector(self, selector: str, texts: Texts, circumstances: Circumstances) -> Any:
        if selector in texts.whole:
            return selector
        pieces = texts.pieces | {""}
        attributes = attributes_of(circumstances.payload, texts.whole)  # what others it has is the visitor's say
        varying = [("attribute", name, text) for name, text in attributes.items()]
        varying += [("arg", name, text_of(value)) for name, value in circumstances.arguments.items()]  # type: ignore[misc]
        for kind, name, text in varying:
            at = selector.rfind(text) if text else -1
            if at >= 0 and selector[:at] in pieces and selector[at + len(text) :] in pieces:
                return tuple(part for part in (selector[:at], (kind, name), selector[at + len(text) :]) if part)
        return None

    def _where(self, handle: int, circumstances: Circumstances, epoch: str) -> Any:
        question = self._found.get(handle)
        if question is not None:
            return question
        if handle == self.matched:
            return MATCHED
        for kind, known in (("arg", circumstances.arguments), ("view", circumstances.view)):
            for name, value in known.items():
                if len(name) <= LONGEST and handle_of(value, epoch) == handle:
                    return (kind, name)
        return None
