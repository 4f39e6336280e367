"""Clicks one after the other: what each costs where nothing can be done for many at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.comparison.workload import Bench, Measure, Workload

if TYPE_CHECKING:
    from benchmarks.comparison.running import Running
    from benchmarks.comparison.sizes import Sizes


def measures(sizes: Sizes) -> tuple[Measure, ...]:
    what = f"{sizes.singly:,} clicks, one after the other"
    return (
        Measure("each", f"{what}, each", "µs"),
        Measure("processor", f"{what}, server CPU for each", "µs", most=1.3),
    )


def sample(bench: Bench, running: Running) -> dict[str, float]:
    count = bench.sizes.singly
    with bench.chromium.tab() as tab:
        tab.open(running.url("/count"), "#shown", "0")
        tab.begin()
        before = running.processor
        took = tab.do("singly", "#click", "#shown", count)
        parts = tab.parts()
        used = running.processor - before
    return {
        "each": took / count * 1000,
        "processor": used / count * 1e6,
        "part:server": used * 1000,
        **{f"part:{name}": value for name, value in parts.items()},
    }


WORKLOAD = Workload("singly", measures, sample)
