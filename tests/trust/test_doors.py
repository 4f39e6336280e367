"""The doors: what is under `/__pycommunicate`, who may use it, and that a wrong request learns and uses up nothing."""

from __future__ import annotations

import json
import socket
import threading
import time
from typing import TYPE_CHECKING, Any, Final

import pytest
from flask import Flask

from pycommunicate import CommunicateApp
from pycommunicate.protocol.operations import Op
from pycommunicate.server.app.script import client_script
from pycommunicate.server.doors import DOORS, NOTHING, Door, door_at
from tests.contract.project import ROOT
from tests.tools.polling import PollingChannel, PollingPage
from tests.tools.programs import ENGINES
from tests.tools.raw import (
    HOST,
    NAMESPACE,
    POLLING_PATH,
    SOCKET_PATH,
    Closed,
    Response,
    WebSocket,
    _read_response,
    _Reader,
    connect_packet,
    get,
    request,
)
from tests.tools.scripted import SOURCE as SCRIPTED
from tests.tools.scripted import TEMPLATES, payload
from tests.tools.simulated import Page
from tests.tools.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.tools.fixtures import Server
    from tests.tools.programs import Program

TICKET: Final = "/__pycommunicate/ticket"
CLIENT: Final = client_script.path
ACCOUNTS: Final = """
from flask import redirect, request, session
from pycommunicate.server.app.tickets import Tickets

guards, served = [], []

@app.flask.before_request
def _login_guard():
    guards.append(request.path)
    if request.path.startswith("/guarded/") or request.path == "/__pycommunicate/ticket":
        return redirect("/sign-in")

@app.flask.after_request
def _served(response):
    served.append(request.path)
    if response.status_code == 204:
        response.set_cookie("remembered", "yes")
    return response

class Account(View):
    def render(self):
        return self.controller.templater.render("scripted.html", key=session.get("name", "nobody"))
    def load(self):
        self.done = self.html_wrapper.element("#done")
        self.html_wrapper.element("#sign-in").add_event_listener("click", self.sign_in)
        self.html_wrapper.element("#renew").add_event_listener("click", self.renew)
    def teardown(self):
        torn.append("account")
    def sign_in(self):
        session["name"] = "Ada"
        self.controller.redirect("/account")
    def renew(self):
        self.controller.user.renew()
        self.done.content = "renewed"

app.add_controller("/account", ControllerFactory().add_view(Account).set_default_view(Account))

@app.flask.get("/passed")
def _passed():
    return jsonify(guards=guards, served=served, tickets=len(app.tickets), refused=dict(app.refused))

@app.flask.get("/expire")
def _expire():
    app.tickets = Tickets(seconds=-1)
    return ""

"""
SOURCE: Final = SCRIPTED.replace("app.run()", ACCOUNTS + "app.run()")


@pytest.fixture(scope="module", params=ENGINES)
def program(request: pytest.FixtureRequest, serve_module: Server) -> Program:
    """The scripted program with an account, a login guard, and an `after_request` that sets a cookie."""
    return serve_module(SOURCE, engine=request.param, templates=TEMPLATES)


def passed(program: Program) -> dict[str, Any]:
    """What passed through the application's own functions, and how many tickets are open."""
    values: dict[str, Any] = json.loads(get(program.port, "/passed").body)
    return values


def answered(port: int, text: str) -> Response:
    """Send the text of a request, return the answer."""
    with socket.create_connection((HOST, port), timeout=20) as sock:
        sock.sendall(text.encode("latin-1"))
        return _read_response(_Reader(sock, 20))


def head(program: Program, path: str, cookie: str = "") -> tuple[int, bytes]:
    """The status with which HEAD is answered, and what follows the headers."""
    lines = f"HEAD {path} HTTP/1.1\r\nHost: {HOST}:{program.port}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
    with socket.create_connection((HOST, program.port), timeout=20) as sock:
        sock.sendall(lines.encode("latin-1"))
        fields, _, body = _Reader(sock, 20).rest(time.monotonic() + 20).partition(b"\r\n\r\n")
    return int(fields.split(b" ", 2)[1]), body


def is_nothing(response: Response) -> bool:
    """Whether it is the one answer to all that is not there."""
    return (response.status, response.body) == (404, NOTHING) and response.set_cookies == []


