"""Who may join a page: the session that loaded it, once; after that, who holds its resume token."""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING

import pytest

from tests.tools.programs import ENGINES, Engine
from tests.tools.raw import NAMESPACE, POLLING_PATH, Channel, Closed, get, request
from tests.tools.scripted import SOURCE, TEMPLATES, at_the_gate, census, handled, open_gate, payload, visit
from tests.tools.simulated import Page, Refused
from tests.tools.waiting import reaches

if TYPE_CHECKING:
    from tests.tools.fixtures import Server
    from tests.tools.programs import Program


def still_works(page: Page, program: Program, key: str) -> None:
    """The honest page goes on: its next click is handled, and nothing came that it did not ask for."""
    before = len(handled(program, key))
    page.click("#add", payload(before + 1))
    page.until(lambda: page.texts("#count")[-1:] == [str(before + 1)])
    assert handled(program, key)[-1] == before + 1
    assert page.wrong == []
    assert page.remounts == []


def refused(page: Page) -> str:
    with pytest.raises(Refused) as caught:
        page.connect()
    return caught.value.code


def test_a_request_id_of_another_session(program: Program) -> None:
    with visit(program, "victim") as victim:
        waiting = Page(program.port, "/page/waiting")  # served, not joined yet
        stranger = Page(program.port, "/page/stranger")
        own = stranger.mount
        for request, mount in (
            (waiting.request, waiting.mount),
            (waiting.request, own),
            (victim.request, victim.mount),
            (victim.request, ""),
        ):
            stranger.request, stranger.mount = request, mount
            assert refused(stranger) == "not_yours"
        # Without any cookie at all.
        stranger.cookie = ""
        assert refused(stranger) == "cookies"
        assert "a page joins without the cookie that it was given" in program.log
        assert "embedded_in" in program.log
        # The one it belongs to can still join it.
        waiting.connect()
        waiting.until(lambda: waiting.loaded == 1)
        still_works(waiting, program, "waiting")
        still_works(victim, program, "victim")
        waiting.leave()


def test_a_used_request_id_in_the_victims_own_cookie(program: Program) -> None:
    with visit(program, "used") as victim:
        still_works(victim, program, "used")
        thief = Page(program.port, "/page/thief", cookie=victim.cookie)
        thief.request = victim.request
        thief.mount = ""
        assert refused(thief) == "not_yours"
        still_works(victim, program, "used")


def test_a_resume_token_needs_the_session(program: Program) -> None:
    with visit(program, "resumed") as victim:
        thief = Page(program.port, "/page/thief")
        thief.resume, thief.epoch, thief.mount = victim.resume, victim.epoch, ""
        with pytest.raises((Refused, Closed)):
            thief.connect()
        still_works(victim, program, "resumed")


def test_tokens_that_are_none(program: Program) -> None:
    with visit(program, "honest") as victim:
        page = Page(program.port, "/page/x")
        for resume in ("", "x", "ü", "../../etc/passwd", "\x00"):
            page.resume = resume or None
            page.request = "nonsense"
            page.mount = "nonsense"
            assert refused(page) in {"not_yours", "reload"}
        page.resume = "x" * 4000
        assert refused(page) == "malformed"
        still_works(victim, program, "honest")


def test_a_mount_token_is_bound_to_its_session_and_route(program: Program) -> None:
    first = Page(program.port, "/page/first")
    other = Page(program.port, "/page/other")
    # Of the same session it mounts the page anew; of another it does not.
    first.request = "long gone"
    first.connect()
    assert len(first.remounts) == 1
    assert "first" in first.remounts[0]["html"]
    first.leave()
    other.request, other.mount = "long gone", first.mount
    assert refused(other) == "not_yours"
    other.mount = first.mount[:-3] + "abc"
    assert refused(other) in {"not_yours", "reload"}


def test_another_version(program: Program) -> None:
    page = Page(program.port, "/page/version")
    with Channel(program.port, cookie=page.cookie) as channel:
        channel.connect({**page.auth(), "version": 99})
        assert channel.receive()[:2] == ["refused", "version"]


@pytest.mark.parametrize(
    "auth", [None, [], "x", 5, {}, {"version": 3}, {"version": "3", "request": 5}, {"version": 3, "request": {"a": 1}}]
)
def test_a_join_that_is_none(program: Program, auth: object) -> None:
    with visit(program, "honest2") as victim:
        with Channel(program.port, cookie=victim.cookie) as channel:
            channel.connect(auth)
            with contextlib.suppress(Closed):
                assert channel.receive()[0] == "refused"
            channel.web_socket.wait_closed()
        still_works(victim, program, "honest2")


