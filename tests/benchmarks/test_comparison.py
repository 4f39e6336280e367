"""The harness of `benchmarks/compare.py` at a tiny size: its parts work, and floor and library are the same application."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Error as BrowserError

from benchmarks.comparison import results as kept
from benchmarks.comparison.chromium import Chromium
from benchmarks.comparison.contestants import BENCHMARKS, FLOOR, LIBRARY, NotHere, prepare_floor
from benchmarks.comparison.results import Results, reached
from benchmarks.comparison.rounds import compare
from benchmarks.comparison.running import Running
from benchmarks.comparison.sizes import TINY
from benchmarks.comparison.table import lines, show
from benchmarks.comparison.workload import Measure, Workload
from benchmarks.comparison.workloads import WORKLOADS

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

    from benchmarks.comparison.workload import Bench

SECTION = "document.querySelector('#todo').innerHTML.replace(/>\\s+</g, '><').trim()"
NAMES = ["floor", "library"]


@pytest.fixture(scope="module", autouse=True)
def floor() -> None:
    try:
        prepare_floor()
    except NotHere as why:
        pytest.skip(str(why))


@pytest.mark.parametrize(
    "name",
    [
        "rows",
        *(
            pytest.param(n, marks=pytest.mark.soak)
            for n in ("change", "reads", "clicks", "singly", "memory", "scripts", "start")
        ),
    ],
)
def test_a_workload_gives_every_figure_of_its_rows(chromium: Browser, name: str) -> None:
    workload = WORKLOADS[name]
    found = compare(Chromium(chromium), [workload], [FLOOR, LIBRARY], TINY)
    for contestant in NAMES:
        figures = found.samples[name][contestant]
        assert {measure.key for measure in workload.measures(TINY)} <= figures.keys()
        assert {len(values) for values in figures.values()} == {TINY.rounds}


def test_the_messages_of_the_floor_are_counted(chromium: Browser) -> None:
    found = compare(Chromium(chromium), [WORKLOADS["rows"], WORKLOADS["change"]], [FLOOR], TINY)
    assert found.median("rows", "floor", "messages") == 4  # two open the connection, one joins, one carries all rows
    assert found.median("change", "floor", "messages") == 2


def test_every_click_is_counted(chromium: Browser) -> None:
    found = compare(Chromium(chromium), [WORKLOADS["clicks"]], [FLOOR, LIBRARY], TINY)
    for contestant in NAMES:
        assert found.median("clicks", contestant, "lost") == 0
        assert found.median("clicks", contestant, "disorder") == 0
    assert found.median("clicks", "floor", "shown") == TINY.clicks


def test_what_a_peer_cannot_do_is_said(chromium: Browser) -> None:
    def sample(_bench: Bench, running: Running) -> dict[str, float]:
        if running.name == "peer":
            raise BrowserError("it shows no rows")
        return {"time": 1.0}

    found = compare(
        Chromium(chromium),
        [Workload("made", lambda _sizes: (), sample)],
        [FLOOR, replace(FLOOR, name="peer")],
        TINY,
    )
    assert found.skipped == {"made": {"peer": "it shows no rows"}}
    assert found.median("made", "floor", "time") == 1


def test_floor_and_library_show_the_same(chromium: Browser, tmp_path: Path) -> None:
    shown: dict[str, list[str]] = {}
    for contestant in (FLOOR, LIBRARY):
        with Running(contestant, tmp_path) as running, Chromium(chromium).tab() as tab:
            tab.open(running.url("/rows/3"), "#todo2 button", "Remove")
            states = [tab.page.evaluate(SECTION)]
            for number, button in enumerate(("#add", "#quick"), 3):
                tab.page.fill("#next", f"thing {number}")
                tab.do("click", button, f"#todo{number} button", "Remove")
                states.append(tab.page.evaluate(SECTION))
            tab.do("click", "#todo1 button", "#todoText1", None)
            shown[contestant.name] = [*states, tab.page.evaluate(SECTION), tab.page.input_value("#next")]
    assert shown["floor"] == shown["library"]
    assert [state.count("<button") for state in shown["floor"]] == [3, 4, 5, 4, 0]


def test_the_table_has_medians_ratios_and_goals() -> None:
    found = Results()
    for value in (10.0, 1000.0, 12.0):
        found.add("walk", "floor", {"time": value})
        found.add("walk", "library", {"time": value * 2})
    found.add("walk", "peer", {})
    measure = Measure("time", "a walk", most=1.5)
    workload = Workload("walk", lambda _sizes: (measure,), lambda _bench, _running: {})
    table = lines(found, [workload], ["floor", "library", "peer"], TINY)
    assert table[1] == ["a walk", "12.0 ms", "24.0 ms (2.00x)", "-", "<= 1.5x missed"]
    assert show(table).splitlines()[2].startswith("| a walk ")


@pytest.mark.parametrize(
    ("measure", "library", "said"),
    [
        (Measure("a", "", most=1.5), 15, "<= 1.5x"),
        (Measure("a", "", most=1.5), 16, "<= 1.5x missed"),
        (Measure("a", "", least=1.5), 15, ">= 1.5x"),
        (Measure("a", "", least=1.5), 14, ">= 1.5x missed"),
        (Measure("a", "", bound=12), 12, "<= 12"),
        (Measure("a", "", bound=12), 13, "<= 12 missed"),
        (Measure("a", ""), 13, ""),
    ],
)
def test_a_missed_goal_is_named(measure: Measure, library: float, said: str) -> None:
    assert reached(measure, 10, library) == said


def test_raw_results_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "FOLDER", tmp_path / "results")
    found = Results({"commit": "abc"})
    found.add("rows", "floor", {"socket": 18.0})
    found.add("rows", "floor", {"socket": 19.0})
    file = found.write()
    assert json.loads(file.read_text("utf-8"))["samples"] == {"rows": {"floor": {"socket": [18.0, 19.0]}}}


def test_the_command_names_its_workloads() -> None:
    command = [sys.executable, str(BENCHMARKS / "compare.py"), "--rounds", "5", "rows", "fly"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"no workload 'fly'; there are {', '.join(WORKLOADS)}" in done.stderr