def undated(response: Response) -> list[tuple[str, str]]:
    """The headers, without the time."""
    return [(name, value) for name, value in response.headers if name.lower() != "date"]


def ticket_of(page: Page, button: str = "#sign-in") -> str:
    """Have a handler issue a ticket, and leave it unused."""
    found: list[str] = []
    usual = page.usual_answer

    def answer(operation: list[Any]) -> tuple[int, Any]:
        if operation[0] != Op.REDEEM:
            return usual(operation)
        found.append(operation[2])
        return -1, None

    page.answer = answer
    page.click(button)
    page.until(lambda: found)
    return found[0]


def redeem(program: Program, cookie: str, ticket: str, method: str = "POST", **headers: str) -> Response:
    """Bring a ticket to its door."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    body = ticket.encode()
    return request(
        program.port, TICKET, method=method, cookie=cookie, headers=fields, body=body if method == "POST" else b""
    )


# -- the list


def test_the_url_map_has_no_other_rule_under_the_prefix() -> None:
    app = CommunicateApp(flask=Flask(__name__))
    ours = {rule.rule: rule for rule in app.flask.url_map.iter_rules() if rule.rule.startswith(NAMESPACE)}
    listed = {door.rule: door for door in DOORS if door.name != "socket"}
    assert set(ours) == set(listed)
    for rule, door in listed.items():
        assert (ours[rule].methods or set()) - {"HEAD"} == set(door.methods) - {"HEAD"}


def test_each_door_is_found_at_its_rule_only() -> None:
    assert len({door.name for door in DOORS}) == len({door.rule for door in DOORS}) == len(DOORS)
    for door in DOORS:
        path = door.rule.replace("<digest>", "x")
        assert door_at(path) is door
        for other in (path + "/", path + "x", path.upper(), path.removesuffix("/") + "//", path[:-1]):
            assert door_at(other) in ({None} if "<" not in door.rule else {None, door})
    assert door_at("/__pycommunicate/client-a/b.js") is None


def test_the_threat_model_lists_the_doors() -> None:
    text = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    section = text.split("\n## Doors\n", 1)[1].split("\n## ", 1)[0]
    rows = [line for line in section.splitlines() if line.startswith("| `/")]
    assert rows == [door.row() for door in DOORS]


NOT_DOORS: Final = (
    "/__pycommunicate",
    "/__pycommunicate/",
    "/__pycommunicate/nothing",
    "/__pycommunicate/build",
    "/__pycommunicate/socket",
    "/__pycommunicate/socketx/?EIO=4&transport=polling",
    "/__pycommunicate/socket/more?EIO=4&transport=polling",
    "/__pycommunicate/ticket/",
    "/__pycommunicate/ticket/x",
    "/__pycommunicate/client-.js/x",
    "/__pycommunicate/client-0123456789abcdef.js",
    "/__pycommunicate/%74icket",
    "/__pycommunicate/../account",
    "/__pycommunicate/health",
)


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "DELETE"])
def test_what_is_not_in_the_list_does_not_exist(program: Program, method: str) -> None:
    """One answer for all of them, and the application is asked for none."""
    before = passed(program)["guards"]
    for path in NOT_DOORS:
        got = request(program.port, path, method=method, headers={"Content-Length": "0"} if method != "GET" else {})
        assert is_nothing(got), (path, got)
        assert head(program, path) == (404, b"")
    asked = [path for path in passed(program)["guards"][len(before) :] if path.startswith(NAMESPACE)]
    assert set(asked) <= {"/__pycommunicate/client-0123456789abcdef.js"}


def test_the_doors_answer_their_methods_only(program: Program) -> None:
    for door in DOORS:
        if door.hot:
            continue
        path = {"client": CLIENT, "socket": POLLING_PATH}.get(door.name, door.rule)
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"} - set(door.methods):
            got = request(program.port, path, method=method, headers={"Content-Length": "0"})
            assert is_nothing(got) or got.status in {400, 405, 501}, (door.name, method, got)
            assert got.set_cookies == []
    assert get(program.port, CLIENT).status == 200


# -- tickets


def wrong_ways(program: Program, owner: Page, stranger: Page, ticket: str) -> Mapping[str, Callable[[], Response]]:
    """All that must not open a ticket's door."""
    line = f"Cookie: {owner.cookie}\r\nContent-Length: {len(ticket)}\r\nConnection: close\r\n\r\n{ticket}"
    chunks = f"{len(ticket):x}\r\n{ticket}\r\n0\r\n\r\n"
    chunked = f"Cookie: {owner.cookie}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n{chunks}"
    return {
        "no cookie": lambda: redeem(program, "", ticket),
        "a forged cookie": lambda: redeem(program, "pycommunicate=forged", ticket),
        "another visitor": lambda: redeem(program, stranger.cookie, ticket),
        "a guess": lambda: redeem(program, owner.cookie, ticket[:-1]),
        "nothing": lambda: redeem(program, owner.cookie, ""),
        "not ASCII": lambda: redeem(program, owner.cookie, "é" * 32),
        "more than a ticket": lambda: redeem(program, owner.cookie, ticket + " " * 200),
        "GET": lambda: redeem(program, owner.cookie, ticket, "GET"),
        "PUT": lambda: redeem(program, owner.cookie, ticket, "PUT"),
        "OPTIONS": lambda: redeem(program, owner.cookie, ticket, "OPTIONS"),
        "a range": lambda: redeem(program, owner.cookie, ticket, Range="bytes=0-"),
        "no host": lambda: answered(program.port, f"POST {TICKET} HTTP/1.0\r\n{line}"),
        "an empty host": lambda: answered(program.port, f"POST {TICKET} HTTP/1.1\r\nHost:\r\n{line}"),
        "chunks": lambda: answered(program.port, f"POST {TICKET} HTTP/1.1\r\nHost: {HOST}:{program.port}\r\n{chunked}"),
        "in the address": lambda: request(
            program.port, f"{TICKET}?{ticket}", method="POST", cookie=owner.cookie, body=b"x"
        ),
    }


