"""Each limit, at the limit and one past it. Every field of `Limits` has a test here that is named after it."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest

from pycommunicate import CommunicateApp, ControllerFactory, View
from pycommunicate.protocol.limits import Limits
from tests.tools.raw import AT_ONCE, HOST, NAMESPACE, POLLING_PATH, Channel, get, request
from tests.tools.scripted import at_the_gate, open_gate, payload, visit
from tests.tools.simulated import Page, Refused
from tests.tools.waiting import eventually, reaches
from tests.trust.beside import ATTACKED, TEMPLATES, beside, message, results, state

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.tools.fixtures import Server
    from tests.tools.programs import Program

    With = Callable[..., Program]

_keys = itertools.count(1)
SMALL = {
    "inbound_message": 2000,
    "json_depth": 4,
    "events_queued": 5,
    "running_handlers": 2,
    "unacknowledged_bytes": 20_000,
    "overflow_deadline": 1.2,
    "read_deadline": 1.2,
    "read_deadline_offline": 0.8,
    "join_socket": 1.0,
    "batch_bytes": 1000,
    "first_batch_bytes": 500,
}


@pytest.fixture(scope="module")
def small(serve_module: Server) -> Program:
    """A program with small limits for what a single page does."""
    return serve_module(ATTACKED, templates=TEMPLATES, environment={"LIMITS": json.dumps(SMALL)})


@pytest.fixture
def with_limits(serve: Server) -> With:
    """`with_limits(grace=1, …)` starts a program with these limits."""

    def start(**limits: float) -> Program:
        return serve(ATTACKED, templates=TEMPLATES, environment={"LIMITS": json.dumps(limits)})

    return start


def key() -> str:
    return f"limit{next(_keys)}"


def closes(page: Page) -> bool:
    """Whether the server closes the page's socket at once."""
    assert page.channel is not None
    try:
        page.channel.web_socket.wait_closed()
    except TimeoutError:
        return False
    return True


def works(page: Page, value: Any = "works") -> bool:
    """Whether the page handles another click."""
    page.click("#add", payload(value))
    page.until(lambda: page.texts("#count")[-1:] == [str(value)])
    return True


def comes_back(page: Page) -> str:
    """How the page comes back: resumed, joined, mounted anew or refused."""
    before = page.joins, page.resumes, len(page.remounts)
    try:
        page.connect()
    except Refused as refused:
        return refused.code
    after = page.joins, page.resumes, len(page.remounts)
    return ("joined", "resumed", "remount")[[a != b for a, b in zip(before, after, strict=True)].index(True)]


def test_every_limit_has_a_test() -> None:
    missing = [field.name for field in dataclasses.fields(Limits) if f"test_limit_{field.name}" not in globals()]
    assert missing == []


def test_every_limit_is_configurable(small: Program) -> None:
    with visit(small, key()) as page:
        assert page.allowed == SMALL["events_queued"]
        page.leave()
    changed = Limits(**{field.name: 7 for field in dataclasses.fields(Limits)})  # type: ignore[arg-type]
    assert all(getattr(changed, field.name) == 7 for field in dataclasses.fields(Limits))


# -- what one page sends


def test_limit_inbound_message(small: Program) -> None:
    limit = SMALL["inbound_message"]
    with beside(small, bad=2):
        for size, accepted in ((limit, True), (limit + 1, False)):
            with visit(small, key()) as page:
                empty = message("event", page.epoch, 1, page.applied, page.listener("#add"), payload(""))
                text = message("event", page.epoch, 1, page.applied, page.listener("#add"), payload("x" * (size - len(empty) )))  # fmt: skip
                # The first character is Engine.IO's own.
                assert len(text) == size
                assert page.channel is not None
                page.channel.send_packet(text)
                if accepted:
                    page.until(lambda page=page: page.texts("#count") != [])
                    page.leave()
                else:
                    assert closes(page)
        sid = json.loads(get(small.port, POLLING_PATH).text[1:])["sid"]
        for size, status in ((limit, 200), (limit + 1, 400)):
            body = f'40{NAMESPACE},{{"x":"'.encode()
            body += b"x" * (size - len(body) - 2) + b'"}'
            sent = request(small.port, f"{POLLING_PATH}&sid={sid}", method="POST", body=body)
            assert sent.status == status, sent.text


