"""Row "2,000 pages reconnect at once after a restart": 200 of them here, all in `benchmarks/restart_storm.py`."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.tools.programs import ROOT

if TYPE_CHECKING:
    from tests.tools.programs import Engine


def test_two_hundred_pages_reconnect_at_once(engine: Engine) -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "restart_storm.py"), "200", engine, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    figures = json.loads(done.stdout)
    assert (figures["back"], figures["work"], figures["wrong"], figures["tracebacks"]) == (200, 200, [], 0)
    assert figures["all_back"] < 15, figures
