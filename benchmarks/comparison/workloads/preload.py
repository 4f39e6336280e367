"""The same rows in a view with `preload = True`; the floor has no such thing and shows them as ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.comparison.workload import Bench, Measure, Workload

if TYPE_CHECKING:
    from benchmarks.comparison.running import Running
    from benchmarks.comparison.sizes import Sizes


def measures(sizes: Sizes) -> tuple[Measure, ...]:
    return (Measure("navigation", f"{sizes.rows:,} rows, `preload`, navigation to last row", most=0.9),)


def sample(bench: Bench, running: Running) -> dict[str, float]:
    count = bench.sizes.rows
    path = f"/preload/{count}" if running.name == "library" else f"/rows/{count}"
    with bench.chromium.tab() as tab:
        before = running.processor
        seen = tab.open(running.url(path), f"#todo{count - 1} button", "Remove")
        return {
            "navigation": seen.loaded,
            "part:server": (running.processor - before) * 1000,
            **{f"part:{name}": value for name, value in tab.parts().items()},
        }


WORKLOAD = Workload("preload", measures, sample, with_peers=False)
