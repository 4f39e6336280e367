"""Rows 1 to 5: who may reach a page from outside, join it, fire its listeners and answer its reads."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.tools.raw import POLLING_PATH, Channel, Closed, get, request
from tests.tools.scripted import SOURCE, handled, payload, visit
from tests.tools.simulated import Page, Refused
from tests.tools.waiting import eventually, reaches
from tests.trust.beside import ATTACKED, TEMPLATES, beside, message, results, state

if TYPE_CHECKING:
    from tests.tools.fixtures import Server
    from tests.tools.programs import Program


@pytest.fixture(scope="module")
def program(serve_module: Server) -> Program:
    """The program under attack."""
    return serve_module(
        ATTACKED,
        templates=TEMPLATES,
        environment={"LIMITS": '{"read_deadline": 1.5, "read_deadline_offline": 0.3}'},
    )


def refused(page: Page) -> str:
    with pytest.raises(Refused) as caught:
        page.connect()
    return caught.value.code


# -- 1: cross-site

ORIGINS: dict[str, dict[str, str]] = {
    "another site": {"Origin": "http://evil.example"},
    "null": {"Origin": "null"},
    "empty": {"Origin": " "},
    "suffix": {"Origin": "http://127.0.0.1.evil.example"},
    "prefix": {"Origin": "http://evil-127.0.0.1"},
    "another port": {"Origin": "http://127.0.0.1:1"},
    "user info": {"Origin": "http://127.0.0.1@evil.example"},
    "extension": {"Origin": "chrome-extension://127.0.0.1"},
    "file": {"Origin": "file://"},
    "rebinding": {"Origin": "http://evil.example", "Host": "evil.example"},
    "rebinding with a port": {"Origin": "http://evil.example:80", "Host": "evil.example:80"},
    "rebinding with a dot": {"Origin": "http://evil.example.", "Host": "evil.example."},
    "forged forwarded host": {"Origin": "http://evil.example", "X-Forwarded-Host": "evil.example"},
    "forged forwarded": {"Origin": "http://evil.example", "Forwarded": "host=evil.example;proto=http"},
}


def test_attack_1_cross_site(program: Program) -> None:
    """In the victim's own cookie, from a page of somebody else: no socket, no polling, no ticket; none of our code runs."""
    with beside(program, bad=5 * len(ORIGINS)) as honest:
        for headers in ORIGINS.values():
            cross_site(program, honest.page, headers)


def cross_site(program: Program, mine: Page, headers: dict[str, str]) -> None:
    """Every way in, with these headers."""
    users = state(program)["users"]
    page = Page(program.port, "/page/site", cookie=mine.cookie)
    page.options = {"headers": headers}
    with pytest.raises((Closed, Refused)) as caught:
        page.connect()
    assert not isinstance(caught.value, Refused), "the handshake itself is refused"
    assert get(program.port, POLLING_PATH, mine.cookie, headers=headers).status in {400, 403}
    sent = request(program.port, POLLING_PATH, method="POST", cookie=mine.cookie, headers=headers, body=b"40")
    assert sent.status in {400, 403}
    ticket = request(
        program.port, "/__pycommunicate/ticket", method="POST", cookie=mine.cookie, headers=headers, body=b"x"
    )
    assert ticket.status in {400, 403}
    assert state(program)["users"] <= users
    if "Host" in headers:
        assert get(program.port, "/page/site", mine.cookie, headers={"Host": headers["Host"]}).status == 400


def test_attack_1_a_cross_site_fetch_without_an_origin(program: Program) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert get(program.port, POLLING_PATH, headers=headers).status == 403


def test_attack_1_forwarded_headers_count_from_configured_proxies_only(serve: Server) -> None:
    forwarded = {"X-Forwarded-Host": "shop.example", "X-Forwarded-Proto": "https"}
    answered = []
    for extra in ("", 'trusted_proxies=1, allowed_hosts=["shop.example"], '):
        program = serve(SOURCE.replace('host="127.0.0.1", ', f'host="127.0.0.1", {extra}'), templates=TEMPLATES)
        page = Page(program.port, "/page/proxy")
        loaded = get(
            program.port, "/page/proxy", headers=forwarded
        )  # by the proxy too: under TLS the cookie has another name
        page.request, page.mount, page.cookie = loaded.page["request"], loaded.page["mount"], loaded.cookie_after()
        page.options = {"headers": {**forwarded, "Origin": "https://shop.example"}}
        try:
            page.connect()
        except Closed:
            answered.append(False)
        else:
            answered.append(True)
            page.leave()
        evil = get(program.port, "/page/proxy", headers={"X-Forwarded-Host": "evil.example"})
        assert evil.status == (400 if extra else 200)
        assert "evil.example" not in evil.text
    assert answered == [False, True]


