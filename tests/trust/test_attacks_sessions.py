"""Rows 11 to 15: cookies, leaks, keys, mounts anew as a way past authorisation, framing, the session store."""

from __future__ import annotations

import contextlib
import json
import pickle
import re
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.tools.programs import ENGINES
from tests.tools.raw import get, request
from tests.tools.scripted import visit
from tests.tools.simulated import Page, Refused
from tests.tools.waiting import eventually
from tests.trust.beside import ATTACKED, TEMPLATES, beside, results, state

if TYPE_CHECKING:
    from tests.tools.fixtures import Server
    from tests.tools.programs import Engine, Program
    from tests.tools.raw import Response

SESSIONS = """
from flask import request, session

class Account(View):
    def render(self):
        user = self.controller.user
        user.session["loads"] = user.session.get("loads", 0) + 1
        if "slow" in request.args:
            rendering.append(1)
        while "slow" in closed and "slow" in request.args:
            sleep(0.01)
        return self.controller.templater.render("scripted.html", key=json.dumps([user.id_, dict(user.session)]))
    def load(self):
        wrapper = self.html_wrapper
        self.done = wrapper.element("#done")
        wrapper.element("#sign-in").add_event_listener("click", self.sign_in)
        wrapper.element("#sign-out").add_event_listener("click", self.sign_out)
        wrapper.element("#raise").add_event_listener("click", self.fail)
        self.done.content = "ready"
    def sign_in(self):
        self.controller.user.renew()
        self.controller.user.session["in"] = True
        self.done.content = "signed in"
    def sign_out(self):
        self.controller.user.session["in"] = False
        self.done.content = "signed out"
    def fail(self):
        raise RuntimeError("a secret that is in an error")

def checked(context):
    if context.user.session.get("in") is False or (closed and closed != ["slow"]):
        context.abort(403)

closed, rendering = [], []

@app.flask.get("/rendering")
def _rendering():
    return str(len(rendering))

app.add_controller("/account", ControllerFactory().add_view(Account).set_default_view(Account).with_before_connect(checked))

class Broken(View):
    def render(self):
        raise RuntimeError("a secret that is in an error")
app.add_controller("/broken", ControllerFactory().add_view(Broken).set_default_view(Broken))

@app.flask.before_request
def _before():
    if request.path == "/account" and "requests" in closed:
        return "no", 403

@app.flask.get("/close/<what>")
def _close(what):
    closed[:] = [] if what == "nothing" else [what]
    return ""

"""
SOURCE = ATTACKED.replace("app.run()", SESSIONS + "app.run()")
FIELD = "pycommunicate"


@pytest.fixture(scope="module")
def program(serve_module: Server) -> Program:
    """The program under attack."""
    return serve_module(SOURCE, templates=TEMPLATES, environment={"LIMITS": '{"grace": 0.5}'})


def account(text: str) -> tuple[str, dict[str, object]]:
    """Who the page says is asking, and the session."""
    found = re.search(r"<title>(.*?)</title>", text)
    assert found is not None, text[:300]
    id_, session = json.loads(found[1].replace("&#34;", '"'))
    return id_, session


def ours(cookie: str) -> str:
    return cookie.split(f"{FIELD}=", 1)[1].split(";", maxsplit=1)[0]


def other_first(signature: str) -> str:
    """The signature with another first character. Its last one is not all signature: two that differ may mean the same."""
    return ("A" if signature[0] != "A" else "B") + signature[1:]


def redeeming(page: Page) -> None:
    """Have the page fetch its new cookies, as the client does."""
    usual = page.usual_answer

    def answer(operation: list[object]) -> tuple[int, object]:
        if operation[0] != 38:
            return usual(operation)
        got = request(
            page.port, "/__pycommunicate/ticket", method="POST", cookie=page.cookie, body=str(operation[2]).encode()
        )
        page.cookie = got.cookie_after(page.cookie)
        return 0, got.status == 204

    page.answer = answer


def said(page: Page, text: str) -> None:
    page.until(lambda: page.texts("#done")[-1:] == [text])


# -- 11: cookies


