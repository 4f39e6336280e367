"""Row 7: floods. Each goes on beside an honest page that keeps clicking: its 99th percentile and the program's memory are bounded, and at the end nothing is left.

Figures: `benchmarks/attacks.py`.
"""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.tools.programs import ENGINES
from tests.tools.raw import POLLING_PATH, SOCKET_PATH, Closed, WebSocket, get
from tests.tools.waiting import eventually
from tests.trust import floods, floods_visitor
from tests.trust.beside import ATTACKED, CALM, MEMORY, TEMPLATES, Honest, Meanwhile, assert_calm, beside, state

pytestmark = pytest.mark.soak

if TYPE_CHECKING:
    from tests.tools.fixtures import Server
    from tests.tools.programs import Engine, Program

SECONDS = 0.8
LIMITS = {"LIMITS": '{"join_socket": 1.5, "grace": 1.0, "join_page": 3, "overflow_deadline": 1.0, "read_deadline_offline": 0.2, "waiting_pages": 200}'}  # fmt: skip


def attacked(serve: Server, engine: Engine) -> Program:
    """The program under attack, with deadlines that a test can wait for, warmed up: what the first pages cost is not the attack's."""
    made = serve(ATTACKED, engine=engine, templates=TEMPLATES, environment=LIMITS)
    warm = Honest(made)
    warm.work(0.3)
    warm.page.leave()
    return made


@pytest.fixture(scope="module")
def program(serve_module: Server) -> Program:
    """One for all."""
    return attacked(serve_module, "gevent")


@pytest.mark.parametrize("name", floods.FLOODS)
def test_attack_7_flood(program: Program, name: str) -> None:
    flood = floods.FLOODS[name]
    with beside(program, raises=name == "mounts_anew") as honest:
        with Meanwhile(lambda stop: flood(program, stop)):
            took = honest.work(SECONDS)
        assert honest.grown < MEMORY, f"{honest.grown / 2**20:.1f} MiB at its height"
        assert_calm(took)


@pytest.mark.parametrize("name", ["dropped_pages", "raising_handlers", "nonsense_requests"])
def test_attack_7_flood_of_one_visitor(program: Program, name: str) -> None:
    flood = floods_visitor.FLOODS[name]
    with beside(program, raises=name == "raising_handlers", memory=2 * MEMORY, slack=60) as honest:
        with Meanwhile(lambda stop: flood(program, stop)):
            took = honest.work(SECONDS)
        assert honest.grown < MEMORY, f"{honest.grown / 2**20:.1f} MiB at its height"
        assert_calm(took)


def test_attack_7_floods_leave_nothing(program: Program) -> None:
    """After all of the above, and the grace time: the attacker's pages and visitors are gone."""
    with beside(program):
        eventually(lambda: state(program)["pages"] == 1, timeout=8, every=0.2, what="the attacker's pages are gone")


@pytest.mark.parametrize("engine", ENGINES)
def test_attack_7_floods_together(serve: Server, engine: Engine) -> None:
    """Those that a single socket can make, from one socket each, all at once. Whoever is calm under each may still not be under all."""
    program = attacked(serve, engine)
    names = ("events_with_credit", "events_to_nobody", "acknowledgements", "failures", "pongs", "upgrades_unread", "bad_packets")  # fmt: skip
    with beside(program, slack=2) as honest:
        with contextlib.ExitStack() as stack:
            for name in names:
                stack.enter_context(Meanwhile(lambda stop, name=name: floods.FLOODS[name](program, stop)))
            took = honest.work(2)
        assert honest.grown < MEMORY, f"{honest.grown / 2**20:.1f} MiB at its height"
        assert_calm(took, 2 * CALM)
        eventually(lambda: state(program)["pages"] == 1, timeout=8, every=0.2, what="the attackers' pages are gone")


def test_attack_7_pages_that_are_loaded_without_a_socket(serve: Server) -> None:
    """5,000 visitors without a cookie (100,000 in the benchmark): a bounded number of pages waits, and no visitor is kept."""
    program = serve(ATTACKED, templates=TEMPLATES)
    warm_up = threading.Event()
    floods.page_loads(program, warm_up, count=1200)
    with beside(program) as honest:
        loaded = 0

        def attack(stop: threading.Event) -> None:
            nonlocal loaded
            loaded = floods.page_loads(program, stop, count=5000)
            done.set()

        done = threading.Event()
        with Meanwhile(attack):
            took = []
            end = time.monotonic() + 30
            while not done.is_set() and time.monotonic() < end:
                took += honest.work(0.3)
        assert loaded >= 5000
        assert_calm(took)
        now = state(program)
        assert now["pages"] <= 1001
        assert now["users"] <= 1001 + 10


def test_attack_7_five_hundred_reconnect_at_once(serve: Server) -> None:
    program = serve(ATTACKED, templates=TEMPLATES)
    pages = []
    with beside(program, memory=64 * 2**20, slack=2000) as honest:  # they stay, as they may: 500 pages of their own

        def attack(stop: threading.Event) -> None:
            pages.extend(floods.reconnects(program, stop, rounds=1))
            done.set()

        done = threading.Event()
        with Meanwhile(attack):
            took = []
            end = time.monotonic() + 40
            while not done.is_set() and time.monotonic() < end:
                took += honest.work(0.3)
            took += honest.work(0.5)
        assert len(pages) == 500
        assert all(page.resumes >= 1 for page in pages)
        assert_calm(took)


@pytest.mark.parametrize("engine", ENGINES)
def test_attack_7_one_byte_a_second(serve: Server, engine: Engine) -> None:
    """In the HTTP header, in a WebSocket frame, in a polling body: each connection ends, however alive it seems."""
    program = attacked(serve, engine)
    lived: list[float] = []
    with beside(program) as honest:
        with Meanwhile(lambda stop: lived.extend(floods.slow_bytes(program, stop))):
            end = time.monotonic() + 14
            took: list[float] = []
            while not lived and time.monotonic() < end:
                took += honest.work(0.3)
        assert_calm(took)
        kinds = {"polling body": lived[0::3], "HTTP header": lived[1::3], "frame": lived[2::3]}
        late = {kind: max(times) for kind, times in kinds.items() if max(times) > 14}
        assert late == {}, "seconds that they lived"


def test_attack_7_upgrade_that_is_never_finished(program: Program) -> None:
    """A polling socket, and a WebSocket that announces to take over and says no more: refused, or closed when its time to join is over."""
    with beside(program, bad=5):
        for _ in range(5):
            sid = get(program.port, POLLING_PATH).text.split('"sid":"')[1].split('"')[0]
            with contextlib.suppress(Closed), WebSocket(program.port, f"{SOCKET_PATH}&sid={sid}") as web_socket:
                assert web_socket.wait_closed(4) < 4


def test_attack_7_honest_pages_that_wait_are_let_go_and_mount_anew(program: Program) -> None:
    """Nobody is refused: a page whose place a flood took is mounted anew when its socket comes."""
    from tests.tools.simulated import Page

    with beside(program):
        page = Page(program.port, "/page/pushed-out")
        floods.page_loads(program, threading.Event(), count=240)
        page.connect()
        page.until(lambda: page.loaded == 1)
        assert len(page.remounts) == 1
        page.leave()