def test_events_for_what_is_not_there(program: Program) -> None:
    with visit(program, "one") as one, visit(program, "two", cookie=one.cookie) as two:
        for listener in (999, 2**50):
            two.fire(listener, payload("x"))
        two.send(["event", "another epoch", 1, 0, 1, payload("y")])
        # The number of a listener of the other page is just a number of one's own page.
        still_works(two, program, "two")
        still_works(one, program, "one")
        assert handled(program, "one") == [1]
        assert handled(program, "two") == [1]


def test_answers_to_nobody(program: Program) -> None:
    with visit(program, "answers") as page:
        for tag in (1, 2, 999, 2**50):
            page.send(["answer", page.epoch, page.applied, tag, 0, "stolen"])
        before = program.err.count("BadAnswer")
        for number, answer in enumerate([(0, [1, {"a": 1}, "no bool"]), (1, 5)], 1):
            page.answer = lambda operation, answer=answer: answer
            page.click("#ask", payload(number))
            page.until(lambda number=number: page.received == number)
        page.answer = page.usual_answer
        still_works(page, program, "answers")
        assert page.texts("#count") == ["3"]
        assert program.err.count("BadAnswer") > before


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1.evil.example"},
        {"Origin": "http://evil.example", "Host": "evil.example"},
        {"Origin": "http://evil.example", "X-Forwarded-Host": "evil.example"},
        {"Origin": "https://127.0.0.1.nip.io"},
    ],
    ids=str,
)
def test_cross_site_sockets_are_refused(program: Program, headers: dict[str, str]) -> None:
    page = Page(program.port, "/page/origin")
    page.options = {"headers": headers}
    with pytest.raises((Closed, Refused)):
        page.connect()


def test_another_host_is_refused(program: Program) -> None:
    assert get(program.port, "/page/host", headers={"Host": "evil.example"}).status in {400, 403, 421}


def test_how_a_page_ends(serve: Server) -> None:
    """What a page owned is let go when it leaves, and when its grace time is over."""
    program = serve(SOURCE, templates=TEMPLATES, environment={"LIMITS": json.dumps({"grace": 0.5, "join_page": 1.2})})
    Page(program.port, "/page/never-joined")
    with visit(program, "leaves") as page:
        page.leave()
    reaches(lambda: json.loads(get(program.port, "/torn").body), ["leaves"])
    page = visit(program, "lost")
    page.cut(reset=True)
    reaches(lambda: json.loads(get(program.port, "/torn").body), ["leaves", "lost"])
    reaches(lambda: census(program).get("Scripted", 0), 0)
    # Whoever comes back later is mounted anew.
    page.connect()
    assert len(page.remounts) == 1
    page.leave()


@pytest.mark.parametrize("engine", ENGINES)
def test_no_more_handlers_at_once_than_maximum_handler_threads(serve: Server, engine: Engine) -> None:
    source = SOURCE.replace('host="127.0.0.1", ', 'host="127.0.0.1", maximum_handler_threads=2, ')
    program = serve(source, engine=engine, templates=TEMPLATES)
    with visit(program, "first") as first, visit(program, "second") as second:
        for page in (first, first, second, second):
            page.click("#slow", payload("gate"))
        reaches(lambda: at_the_gate(program, "gate"), 2)
        for page in (first, second):
            page.settle(0.1)
        assert at_the_gate(program, "gate") == 2
        open_gate(program, "gate")
        second.until(lambda: second.texts("#count") == ["slept"] * 2)
        first.until(lambda: first.texts("#count") == ["slept"] * 2)


def test_a_refusal_arrives_over_long_polling_too(program: Program) -> None:
    """Even where the browser asks for it a moment after the server has closed that socket."""
    page = Page(program.port, "/page/polling")
    auth = json.dumps({**page.auth(), "request": "nonsense", "mount": "nonsense"})
    opened = get(program.port, POLLING_PATH, page.cookie).text
    path = f"{POLLING_PATH}&sid={json.loads(opened[1:])['sid']}"
    sent = request(program.port, path, method="POST", cookie=page.cookie, body=f"40{NAMESPACE},{auth}".encode())
    assert sent.status == 200
    time.sleep(0.1)
    answer = get(program.port, path, page.cookie)
    assert answer.status == 200
    assert '["refused","not_yours"' in answer.text
    # Then the socket is gone.
    reaches(lambda: get(program.port, path, page.cookie).status, 404)