def test_attack_11_tampered_oversized_foreign_cookies(program: Program) -> None:
    with beside(program, bad=0) as honest:
        first = get(program.port, "/account")
        id_, _ = account(first.text)
        mine = ours(first.cookie_after())
        body, _, signature = mine.rpartition(".")
        tampered = [
            f"{body}.{other_first(signature)}",
            f"{body}x.{signature}",
            f"{body}.",
            body,
            id_,
            f"{id_}.{signature[::-1]}",
            "x" * 5000,
            "\x80\xfe",
            '"' + mine,
            "../../etc/passwd",
            ".." * 80,
            ours(honest.page.cookie)[:5] + mine[5:],
            "",
        ]
        users = state(program)["users"]
        for value in tampered:
            answer = get(program.port, "/account", f"{FIELD}={value}")
            if answer.status in {400, 431}:
                continue
            assert answer.status == 200, value
            other, session = account(answer.text)
            assert other != id_
            assert session == {"loads": 1}, "a fresh anonymous session"
            assert answer.set_cookies, "and a cookie of its own"
        assert state(program)["users"] <= users + len(tampered)
        assert account(get(program.port, "/account", f"{FIELD}={mine}").text) == (id_, {"loads": 2})


def test_attack_11_a_cookie_of_another_server(serve: Server, program: Program) -> None:
    """Same program, another key."""
    other = serve(SOURCE.replace("a key for the tests", "another key for the"), templates=TEMPLATES)
    foreign = get(other.port, "/account")
    answer = get(program.port, "/account", foreign.cookie_after())
    assert account(answer.text)[0] != account(foreign.text)[0]


def test_attack_11_fixation(program: Program) -> None:
    """The attacker's cookie is planted in the victim's browser; after the sign-in it opens nothing, and his own sockets on it are closed."""
    with beside(program):
        attacker = Page.visit(program.port, "/account")
        planted = attacker.cookie
        with Page.visit(program.port, "/account", cookie=planted) as victim:
            redeeming(victim)
            victim.click("#sign-in")
            said(victim, "signed in")
            assert ours(victim.cookie) != ours(planted)
            # The attacker's socket of the old session is closed, with what it is told at most.
            assert attacker.channel is not None
            with pytest.raises((Refused, ConnectionError)):
                attacker.until(lambda: False, timeout=2)
            attacker.cut()
            # Neither the old cookie nor the attacker's tokens lead into the new session.
            answer = get(program.port, "/account", planted)
            if answer.status == 200:
                id_, session = account(answer.text)
                assert session.get("in") is None
                assert id_ != account(get(program.port, "/account", victim.cookie).text)[0]
            with contextlib.suppress(Refused):
                attacker.connect()
                # At most a page of an anonymous session.
                assert account(attacker.remounts[-1]["html"])[1].get("in") is None
                attacker.leave()
            # The signed-in page goes on over its own socket, and over its next.
            victim.connect()
            victim.click("#sign-out")
            said(victim, "signed out")
            victim.leave()


def test_attack_11_a_planted_cookie_does_not_earn_the_new_one(program: Program) -> None:
    """The attacker loads pages with it while the victim's browser is being given its new cookie."""
    planted = get(program.port, "/account").cookie_after()
    answers: list[Response] = []

    def load(path: str) -> None:
        answers.append(get(program.port, path, planted))

    get(program.port, "/close/slow")
    slow = threading.Thread(target=load, args=["/account?slow"])
    slow.start()  # begins to render before, and ends after
    eventually(lambda: get(program.port, "/rendering").text == "1")
    with Page.visit(program.port, "/account", cookie=planted) as victim:
        redeeming(victim)
        redeem = victim.answer

        def answer(operation: list[object]) -> tuple[int, object]:
            if operation[0] == 38:
                load("/account")
            return redeem(operation)

        victim.answer = answer
        victim.click("#sign-in")
        said(victim, "signed in")
        get(program.port, "/close/nothing")
        slow.join(20)
        load("/account")
        during, rendering, after = answers
        assert ours(victim.cookie) != ours(planted)
        assert [during.set_cookies, rendering.set_cookies] == [[], []]
        assert account(after.text)[1] == {"loads": 1}, "a fresh anonymous session"
        victim.leave()


# -- 12: leaks


def test_attack_12_nothing_leaks(program: Program) -> None:
    with beside(program):
        logged = len(program.err)
        response = get(program.port, "/page/leaks")
        cookie = ours(response.cookie_after())
        line = next(line for line in response.set_cookies if line.startswith(f"{FIELD}="))
        attributes = {part.strip().lower() for part in line.split(";")[1:]}
        assert {"httponly", "samesite=lax", "path=/"} <= attributes
        with visit(program, "leaks", cookie=f"{FIELD}={cookie}") as page:
            for secret in (cookie, cookie.split(".")[0]):
                assert secret not in response.text
                assert secret not in json.dumps(page.operations)
                assert secret not in json.dumps([page.mount, page.epoch, page.resume, page.request])
                assert secret not in page.response.text
            page.send(["event", page.epoch, 99, 0, 1, None])
        get(program.port, "/page/leaks", f"{FIELD}={cookie}", headers={"Origin": "http://evil.example"})
        time.sleep(0.1)
        for secret in (cookie, cookie.split(".")[0], page.resume, page.mount, page.request):
            assert str(secret) not in program.err[logged:]
        # The token for the mount anew names nobody either: it holds a fingerprint.
        assert cookie.split(".")[0] not in page.mount


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_attack_12_the_cookie_is_secure_under_tls(serve: Server, scheme: str) -> None:
    program = serve(SOURCE.replace('host="127.0.0.1", ', 'host="127.0.0.1", trusted_proxies=1, '), templates=TEMPLATES)
    line = get(
        program.port, "/page/tls", headers={"X-Forwarded-Proto": scheme, "X-Forwarded-For": "1.2.3.4"}
    ).set_cookies[0]
    assert ("secure" in {part.strip().lower() for part in line.split(";")}) is (scheme == "https")


