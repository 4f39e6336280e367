"""Rows of three elements with a handler each, made by `load()`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.comparison.workload import Bench, Measure, Workload

if TYPE_CHECKING:
    from benchmarks.comparison.running import Running
    from benchmarks.comparison.sizes import Sizes


def measures(sizes: Sizes) -> tuple[Measure, ...]:
    what = f"{sizes.rows:,} rows"
    return (
        Measure("socket", f"{what}, socket open to last row", most=1.5),
        Measure("navigation", f"{what}, navigation to last row"),
        Measure("messages", f"{what}, messages", "messages", bound=12),
        Measure("bytes", f"{what}, bytes", "bytes", most=3),
    )


def sample(bench: Bench, running: Running) -> dict[str, float]:
    count = bench.sizes.rows
    with bench.chromium.tab() as tab:
        before = running.processor
        seen = tab.open(running.url(f"/rows/{count}"), f"#todo{count - 1} button", "Remove")
        found = {
            "navigation": seen.loaded,
            "messages": seen.messages,
            "bytes": seen.size,
            "part:server": (running.processor - before) * 1000,
            **{f"part:{name}": value for name, value in tab.parts().items()},
        }
        if seen.opened < seen.loaded:  # elsewhere the rows are in the page
            found["socket"] = seen.loaded - seen.opened
        return found


WORKLOAD = Workload("rows", measures, sample)
