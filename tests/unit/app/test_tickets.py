"""Tickets: whose they are, that one takes each, and how many there may be."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from pycommunicate.server.app.tickets import Tickets

if TYPE_CHECKING:
    from pycommunicate.server.app.usertracker import User


def visitor() -> User:
    """A visitor. Tickets only ask who it is."""
    somebody: Any = object()
    return somebody  # type: ignore[no-any-return]


def test_a_ticket_is_its_owners_once() -> None:
    tickets, owner, other = Tickets(), visitor(), visitor()
    ticket = tickets.issue(owner, {"name": "Ada"})
    assert tickets.take(ticket, other) is None
    assert tickets.take("", owner) is None
    taken = tickets.take(ticket, owner)
    assert taken is not None
    assert (taken.user, taken.session) == (owner, {"name": "Ada"})
    assert tickets.take(ticket, owner) is None
    assert tickets.revoke(ticket) is False


def test_a_ticket_expires_though_no_other_is_issued() -> None:
    tickets, owner = Tickets(seconds=-1), visitor()
    ticket = tickets.issue(owner, None)
    assert tickets.take(ticket, owner) is None
    tickets.issue(owner, None)
    assert len(tickets) == 1, "what has expired is let go"


def test_one_of_many_threads_takes_a_ticket() -> None:
    tickets, owner = Tickets(), visitor()
    for _ in range(200):
        ticket = tickets.issue(owner, None)
        gate, got = threading.Barrier(8), []

        def take(ticket: str = ticket, gate: threading.Barrier = gate, got: list[Any] = got) -> None:
            gate.wait(20)
            got.append(tickets.take(ticket, owner))

        threads = [threading.Thread(target=take) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert len(got) == 8
        assert sum(taken is not None for taken in got) == 1
    assert len(tickets) == 0


def test_a_visitor_has_so_many_and_pushes_out_nobody_elses() -> None:
    tickets, one, other = Tickets(each=3), visitor(), visitor()
    kept = tickets.issue(other, None)
    issued = [tickets.issue(one, None) for _ in range(5)]
    assert len(tickets) == 4
    assert [tickets.take(ticket, one) is not None for ticket in issued] == [False, False, True, True, True]
    assert tickets.take(kept, other) is not None


def test_there_are_so_many_in_all() -> None:
    tickets = Tickets(most=3)
    issued = [(user, tickets.issue(user, None)) for user in (visitor() for _ in range(5))]
    assert len(tickets) == 3
    assert [tickets.take(ticket, user) is not None for user, ticket in issued] == [False, False, True, True, True]
