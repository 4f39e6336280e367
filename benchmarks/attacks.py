"""Attacks: how long an honest page waits for its clicks, and what the program's memory gains, while each flood goes on.

    python benchmarks/attacks.py [seconds] [page loads] [reconnects] [engine ...]

Raw clients on loopback, a fresh program for each flood. Defaults: 10 s, 20,000 page loads, 1,000 reconnects at once.
The figures to reach (trust.md): 99th percentile under 100 ms, memory +16 MiB at its height, nothing left afterwards.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.tools.programs import ENGINES, Engine, Program
from tests.trust import floods
from tests.trust.beside import ATTACKED, TEMPLATES, Honest, Meanwhile, p99, records, state

if TYPE_CHECKING:
    from collections.abc import Callable

    Attack = Callable[[Program, threading.Event], object]

ROW = "{:9} {:26} {:>7} {:>8} {:>8} {:>8} {:>9} {:>9} {:>10} {:>6}"
LIMITS = {"LIMITS": '{"grace": 2, "overflow_deadline": 5, "read_deadline_offline": 0.5, "join_page": 60}'}
LONGEST = 600.0


def measure(engine: Engine, name: str, attack: Attack, seconds: float | None) -> None:
    """One attack: for `seconds`, or until it has ended by itself."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Program(ATTACKED, folder=Path(folder), engine=engine, templates=TEMPLATES, environment=LIMITS) as program,
    ):
        warm = Honest(program)
        warm.work(0.5)
        warm.page.leave()
        honest = Honest(program)
        memory, before, said = program.memory, state(program), len(program.err)
        ended = threading.Event()

        def run(stop: threading.Event) -> None:
            try:
                attack(program, stop)
            finally:
                ended.set()

        took: list[float] = []
        begun = time.monotonic()
        try:
            with Meanwhile(run):
                while time.monotonic() - begun < (seconds or LONGEST) and not (seconds is None and ended.is_set()):
                    took += honest.work(0.25)
            peak = honest.grown
            time.sleep(4)  # the grace time of the attacker's pages
            honest.check()
            after = state(program)
        except Exception as error:
            print(f"{engine:9} {name:26} the honest page waited in vain: {error!r}", flush=True)
            return
        print(
            ROW.format(
                engine,
                name,
                len(took),
                f"{sorted(took)[len(took) // 2] * 1000:.1f}",
                f"{p99(took) * 1000:.1f}",
                f"{max(took) * 1000:.1f}",
                f"{peak / 2**20:+.1f}",
                f"{(program.memory - memory) / 2**20:+.1f}",
                f"{after['greenlets'] - before['greenlets']:+}",
                len(records(program.err[said:])),
            ),
            flush=True,
        )


def main() -> None:
    """Measure every flood on each engine."""
    numbers = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
    seconds, loads, back = (*numbers, *(10, 20_000, 1000)[len(numbers) :])
    chosen = [engine for engine in ENGINES if engine in sys.argv[1:]] or list(ENGINES)
    print(
        ROW.format(
            "engine", "attack", "clicks", "p50 ms", "p99 ms", "max ms", "peak MiB", "left MiB", "greenlets", "lines"
        )
    )
    for engine in chosen:
        measure(engine, "(none)", lambda _, stop: stop.wait(), seconds)
        for name, flood in floods.FLOODS.items():
            measure(engine, name, flood, seconds)
        measure(engine, "slow_bytes", floods.slow_bytes, seconds)
        measure(engine, f"page_loads {loads}", lambda p, stop: floods.page_loads(p, stop, count=loads), None)
        measure(engine, f"reconnects {back}", lambda p, stop: floods.reconnects(p, stop, count=back), None)


if __name__ == "__main__":
    main()
