"""What the server deletes can't be clicked any more."""

from __future__ import annotations

import contextlib
import sys
import threading
import tracemalloc
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from pycommunicate.server.connection.listeners import Listeners

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycommunicate.proxies.dom.listener import Terms

CLICK: Terms = ("click", False, False, "parallel", None)


def keep(listeners: Listeners, handle: int) -> int:
    number = listeners.new_number()
    listeners.keep(number, handle, lambda: None, CLICK, None)
    return number


hostile = st.sampled_from([2**31, -(2**31), 2**63, 2**70, -(2**70)]) | st.integers(-3, 12)


@given(st.lists(st.tuples(st.sampled_from(["keep", "remove", "get", "delete"]), hostile), max_size=40))
def test_hostile_numbers_never_run_another_handler_or_one_that_was_removed(steps: list[tuple[str, int]]) -> None:
    listeners = Listeners()
    kept: dict[int, tuple[int, Callable[[], None]]] = {}

    def listen(handle: int) -> None:
        number, handler = listeners.new_number(), lambda: None
        listeners.keep(number, handle, handler, CLICK, None)
        kept[number] = (handle, handler)

    for what, number in steps:
        if what == "keep":
            with contextlib.suppress(ValueError):
                listen(number)
        elif what == "remove":
            assert listeners.remove(number) == (kept.pop(number, None) is not None)
        elif what == "delete":
            listeners.remove_within(number, inside=False)
            kept = {n: (handle, handler) for n, (handle, handler) in kept.items() if number not in {handle, 0}}
        for asked in (number, *range(20)):
            found = listeners.get(asked)
            assert (found and (found.handle, found.handler)) == kept.get(asked)
        assert len(listeners) == len(kept)


def test_deleting_an_element_ends_the_listeners_inside_it() -> None:
    listeners = Listeners()
    row = listeners.new_handle(0)
    button = listeners.new_handle(row)
    label = listeners.new_handle(button)
    elsewhere = listeners.new_handle(0)
    for handle in (row, button, label, elsewhere):
        keep(listeners, handle)
    listeners.remove_within(row, inside=False)
    assert [listeners.get(n) is not None for n in (1, 2, 3, 4)] == [False, False, False, True]


def test_clearing_an_element_keeps_its_own() -> None:
    listeners = Listeners()
    row = listeners.new_handle(0)
    keep(listeners, row)
    keep(listeners, listeners.new_handle(row))
    listeners.remove_within(row, inside=True)
    assert [listeners.get(n) is not None for n in (1, 2)] == [True, False]


def test_elements_that_the_browser_named_have_no_known_parent() -> None:
    assert Listeners().parent_of(-5) == 0
    assert Listeners().parent_of(10**9) == 0


def test_listeners_that_have_ended_leave_no_trace() -> None:
    listeners = Listeners()
    numbers = [keep(listeners, listeners.new_handle(0)) for _ in range(200)]
    for number in numbers[:190]:
        assert listeners.remove(number)
        assert not listeners.remove(number)
    assert [number for number, _ in listeners.with_habit(None)] == numbers[190:]
    assert [listeners.get(number) is not None for number in numbers] == [False] * 190 + [True] * 10
    assert len(listeners) == 10
    assert len(listeners._numbers) < 64
    assert keep(listeners, 1) == 201, "a number is never given twice"


def test_a_listener_that_was_made_in_another_thread_comes_late_and_is_found() -> None:
    listeners = Listeners()
    early, late = listeners.new_number(), listeners.new_number()
    listeners.keep(late, 7, print, CLICK, None)
    listeners.keep(early, 5, print, CLICK, None)
    found = [listeners.get(number) for number in (early, late)]
    assert [listening.handle for listening in found if listening] == [5, 7]


def test_a_listener_that_is_removed_is_gone() -> None:
    listeners = Listeners()
    number, other = keep(listeners, 5), keep(listeners, 6)
    assert listeners.get(number) is not None
    assert listeners.remove(number)
    assert listeners.get(number) is None
    assert not listeners.remove(number)
    assert listeners.remove_within(6, inside=False) == [other], "whose runs are left out"


def test_listeners_that_are_alike_share_what_they_have_in_common() -> None:
    listeners = Listeners()
    made = [listeners.get(keep(listeners, handle)) for handle in (1, 2)]
    assert made[0] is not None
    assert made[1] is not None
    assert made[0].kind is made[1].kind


def test_a_listener_of_a_row_is_a_few_bytes() -> None:
    listeners = Listeners()
    keep(listeners, 1)
    tracemalloc.start()
    try:
        for _ in range(10_000):
            listeners.keep(listeners.new_number(), listeners.new_handle(1), print, CLICK, None)
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size / 10_000 < 64


def test_handles_from_several_threads_are_different_ones() -> None:
    listeners = Listeners()
    found: list[list[int]] = [[] for _ in range(4)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [
            threading.Thread(target=lambda mine=mine: mine.extend(listeners.new_handle() for _ in range(20_000)))
            for mine in found
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert len({handle for mine in found for handle in mine}) == 4 * 20_000