def test_limit_json_depth(small: Program) -> None:
    depth = SMALL["json_depth"]
    with beside(small, bad=2):
        for levels, accepted in ((depth, True), (depth + 1, False)):
            with visit(small, key()) as page:
                nested: Any = 1
                for _ in range(levels):
                    nested = [nested]
                page.send(["answer", page.epoch, 0, 99, 0, nested])
                assert works(page) if accepted else closes(page)
            with visit(small, key()) as page:
                inner: Any = 1
                for _ in range(levels - 1):  # the payload is a level
                    inner = {"a": inner}
                page.click("#add", {"type": "click", "value": inner})
                if accepted:
                    page.until(lambda page=page: page.texts("#count") != [])
                    page.leave()
                else:
                    assert closes(page)


def test_limit_events_queued(small: Program) -> None:
    """As many as there is credit for wait; one more than that is no honest client."""
    room = SMALL["events_queued"]
    with beside(small, bad=1):
        for count, accepted in ((room, True), (room + 1, False)):
            gate = key()
            with visit(small, gate) as page:
                assert page.allowed == room
                for number in range(1, count + 1):
                    page.send(["event", page.epoch, number, page.applied, page.listener("#slow"), payload(gate)])
                assert accepted or closes(page)
                open_gate(small, gate)
                if accepted:
                    page.made = count
                    page.until(lambda page=page: page.texts("#count") == ["slept"] * room)
                    assert works(page)
                    page.leave()


def test_limit_events_queued_in_one_message(small: Program) -> None:
    """Each event of a message counts as one: what there is credit for runs, one more ends the connection."""
    room = SMALL["events_queued"]
    with beside(small, bad=1), visit(small, key()) as page:
        first, second = key(), key()
        slow = [page.listener("#slow"), payload(first)]
        page.send(["events", page.epoch, 1, page.applied, [slow] * room])
        page.made = room
        open_gate(small, first)
        page.until(lambda: page.texts("#count") == ["slept"] * room)
        slow = [page.listener("#slow"), payload(second)]
        page.send(["events", page.epoch, room + 1, page.applied, [slow] * (room - 1)])
        page.send(["events", page.epoch, 2 * room, page.applied, [slow] * 2])
        assert closes(page)
        open_gate(small, second)


def test_limit_running_handlers(small: Program) -> None:
    most = SMALL["running_handlers"]
    with beside(small):
        for count in (most, most + 1):
            gate = key()
            with visit(small, gate) as page:
                for _ in range(count):
                    page.click("#slow", payload(gate))
                reaches(lambda gate=gate: at_the_gate(small, gate), most)
                page.settle(0.1)
                assert at_the_gate(small, gate) == most, "the one past it waits"
                open_gate(small, gate)
                page.until(lambda page=page, count=count: page.texts("#count") == ["slept"] * count)
                page.leave()


# -- what one page is sent


def written(page: Page) -> None:
    """Wait until the handler that writes much has ended."""
    page.until(lambda: page.texts("#count")[-1:] == ["all written"])


def waits(page: Page) -> bool:
    """Whether that handler waits, because the browser acknowledges nothing."""
    try:
        page.until(lambda: page.texts("#count")[-1:] == ["all written"], timeout=0.3)
    except TimeoutError:
        return True
    return False


def test_limit_unacknowledged_bytes(small: Program) -> None:
    with beside(small):
        for size, ends in ((8000, True), (12_000, False)):
            with visit(small, key()) as page:
                page.acknowledge = False
                page.fire(page.listener("#much", "change"), payload([2, size]))
                assert ends or waits(page)
                if not ends:
                    page.acknowledge = True
                    page.send(["ack", page.epoch, page.applied, []])
                written(page)
                assert page.remounts == []
                page.leave()


