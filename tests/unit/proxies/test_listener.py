"""Whether a handler takes the event is settled by its signature when it is registered, never by trying."""

from functools import partial

import pytest

from pycommunicate.proxies.dom.listener import takes_argument


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
