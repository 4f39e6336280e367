"""All pages reconnect at once after a restart: how soon all are back, and what somebody notices who works meanwhile.

    python benchmarks/restart_storm.py [pages] [engine ...] [--json]

Raw clients on loopback, in one process on gevent, each a visitor of its own that tries again as the client script does (a pause of 100 to 300 ms, spread; 5 s for the first attempt, then longer). The program is killed and
started on the same port, so each page is mounted anew. The clock starts when the first connection is taken. Beside them somebody opens a page after the restart and clicks every 20 ms until all others are back, and
visitors who were not here before load a page each, one after the other, from a process of its own: their clock is not held up by the 2,000.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import json  # noqa: E402 - once it is patched
import random  # noqa: E402
import resource  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402
from select import select  # noqa: E402
from typing import Any  # noqa: E402

import gevent  # noqa: E402
from gevent.pool import Pool  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.tools.programs import ENGINES, Engine, Program  # noqa: E402
from tests.tools.raw import Closed, get  # noqa: E402
from tests.tools.scripted import SOURCE, TEMPLATES, payload  # noqa: E402
from tests.tools.simulated import Page, Refused  # noqa: E402

ATTEMPT = 5.0
LONGEST = 60.0
WARM_UP = 5
PAUSE = 0.02
VISITOR = "--visitor"


class Visitors:
    """A process that loads a page, waits 20 ms, loads it again as somebody else; each is timed."""

    def __init__(self, port: int) -> None:
        command = [sys.executable, __file__, VISITOR, str(port)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def took(self) -> list[float]:
        """End it. Return how long each load took, sorted; those before the server was there are left out."""
        out, _ = self._process.communicate("\n", timeout=LONGEST)
        return sorted(json.loads(out))

    @staticmethod
    def run(port: int) -> None:
        """What the process does, until it is told to stop."""
        took: list[float] = []
        while not select([sys.stdin], [], [], PAUSE)[0]:
            begun = time.monotonic()
            try:
                assert get(port, "/page/new", timeout=LONGEST).status == 200
                took.append(time.monotonic() - begun)
            except (OSError, ValueError):
                pass
        print(json.dumps(took))


class Storm:
    """One run."""

    def __init__(self, program: Program, count: int) -> None:
        self.program = program
        self.count = count
        self.begun: float | None = None
        self.back: list[float] = []
        self.attempts = 0
        self.wrong: list[str] = []
        self.clicks: list[float] = []
        self.opened = 0.0

    def run(self) -> dict[str, Any]:
        """Open, kill, start, wait until all are back; return the figures."""
        pool = Pool(40)
        pages = pool.map(self._open, range(self.count))
        memory = self.program.memory
        waiting = [gevent.spawn(self._come_back, page) for page in pages]
        self.program.kill()
        gevent.sleep(0.5)
        starting = gevent.spawn(self.program.start, timeout=LONGEST)
        honest = gevent.spawn(self._work)
        visitors = Visitors(self.program.port)
        gevent.joinall(waiting, timeout=LONGEST)
        loads = visitors.took()
        starting.join()
        honest.join(timeout=10)
        gevent.killall([*waiting, honest])
        after = self.program.memory
        works = pool.map(self._works, pages)
        took = sorted(self.back)
        clicks = sorted(self.clicks)
        for page in pages:
            page.cut()
        return {
            "pages": self.count,
            "back": len(took),
            "work": sum(works),
            "all_back": round(took[-1], 2) if took else None,
            "median_back": round(took[len(took) // 2], 2) if took else None,
            "attempts": self.attempts,
            "honest_opened": round(self.opened, 3),
            "honest_clicks": len(clicks),
            "honest_p50": round(clicks[len(clicks) // 2], 3) if clicks else None,
            "honest_p99": round(clicks[int(len(clicks) * 0.99)], 3) if clicks else None,
            "honest_worst": round(clicks[-1], 3) if clicks else None,
            "loads": len(loads),
            "load_p50": round(loads[len(loads) // 2], 3) if loads else None,
            "load_p99": round(loads[int(len(loads) * 0.99)], 3) if loads else None,
            "load_worst": round(loads[-1], 3) if loads else None,
            "memory_before": memory >> 20,
            "memory_after": after >> 20,
            "wrong": self.wrong[:5],
        }

    def _open(self, number: int) -> Page:
        page = Page.visit(self.program.port, f"/page/storm{number}", timeout=LONGEST)
        page.timeout = ATTEMPT
        return page

    def _come_back(self, page: Page) -> None:
        try:
            page.until(lambda: False, timeout=LONGEST)
        except (Closed, OSError):
            page.cut()
        page.loaded = attempts = 0
        end = time.monotonic() + LONGEST
        while time.monotonic() < end:
            gevent.sleep(min(0.1 + 0.1 * attempts, 0.3) * random.uniform(0.75, 1.25))
            attempts += 1
            page.timeout = min(ATTEMPT * attempts, 4 * ATTEMPT)
            try:
                page.connect(wait=False)
                self.begun = self.begun or time.monotonic()
                page.until(lambda: page.remounts, timeout=page.timeout)
                page.until(lambda: page.loaded, timeout=LONGEST)
            except (Closed, OSError, TimeoutError):
                page.cut()
            except Refused as refused:
                self.wrong.append(str(refused))
                break
            else:
                self.back.append(time.monotonic() - self.begun)
                break
        self.attempts += attempts

    def _work(self) -> None:
        page = None
        begun = time.monotonic()
        while page is None:
            try:
                page = Page.visit(self.program.port, "/page/honest", timeout=LONGEST)
            except (OSError, ValueError, AssertionError):
                gevent.sleep(0.05)
                begun = begun if self.begun is None else min(max(begun, self.begun), time.monotonic())
        self.opened = time.monotonic() - begun
        number = 0
        while len(self.back) < self.count or number < WARM_UP:
            number += 1
            clicked = time.monotonic()
            page.click("#add", payload(number))
            page.until(lambda: page.texts("#count")[-1:] == [str(number)])  # noqa: B023 - asked at once
            self.clicks.append(time.monotonic() - clicked)
            gevent.sleep(PAUSE)
        page.leave()

    def _works(self, page: Page) -> bool:
        try:
            page.click("#add", payload("still there"))
            page.until(lambda: page.texts("#count") == ["still there"], timeout=LONGEST)
        except (Closed, OSError, AssertionError) as error:
            self.wrong.append(repr(error))
            return False
        return not page.wrong and len(page.remounts) == 1


def run(engine: Engine, count: int) -> dict[str, Any]:
    """One engine."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 3 * count + 500)), hard))
    with (
        tempfile.TemporaryDirectory() as folder,
        Program(
            SOURCE,
            folder=Path(folder),
            engine=engine,
            templates=TEMPLATES,
            environment={"LIMITS": json.dumps({"waiting_pages": 10_000})},
        ) as program,
    ):
        figures = Storm(program, count).run()
        figures["tracebacks"] = program.err.count("Traceback")
    return {"engine": engine, **figures}


def main() -> None:
    """Run and print; exit with 1 where a page did not come back."""
    if VISITOR in sys.argv:
        Visitors.run(int(sys.argv[-1]))
        return
    words = [word for word in sys.argv[1:] if word != "--json"]
    count = next((int(word) for word in words if word.isdigit()), 2000)
    chosen = [engine for engine in ENGINES if engine in words] or list(ENGINES)
    fine = True
    for engine in chosen:
        figures = run(engine, count)
        fine = fine and figures["work"] == count
        if "--json" in sys.argv:
            print(json.dumps(figures), flush=True)
        else:
            print("  ".join(f"{name}={value}" for name, value in figures.items()), flush=True)
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
