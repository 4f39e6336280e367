"""What has to ask the page, over a slow network: the tutorial's `load()`, its add handler, its remove handler."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any, Final

from benchmarks.comparison.workload import Bench, Measure, Workload

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.comparison.chromium import Tab
    from benchmarks.comparison.running import Running
    from benchmarks.comparison.sizes import Sizes

ROWS: Final = 10
TITLES: Final = {
    "load": "`load()`: socket open to last of 10 rows",
    "quick": "click: reads an input, adds a row",
    "add": "click: the same, looks its elements up",
    "remove": "click: removes its row, which it looks up",
}
NEAR, FAR = 1.15, 1.03
"""What to reach without a network worth mentioning, and with 100 ms."""


def measures(sizes: Sizes) -> tuple[Measure, ...]:
    goals = {0: NEAR, 100: FAR}
    return tuple(
        Measure(f"{name} {delay}", f"{title}; {delay} ms of network", most=goals.get(delay))
        for name, title in TITLES.items()
        for delay in sizes.delays
    )


def sample(bench: Bench, running: Running) -> dict[str, float]:
    found: dict[str, float] = {}
    for delay in bench.sizes.delays:
        with bench.chromium.tab() as tab:
            seen = tab.open(running.url(f"/rows/{ROWS}", delay), f"#todo{ROWS - 1} button", "Remove")
            if seen.opened < seen.loaded:  # elsewhere the rows are in the page
                found[f"load {delay}"] = seen.loaded - seen.opened
            repeats = -(-bench.sizes.repeats // (2 if delay else 1))  # the network's own time varies little
            last = ROWS - 1
            for name in ("quick", "add"):
                took = []
                for last in range(last + 1, last + 1 + repeats):  # noqa: B020 - goes on where it was
                    tab.page.fill("#next", f"thing {last}")
                    took.append(act(tab, delay, "click", f"#{name}", f"#todoText{last}", f"- thing {last}"))
                note(found, f"{name} {delay}", took)
            took = []
            for index in range(repeats):
                took.append(act(tab, delay, "click", f"#todo{index} button", f"#todoText{index}", None))
            note(found, f"remove {delay}", took)
    return found


def act(tab: Tab, delay: int, *what: object) -> Any:
    """Click as somebody would for whom the page has come to rest."""
    tab.page.wait_for_timeout(60 + delay)
    return tab.do(*what)


def note(found: dict[str, float], key: str, took: list[Any]) -> None:
    pick: Callable[[str], float] = lambda name: statistics.median(one[name] for one in took)  # noqa: E731
    found[key] = pick("milliseconds")
    found[f"part:{key} messages"] = pick("messages")


WORKLOAD = Workload("reads", measures, sample)
