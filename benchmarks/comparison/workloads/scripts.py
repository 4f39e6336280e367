"""How much JavaScript a page loads."""

from __future__ import annotations

import gzip
import urllib.request
from typing import TYPE_CHECKING

from benchmarks.comparison.workload import Bench, Measure, Workload

if TYPE_CHECKING:
    from benchmarks.comparison.running import Running
    from benchmarks.comparison.sizes import Sizes


def measures(_sizes: Sizes) -> tuple[Measure, ...]:
    return (Measure("size", "JavaScript, gzipped", "bytes"),)


def sample(bench: Bench, running: Running) -> dict[str, float]:
    with bench.chromium.tab() as tab:
        loaded: set[str] = set()
        tab.page.on(
            "response", lambda response: response.request.resource_type == "script" and loaded.add(response.url)
        )
        tab.open(running.url("/count"), "#shown", "0")
    return {"size": sum(packed(url) for url in loaded)}


def packed(url: str) -> int:
    with urllib.request.urlopen(url) as answer:
        return len(gzip.compress(answer.read(), 9))


WORKLOAD = Workload("scripts", measures, sample)
