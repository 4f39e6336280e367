"""The library beside the same application written by hand (the floor), in one run.

    python benchmarks/compare.py [--quick] [--peers] [--parts] [workload ...]

Headless Chromium on loopback, medians of at least five rounds in which all take turns, ratios to the floor. Raw results go to `benchmarks/results/`.
"""

from __future__ import annotations

import argparse
import dataclasses
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.comparison.chromium import chromium
from benchmarks.comparison.contestants import FLOOR, LIBRARY, NotHere, peers, prepare_floor
from benchmarks.comparison.rounds import compare
from benchmarks.comparison.sizes import FULL, QUICK
from benchmarks.comparison.table import lines, parts, show
from benchmarks.comparison.workloads import WORKLOADS


def main() -> None:
    """Measure and print."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends what was started, as Ctrl-C does
    parser = argparse.ArgumentParser(description="The library beside the same application written by hand.")
    parser.add_argument("workloads", nargs="*", metavar="workload", help=f"of {', '.join(WORKLOADS)}; default: all")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, fewer of everything")
    parser.add_argument("--peers", action="store_true", help="with the peers that are installed")
    parser.add_argument("--parts", action="store_true", help="where the time goes, too")
    parser.add_argument("--rounds", type=int, help="another number of rounds")
    given = parser.parse_args()
    unknown = [name for name in given.workloads if name not in WORKLOADS]
    if unknown:
        parser.error(f"no workload {unknown[0]!r}; there are {', '.join(WORKLOADS)}")
    sizes = QUICK if given.quick else FULL
    if given.rounds:
        sizes = dataclasses.replace(sizes, rounds=given.rounds)
    chosen = [WORKLOADS[name] for name in given.workloads or WORKLOADS]
    contestants = [FLOOR, LIBRARY, *(peers() if given.peers else [])]
    try:
        prepare_floor()
    except NotHere as why:
        sys.exit(f"error: {why}")
    with chromium() as browser:
        results = compare(browser, chosen, contestants, sizes, keep=True)
    names = [one.name for one in contestants]
    print(show(lines(results, chosen, names, sizes)))
    if given.parts:
        print()
        print(show(parts(results, chosen, names)))
    print(f"\nraw: {results.write()}", file=sys.stderr)


if __name__ == "__main__":
    main()