def test_attack_12_error_texts_stay_on_the_server(program: Program) -> None:
    """Neither a page that raises nor a handler that raises tells the browser what."""
    with beside(program, raises=True), Page.visit(program.port, "/account") as page:
        answer = get(program.port, "/broken")
        assert answer.status == 500
        for text in ("secret", "Traceback", "RuntimeError", "program.py"):
            assert text not in answer.text
        page.click("#raise")
        eventually(lambda: "RuntimeError" in state(program)["errors"])
        page.settle(0.1)
        assert "secret" not in json.dumps(page.operations)
        page.leave()


# -- 13: keys


@pytest.mark.parametrize(("key", "warned"), [("secret!!!", True), ("0123456789abcdef0123456789abcdef", False)])
def test_attack_13_a_weak_key_is_told_once(serve: Server, key: str, warned: bool) -> None:
    """`pycommunicate run` refuses it: tests/cli/test_run.py."""
    program = serve(SOURCE.replace("a key for the tests, used nowhere else", key), templates=TEMPLATES)
    for _ in range(3):
        get(program.port, "/account")
    assert program.err.count("secret key") == warned
    assert key not in program.err


# -- 13b: the mount anew is no way past authorisation


def lose(program: Program, page: Page) -> None:
    """Cut it, and wait until its grace time is over."""
    page.cut()
    eventually(lambda: "/account" not in state(program)["joined"], every=0.1)


def test_attack_13b_mount_anew_after_sign_out(program: Program) -> None:
    with beside(program):
        kept = Page.visit(program.port, "/account")
        lose(program, kept)
        kept.connect()
        assert len(kept.remounts) == 1, "as long as it is allowed"
        kept.until(lambda: kept.loaded == 2)
        kept.click("#sign-out")
        said(kept, "signed out")
        lose(program, kept)
        with pytest.raises(Refused) as caught:
            kept.connect()
        assert caught.value.code in {"reload", "not_yours"}
        assert len(kept.remounts) == 1
        assert "account" not in str(caught.value)


@pytest.mark.parametrize("what", ["requests", "pages"])
def test_attack_13b_mount_anew_after_rights_were_taken(program: Program, what: str) -> None:
    """`before_request` and `before_connect` are asked again at every mount, also by a token that was issued while they said yes."""
    with beside(program):
        page = Page.visit(program.port, "/account")
        lose(program, page)
        get(program.port, f"/close/{what}")
        try:
            with pytest.raises(Refused) as caught:
                page.connect()
            assert caught.value.code in {"reload", "not_yours"}
        finally:
            get(program.port, "/close/nothing")
        page.connect()
        assert len(page.remounts) == 1
        page.leave()


def test_attack_13b_the_token_is_bound_to_the_session(program: Program) -> None:
    with beside(program):
        page = Page.visit(program.port, "/account")
        lose(program, page)
        token = page.mount
        thief = Page(program.port, "/page/thief")
        body, _, signature = token.rpartition(".")
        changed = [
            token,
            f"{body}.{other_first(signature)}",
            token.swapcase(),
            "." + token,
            token.split(".")[0],
            token + "x" * 4096,
        ]
        for mount in changed:
            thief.request, thief.mount = "gone", mount
            with pytest.raises((Refused, ConnectionError)):
                thief.connect()
        # It is its owner's, and as it was.
        page.connect()
        assert len(page.remounts) == 1
        page.leave()


def test_attack_13b_the_token_expires(serve: Server) -> None:
    """Replayed by its owner, too late."""
    program = serve(SOURCE, templates=TEMPLATES, environment={"LIMITS": '{"grace": 0.5, "mount_token": 1}'})
    with beside(program):
        page = Page.visit(program.port, "/account")
        lose(program, page)
        time.sleep(2.1)  # an age is counted in whole seconds
        with pytest.raises(Refused) as caught:
            page.connect()
        assert caught.value.code in {"not_yours", "reload"}


