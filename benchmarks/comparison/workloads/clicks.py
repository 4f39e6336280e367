"""Clicks as fast as the page can make them, each counted and shown."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from benchmarks.comparison.workload import Bench, Measure, Workload

if TYPE_CHECKING:
    from benchmarks.comparison.running import Running
    from benchmarks.comparison.sizes import Sizes

PATIENCE: Final = 25_000
"""Milliseconds after which what is missing is lost."""


def measures(sizes: Sizes) -> tuple[Measure, ...]:
    what = f"{sizes.clicks:,} clicks at once"
    return (
        Measure("rate", what, "/s", least=1.5),
        Measure("lost", f"{what}, not counted", "values", bound=0),
        Measure("shown", f"{what}, values shown", "values"),
        Measure("disorder", f"{what}, values out of order", "values", bound=0),
        Measure("messages", f"{what}, messages", "messages"),
        Measure("processor", f"{what}, server CPU for each", "µs", most=1.3),
    )


def sample(bench: Bench, running: Running) -> dict[str, float]:
    count = bench.sizes.clicks
    with bench.chromium.tab() as tab:
        tab.open(running.url("/count"), "#shown", "0")
        tab.begin()
        before = running.processor
        seen = tab.do("clicks", "#click", "#shown", count, PATIENCE)
        parts = tab.parts()
        used = running.processor - before
    values = [int(value) for value in seen["values"]]
    lost = count - max(values, default=0)
    found = {
        "lost": lost,
        "shown": len(values),
        "disorder": sum(1 for one, two in itertools.pairwise(values) if two <= one),
        "messages": seen["messages"],
        "processor": used / count * 1e6,
        "part:server": used * 1000,
        **{f"part:{name}": value for name, value in parts.items()},
    }
    if seen["milliseconds"] is not None:
        found["rate"] = count / seen["milliseconds"] * 1000
    return found


WORKLOAD = Workload("clicks", measures, sample)
