"""What a workload is: a sample of figures from one contestant, and how these are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.comparison.chromium import Chromium
    from benchmarks.comparison.running import Running
    from benchmarks.comparison.sizes import Sizes

Unit = Literal["ms", "µs", "kB", "bytes", "messages", "/s", "values"]


@dataclass(frozen=True)
class Measure:
    """One row of the table."""

    key: str
    title: str
    unit: Unit = "ms"
    most: float | None = None
    """What the library is to reach: at most this many times the floor's figure."""
    least: float | None = None
    """The same: at least this many times."""
    bound: float | None = None
    """The same: at most this figure."""


@dataclass(frozen=True)
class Bench:
    """What a workload works with."""

    chromium: Chromium
    sizes: Sizes


@dataclass(frozen=True)
class Workload:
    """One workload. `sample` measures once; it is called for each contestant in turn, again and again."""

    name: str
    measures: Callable[[Sizes], tuple[Measure, ...]]
    sample: Callable[[Bench, Running], dict[str, float]]
    with_peers: bool = True
