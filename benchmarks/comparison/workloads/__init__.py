"""All workloads, in the order of the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.comparison.workloads import change, clicks, memory, preload, reads, rows, scripts, singly, start

if TYPE_CHECKING:
    from benchmarks.comparison.workload import Workload

WORKLOADS: Final[dict[str, Workload]] = {
    workload.name: workload
    for workload in (
        rows.WORKLOAD,
        preload.WORKLOAD,
        change.WORKLOAD,
        reads.WORKLOAD,
        clicks.WORKLOAD,
        singly.WORKLOAD,
        memory.WORKLOAD,
        scripts.WORKLOAD,
        start.WORKLOAD,
    )
}
