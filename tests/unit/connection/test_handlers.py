"""Handlers start in order, bounded for each page and in all."""

from __future__ import annotations

from functools import partial

from pycommunicate.server.connection.handlers import HandlerPool, HandlerQueue
from tests.unit.loop import Loop


def test_tasks_of_a_page_start_in_order() -> None:
    loop, ran = Loop(), list[int]()
    queue = HandlerQueue(HandlerPool(loop, 10), 2)  # type: ignore[arg-type]
    for n in range(5):
        queue.put(partial(ran.append, n))
    while loop.spawned:
        loop.turn()
    assert ran == [0, 1, 2, 3, 4]


def test_a_page_at_its_bound_waits_and_others_do_not() -> None:
    loop, ran = Loop(), list[str]()
    pool = HandlerPool(loop, 10)  # type: ignore[arg-type]
    busy, other = HandlerQueue(pool, 1), HandlerQueue(pool, 1)
    busy.put(partial(ran.append, "busy 1"))
    busy.put(partial(ran.append, "busy 2"))
    other.put(partial(ran.append, "other"))
    assert len(loop.spawned) == 2
    assert len(busy) == 1
    loop.turn()
    loop.turn()
    assert ran == ["busy 1", "other", "busy 2"]


def test_the_bound_in_all_is_shared_fairly() -> None:
    loop, ran = Loop(), list[str]()
    pool = HandlerPool(loop, 1)  # type: ignore[arg-type]
    one, two = HandlerQueue(pool, 5), HandlerQueue(pool, 5)
    for n in (1, 2):
        one.put(partial(ran.append, f"one {n}"))
        two.put(partial(ran.append, f"two {n}"))
    assert len(loop.spawned) == 1
    while loop.spawned:
        loop.turn()
    assert sorted(ran) == ["one 1", "one 2", "two 1", "two 2"]
    assert ran.index("one 1") < ran.index("one 2")
    assert ran.index("two 1") < ran.index("two 2")


def test_what_waits_can_be_dropped() -> None:
    loop, ran = Loop(), list[int]()
    queue = HandlerQueue(HandlerPool(loop, 10), 1)  # type: ignore[arg-type]
    queue.put(partial(ran.append, 1))
    queue.put(partial(ran.append, 2))
    queue.clear()
    loop.turn()
    assert ran == [1]