# -- 2: joining what is somebody else's


def test_attack_2_join_with_another_sessions_request_id(program: Program) -> None:
    with beside(program) as honest:
        waiting = Page(program.port, "/page/waiting", cookie=honest.page.cookie)
        thief = Page(program.port, "/page/thief")
        for request_id in (waiting.request, honest.page.request):
            thief.request, thief.mount = request_id, ""
            assert refused(thief) == "not_yours"
        # Together with the victim's mount token, in the thief's own cookie.
        thief.request, thief.mount = honest.page.request, honest.page.mount
        assert refused(thief) == "not_yours"
        waiting.connect()
        waiting.until(lambda: waiting.loaded == 1)
        waiting.leave()


def test_attack_2_used_request_id_and_the_victims_own_cookie_without_its_resume_token(program: Program) -> None:
    with beside(program) as honest:
        honest.click()
        thief = Page(program.port, "/page/thief", cookie=honest.page.cookie)
        thief.request, thief.mount = honest.page.request, ""
        assert refused(thief) == "not_yours"
        thief.request, thief.mount = "", ""
        for resume in ("guess", honest.page.request, honest.page.epoch, honest.page.mount[:200]):
            thief.resume = resume
            assert refused(thief) == "not_yours"
        # With the victim's mount token it gets a page of its own, not the victim's.
        thief.resume, thief.mount = "guess", honest.page.mount
        thief.connect()
        assert thief.epoch != honest.page.epoch
        assert thief.texts("#count") == []
        thief.leave()
        honest.click()


def test_attack_2_expired_request_id(serve: Server) -> None:
    program = serve(
        ATTACKED, templates=TEMPLATES, environment={"LIMITS": '{"join_page": 1.2, "grace": 0.5, "mount_token": 0}'}
    )
    with beside(program):
        page = Page(program.port, "/page/late")
        page.mount = ""
        lost = visit(program, "lost")
        lost.mount = ""
        lost.cut()
        eventually(lambda: state(program)["pages"] == 1, what="only the honest page is left")
        assert refused(page) == "not_yours"
        assert refused(lost) == "not_yours"


def test_attack_2_an_old_resume_token(program: Program) -> None:
    with beside(program):
        page = visit(program, "rotating")
        oldest, auth = page.resume, page.auth()
        for _ in range(3):
            page.connect()
        assert page.resume != oldest
        thief = Page(program.port, "/page/thief", cookie=page.cookie)
        thief.resume, thief.epoch, thief.mount = oldest, auth["epoch"], ""
        assert refused(thief) == "not_yours"
        page.click("#add", payload(1))
        page.until(lambda: page.texts("#count") == ["1"])
        page.leave()


# -- 3: listeners


def test_attack_3_event_for_another_pages_listener(program: Program) -> None:
    with beside(program) as honest, visit(program, "own") as own:
        # Every number that the victim's listeners have, and its epoch: they are numbers of one's own page.
        for number in honest.page.listeners:
            own.send(["event", honest.page.epoch, 1, 0, number, payload("stolen")])
        own.click("#add", payload("own"))
        own.until(lambda: own.texts("#count") == ["own"])
        assert handled(program, "own") == ["own"]
        own.leave()


