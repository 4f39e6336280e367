"""What was measured: kept raw as JSON, shown as medians and their ratios to the floor's."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks.comparison.contestants import BENCHMARKS

if TYPE_CHECKING:
    from benchmarks.comparison.workload import Measure

FOLDER: Final = BENCHMARKS / "results"
PACKAGES: Final = ("flask", "flask-socketio", "gevent", "python-engineio", "python-socketio")


@dataclass
class Results:
    """Samples by workload, contestant and key, in the order in which they were taken."""

    environment: dict[str, Any] = field(default_factory=dict)
    samples: dict[str, dict[str, dict[str, list[float]]]] = field(default_factory=dict)
    skipped: dict[str, dict[str, str]] = field(default_factory=dict)
    """Why a contestant has no figures for a workload."""
    begun: datetime = field(default_factory=lambda: datetime.now(UTC))

    def add(self, workload: str, contestant: str, figures: dict[str, float]) -> None:
        """Keep one sample."""
        kept = self.samples.setdefault(workload, {}).setdefault(contestant, {})
        for key, value in figures.items():
            kept.setdefault(key, []).append(value)

    def skip(self, workload: str, contestant: str, why: str) -> None:
        """Say why there is none."""
        self.skipped.setdefault(workload, {})[contestant] = why

    def median(self, workload: str, contestant: str, key: str) -> float | None:
        """The median, where there are samples."""
        found = self.samples.get(workload, {}).get(contestant, {}).get(key)
        return statistics.median(found) if found else None

    def write(self) -> Path:
        """Keep what there is so far as JSON; return where."""
        FOLDER.mkdir(exist_ok=True)
        file = FOLDER / f"{self.begun:%Y-%m-%d-%H%M%S}.json"
        file.write_text(
            json.dumps({"environment": self.environment, "samples": self.samples, "skipped": self.skipped}, indent=1),
            encoding="utf-8",
        )
        return file


def reached(measure: Measure, floor: float | None, library: float | None) -> str:
    """Whether the library reaches what it is to reach: the goal, and a word where it is missed."""
    if measure.bound is not None:
        goal = f"<= {measure.bound:g}"
        fine = library is not None and library <= measure.bound
    elif measure.most is not None:
        goal = f"<= {measure.most:g}x"
        fine = bool(floor) and library is not None and library / floor <= measure.most
    elif measure.least is not None:
        goal = f">= {measure.least:g}x"
        fine = bool(floor) and library is not None and library / floor >= measure.least
    else:
        return ""
    return goal if fine or library is None else f"{goal} missed"


def surroundings(browser: str) -> dict[str, Any]:
    """What the figures depend on."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=BENCHMARKS, capture_output=True, text=True, check=False
    ).stdout.strip()
    return {
        "commit": commit,
        "python": platform.python_version(),
        "chromium": browser,
        "processors": os.cpu_count(),
        **{name: version(name) for name in PACKAGES},
    }
