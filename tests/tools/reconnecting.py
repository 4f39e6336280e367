"""Forced reconnects, counted: nothing lost, nothing doubled, nothing out of order."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.tools.raw import Closed
from tests.tools.scripted import payload

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from tests.tools.simulated import Page


@dataclass(slots=True)
class Tally:
    """What a run counted. Everything but the first three must be 0."""

    reconnects: int = 0
    made: int = 0
    handled: int = 0
    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0
    wrong: int = 0
    remounts: int = 0


def reconnect_many(page: Page, count: int, chance: random.Random, handled: Callable[[], list[Any]]) -> Tally:
    """Click, cut, reconnect, `count` times; then compare what was made with what was handled and what was shown."""
    tally = Tally()
    remounts = len(page.remounts)
    while tally.reconnects < count:
        try:
            for _ in range(chance.randrange(4)):
                tally.made += 1
                page.click("#add", payload(tally.made))
            _take_some(page, chance)
            if chance.random() < 0.3:
                # Clicks made while there is no connection.
                page.cut(reset=True)
                for _ in range(chance.randrange(3)):
                    tally.made += 1
                    page.click("#add", payload(tally.made))
        except Closed:
            pass
        page.cut(reset=chance.random() < 0.5)
        page.reconnect()
        tally.reconnects += 1
    page.until(lambda: page.received == page.made and page.texts("#count")[-1:] == [str(tally.made)])
    _compare(tally, list(range(1, tally.made + 1)), handled(), page)
    tally.remounts = len(page.remounts) - remounts
    return tally


def _take_some(page: Page, chance: random.Random) -> None:
    """Take in what has come, or a part of it, or nothing."""
    for _ in range(chance.randrange(3)):
        try:
            if page.channel is not None:
                page.take(page.channel.receive(0.002))
        except TimeoutError:
            return


def _compare(tally: Tally, made: list[int], handled: list[Any], page: Page) -> None:
    tally.handled = len(handled)
    tally.lost = len(set(made) - set(handled))
    tally.doubled = len(handled) - len(set(handled))
    tally.out_of_order = sum(1 for before, after in itertools.pairwise(handled) if after <= before)
    shown = [int(text) for text in page.texts("#count")]
    rows = [
        operation[2] for _, operation in page.operations if operation[0] == 5 and str(operation[2]).startswith("row ")
    ]
    tally.wrong = len(page.wrong) + (shown != made) + (rows != [f"row {number}" for number in made])
