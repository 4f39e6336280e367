"""Whether a handler takes the event is settled by its signature when it is registered, never by trying."""

import gc
from functools import partial, wraps

import pytest

from pycommunicate.proxies.dom.listener import takes_argument
from pycommunicate.server.connection.foresight.habits import code_of


class Rows:
    def without(self) -> None: ...
    def with_event(self, event: object) -> None: ...
    def two(self, a: object, b: object) -> None: ...


@pytest.mark.parametrize(
    ("handler", "takes"),
    [
        (lambda: None, False),
        (lambda event: None, True),
        (lambda anything: None, True),
        (lambda index=3: None, False),
        (lambda event=None: None, True),
        (lambda *arguments: None, False),
        (lambda **names: None, False),
        (Rows().without, False),
        (Rows().with_event, True),
        (partial(Rows().with_event, 1), False),
        (partial(Rows().two, 1), True),
        (print, False),
    ],
)
def test_the_signature_tells(handler: object, takes: bool) -> None:
    assert takes_argument(handler, "event") is takes  # type: ignore[arg-type]


def test_more_than_one_argument_is_a_mistake_told_at_once() -> None:
    with pytest.raises(TypeError, match=r"Rows\.two .*requires a, b; expected no argument, or one \(event\)"):
        takes_argument(Rows().two, "event")


def test_a_wrapper_takes_what_the_function_takes_that_it_wraps() -> None:
    def wrapped(event: object) -> None: ...

    @wraps(wrapped)
    def wrapper() -> None: ...

    assert takes_argument(wrapper, "event")


def test_looking_at_a_handler_leaves_nothing_behind() -> None:
    def handler() -> None: ...

    before = len(gc.get_referents(handler))
    assert not takes_argument(handler, "event")
    assert code_of(handler) is handler.__code__
    assert len(gc.get_referents(handler)) == before, "looking at its __dict__ or __annotations__ makes one"
