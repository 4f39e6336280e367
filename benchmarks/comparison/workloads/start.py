"""From the process's start to its first answer; and what importing takes."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from benchmarks.comparison.running import processor
from benchmarks.comparison.workload import Bench, Measure, Workload
from tests.tools.programs import ROOT, answers, free_port

if TYPE_CHECKING:
    from benchmarks.comparison.contestants import Contestant
    from benchmarks.comparison.running import Running
    from benchmarks.comparison.sizes import Sizes


def measures(_sizes: Sizes) -> tuple[Measure, ...]:
    return (
        Measure("answer", "start to first answer", most=1.2),
        Measure("answer processor", "start to first answer, CPU", most=1.2),
        Measure("import", "import, CPU", most=1.2),
    )


def sample(bench: Bench, running: Running) -> dict[str, float]:
    rounds = range(bench.sizes.starts)
    answered = [until_answer(running.contestant) for _ in rounds]
    return {
        "answer": statistics.median(took for took, _ in answered),
        "answer processor": statistics.median(used for _, used in answered),
        "import": statistics.median(until_imported(running.contestant) for _ in rounds),
    }


def environment(port: int = 0) -> dict[str, str]:
    # With compiled files, as it is installed.
    return {**os.environ, "PORT": str(port), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": ""}


def until_answer(contestant: Contestant) -> tuple[float, float]:
    """Milliseconds, and those of them in which it had the processor."""
    port = free_port()
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, str(contestant.file)],
        env=environment(port),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not answers(port):
            if process.poll() is not None or time.perf_counter() - begun > 60:
                raise AssertionError(f"{contestant.name} does not start")
            time.sleep(0.001)
        return (time.perf_counter() - begun) * 1000, processor(process.pid) * 1000
    finally:
        process.kill()
        process.wait()


def until_imported(contestant: Contestant) -> float:
    code = f"import time; begun = time.process_time(); {contestant.imports}; print(time.process_time() - begun)"
    done = subprocess.run([sys.executable, "-c", code], env=environment(), check=True, capture_output=True, text=True)
    return float(done.stdout) * 1000


WORKLOAD = Workload("start", measures, sample)
