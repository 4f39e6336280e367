"""A click after which every row has another text."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from benchmarks.comparison.workload import Bench, Measure, Workload

if TYPE_CHECKING:
    from benchmarks.comparison.running import Running
    from benchmarks.comparison.sizes import Sizes


def measures(sizes: Sizes) -> tuple[Measure, ...]:
    what = f"change the text of {sizes.rows:,} rows"
    return (
        Measure("all", f"{what}, click to all changed", most=1.5),
        Measure("messages", f"{what}, messages", "messages"),
    )


def sample(bench: Bench, running: Running) -> dict[str, float]:
    last = bench.sizes.rows - 1
    with bench.chromium.tab() as tab:
        tab.open(running.url(f"/change/{last + 1}"), f"#todo{last} button", "Remove")
        took = []
        parts = []
        for number in range(1, bench.sizes.repeats + 1):
            tab.begin()
            before = running.processor
            took.append(tab.do("click", "#change", f"#todoText{last}", f"change {number} of {last}"))
            parts.append({**tab.parts(), "server": (running.processor - before) * 1000})
    return {
        "all": statistics.median(one["milliseconds"] for one in took),
        "messages": statistics.median(one["messages"] for one in took),
        **{f"part:{name}": statistics.median(one[name] for one in parts) for name in parts[0]},
    }


WORKLOAD = Workload("change", measures, sample)
