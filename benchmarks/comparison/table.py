"""The table: for people at a terminal, and for `docs/performance.md`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.comparison.results import reached

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.comparison.results import Results
    from benchmarks.comparison.sizes import Sizes
    from benchmarks.comparison.workload import Workload


def lines(results: Results, workloads: Iterable[Workload], names: list[str], sizes: Sizes) -> list[list[str]]:
    """The table's cells, its head first."""
    head = ["workload", "floor", *(name for name in names if name != "floor"), "to reach"]
    table = [head]
    for workload in workloads:
        for measure in workload.measures(sizes):
            floor = results.median(workload.name, "floor", measure.key)
            cells = [measure.title, figure(floor, measure.unit)]
            for name in head[2:-1]:
                value = results.median(workload.name, name, measure.key)
                ratio = f" ({value / floor:.2f}x)" if value is not None and floor else ""
                cells.append(figure(value, measure.unit) + ratio)
            table.append([*cells, reached(measure, floor, results.median(workload.name, "library", measure.key))])
    return table


def parts(results: Results, workloads: Iterable[Workload], names: list[str]) -> list[list[str]]:
    """Where the time goes: processor time of the server, and of the browser's main thread, in milliseconds."""
    table = [["workload", "part", *names]]
    for workload in workloads:
        kept = results.samples.get(workload.name, {})
        keys = dict.fromkeys(key for name in names for key in kept.get(name, {}) if key.startswith("part:"))
        for key in keys:
            medians = [results.median(workload.name, name, key) for name in names]
            table.append(
                [workload.name, key.removeprefix("part:"), *("-" if one is None else f"{one:.1f}" for one in medians)]
            )
    return table


def figure(value: float | None, unit: str) -> str:
    """A figure with its unit."""
    if value is None:
        return "-"
    whole = unit in {"messages", "values"}
    text = f"{value:,.0f}" if whole or value >= 100 else f"{value:.1f}"
    return text if whole else f"{text}{unit}" if unit.startswith("/") else f"{text} {unit}"


def show(table: list[list[str]]) -> str:
    """As text, and as Markdown too."""
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    rows = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in table
    ]
    rule = "| " + " | ".join("-" * width for width in widths) + " |"
    return "\n".join([rows[0], rule, *rows[1:]])
