"""Events are taken once, in order, and no more than there is room for."""

import pytest

from pycommunicate.errors import ProtocolError
from pycommunicate.server.connection.inbox import Inbox


def test_an_event_that_comes_twice_is_taken_once() -> None:
    inbox = Inbox(10)
    assert [inbox.take(n) for n in (1, 2, 2, 1, 3)] == [True, True, False, False, True]


def test_a_gap_is_refused() -> None:
    inbox = Inbox(10)
    inbox.take(1)
    with pytest.raises(ProtocolError, match="event 3 came after 1"):
        inbox.take(3)


def test_at_the_limit_and_past_it() -> None:
    inbox = Inbox(2)
    assert inbox.take(1)
    assert inbox.take(2)
    with pytest.raises(ProtocolError, match="without credit"):
        inbox.take(3)
    inbox.finish()
    assert inbox.allowed == 3
    assert inbox.take(3)
