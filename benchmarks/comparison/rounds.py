"""The run: every contestant in turn, round after round, so that what disturbs the machine disturbs all of them."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import Error as BrowserError

from benchmarks.comparison.contestants import FLOOR, LIBRARY
from benchmarks.comparison.results import Results, surroundings
from benchmarks.comparison.running import Running
from benchmarks.comparison.workload import Bench

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.comparison.chromium import Chromium
    from benchmarks.comparison.contestants import Contestant
    from benchmarks.comparison.sizes import Sizes
    from benchmarks.comparison.workload import Workload


def compare(
    chromium: Chromium,
    workloads: Iterable[Workload],
    contestants: Sequence[Contestant],
    sizes: Sizes,
    *,
    keep: bool = False,
) -> Results:
    """Measure. The rounds that warm up do not count. `keep`: what is done is written down after each workload."""
    results = Results({**surroundings(chromium.version), "sizes": vars(sizes)})
    bench = Bench(chromium, sizes)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        running = [stack.enter_context(Running(one, Path(folder))) for one in contestants]
        with contextlib.suppress(KeyboardInterrupt):  # what was measured so far is worth showing
            for workload in workloads:
                measure(results, workload, bench, running)
                if keep:
                    results.write()
    return results


def measure(results: Results, workload: Workload, bench: Bench, running: list[Running]) -> None:
    """All rounds of one workload."""
    own = {FLOOR.name, LIBRARY.name}
    taking_part = [one for one in running if workload.with_peers or one.name in own]
    for number in range(1 - bench.sizes.warm, bench.sizes.rounds + 1):
        for one in taking_part[:: -1 if number % 2 else 1]:  # nobody is always the one after another
            try:
                figures = workload.sample(bench, one)
            except BrowserError as why:
                if one.name in own:
                    raise
                taking_part.remove(one)
                results.skip(workload.name, one.name, str(why).splitlines()[0])
                say(f"{workload.name}: {one.name} is left out: {why}")
                continue
            if number > 0:
                results.add(workload.name, one.name, figures)
        say(f"{workload.name}: round {number} of {bench.sizes.rounds}")


def say(text: str) -> None:
    """Tell how far it is, on stderr: stdout is for the table."""
    print(text, file=sys.stderr, flush=True)
