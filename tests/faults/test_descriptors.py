"""Row "file descriptors run out": new connections wait or are refused, old ones work, and it recovers."""

from __future__ import annotations

import contextlib
import socket
import time
from typing import TYPE_CHECKING

from tests.faults.source import SOURCE
from tests.tools.programs import HOST
from tests.tools.raw import get
from tests.tools.simulated import Page
from tests.tools.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.tools.programs import Engine, Program

FILES = 60
LIMITED = f"import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, ({FILES}, {FILES}))\n"


def test_file_descriptors_run_out(start: Callable[..., Program], engine: Engine) -> None:
    program = start(engine, LIMITED + SOURCE)
    page = Page.visit(program.port, "/fault/old")
    page.until(lambda: page.texts("#state") == ["ready"])
    held: list[socket.socket] = []
    with contextlib.ExitStack() as closing:
        for _ in range(FILES + 20):
            sock = closing.enter_context(socket.socket())
            sock.settimeout(0.5)
            with contextlib.suppress(OSError):
                sock.connect((HOST, program.port))
            held.append(sock)
        eventually(lambda: program.descriptors >= FILES - 2, what="descriptors in use")
        for number in range(1, 6):  # the old ones work, while others knock
            page.click("#add")
            page.until(lambda number=number: page.texts("#place")[-1:] == [str(number)])
            time.sleep(0.2)
        assert program.alive, program.log
    eventually(lambda: _serves(program), what="new connections are served again")
    new = Page.visit(program.port, "/fault/new")
    new.click("#add")
    new.until(lambda: new.texts("#place") == ["1"])
    page.click("#add")
    page.until(lambda: page.texts("#place")[-1:] == ["6"])
    assert (page.remounts, page.resumes, page.wrong) == ([], 0, [])
    assert program.err.count("\n") < 100, program.err[:3000]
    page.leave()
    new.leave()


def _serves(program: Program) -> bool:
    try:
        return get(program.port, "/handled/x", timeout=1).status == 200
    except (OSError, ValueError):
        return False
