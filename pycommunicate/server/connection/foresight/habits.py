"""What handlers ask of their pages, run after run, so that it can be asked along with the next event of the same handler."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from inspect import unwrap
from itertools import count
from types import CodeType, FunctionType, MethodType
from typing import Any, Final
from weakref import WeakKeyDictionary

from pycommunicate.protocol.operations import Op
from pycommunicate.proxies.dom.listener import stands_for_another

MATCHED: Final = "matched"
"""The element that the event's listener matched, as the element of a question."""
MOST_QUESTIONS: Final = 16
_MOST_HABITS: Final = 1_000
_REMEMBERED: Final = 8

Question = tuple[Any, ...]
"""A question as it is the same on every page: `(code, where, *names)`.

`where` is for `find` and `exists` the selector: a str, or a tuple of its parts, each a str, `("arg", name)` or `("attribute", name)`.
For others it is the element: the question that found it, `MATCHED`, `("arg", name)` or `("view", name)`.
"""


class Habit:
    """What the handlers with one code, of views of one class, have asked in their last runs."""

    __slots__ = ("_last", "code", "number", "questions", "runs", "sources")

    def __init__(self, number: int, code: CodeType) -> None:
        self.number = number
        self.code = code
        """Kept, so that no other code gets its address: `Habits` knows it by that."""
        self.runs = 0
        self._last: dict[Question, int] = {}
        self.questions: tuple[Question, ...] = ()
        """In an order in which each comes after the one that finds its element."""
        self.sources: tuple[str, ...] = ()
        """What the questions take from a listener's handler: see `arguments_of`."""

    def ran(self, asked: Iterable[Question]) -> bool:
        """Note what one run has asked. Return whether the questions are others now."""
        self.runs += 1
        for question in asked:
            self._last[question] = self.runs
        if len(self._last) > MOST_QUESTIONS or any(self.runs - run >= _REMEMBERED for run in self._last.values()):
            kept = sorted(self._last, key=lambda question: -self._last[question])[:MOST_QUESTIONS]
            self._last = {q: self._last[q] for q in kept if self.runs - self._last[q] < _REMEMBERED}
        if self._last.keys() == set(self.questions):
            return False
        before = self.questions
        self.questions = _in_order(self._last)
        self.sources = tuple(dict.fromkeys(name for question in self.questions for name in _sources(question)))
        return self.questions != before


class Habits:
    """The habits of an application's handlers."""

    MOST: Final = 4_000
    """How many there are in all; a handler that comes later has none, and asks each time."""

    def __init__(self) -> None:
        # A view that hot reload has replaced takes its own along.
        self._all: WeakKeyDictionary[type, HabitsOfView] = WeakKeyDictionary()
        self._numbers = count(1)

    def of_view(self, view: type) -> "HabitsOfView":
        """Return the habits of the handlers of views of that class."""
        habits = self._all.get(view)
        if habits is None:
            habits = self._all[view] = HabitsOfView(self)
        return habits

    def new(self, code: CodeType) -> Habit | None:
        """Return a new habit, None if there are as many as there may be."""
        if sum(map(len, self._all.values())) >= self.MOST:
            return None
        return Habit(next(self._numbers), code)

    def __iter__(self) -> Iterator[Habit]:
        """Iterate over all of them."""
        return (habit for habits in tuple(self._all.values()) for habit in habits)


class HabitsOfView:
    """The habits of the handlers of one class of views."""

    __slots__ = ("_all", "_habits")

    def __init__(self, habits: Habits) -> None:
        self._habits = habits
        self._all: dict[int, Habit] = {}  # by the code's address, because comparing code compares what it holds

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Habit]:
        return iter(tuple(self._all.values()))

    def of(self, function: Callable[..., object]) -> Habit | None:
        """Return the habit of a handler; None where it has no code of its own."""
        code = code_of(function)
        if code is None:
            return None
        habit = self._all.get(id(code))
        if habit is None and len(self._all) < _MOST_HABITS:
            habit = self._habits.new(code)
            if habit is not None:
                self._all[id(code)] = habit
        return habit


def code_of(function: Any) -> CodeType | None:
    """Return the code that runs when `function` is called, without what is wrapped around it."""
    if type(function) is MethodType:
        function = function.__func__
    if type(function) is FunctionType and not stands_for_another(function):
        return function.__code__
    code = getattr(_inner(function), "__code__", None)
    return code if isinstance(code, CodeType) else None


def arguments_of(function: Any) -> dict[str, Any]:
    """Return what makes this function differ from others with the same code: closure, defaults, arguments of a `partial`.

    Their names stand in the code: a keyword of a `partial` that is not a parameter's is left out.
    """
    found: dict[str, Any] = {}
    partials = []
    while isinstance(function, partial):
        partials.append(function)
        function = function.func
    function = _inner(function)
    code = getattr(function, "__code__", None)
    parameters = code.co_varnames if isinstance(code, CodeType) else ()
    for one in partials:
        found.update((f"argument {number}", value) for number, value in enumerate(one.args))
        found.update((f"argument {name}", value) for name, value in one.keywords.items() if name in parameters)
    if not isinstance(code, CodeType):
        return found
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=False):
        try:
            found[name] = cell.cell_contents
        except ValueError:
            continue
    defaults = function.__defaults__ or ()
    last = code.co_argcount
    found.update(zip(code.co_varnames[last - len(defaults) : last], defaults, strict=True))
    found.update(function.__kwdefaults__ or {})
    return found


def _inner(function: Any) -> Any:
    while isinstance(function, partial):
        function = function.func
    function = getattr(function, "__func__", function)
    function = unwrap(function)
    return getattr(function, "__func__", function)


def is_find(question: Question) -> bool:
    """Whether the question is for an element."""
    return question[0] in {Op.FIND, Op.EXISTS}


def _sources(question: Question) -> list[str]:
    where = question[1]
    if is_find(question):
        return [part[1] for part in where if isinstance(part, tuple) and part[0] == "arg"] if where else []
    if isinstance(where, tuple) and where[0] == "arg":
        return [where[1]]
    return []


def _in_order(questions: Iterable[Question]) -> tuple[Question, ...]:
    found: dict[Question, None] = {}
    for question in sorted(questions, key=lambda one: (not is_find(one), repr(one))):
        where = question[1]
        if not is_find(question) and isinstance(where, tuple) and where[0] == Op.FIND:
            found[where] = None
        found[question] = None
    return tuple(found)