def test_limit_unacknowledged_batches(with_limits: With) -> None:
    program = with_limits(unacknowledged_batches=10, batch_bytes=1000, first_batch_bytes=1000)
    with beside(program):
        for count, ends in ((8, True), (13, False)):
            with visit(program, key()) as page:
                page.acknowledge = False
                page.fire(page.listener("#much", "change"), payload([count, 1100]))
                assert ends or waits(page)
                if not ends:
                    page.acknowledge = True
                    page.send(["ack", page.epoch, page.applied, []])
                written(page)
                page.leave()


def test_limit_overflow_deadline(small: Program) -> None:
    """Before it, an acknowledgement lets the handler go on; after it, the page is given up and mounted anew; after twice that, it ends."""
    with beside(small, bad=3):
        for late, remounts in ((False, 0), (True, 1)):
            with visit(small, key()) as page:
                page.acknowledge = False
                page.fire(page.listener("#much", "change"), payload([3, 12_000]))
                assert waits(page)
                if late:
                    time.sleep(SMALL["overflow_deadline"])
                page.acknowledge = True
                page.send(["ack", page.epoch, page.applied, []])
                page.until(lambda page=page: page.remounts or page.texts("#count")[-1:] == ["all written"])
                assert len(page.remounts) == remounts
                page.until(lambda page=page, wanted=1 + remounts: page.loaded == wanted)
                assert works(page)
                page.leave()
        with visit(small, key()) as page:
            page.acknowledge = False
            page.fire(page.listener("#much", "change"), payload([3, 12_000]))
            assert page.channel is not None
            page.channel.web_socket.wait_closed()  # the default would take a minute


def message_sizes(page: Page) -> list[int]:
    """Note how large the messages of operations are from now on."""
    sizes: list[int] = []
    take = page.take

    def noting(values: list[Any]) -> None:
        if values[0] == "operations":
            sizes.append(len(json.dumps(values[3], separators=(",", ":"))))
        take(values)

    page.take = noting  # type: ignore[method-assign]
    return sizes


def test_limit_batch_bytes(small: Program) -> None:
    with visit(small, key()) as page:
        works(page)
        sizes = message_sizes(page)
        page.fire(page.listener("#much", "change"), payload([9, 350]))
        written(page)
        # Sent as soon as the bound is passed: one operation more than fits, never two.
        assert len(sizes) >= 3
        assert max(sizes) < SMALL["batch_bytes"] + 450
        page.leave()


def test_limit_first_batch_bytes(with_limits: With) -> None:
    sizes = {}
    for first in (500, 3000):
        program = with_limits(first_batch_bytes=first, batch_bytes=10_000)
        with visit(program, key()) as page:
            noted = message_sizes(page)
            page.fire(page.listener("#much", "change"), payload([30, 400]))
            written(page)
            sizes[first] = noted
            page.leave()
    assert sizes[500][0] < 500 + 500 < 2500 < sizes[3000][0] < 3000 + 1200
    assert max(sizes[500]) > 5000, "later messages are larger"


# -- deadlines


def test_limit_read_deadline(small: Program) -> None:
    for pause, got in ((0.3, "True"), (1.5, "BrowserTimeout")):
        name = key()
        with Page.visit(small.port, f"/reading/{name}") as page:
            page.answer = lambda _: (-1, None)
            page.click("#exists")
            page.until(lambda page=page: any(operation[0] == 31 for _, operation in page.operations))
            tag = page.operations[-1][1][1]
            time.sleep(pause)
            page.send(["answer", page.epoch, page.applied, tag, 0, True])
            page.until(lambda page=page: page.texts("#done")[-1:] == ["exists"])
            assert results(small, name) == [["exists", got]]
            page.leave()