def test_attack_3_event_for_a_listener_that_is_gone(program: Program) -> None:
    with beside(program), Page.visit(program.port, "/reading/gone") as page:
        gone, change = page.listener("#gone"), page.listener("#change")
        page.click("#gone")
        reaches(lambda: results(program, "gone"), ["gone"])
        page.click("#delete")
        page.until(lambda: any(operation[0] == 4 for _, operation in page.operations))
        page.fire(gone)
        page.answer = lambda _: (0, True)
        page.click("#exists")
        page.until(lambda: page.texts("#done")[-1:] == ["exists"])
        assert results(program, "gone") == ["gone", ["exists", "True"]]
        # After the view has changed: the old numbers in the old epoch, and in the new one.
        old = page.epoch
        page.fire(change)
        page.until(lambda: page.loaded == 2)
        for number in range(1, 40):
            page.send(["event", old, number, 0, gone, None])
        page.fire(change + 100)
        page.click("#again")
        reaches(lambda: results(program, "other"), ["again"])
        eventually(lambda: results(program, "other"))
        assert results(program, "gone") == ["gone", ["exists", "True"]]
        page.leave()


# -- 4: answers

WRONG: list[tuple[str, Any]] = [
    ("exists", [1]),
    ("exists", "true"),
    ("exists", 1),
    ("exists", None),
    ("element", {"a": 1}),
    ("element", "yes"),
    ("style", 5),
    ("style", ["red"]),
    ("attribute", 5),
    ("attribute", {}),
    ("attributes", [["a", "b"]]),
    ("attributes", {"a": 5}),
    ("classes", "abc"),
    ("classes", [1, 2]),
    ("form", []),
    ("form", {"a": {"b": 1}}),
    ("form", {"a": 5}),
]


def test_attack_4_answers_of_the_wrong_type(program: Program) -> None:
    """Each of them is `BadAnswer` in the handler that asked, and in no other."""
    with beside(program), Page.visit(program.port, "/reading/wrong") as page:
        for number, (read, value) in enumerate(WRONG, 1):
            page.answer = lambda _, value=value: (0, value)
            page.click(f"#{read}")
            page.until(lambda number=number: len(page.texts("#done")) == 2 * number)
            page.answer = lambda _: (0, True)
            page.click("#exists")
            page.until(lambda number=number: len(page.texts("#done")) == 2 * number + 1)
        got = results(program, "wrong")
        assert got[1::2] == [["exists", "True"]] * len(WRONG), "in that handler only"
        wrong = [(*case, got[1]) for case, got in zip(WRONG, got[::2], strict=True) if got[1] != "BadAnswer"]
        assert wrong == []
        page.leave()


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_attack_4_answers_that_are_no_json(program: Program, number: str) -> None:
    """`json.loads` takes NaN and the infinities for numbers. No handler may be given one."""
    key = f"nan{number}"
    with beside(program, bad=2), Page.visit(program.port, f"/reading/{key}") as page:
        page.answer = lambda _: (-1, None)
        page.click("#prop")
        page.until(lambda: any(operation[0] == 32 for _, operation in page.operations))
        tag = page.operations[-1][1][1]
        text = message("answer", page.epoch, page.applied, tag, 0, "VALUE").replace('"VALUE"', number)
        assert page.channel is not None
        page.channel.send_packet(text)
        eventually(lambda: results(program, key))
        assert results(program, key)[0][1] in {"BadAnswer", "BrowserGone", "BrowserTimeout"}


@pytest.mark.parametrize("number", ["NaN", "1e999", "9" * 5000])
def test_attack_4_events_that_are_no_json(program: Program, number: str) -> None:
    """The same in an event: a handler that calculates with `event.x` must not meet NaN."""
    key = f"event{len(number)}{number[:3]}"
    with beside(program, bad=2), visit(program, key) as page:
        text = message("event", page.epoch, 1, page.applied, page.listener("#add"), {"x": "N", "value": "N"})
        assert page.channel is not None
        page.channel.send_packet(text.replace('"N"', number))
        page.channel.web_socket.wait_closed()
        assert handled(program, key) == []


