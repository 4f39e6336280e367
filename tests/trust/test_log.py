"""Nobody can fill the log, by whatever way a stranger makes the program log; what is left out is counted, and error hooks hear of every error."""

from __future__ import annotations

import re
import socket
import time
from typing import TYPE_CHECKING

import pytest

from tests.tools.programs import ENGINES
from tests.tools.raw import HOST, get, request
from tests.tools.scripted import visit
from tests.tools.waiting import eventually
from tests.trust.beside import ATTACKED, TEMPLATES, state

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.tools.fixtures import Server
    from tests.tools.programs import Engine, Program

FAILING = (
    """
@app.flask.get("/fails")
@app.flask.get("/fails/<rest>")
def _fails(rest=""):
    return "x" + None

class Unrendered(View):
    def render(self):
        return "x" + None

app.add_controller("/unrendered", ControllerFactory().add_view(Unrendered).set_default_view(Unrendered))
"""
    "\napp.run()"
)
SOURCE = ATTACKED.replace("\napp.run()", FAILING)


@pytest.fixture(scope="module", params=ENGINES)
def program(serve_module: Server, request: pytest.FixtureRequest) -> Program:
    engine: Engine = request.param
    return serve_module(SOURCE, engine=engine, templates=TEMPLATES)


def raise_in_a_handler(program: Program, count: int) -> None:
    with visit(program, "raises") as page:
        listener = page.listener("#much", "change")
        for _ in range(count):
            page.fire(listener, {"type": "change", "value": 1})
        page.until(lambda: page.received == page.made == count)
        page.leave()


def raise_in_a_route(program: Program, count: int) -> None:
    assert {get(program.port, "/fails").status for _ in range(count)} == {500}


def raise_in_render(program: Program, count: int) -> None:
    assert {get(program.port, "/unrendered").status for _ in range(count)} == {500}


def send_nonsense(program: Program, count: int) -> None:
    for _ in range(count):
        with socket.create_connection((HOST, program.port), timeout=20) as sock:
            sock.sendall(b"NONSENSE\r\n\r\n")
            while sock.recv(65536):
                pass


def ask_under_another_name(program: Program, count: int) -> None:
    for _ in range(count):
        assert request(program.port, "/page/x", headers={"Host": "evil.example"}).status == 400


@pytest.mark.parametrize(
    "attack", [raise_in_a_handler, raise_in_a_route, raise_in_render, send_nonsense, ask_under_another_name]
)
def test_the_log_is_bounded_and_nothing_is_lost_count_of(
    program: Program, attack: Callable[[Program, int], None]
) -> None:
    count = 150
    before = state(program)["refused"].get("left_out", 0)
    begun, said = time.monotonic(), len(program.err)
    attack(program, count)
    took = time.monotonic() - begun
    time.sleep(1.2)  # the second in which the last line was left out
    text = program.err[said:]
    left_out = state(program)["refused"].get("left_out", 0) - before
    told = sum(int(number.replace(",", "")) for number in re.findall(r"and ([\d,]+) more of these", text))
    ours = [line for line in text.splitlines() if re.search("raised TypeError|Exception on|NONSENSE|evil", line)]
    lines = [line for line in ours if "more of these" not in line]
    assert told == left_out
    assert len(lines) + left_out == count
    assert len(lines) <= 10 * (int(took) + 2)


def test_error_hooks_hear_of_every_error(program: Program) -> None:
    before = state(program)["errors"].count("TypeError")
    raise_in_a_handler(program, 100)
    eventually(lambda: state(program)["errors"].count("TypeError") - before == 100)


def test_a_path_that_fails_forges_no_line(program: Program) -> None:
    said = len(program.err)
    assert get(program.port, "/fails/x%0aERROR%20forged%1b[31m").status == 500
    eventually(lambda: "Exception on" in program.err[said:])
    assert not [line for line in program.err[said:].splitlines() if line.startswith("ERROR forged")]
    assert "\x1b" not in program.err[said:]