def test_limit_read_deadline_offline(small: Program) -> None:
    for pause, got in ((0.05, "True"), (1.0, "BrowserTimeout")):
        name = key()
        with Page.visit(small.port, f"/reading/{name}") as page:
            page.answer = lambda _: (-1, None)
            page.click("#exists")
            page.until(lambda page=page: any(operation[0] == 31 for _, operation in page.operations))
            page.cut()
            time.sleep(pause)
            page.answer = page.usual_answer
            page.connect()
            page.until(lambda page=page: page.texts("#done")[-1:] == ["exists"])
            assert results(small, name) == [["exists", got]]
            page.leave()


def test_limit_join_socket(small: Program) -> None:
    with beside(small):
        page = Page(small.port, f"/page/{key()}")
        with Channel(small.port, cookie=page.cookie) as silent, Channel(small.port, cookie=page.cookie) as late:
            late.connect(page.auth())
            assert late.receive()[0] == "joined"
            silent.web_socket.wait_closed()
            with pytest.raises(TimeoutError):
                late.web_socket.wait_closed(0.3)
        page.request = "gone"
        assert comes_back(page) == "remount"
        page.leave()


def test_limit_grace(with_limits: With) -> None:
    program = with_limits(grace=1.5)
    with beside(program):
        page = visit(program, "graced")
        page.cut()
        time.sleep(0.4)
        assert comes_back(page) == "resumed"
        page.cut()
        eventually(lambda: state(program)["pages"] == 1)
        assert comes_back(page) == "remount"
        page.leave()


def test_limit_lost_pages(with_limits: With) -> None:
    program = with_limits(lost_pages=3)
    with beside(program):
        for count in (3, 4):
            pages = [visit(program, f"lost{count}-{number}") for number in range(count)]
            for number, page in enumerate(pages):
                page.cut()
                reaches(lambda: state(program)["pages"], 1 + min(count, 3) + max(0, count - 1 - max(number, 2)))
            assert [comes_back(page) for page in pages] == ["remount"] * (count - 3) + ["resumed"] * 3
            for page in pages:
                page.leave()
            eventually(lambda: state(program)["pages"] == 1)


def test_limit_lost_bytes(with_limits: With) -> None:
    """Pages that are lost may hold this much, all together: 64 KiB each, and what was written for them."""
    program = with_limits(lost_bytes=400_000)
    with beside(program):
        for count, first in ((2, "resumed"), (3, "remount")):
            pages = []
            for number in range(count):
                page = visit(program, f"bytes{count}-{number}")
                page.acknowledge = False
                page.fire(page.listener("#much", "change"), payload([1, 100_000]))
                written(page)
                page.cut()
                pages.append(page)
            eventually(lambda count=count: state(program)["pages"] == 1 + min(count, 2))
            assert [comes_back(page) for page in pages] == [first] + ["resumed"] * (count - 1)
            for page in pages:
                page.leave()
            eventually(lambda: state(program)["pages"] == 1)


def test_limit_lost_pages_per_user(with_limits: With) -> None:
    """A visitor who opens and drops pages ends pages of their own, and nobody else's."""
    program = with_limits(lost_pages_per_user=3, lost_pages=6)
    with beside(program):
        other = visit(program, "other")
        other.cut()
        cookie = get(program.port, "/page/x").cookie_after()
        pages = [visit(program, f"mine{number}", cookie=cookie) for number in range(8)]
        for page in pages:
            page.cut()
            time.sleep(0.05)
        eventually(lambda: state(program)["joined"].count("/page/other") == 1 and state(program)["pages"] == 3 + 3)
        assert comes_back(other) == "resumed"
        assert [comes_back(page) for page in pages] == ["remount"] * 5 + ["resumed"] * 3
        for page in [other, *pages]:
            page.leave()


def test_limit_join_page(with_limits: With) -> None:
    program = with_limits(join_page=1.5)
    with beside(program):
        soon, late = Page(program.port, "/page/soon"), Page(program.port, "/page/late")
        time.sleep(0.4)
        assert comes_back(soon) == "joined"
        eventually(lambda: state(program)["pages"] == 2)
        assert comes_back(late) == "remount"
        for page in (soon, late):
            page.leave()


