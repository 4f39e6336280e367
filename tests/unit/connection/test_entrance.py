"""Connections are let in one for each turn, in their order; who has gone meanwhile costs no turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import greenlet

from pycommunicate.server.connection.entrance import Entrance
from tests.unit.loop import Loop

if TYPE_CHECKING:
    from collections.abc import Callable


class Turns(Loop):
    """A loop by hand, with events that a greenlet can wait for."""

    def event(self) -> Waiting:
        return Waiting(self)


class Waiting:
    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.waiter: Any = None

    def wait(self) -> None:
        self.waiter = greenlet.getcurrent()
        self.waiter.parent.switch()

    def set(self) -> None:
        self.loop.soon.append(self.waiter.switch)


class Crowd:
    """Callers of `enter`, each in a greenlet of its own."""

    def __init__(self, **options: Any) -> None:
        self.loop = Turns()
        self.entrance = Entrance(self.loop, **options)  # type: ignore[arg-type]
        self.let_in: list[int] = []
        self.turned_away: list[int] = []
        self.gone: set[int] = set()

    def come(self, *numbers: int, peer: str = "") -> None:
        for number in numbers:
            greenlet.greenlet(self._enter).switch(number, lambda number=number: number in self.gone, peer)

    def _enter(self, number: int, gone: Callable[[], bool], peer: str) -> None:
        (self.let_in if self.entrance.enter(gone, peer) else self.turned_away).append(number)

    def turn(self) -> list[int]:
        """Who is let in on the next turn."""
        before = len(self.let_in)
        self.loop.pass_time()
        self.loop.turn()
        return self.let_in[before:]


def test_one_a_turn_in_their_order() -> None:
    crowd = Crowd()
    crowd.come(1, 2, 3)
    assert crowd.let_in == [1], "the first does not wait"
    assert crowd.turn() == [2]
    crowd.come(4)
    assert [crowd.turn(), crowd.turn(), crowd.turn()] == [[3], [4], []]
    crowd.come(5)
    assert crowd.let_in[-1] == 5, "nobody waits where there is no crowd"


def test_who_has_gone_costs_no_turn() -> None:
    crowd = Crowd()
    crowd.come(*range(1, 101))
    crowd.gone = set(range(2, 100))
    assert crowd.turn() == [100]
    assert crowd.turned_away == list(range(2, 100))
    assert len(crowd.entrance) == 0


def test_no_more_wait_than_there_is_room_for() -> None:
    crowd = Crowd(most=2)
    crowd.come(1, 2, 3, 4)
    assert crowd.turned_away == [4]
    assert [crowd.turn(), crowd.turn()] == [[2], [3]]


def test_addresses_take_turns() -> None:
    """A thousand connections from one address cost a connection from another one turn."""
    crowd = Crowd()
    crowd.come(*range(1001), peer="198.51.100.7")
    crowd.come(2000, 2001, peer="192.0.2.1")
    crowd.come(3000, peer="192.0.2.2")
    let_in = [number for _ in range(6) for number in crowd.turn()]
    assert let_in == [1, 2000, 3000, 2, 2001, 3]
    assert len(crowd.entrance) == 1004 - 7


def test_where_too_many_wait_the_address_with_the_most_is_turned_away() -> None:
    crowd = Crowd(most=3)
    crowd.come(1, 2, 3, 4, peer="198.51.100.7")
    crowd.come(5, peer="192.0.2.1")
    crowd.loop.turn()
    assert crowd.turned_away == [4]
    crowd.come(6, peer="198.51.100.7")
    assert crowd.turned_away == [4, 6]
    assert [crowd.turn() for _ in range(4)] == [[2], [5], [3], []]
    assert len(crowd.entrance) == 0