def test_a_ticket_is_taken_by_its_owner_only_and_a_wrong_try_uses_up_nothing(program: Program) -> None:
    with Page.visit(program.port, "/account") as owner, Page.visit(program.port, "/account") as stranger:
        ticket = ticket_of(owner)
        for name, attempt in wrong_ways(program, owner, stranger, ticket).items():
            assert is_nothing(attempt()), name
        assert head(program, TICKET, owner.cookie) == (404, b"")
        got = redeem(program, owner.cookie, ticket)
        assert got.status == 204
        assert got.header("cache-control") == "no-store"
        assert got.header("referrer-policy") == "no-referrer"
        assert is_nothing(redeem(program, owner.cookie, ticket)), "once"
        cookie = got.cookie_after(owner.cookie)
        assert "Ada" in get(program.port, "/account", cookie).text
        assert ticket not in program.log


def test_another_site_does_not_bring_a_ticket(program: Program) -> None:
    with Page.visit(program.port, "/account") as owner:
        ticket = ticket_of(owner)
        ours = f"http://{HOST}:{program.port}"
        for headers in (
            {"Origin": "http://evil.example"},
            {"Origin": "null"},
            {"Origin": ours, "Sec_Fetch_Site": "cross-site"},
            {"Origin": ours, "Sec_Fetch_Site": "same-site"},
            {"Origin": ours, "Sec_Fetch_Site": "none"},
            {"Sec_Fetch_Site": "cross-site"},
        ):
            assert redeem(program, owner.cookie, ticket, **headers).status == 403, headers
        assert redeem(program, owner.cookie, ticket, Origin=ours, Sec_Fetch_Site="same-origin").status == 204


def test_the_body_of_another_site_is_not_read(program: Program) -> None:
    """The answer is there while the body is still to come."""
    for path in (TICKET, POLLING_PATH + "&sid=x"):
        head = f"POST {path} HTTP/1.1\r\nHost: {HOST}:{program.port}\r\nOrigin: http://evil.example\r\nContent-Length: 150\r\n\r\n"
        assert answered(program.port, head).status == 403


