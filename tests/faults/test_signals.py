"""Row "SIGTERM": no new pages, handlers get 10 s, pages are told to come back, exit 0. Ctrl-C ends at once."""

from __future__ import annotations

import os
import signal
import socket
import time
from typing import TYPE_CHECKING

import pytest

from pycommunicate.server import serving
from tests.faults.source import SOURCE, notes, raised
from tests.tools.programs import HOST
from tests.tools.raw import Closed, get
from tests.tools.scripted import payload
from tests.tools.simulated import Page
from tests.tools.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.tools.programs import Engine, Program

SHORTER = "from pycommunicate.server import serving\nserving._HANDLER_SECONDS = 1.2\n"
"""The ten seconds, made short."""
CALM = 5
"""What an end may take beyond what it waits for, in seconds, on a machine that has other work to do. It is less than the ten that handlers have."""


def page_on(program: Program, key: str = "a") -> Page:
    page = Page.visit(program.port, f"/fault/{key}")
    page.until(lambda: page.texts("#state") == ["ready"])
    return page


def until_closed(page: Page, timeout: float = 20) -> None:
    with pytest.raises(Closed):
        page.until(lambda: False, timeout=timeout)


def running(program: Program, key: str = "a") -> None:
    eventually(lambda: "began" in notes(program, key))


def serves(program: Program) -> bool:
    """Whether somebody new is let in."""
    try:
        return get(program.port, "/fault/new", timeout=0.5).status == 200
    except (OSError, ValueError):
        return False


def test_sigterm_with_nothing_under_way_ends_at_once(start: Callable[..., Program], engine: Engine) -> None:
    program = start(engine)
    pages = [page_on(program, str(number)) for number in range(3)]
    begun = time.monotonic()
    program.terminate()
    assert program.wait(20) == 0
    assert time.monotonic() - begun < CALM
    for page in pages:
        until_closed(page)
    assert "Traceback" not in program.err


def test_sigterm_lets_a_handler_finish_and_its_writes_arrive(start: Callable[..., Program], engine: Engine) -> None:
    program = start(engine)
    page, idle = page_on(program), page_on(program, "idle")
    page.click("#slow", payload("1.2"))
    running(program)
    begun = time.monotonic()
    program.terminate()
    page.until(lambda: page.texts("#place") == ["slept"])
    until_closed(page)
    until_closed(idle)
    assert program.wait(20) == 0
    assert time.monotonic() - begun < 1.2 + CALM
    assert "Traceback" not in program.err


def test_sigterm_takes_no_new_pages(start: Callable[..., Program], engine: Engine) -> None:
    program = start(engine)
    page = page_on(program)
    page.click("#slow", payload("1.5"))
    running(program)
    program.terminate()
    eventually(lambda: not serves(program))
    assert program.alive
    page.until(lambda: page.texts("#place") == ["slept"])
    assert program.wait(20) == 0


def test_sigterm_takes_no_new_pages_over_a_kept_connection(start: Callable[..., Program], engine: Engine) -> None:
    program = start(engine)
    page = page_on(program)
    ask = f"GET /fault/new HTTP/1.1\r\nHost: {HOST}:{program.port}\r\n\r\n".encode()
    with socket.create_connection((HOST, program.port), timeout=20) as kept:
        kept.sendall(ask)
        assert kept.recv(65536).startswith(b"HTTP/1.1 200")
        page.click("#slow", payload("1.2"))
        running(program)
        program.terminate()
        eventually(lambda: not serves(program))
        try:
            kept.sendall(ask)
            answer = kept.recv(65536)
        except OSError:
            answer = b""
        assert not answer.startswith(b"HTTP/1.1 200"), "a page was served by a server that is ending"
    page.until(lambda: page.texts("#place") == ["slept"])
    assert program.wait(20) == 0


def test_sigterm_starts_no_new_handlers_and_says_so(start: Callable[..., Program], engine: Engine) -> None:
    """What was clicked during the drain is either handled, or not acknowledged: the browser has to know that it is lost."""
    program = start(engine)
    page = page_on(program)
    page.click("#slow", payload("1.2"))
    running(program)
    before = page.made
    program.terminate()
    eventually(lambda: not serves(program))
    page.click("#add")
    page.until(lambda: page.texts("#place") == ["slept"])
    until_closed(page)
    assert program.wait(20) == 0
    assert page.made == before + 1
    assert "1" in page.texts("#place") or page.unsent, "a click was acknowledged, not handled, and nobody was told"


def test_sigterm_gives_a_handler_ten_seconds_and_no_more(start: Callable[..., Program], engine: Engine) -> None:
    assert serving._HANDLER_SECONDS == 10
    program = start(engine, SHORTER + SOURCE)
    page = page_on(program)
    page.click("#slow", payload("60"))
    running(program)
    begun = time.monotonic()
    program.terminate()
    assert program.wait(20) == 0
    assert time.monotonic() - begun > 1
    until_closed(page)
    assert "Traceback" not in program.err


def test_ctrl_c_ends_at_once(start: Callable[..., Program], engine: Engine) -> None:
    program = start(engine)
    page = page_on(program)
    page.click("#slow", payload("60"))
    running(program)
    begun = time.monotonic()
    os.kill(program.pid, signal.SIGINT)
    assert program.wait(20) == 0
    assert time.monotonic() - begun < CALM
    until_closed(page)
    assert "Traceback" not in program.err


def test_ctrl_c_during_the_ten_seconds_ends_at_once(start: Callable[..., Program], engine: Engine) -> None:
    program = start(engine)
    page = page_on(program)
    page.click("#slow", payload("60"))
    running(program)
    program.terminate()
    eventually(lambda: not serves(program))
    assert program.alive
    begun = time.monotonic()
    os.kill(program.pid, signal.SIGINT)
    assert program.wait(20) == 0
    assert time.monotonic() - begun < CALM


def test_what_a_handler_wrote_last_arrives_though_the_loop_was_held_up(
    start: Callable[..., Program], engine: Engine
) -> None:
    """The write and the look at who still runs fall into one turn of the loop."""
    program = start(engine)
    pages = [page_on(program, str(number)) for number in range(2)]
    pages[0].click("#slow", payload("0.9"))
    running(program, "0")
    pages[1].click("#spin", payload("1.3"))
    eventually(lambda: "spinning" in program.out)
    program.terminate()
    pages[0].until(lambda: pages[0].texts("#place") == ["slept"])
    pages[1].until(lambda: pages[1].texts("#place") == ["spun"])
    assert program.wait(20) == 0


def test_pages_come_back_to_the_next_process(start: Callable[..., Program], engine: Engine) -> None:
    program = start(engine)
    page = page_on(program)
    page.click("#add")
    page.until(lambda: page.texts("#place") == ["1"])
    program.terminate()
    until_closed(page)
    assert program.wait(20) == 0
    program.start()
    page.loaded = 0
    page.reconnect()
    page.until(lambda: page.loaded > 0)
    assert len(page.remounts) == 1
    assert page.remounts[0]["keep"] is True
    page.click("#add")
    page.until(lambda: page.texts("#place") == ["1"])
    assert raised(program) == []
    page.leave()


def test_a_connection_that_says_nothing_does_not_hold_up_the_end(start: Callable[..., Program], engine: Engine) -> None:
    program = start(engine)
    with (
        socket.create_connection((HOST, program.port)) as silent,
        socket.create_connection((HOST, program.port)) as half,
    ):
        half.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        time.sleep(0.1)
        begun = time.monotonic()
        program.terminate()
        assert program.wait(20) == 0
        assert time.monotonic() - begun < CALM
        assert silent.fileno() >= 0
