"""Attacks: how long an honest page waits for its clicks, and what the program's memory gains, while each flood goes on.

    python benchmarks/attacks.py [seconds] [page loads] [reconnects] [engine ...] [attack ...]

Raw clients on loopback, a fresh program for each flood, the attacker in a process of its own, so that the honest page's clock is not
held up by it. Defaults: 10 s, 20,000 page loads, 1,000 reconnects at once. An attack's name, or several, measures these only. "calm ms": the 99th percentile of the same page just before.
The figures to reach (trust.md): 99th percentile under 100 ms, memory +16 MiB at its height, nothing left afterwards.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.tools.programs import ENGINES, Engine, Program
from tests.tools.raw import Closed
from tests.trust import floods, floods_visitor
from tests.trust.beside import ATTACKED, TEMPLATES, Honest, p99, records, state

if TYPE_CHECKING:
    from collections.abc import Callable

    Attack = Callable[[Program, Any], object]

ROW = "{:9} {:26} {:>7} {:>8} {:>8} {:>8} {:>8} {:>9} {:>9} {:>10} {:>6}"
CALM_SECONDS = 1.0
LIMITS = {"LIMITS": '{"grace": 2, "overflow_deadline": 5, "read_deadline_offline": 0.5, "join_page": 60}'}
LONGEST = 600.0


class Attacker:
    """A process that attacks until it is told to stop, or has ended by itself."""

    def __init__(self, program: Program, attack: Attack) -> None:
        fork = multiprocessing.get_context("fork")
        self._stop = fork.Event()
        self._process = fork.Process(target=self._run, args=(program, attack), daemon=True)

    def _run(self, program: Program, attack: Attack) -> None:
        with contextlib.suppress(Closed, OSError):  # thrown out
            attack(program, self._stop)

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return not self._process.is_alive()

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._process.join(15)
        self._process.kill()
        self._process.join()


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
        calm = honest.work(CALM_SECONDS)
        memory, before, said = program.memory, state(program), len(program.err)
        took: list[float] = []
        begun = time.monotonic()
        try:
            with Attacker(program, attack) as attacker:
                while time.monotonic() - begun < (seconds or LONGEST) and not (seconds is None and attacker.ended):
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
                f"{p99(calm) * 1000:.1f}",
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
            "engine",
            "attack",
            "clicks",
            "calm ms",
            "p50 ms",
            "p99 ms",
            "max ms",
            "peak MiB",
            "left MiB",
            "greenlets",
            "lines",
        )
    )
    attacks: dict[str, tuple[Attack, float | None]] = {
        "(none)": (lambda _, stop: stop.wait(), seconds),
        **{name: (flood, seconds) for name, flood in (floods.FLOODS | floods_visitor.FLOODS).items()},
        "slow_bytes": (floods.slow_bytes, seconds),
        f"page_loads {loads}": (lambda p, stop: floods.page_loads(p, stop, count=loads), None),
        f"reconnects {back}": (lambda p, stop: floods.reconnects(p, stop, count=back), None),
    }
    wanted = [name for name in attacks if name.split()[0] in sys.argv[1:]] or list(attacks)
    for engine in chosen:
        for name in wanted:
            measure(engine, name, *attacks[name])


if __name__ == "__main__":
    main()