# -- 13c: answers that nobody asked for


def test_attack_13c_unasked_answers_are_ignored(program: Program) -> None:
    """What one visitor's browser says before it is asked is used for nobody: not for itself, not for others."""
    with (
        beside(program),
        Page.visit(program.port, "/reading/liar") as liar,
        Page.visit(program.port, "/reading/other") as other,
    ):
        for tag in range(1, 50):
            liar.send(["answer", liar.epoch, liar.applied, tag, 0, "a lie"])
        liar.settle(0.1)
        for page, key in ((other, "other"), (liar, "liar")):
            page.answer = lambda _: (0, "the truth")
            page.click("#prop")
            said(page, "prop")
            assert results(program, key) == [["prop", "'the truth'"]]
            page.leave()


# -- 14: framing, inline script


def test_attack_14_framing_and_inline_script(program: Program) -> None:
    """Under a nonce policy in Chromium: tests/browser/test_policy.py."""
    response = get(program.port, "/page/framed")
    assert "frame-ancestors 'self'" in (response.header("content-security-policy") or "")
    assert response.header("x-content-type-options") == "nosniff"
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", response.text, re.DOTALL)
    assert len(scripts) == 2
    for attributes, inside in scripts:
        assert "src=" in attributes or 'type="application/json"' in attributes
        assert "</" not in inside
        assert "<" not in inside
    assert not re.search(r"\son\w+=", response.text)
    # Error pages of our own, too.
    for path in ("/nothing", "/broken", "/__pycommunicate/nothing", "/__pycommunicate/client-x.js"):
        text = get(program.port, path).text
        assert "<script" not in text


def test_attack_14_a_query_can_not_write_into_the_page(program: Program) -> None:
    evil = "</script><script>alert(1)</script>"
    for path in (f"/page/x?{evil}", f"/page/{evil.replace('/', '%2f')}", f"/nothing/{evil}"):
        answer = get(program.port, path.replace("<", "%3c").replace(">", "%3e"))
        assert "<script>alert(1)" not in answer.text


# -- 15: the session store

STORED = SOURCE.replace("app = CommunicateApp(", "from pycommunicate.sessions import FileSessions\napp = CommunicateApp(sessions=FileSessions('kept'), ")  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_attack_15_bytes_written_by_somebody_else(serve: Server, engine: Engine) -> None:
    """Pickles above all: none is ever unpickled. What is not ours is an empty session, told in a line."""
    program = serve(STORED, engine=engine, templates=TEMPLATES)
    first = get(program.port, "/account")
    cookie = first.cookie_after()
    assert account(get(program.port, "/account", cookie).text)[1] == {"loads": 2}
    files = [path for path in (program.folder / "kept").iterdir() if path.suffix == ".session"]
    assert len(files) == 1
    ran = program.folder / "ran"

    class Evil:
        def __reduce__(self) -> object:
            return Path.touch, (ran,)

    good = files[0].read_bytes()
    for number, data in enumerate((pickle.dumps(Evil()), good.replace(b"2", b"9"), b"\xff" * 100, b"[" * 100_000, b"")):
        files[0].write_bytes(data)
        if number < 2:
            program.restart()  # nothing is remembered but what the file says
        answer = get(program.port, "/account", cookie)
        assert answer.status == 200
        assert account(answer.text)[1] == {"loads": 1}
        assert not ran.exists()
    assert "Traceback" not in program.err


def test_attack_15_ids_that_lead_elsewhere(serve: Server) -> None:
    """`../` in an id: signed with the right key, as by somebody who has it, and still nothing outside of the folder is read or written."""
    from pycommunicate.keys import Keys, Use

    program = serve(STORED, templates=TEMPLATES)
    keys = Keys(lambda: ("a key for the tests, used nowhere else",))
    before = {path for path in program.folder.rglob("*") if "kept" not in path.parts}
    outside = program.folder / "outside.session"
    outside.write_text('{"in": true}')
    for id_ in (
        "../outside",
        "..",
        "/etc/passwd",
        "../../../../tmp/x",
        "a/../../outside",
        "x" * 150,
        "kept\\..\\outside",
    ):
        answer = get(program.port, "/account", f"{FIELD}={keys.sign(Use.COOKIE, id_)}")
        if answer.status == 200:
            taken_for, session = account(answer.text)
            assert taken_for == id_
            assert session in ({"loads": 1}, {"loads": 2})
    assert outside.read_text() == '{"in": true}'
    assert {path for path in program.folder.rglob("*") if "kept" not in path.parts} == before | {outside}
    assert all(path.parent == program.folder / "kept" for path in (program.folder / "kept").rglob("*"))