def test_one_of_many_takes_a_ticket(program: Program) -> None:
    with Page.visit(program.port, "/account") as owner:
        ticket = ticket_of(owner)
        gate, got = threading.Barrier(50), []

        def take() -> None:
            gate.wait(20)
            got.append(redeem(program, owner.cookie, ticket).status)

        threads = [threading.Thread(target=take) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert sorted(got) == [204] + [404] * 49


def test_the_ticket_of_a_page_that_has_ended_is_nothing(program: Program) -> None:
    with Page.visit(program.port, "/account") as owner:
        ticket = ticket_of(owner)
        torn = get(program.port, "/torn").body
        owner.leave()
        eventually(lambda: get(program.port, "/torn").body != torn, what="the page has ended")
        assert is_nothing(redeem(program, owner.cookie, ticket))


def test_an_expired_ticket_is_nothing(serve: Server) -> None:
    program = serve(SOURCE, templates=TEMPLATES)
    get(program.port, "/expire")
    with Page.visit(program.port, "/account") as owner:
        assert is_nothing(redeem(program, owner.cookie, ticket_of(owner)))


def test_a_ticket_passes_the_applications_guards(program: Program) -> None:
    """A login guard does not lead it elsewhere, as it does other requests; what `after_request` sets arrives."""
    assert get(program.port, "/guarded/x").status == 302
    before = passed(program)
    with Page.visit(program.port, "/account") as owner:
        got = redeem(program, owner.cookie, ticket_of(owner))
    assert got.status == 204
    assert "remembered=yes" in got.cookie_after()
    after = passed(program)
    assert TICKET not in after["guards"][len(before["guards"]) :]
    assert TICKET in after["served"][len(before["served"]) :]


# -- polls


def polled(program: Program, sid: str, cookie: str, body: bytes = b"", **headers: str) -> Response:
    """One request of a long-polling connection, a POST if it has a body."""
    path = f"{POLLING_PATH}&sid={sid}"
    return request(
        program.port, path, method="POST" if body else "GET", cookie=cookie, headers=headers, body=body, timeout=5
    )


def test_a_poll_is_its_visitors_only(program: Program) -> None:
    """Who knows the id of somebody's connection, out of a proxy's log, neither reads nor says anything on it."""
    with PollingPage.visit(program.port, "/page/poll") as page, Page.visit(program.port, "/account") as stranger:
        channel = page.channel
        assert isinstance(channel, PollingChannel)
        leave = f'42{NAMESPACE},["leave","{page.epoch}"]'.encode()
        unknown = polled(program, "unknown", page.cookie)
        assert is_nothing(unknown)
        for cookie in ("", "pycommunicate=forged", stranger.cookie, "other=1"):
            for body in (b"", leave, b"garbage", b"1"):
                got = polled(program, channel.sid, cookie, body)
                assert is_nothing(got)
                assert undated(got) == undated(unknown)
            with pytest.raises(Closed, match="404"):
                WebSocket(program.port, f"{SOCKET_PATH}&sid={channel.sid}", cookie=cookie)
        page.click("#add", payload(1))
        page.until(lambda: page.texts("#count") == ["1"])
        page.leave()


def test_a_connection_that_has_not_joined_is_its_visitors_too(program: Program) -> None:
    visitor = Page(program.port, "/page/early")
    channel = PollingChannel(program.port, cookie=visitor.cookie)
    join = connect_packet(visitor.auth()).encode()
    for cookie in ("", get(program.port, "/account").cookie_after()):
        assert is_nothing(polled(program, channel.sid, cookie, join))
        assert is_nothing(polled(program, channel.sid, cookie))
    assert polled(program, channel.sid, "first=1; " + visitor.cookie, join).status == 200
    assert '"joined"' in polled(program, channel.sid, visitor.cookie + "; more=1").text


def test_other_cookies_come_and_go_while_a_page_polls(program: Program) -> None:
    with PollingPage.visit(program.port, "/page/cookies") as page:
        channel = page.channel
        assert isinstance(channel, PollingChannel)
        for number, cookie in enumerate((page.cookie, f"a=1; {page.cookie}", f"{page.cookie}; b=2", page.cookie), 1):
            channel.cookie = cookie
            page.click("#add", payload(number))
            page.until(lambda wanted=str(number): page.texts("#count")[-1:] == [wanted])  # type: ignore[misc]
        page.leave()


def test_a_page_goes_on_polling_with_the_cookie_of_a_renewed_visitor(program: Program) -> None:
    with PollingPage.visit(program.port, "/account") as page:
        channel, old = page.channel, page.cookie
        assert isinstance(channel, PollingChannel)
        usual = page.usual_answer

        def answer(operation: list[Any]) -> tuple[int, Any]:
            if operation[0] != Op.REDEEM:
                return usual(operation)
            got = redeem(program, page.cookie, operation[2])
            page.cookie = got.cookie_after(page.cookie)
            return 0, got.status == 204

        page.answer = answer
        page.click("#renew")
        # The browser sends its new cookie with the next request; the poll that is open has the old one.
        page.until(lambda: page.cookie != old)
        channel.cookie = page.cookie
        page.until(lambda: page.texts("#done") == ["renewed"])
        assert is_nothing(polled(program, channel.sid, old)), "the planted cookie of before reads nothing"
        assert page.resumes == 0
        page.leave()


# -- Origin


ORIGINS: Final = {
    "https://good.example": 101,
    "https://GOOD.example": 101,
    "https://good.example:443": 101,
    "http://good.example": 403,
    "http://good.example:443": 403,
    "http://good.example:80": 403,
    "https://good.example:80": 403,
    "https://good.example.evil": 403,
    "https://good.example@evil": 403,
    "https://evil@good.example": 403,
    "https://good.example/": 403,
    "https://good.example?": 403,
    "https://good.example#": 403,
    "https://good.example\\@evil": 403,
    "https://sub.good.example": 403,
    "https://good.example:": 403,
    "https://good.example:443:443": 403,
    "https:good.example": 403,
    "wss://good.example": 403,
    "file://": 403,
    "null": 403,
    "https://good.example, https://evil.example": 403,
}


@pytest.mark.parametrize("engine", ENGINES)
def test_origins_at_an_https_site(serve: Server, engine: Any) -> None:
    behind = 'host="127.0.0.1", trusted_proxies=1, allowed_hosts=["good.example"], '
    program = serve(SCRIPTED.replace('host="127.0.0.1", ', behind), engine=engine, templates=TEMPLATES)
    for hosts in ("good.example", "Good.Example:443"):
        for origin, status in ORIGINS.items():
            headers = {"Host": hosts, "Origin": origin, "X-Forwarded-Proto": "https"}
            assert shaken(program, headers) == status, (hosts, origin)
    assert shaken(program, {"Host": "[::1]:8080", "Origin": "https://[::1]:8080", "X-Forwarded-Proto": "https"}) == 101
    # A proxy that says nothing of TLS, or is not trusted: the site is an http one, and the log says what to do.
    plain = {"http://good.example": 101, "http://good.example:80": 101, "https://good.example": 403}
    for origin, status in plain.items():
        headers = {"Host": "good.example", "Origin": origin, "X-Forwarded-For": "192.0.2.1"}
        assert shaken(program, headers) == status
    assert "if a proxy in front ends TLS: CommunicateApp(trusted_proxies=1)" in program.err


def shaken(program: Program, headers: Mapping[str, str]) -> int:
    """The status with which a WebSocket's handshake is answered."""
    try:
        with WebSocket(program.port, headers=headers) as web_socket:
            return web_socket.response.status
    except Closed as error:
        return int(str(error).split(": ")[1].split(" ")[0])


def test_a_door_without_a_credential_is_for_people_who_type_its_address_too(program: Program) -> None:
    for site, status in {"none": 200, "same-origin": 200, "same-site": 403, "cross-site": 403}.items():
        assert get(program.port, CLIENT, headers={"Sec-Fetch-Site": site}).status == status
    assert get(program.port, POLLING_PATH, headers={"Sec-Fetch-Site": "none"}).status == 403


def test_a_doors_row_says_what_it_is() -> None:
    door = Door("x", "/__pycommunicate/x/<y>", ("POST",), "somebody", credential="a token", body=10, hot=True)
    assert door.row() == (
        "| `/__pycommunicate/x/<y>`, with hot reload only | POST | somebody | a token | any number of times | 10 bytes | ours | runs | nothing |"
    )