def test_limit_waiting_pages(with_limits: With) -> None:
    """All visitors together."""
    program = with_limits(waiting_pages=4)
    with beside(program):
        for count in (4, 5):
            pages = [Page(program.port, f"/page/waiting{number}") for number in range(count)]
            got = [comes_back(page) for page in pages]
            assert got == ["remount"] * (count - 4) + ["joined"] * 4
            for page in pages:
                page.leave()


def test_limit_waiting_pages_per_user(with_limits: With) -> None:
    """One visitor's bound takes nothing from another."""
    program = with_limits(waiting_pages_per_user=3)
    other = Page(program.port, "/page/other")
    cookie = get(program.port, "/page/x").cookie_after()
    pages = [Page(program.port, f"/page/mine{number}", cookie=cookie) for number in range(4)]
    assert [comes_back(page) for page in [other, *pages]] == ["joined", "remount", "joined", "joined", "joined"]
    for page in [other, *pages]:
        page.leave()


# -- visitors


def test_limit_users(with_limits: With) -> None:
    """Past it, who was seen least recently and has no page open is let go; who has one stays."""
    program = with_limits(users=5)
    with beside(program) as honest:
        for count in (3, 20):
            for _ in range(count):
                visit(program, key()).leave()
            eventually(lambda: state(program)["users"] <= 5)
        honest.page.cut()
        assert comes_back(honest.page) == "resumed"
        honest.page.resumes -= 1


def test_limit_user_idle(with_limits: With) -> None:
    program = with_limits(user_idle=1.0)
    with beside(program):
        visitors = [get(program.port, f"/page/{number}") for number in range(3)]
        assert all("Max-Age=1;" in line for line in visitors[0].set_cookies)
        for _ in range(3):
            visit(program, key()).leave()
        time.sleep(1.2)
        for _ in range(4):
            visit(program, key()).leave()
        assert state(program)["users"] <= 1 + 3 + 4


def test_limit_mount_token(with_limits: With) -> None:
    program = with_limits(mount_token=1)
    with beside(program):
        page = Page(program.port, "/page/mounted")
        page.request = "gone"
        assert comes_back(page) == "remount"
        page.leave()
        page.resume, page.request = None, "gone"
        time.sleep(2.1)
        assert comes_back(page) == "not_yours"


# -- what comes along, and what goes along


def asking(folder: Path, *, preload_it: bool = False, pause: float = 0.0, rows: int = 0, **limits: float) -> Any:
    """An application in this process whose handler pauses and then asks, and whose `load()` pauses and writes."""
    (folder / "page.html").write_text("<head>{{ add_includes() }}</head><button id=go>Go</button><ul id=rows></ul>")
    app = CommunicateApp(template_directory=str(folder), limits=Limits(**limits))  # type: ignore[arg-type]
    app.set_secret_key("a key for the tests, used nowhere else")

    class Asking(View):
        def render(self) -> str:
            return str(self.controller.templater.render("page.html"))

        def load(self) -> None:
            if preload_it:
                app.engine.sleep(pause)
            self.html_wrapper.element("#go").add_event_listener("click", self.ask)
            for _ in range(rows):
                self.html_wrapper.element("#rows").add_child("li").content = "x" * 1000

        def ask(self) -> None:
            app.engine.sleep(pause)
            self.html_wrapper.exists("#rows")

    Asking.preload = preload_it
    app.add_controller("/", ControllerFactory().add_view(Asking).set_default_view(Asking))
    return app


@pytest.mark.parametrize(("foreseen", "asked"), [(0.05, 1), (5.0, 0)])
def test_limit_foreseen(tmp_path: Path, foreseen: float, asked: int) -> None:
    with asking(tmp_path, pause=0.15, foreseen=foreseen).test_browser(patience=1) as browser:
        page = browser.open()
        page.click("#go")
        before = page.round_trips
        page.click("#go")
        assert page.round_trips - before == asked


