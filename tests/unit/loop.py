"""A loop that turns when the test says so: no clock, no greenlets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Loop:
    """The part of `Engine` that does not block, by hand."""

    name = "by hand"

    def __init__(self) -> None:
        self.soon: list[Callable[[], None]] = []
        self.later: list[tuple[float, Callable[[], None]]] = []
        self.spawned: list[tuple[Callable[..., object], tuple[Any, ...]]] = []

    def call_soon(self, function: Callable[[], None]) -> None:
        self.soon.append(function)

    def call_later(self, seconds: float, function: Callable[[], None]) -> Due:
        due = Due(self, (seconds, function))
        self.later.append(due.entry)
        return due

    def spawn(self, function: Callable[..., object], *arguments: Any) -> None:
        self.spawned.append((function, arguments))

    def turn(self) -> None:
        """Run what is due now, and what was spawned."""
        soon, self.soon = self.soon, []
        for function in soon:
            function()
        spawned, self.spawned = self.spawned, []
        for function, arguments in spawned:
            function(*arguments)

    def pass_time(self) -> None:
        """Run what is due later."""
        later, self.later = self.later, []
        for _, function in later:
            function()


class Due:
    def __init__(self, loop: Loop, entry: tuple[float, Callable[[], None]]) -> None:
        self.loop = loop
        self.entry = entry

    def cancel(self) -> None:
        if self.entry in self.loop.later:
            self.loop.later.remove(self.entry)
