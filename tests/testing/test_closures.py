"""Handlers that the same lines made: a page keeps what differs, and each runs as the function that it was."""

from __future__ import annotations

import functools
import gc
from types import FunctionType
from weakref import WeakValueDictionary

import pytest
from blinker import Namespace

BODY = "<div id=rows></div><output id=said></output>"


def living(name: str) -> int:
    return sum(type(one) is FunctionType and one.__name__ == name for one in gc.get_objects())


def test_of_many_closures_one_is_kept_whole_and_each_knows_its_own(add, browser) -> None:
    def load(view) -> None:
        said = view.html_wrapper.element("#said")

        def make(index: int):
            def chosen() -> None:
                said.content = f"row {index}"

            return chosen

        for index in range(50):
            row = view.html_wrapper.element("#rows").add_child("button")
            row.id = f"row{index}"
            row.add_event_listener("click", make(index))

    add("/", BODY, load)
    page = browser.open("/")
    gc.collect()
    assert living("chosen") == 1
    for index in (0, 1, 49, 1):
        page.click(f"#row{index}")
        assert page.text("#said") == [f"row {index}"]


def test_what_several_closures_share_stays_shared(add, browser) -> None:
    def load(view) -> None:
        said = view.html_wrapper.element("#said")
        count = 0

        def make(step: int):
            def add_step() -> None:
                nonlocal count
                count += step
                said.content = f"{count}"

            return add_step

        for step in (1, 10, 100):
            row = view.html_wrapper.element("#rows").add_child("button")
            row.id = f"add{step}"
            row.add_event_listener("click", make(step))

    add("/", BODY, load)
    page = browser.open("/")
    for step, count in ((10, 10), (100, 110), (1, 111), (100, 211)):
        page.click(f"#add{step}")
        assert page.text("#said") == [str(count)]


def test_a_function_that_keeps_something_on_itself(add, browser) -> None:
    """Before it is added, after that, and from inside."""

    def load(view) -> None:
        said = view.html_wrapper.element("#said")

        def make(*, early: bool):
            def counts() -> None:
                counts.times = getattr(counts, "times", 0) + 1
                said.content = f"{counts.times}"

            row = view.html_wrapper.element("#rows").add_child("button")
            row.id = "early" if early else "late"
            if early:
                counts.times = 5
            row.add_event_listener("click", counts)
            if not early:
                counts.times = 7

        make(early=False)
        make(early=True)
        make(early=False)

    add("/", BODY, load)
    page = browser.open("/")
    for row, count in (("early", 6), ("early", 7), ("late", 8)):
        page.click(f"#{row}")
        assert page.text("#said") == [str(count)]


def test_functions_that_differ_in_more_than_their_closure(add, browser) -> None:
    def load(view) -> None:
        said = view.html_wrapper.element("#said")

        def loud(function):
            @functools.wraps(function)
            def shouting(*arguments):
                function(*arguments)
                said.content = str(said.content) + "!"

            return shouting

        def say(index: int, word: str = "plain") -> None:
            said.content = f"{word} {index}"

        for index in range(3):
            rows = view.html_wrapper.element("#rows")
            for kind, handler in {
                "default": lambda index=index: say(index),
                "keyword": lambda *, index=index: say(index),
                "partial": functools.partial(say, index),
                "wrapped": loud(lambda index=index: say(index)),
            }.items():
                row = rows.add_child("button")
                row.id = f"{kind}{index}"
                row.add_event_listener("click", handler)

    add("/", BODY, load)
    page = browser.open("/")
    for index in (2, 0, 1):
        for kind in ("default", "keyword", "partial"):
            page.click(f"#{kind}{index}")
            assert page.text("#said") == [f"plain {index}"]
        page.click(f"#wrapped{index}")
        assert page.text("#said") == [f"plain {index}!"]


def test_an_error_names_the_handler_as_it_was_written(add, browser, caplog) -> None:
    def load(view) -> None:
        def make(index: int):
            def fails(event) -> None:
                raise ValueError(f"{event.type} on row {index}")

            return fails

        for index in range(3):
            row = view.html_wrapper.element("#rows").add_child("button")
            row.id = f"row{index}"
            handler = make(index)
            if index == 1:
                handler.__qualname__ = "of_row_1"
            row.add_event_listener("click", handler)

    add("/", BODY, load)
    page = browser.open("/")
    for index, name in ((2, "make.<locals>.fails"), (1, "of_row_1")):
        caplog.clear()
        with pytest.raises(ValueError, match=f"click on row {index}"):
            page.click(f"#row{index}")
        assert name in caplog.text


def test_what_a_row_held_goes_with_it(add, browser) -> None:
    """With the first as with all others."""

    class Held:
        pass

    held: WeakValueDictionary[int, Held] = WeakValueDictionary()

    def load(view) -> None:
        rows = view.html_wrapper.element("#rows")

        def make(row, thing: Held):
            def delete() -> None:
                row.delete(), thing

            return delete

        for index in range(3):
            row = rows.add_child("button")
            row.id = f"row{index}"
            thing = held[index] = Held()
            row.add_event_listener("click", make(row, thing))

    add("/", BODY, load)
    page = browser.open("/")
    gc.collect()
    assert list(held) == [0, 1, 2]
    for index in (1, 0):
        page.click(f"#row{index}")
    gc.collect()
    assert list(held) == [2]


def test_a_closure_that_somebody_watches_lives_as_long_as_its_listener(add, browser) -> None:
    """As a receiver of one of Flask's signals, which holds it weakly."""
    signal = Namespace().signal("said")

    def load(view) -> None:
        said = view.html_wrapper.element("#said")
        rows = view.html_wrapper.element("#rows")

        def make(index: int):
            def say(*_: object) -> None:
                heard.append(index)
                said.content = f"row {index}"

            return say

        for index in range(3):
            row = rows.add_child("button")
            row.id = f"row{index}"
            say = make(index)
            signal.connect(say)
            row.add_event_listener("click", say)

    heard: list[int] = []
    add("/", BODY, load)
    page = browser.open("/")
    gc.collect()
    signal.send()
    assert sorted(heard) == [0, 1, 2]
    page.click("#row1")
    assert page.text("#said") == ["row 1"]