@pytest.mark.parametrize(("preload", "carried"), [(0.05, False), (5.0, True)])
def test_limit_preload(tmp_path: Path, preload: float, carried: bool) -> None:
    app = asking(tmp_path, preload_it=True, pause=0.4, rows=1, preload=preload)
    with app.test_browser(patience=1) as browser:
        page = browser.open()
        assert ("pycommunicate-load" in page.html) == carried
        page.wait_until(lambda: page.count("#rows li") == 1)


@pytest.mark.parametrize(("most", "carried"), [(10_000, range(5, 10)), (1_000_000, range(50, 51))])
def test_limit_preload_bytes(tmp_path: Path, most: int, carried: range) -> None:
    app = asking(
        tmp_path, preload_it=True, rows=50, preload_bytes=most, preload=5.0, first_batch_bytes=1000, batch_bytes=1000
    )
    with app.test_browser() as browser:
        page = browser.open()
        assert page.html.partition("pycommunicate-load")[2].partition("</script>")[0].count("x" * 1000) in carried
        assert page.count("#rows li") == 50


# -- HTTP


def sent(program: Program, data: str, *, timeout: float = AT_ONCE) -> bytes:
    """What is answered on a connection until the server closes it."""
    with socket.create_connection((HOST, program.port), timeout=timeout) as sock:
        sock.sendall(data.encode())
        held = b""
        while piece := sock.recv(65536):
            held += piece
    return held


def test_limit_request_head(with_limits: With) -> None:
    program = with_limits(request_head=2000)
    with beside(program, bad=1):
        head = f"GET /census HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\nX: "
        for size, status in ((2000, b"200"), (2001, b"431")):
            data = head + "y" * (size - len(head) - 2) + "\r\n\r\n"
            assert sent(program, data).startswith(b"HTTP/1.1 " + status)


def test_limit_request_deadline(with_limits: With) -> None:
    program = with_limits(request_deadline=1.5)
    with beside(program):
        begun = time.monotonic()
        assert sent(program, "GET / HT").startswith(b"HTTP/1.1 408")
        assert time.monotonic() - begun > 1.2
        assert sent(program, "") == b""


def test_limit_page_headers(tmp_path: Path) -> None:
    for most, kept in ((1000, False), (5000, True)):
        app = asking(tmp_path, page_headers=most)
        with app.test_browser(headers={"X-Large": "y" * 2000}) as browser:
            browser.open()
            (page,) = app.pages
            assert ("HTTP_X_LARGE" in page.environ) is kept
            assert page.environ["HTTP_HOST"]


def test_limit_body_idle(with_limits: With) -> None:
    program = with_limits(body_idle=1.0)
    upload = f"POST /upload HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\nContent-Length: 10\r\n\r\n"
    with beside(program):
        begun = time.monotonic()
        assert sent(program, upload + "12345").startswith(b"HTTP/1.1 400")
        assert time.monotonic() - begun > 0.8


def test_limit_body_rate(with_limits: With) -> None:
    upload = f"POST /upload HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\nContent-Length: 100\r\n\r\n"
    for rate, status in ((1000, b"400"), (0, b"200")):
        program = with_limits(body_idle=0.5, body_rate=rate)
        with beside(program), socket.create_connection((HOST, program.port), timeout=AT_ONCE) as sock:
            sock.sendall(upload.encode())
            with contextlib.suppress(OSError):
                for _ in range(20):  # 2 s: a second more than there is without a rate
                    sock.sendall(b"x" * 5)
                    time.sleep(0.1)
            assert sock.recv(100).startswith(b"HTTP/1.1 " + status)


def test_limit_answer_idle(with_limits: With) -> None:
    program = with_limits(answer_idle=1.0)
    with beside(program), socket.create_connection((HOST, program.port), timeout=AT_ONCE) as sock:
        sock.sendall(f"GET /large HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        time.sleep(3)
        with contextlib.suppress(ConnectionResetError):
            got = 0
            while data := sock.recv(1024 * 1024):
                got += len(data)
            assert got < 100_000_000
