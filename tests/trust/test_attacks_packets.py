"""Row 6, beyond `test_malformed`: what is malformed is closed within a second over both transports, counted, and told in one line that nobody can forge."""

from __future__ import annotations

import contextlib
import json
import random
import re
import time
from typing import TYPE_CHECKING

import pytest

from tests.tools.raw import AT_ONCE, NAMESPACE, POLLING_PATH, Closed, get, request
from tests.tools.scripted import visit
from tests.tools.simulated import Page
from tests.tools.waiting import eventually
from tests.trust.beside import ATTACKED, TEMPLATES, beside, message, packets, records, state

if TYPE_CHECKING:
    from tests.tools.fixtures import Server
    from tests.tools.programs import Program


@pytest.fixture(scope="module")
def program(serve_module: Server) -> Program:
    """The program under attack."""
    return serve_module(ATTACKED, templates=TEMPLATES, environment={"LIMITS": '{"grace": 1}'})


class Polling:
    """An Engine.IO socket over long polling, joined to a page."""

    def __init__(self, program: Program, key: str) -> None:
        self.port = program.port
        self.page = Page(program.port, f"/page/{key}")
        self.path = f"{POLLING_PATH}&sid={json.loads(get(self.port, POLLING_PATH, self.page.cookie).text[1:])['sid']}"
        assert self.post(f"40{NAMESPACE},{json.dumps(self.page.auth())}".encode()) == 200
        assert '"joined"' in self.poll()

    def post(self, body: bytes, **headers: str) -> int:
        """Send a body; return the status."""
        return request(self.port, self.path, method="POST", cookie=self.page.cookie, body=body, headers=headers).status

    def poll(self) -> str:
        """What the server has for the page."""
        return get(self.port, self.path, self.page.cookie).text

    def gone(self) -> bool:
        """Whether the socket has ended."""
        return get(self.port, self.path, self.page.cookie).status == 404


POLLED = {
    "no event": f'42{NAMESPACE},["nothing"]'.encode(),
    "reserved": f'42{NAMESPACE},["disconnect"]'.encode(),
    "no JSON": f"42{NAMESPACE},[".encode(),
    "attachment": f'451-{NAMESPACE},["event",{{"_placeholder":true,"num":0}}]'.encode(),
    "invalid UTF-8": b"4\xff\xfe",
    "no packet": b"hello",
    "empty packets": b"\x1e\x1e\x1e",
    "base64": b"bAAAA",
    "deep": f'42{NAMESPACE},["answer","e",0,1,0,{"[" * 20_000}]'.encode(),
    "no payload": b"",
}


def test_attack_6_malformed_over_long_polling(program: Program) -> None:
    """Refused with 400, or closed; never a 500 and never a traceback."""
    with beside(program, bad=2 * len(POLLED)):
        for name, body in POLLED.items():
            polling = Polling(program, "polled")
            status = polling.post(body)
            assert status in {200, 400}, (name, status)
            eventually(polling.gone, timeout=AT_ONCE, what=name)


@pytest.mark.parametrize("length", ["-1", "abc", "99999999999", "65537", "1e3", ""])
def test_attack_6_content_lengths_that_lie(program: Program, length: str) -> None:
    with beside(program, bad=2):
        sid = json.loads(get(program.port, POLLING_PATH).text[1:])["sid"]
        with contextlib.suppress(TimeoutError, Closed, ConnectionError):
            answer = request(
                program.port,
                f"{POLLING_PATH}&sid={sid}",
                method="POST",
                body=b"3",
                headers={"Content-Length": length},
                timeout=1,
            )
            assert answer.status in {400, 413}


@pytest.mark.parametrize(
    "query",
    [
        "EIO=3&transport=websocket",
        "EIO=4&transport=nothing",
        "EIO=4",
        "",
        "EIO=4&transport=polling&sid=nobody",
        "EIO=4&transport=polling&sid=%00",
        "EIO=4&transport=polling&j=0",
        "EIO=4&transport=polling&j=x",
        "EIO=4&transport=polling&sid=" + "x" * 5000,
    ],
)
def test_attack_6_handshakes_that_are_none(program: Program, query: str) -> None:
    with beside(program, bad=2):
        for method in ("GET", "POST", "PUT", "OPTIONS"):
            answer = request(program.port, f"/__pycommunicate/socket/?{query}", method=method, body=b"x")
            assert answer.status in {200, 400, 404, 405}, answer.text
            assert "Traceback" not in answer.text


def test_attack_6_ten_lines_a_second_are_told_of_one_peer(program: Program) -> None:
    """However many bad packets: at most 10 lines a second. All are counted in `app.refused`."""
    with beside(program):
        before = sum(state(program)["refused"].values())
        said, begun = len(program.err), time.monotonic()
        for _ in range(120):
            with visit(program, "loud") as page, contextlib.suppress(Closed, OSError):
                assert page.channel is not None
                page.channel.web_socket.send_bytes(packets(['42/__pycommunicate,["nothing"]'] * 3))
                page.channel.web_socket.wait_closed()
        took = time.monotonic() - begun
        lines = records(program.err[said:])
        # A window of a second may have begun before, and another may end after.
        assert 1 <= len(lines) <= 10 * (took + 2), f"{len(lines)} lines in {took:.1f} s"
        assert sum(state(program)["refused"].values()) - before >= 120


def test_attack_6_nobody_writes_lines_of_his_own_into_the_log(program: Program) -> None:
    forged = "2026-01-01 ERROR forged: the administrator's password is x"
    with beside(program), visit(program, "x%0a" + forged.replace(" ", "%20")) as page:
        said = len(program.err)
        for text in (f"x\n{forged}", f"x\r{forged}", f"x\u2028{forged}", "\x1b[2J", "\ud800", "refused"):
            with contextlib.suppress(Closed, OSError):
                page.send(["failed", page.epoch, page.applied, 1, text[:100]])
                assert page.channel is not None
                page.channel.web_socket.wait_closed(0.1)
            with contextlib.suppress(TimeoutError):
                page.reconnect()
        for headers in ({"Origin": f"http://x\x0b{forged}"}, {"Host": "x\x0b" + forged}, {"Host": "\x1b[2J"}):
            get(program.port, POLLING_PATH, headers=headers)
        get(program.port, "/nothing%0d%0a" + forged.replace(" ", "%20"))
        time.sleep(0.1)
        told = program.err[said:]
        assert not re.search(r"^2026-01-01 ERROR forged", told, re.MULTILINE), told
        assert "\x1b" not in told
        assert "Logging error" not in told
        page.cut()


def test_attack_6_noise(program: Program) -> None:
    """300 packets and frames of noise, each on a connection that ends or goes on, none of which raises where nobody catches it."""
    chance = random.Random(6)
    seeds = [message("event", "E", 1, 0, 1, {"value": "x"}), message("ack", "E", 1, [1]), f"40{NAMESPACE},{{}}", "41", "2probe"]  # fmt: skip
    with beside(program):
        for _ in range(60):
            with visit(program, "noise") as page, contextlib.suppress(Closed, OSError):
                assert page.channel is not None
                for _ in range(5):
                    data = bytearray(chance.choice(seeds).encode())
                    for _ in range(chance.randrange(1, 5)):
                        data[chance.randrange(len(data))] = chance.randrange(256)
                    page.channel.web_socket.send_frame(chance.choice([1, 1, 1, 2, 0, 9]), bytes(data))
                    if chance.random() < 0.3:
                        page.channel.web_socket.send_bytes(bytes(chance.randrange(256) for _ in range(20)))