def test_attack_4_answer_another_pages_read_twice_and_late(program: Program) -> None:
    with beside(program) as honest, Page.visit(program.port, "/reading/victim", cookie="") as victim:
        victim.answer = lambda _: (-1, None)
        victim.click("#exists")
        victim.until(lambda: any(operation[0] == 31 for _, operation in victim.operations))
        tag = victim.operations[-1][1][1]
        with visit(program, "answering") as other:
            # Somebody else answers it, in his own epoch and in the victim's.
            for epoch in (other.epoch, victim.epoch):
                other.send(["answer", epoch, 0, tag, 0, False])
            other.click("#add", payload(1))
            other.until(lambda: other.texts("#count") == ["1"])
            assert results(program, "victim") == []
            other.leave()
        for value in (True, False, "again"):
            victim.send(["answer", victim.epoch, victim.applied, tag, 0, value])
        victim.until(lambda: victim.texts("#done")[-1:] == ["exists"])
        assert results(program, "victim") == [["exists", "True"]]
        # Late: after the deadline, the tag is nobody's.
        victim.click("#exists")
        victim.until(lambda: victim.texts("#done").count("exists") == 2)
        assert results(program, "victim")[1] == ["exists", "BrowserTimeout"]
        late = next(op[1] for _, op in reversed(victim.operations) if op[0] == 31)
        victim.send(["answer", victim.epoch, victim.applied, late, 0, False])
        victim.answer = victim.usual_answer
        victim.click("#exists")
        victim.until(lambda: victim.texts("#done").count("exists") == 3)
        assert results(program, "victim")[2] == ["exists", "True"]
        honest.click()
        victim.leave()


@pytest.mark.parametrize("depth", [31, 32, 33, 1000, 32_000])
def test_attack_4_deep_answers(program: Program, depth: int) -> None:
    """At the bound it is an answer, past it the socket is closed. A million levels are past the largest message."""
    with beside(program, bad=2), Page.visit(program.port, f"/reading/deep{depth}") as page:
        page.answer = lambda _: (-1, None)
        page.click("#prop")
        page.until(lambda: any(operation[0] == 32 for _, operation in page.operations))
        tag = page.operations[-1][1][1]
        text = message("answer", page.epoch, page.applied, tag, 0, "V").replace('"V"', "[" * depth + "1" + "]" * depth)
        assert page.channel is not None
        page.channel.send_packet(text)
        if depth <= 32:
            page.until(lambda: page.texts("#done")[-1:] == ["prop"])
            assert results(program, f"deep{depth}")[0][1] == repr(json.loads("[" * depth + "1" + "]" * depth))
            page.leave()
        else:
            page.channel.web_socket.wait_closed()


def test_attack_4_a_million_levels(program: Program) -> None:
    with beside(program, bad=2), visit(program, "million") as page:
        assert page.channel is not None
        with pytest.raises(Closed):
            page.channel.send_packet(
                message("answer", page.epoch, 0, 1, 0, "V").replace('"V"', "[" * 10**6 + "]" * 10**6)
            )
            page.channel.receive(2)


# -- 5: silence


def test_attack_5_never_answer(program: Program) -> None:
    """`BrowserTimeout` at the deadline; no greenlet is left behind (`beside` counts them)."""
    with beside(program), Page.visit(program.port, "/reading/mute") as page:
        page.answer = lambda _: (-1, None)
        begun = time.monotonic()
        for _ in range(20):
            page.click("#exists")
        page.until(lambda: page.texts("#done").count("exists") == 20)
        assert time.monotonic() - begun < 10 * 1.5, "they waited at the same time"
        assert results(program, "mute") == [["exists", "BrowserTimeout"]] * 20
        page.leave()


@pytest.mark.alone
def test_attack_5_leave_instead_of_answering(program: Program) -> None:
    """`BrowserGone` when the page has left, and soon after its socket is lost."""
    with beside(program):
        for key, leave in (("leaves", True), ("cut", False)):
            page = Page.visit(program.port, f"/reading/{key}")
            page.answer = lambda _: (-1, None)
            begun = time.monotonic()
            page.click("#exists")
            page.until(lambda page=page: any(operation[0] == 31 for _, operation in page.operations))
            if leave:
                page.leave()
            else:
                page.cut(reset=True)
            wanted = [["exists", "BrowserGone"]] if leave else [["exists", "BrowserTimeout"]]
            reaches(lambda key=key: results(program, key), wanted)
            assert time.monotonic() - begun < 1.5, "not at the deadline of a page that is there"


def test_attack_5_half_a_join(program: Program) -> None:
    """A socket that is closed while its page is being mounted leaves nothing."""
    with beside(program, raises=True):
        page = Page(program.port, "/page/half")
        for _ in range(20):
            with Channel(program.port, cookie=page.cookie) as channel:
                channel.connect({**page.auth(), "request": "gone"})
