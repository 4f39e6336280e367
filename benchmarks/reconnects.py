"""Forced reconnects: how many events are lost, doubled or out of order (none may be), and how long a reconnect takes.

    python benchmarks/reconnects.py [reconnects] [engine ...]

Raw clients on loopback, one program for each engine, a fresh page every 2,000 reconnects.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.tools.programs import ENGINES, Engine, Program
from tests.tools.reconnecting import Tally, reconnect_many
from tests.tools.scripted import SOURCE, TEMPLATES, handled, visit

ROUND = 2000


def run(engine: Engine, count: int, seed: int) -> bool:
    """All reconnects on one engine; returns whether nothing went wrong."""
    whole = Tally()
    chance = random.Random(seed)
    with (
        tempfile.TemporaryDirectory() as folder,
        Program(SOURCE, folder=Path(folder), engine=engine, templates=TEMPLATES) as program,
    ):
        memory = program.memory
        begun = time.monotonic()
        while whole.reconnects < count:
            key = f"round{whole.reconnects}"
            with visit(program, key) as page:
                tally = reconnect_many(
                    page, min(ROUND, count - whole.reconnects), chance, lambda key=key: handled(program, key)
                )
                page.leave()
            for name in Tally.__slots__:
                setattr(whole, name, getattr(whole, name) + getattr(tally, name))
            print(f"{engine:9} {whole.reconnects:8} {whole}", flush=True)
        took = time.monotonic() - begun
        print(
            f"{engine:9} {took / whole.reconnects * 1000:.2f} ms a round, "
            f"memory {memory / 2**20:.0f} -> {program.memory / 2**20:.0f} MiB"
        )
    return not (whole.lost or whole.doubled or whole.out_of_order or whole.wrong or whole.remounts)


def main() -> None:
    """Run and exit with 1 where anything was lost, doubled or out of order."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    chosen = sys.argv[2:] or list(ENGINES)
    fine = [run(engine, count, seed=count) for engine in ENGINES if engine in chosen]
    sys.exit(0 if all(fine) else 1)


if __name__ == "__main__":
    main()
