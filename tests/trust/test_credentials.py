"""A credential is worth what it says, and no more: cookies, mount tokens and stored sessions, old ones and those of another use."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.tools.programs import ENGINES, Engine
from tests.tools.raw import POLLING_PATH, Closed, get, request
from tests.tools.simulated import Page, Refused
from tests.tools.waiting import eventually

if TYPE_CHECKING:
    from tests.tools.fixtures import Server
    from tests.tools.programs import Program

SOURCE: Final = """
import os
from flask import request, session, url_for
from pycommunicate import CommunicateApp, ControllerFactory, FileSessions, View
from pycommunicate.protocol.limits import Limits

app = CommunicateApp(web_port=int(os.environ["PORT"]), host="127.0.0.1", limits=Limits(grace=0.3), OPTIONS)
KEYS
PAGE = "<!DOCTYPE html><html><head><title>c</title>{{ add_includes() }}</head><body><p id=t>{{ text }}</p><button id=b>b</button></body></html>"


sold = []


class Shop(View):
    keep = ("credit",)
    credit = 100

    def render(self):
        name = self.controller.user.session.get("name", "nobody")
        return self.controller.templater.render_string(PAGE, text=f"credit {self.credit} of {name}")

    def load(self):
        self.html_wrapper.element("#b").add_event_listener("click", self.buy)

    def buy(self, event):
        if event.value == "later":
            app.engine.sleep(1)
        if event.value == "fail":
            self.credit -= 30
            raise RuntimeError("after it was paid")
        self.credit -= 30
        sold.append(self.credit)
        self.html_wrapper.element("#t").content = f"credit {self.credit}"


class Locked(View):
    def render(self):
        return self.controller.templater.render_string(PAGE, text="PIN?")

    def load(self):
        self.html_wrapper.element("#b").add_event_listener("click", self.go)

    def go(self, event):
        if event.value == "1234":
            self.controller.change_view(1)


class Vault(View):
    def render(self):
        return self.controller.templater.render_string(PAGE, text="the vault")

    def load(self):
        self.html_wrapper.element("#b").add_event_listener("click", lambda: self.controller.change_view(0))


class SignIn(View):
    def render(self):
        self.controller.redirect(request.args.get("next"), same_site=True)

app.add_controller("/shop", ControllerFactory().add_view(Shop).set_default_view(Shop))
app.add_controller("/vault", ControllerFactory().add_view(Locked).add_view(Vault).set_default_view(Locked))
app.add_controller("/sign-in", ControllerFactory().add_view(SignIn).set_default_view(SignIn))


@app.flask.get("/name/<name>")
def name(name):
    session["flask"] = name
    return ""


@app.flask.get("/reset")
def reset():
    return {"link": url_for("reset", _external=True), "flask": session.get("flask"), "peer": request.remote_addr}

@app.flask.get("/sold")
def all_sold():
    return {"sold": len(sold)}


@app.flask.get("/pages")
def pages():
    return {"pages": sum(page.state.name != "WAITING" for page in app.pages)}

app.run()
"""
KEY: Final = 'app.set_secret_key("a key for the tests, used nowhere else")'


def source(options: str = "", keys: str = KEY) -> str:
    return SOURCE.replace("OPTIONS", options).replace("KEYS", keys)


@pytest.fixture(scope="module", params=ENGINES)
def program(request: pytest.FixtureRequest, serve_module: Server) -> Program:
    return serve_module(source(), engine=request.param)


def shown(page: Page) -> str:
    """What the page shows after a remount."""
    found = re.search(r"<p id=t>(.*?)</p>", page.remounts[-1]["html"])
    assert found
    return found[1]


def says(page: Page, text: str) -> None:
    page.until(lambda: page.texts("#t")[-1:] == [text])


def remounted(page: Page, mount: str) -> str:
    """Come back with a mount token, after the page has ended; what is shown then."""
    page.cut()
    eventually(lambda: json.loads(get(page.port, "/pages").body)["pages"] == 0)
    return again(page, mount)


def again(page: Page, mount: str) -> str:
    """Come with a mount token and nothing else."""
    loaded = page.loaded
    page.request, page.resume, page.mount = "", None, mount
    page.connect()
    page.until(lambda: page.loaded > loaded)
    return shown(page)


def bought(page: Page, text: str) -> str:
    """Buy; the mount token that came after the handler."""
    tokens = len(page.tokens)
    page.click("#b")
    says(page, text)
    page.until(lambda: len(page.tokens) > tokens)
    return page.mount


def enter_vault(page: Page) -> str:
    """Say the PIN; the mount token of the view behind it."""
    loaded = page.loaded
    page.click("#b", {"type": "click", "value": "1234"})
    page.until(lambda: page.loaded > loaded)
    assert shown(page) == "the vault"
    return page.mount


# -- an old mount token


def test_an_old_token_brings_back_nothing_that_is_older(program: Program) -> None:
    page = Page.visit(program.port, "/shop")
    tokens = [page.mount]
    tokens += [bought(page, f"credit {credit}") for credit in (70, 40)]
    for token in tokens:
        assert remounted(page, token) == "credit 40 of nobody"
    for token in (*tokens, bought(page, "credit 10")):
        assert remounted(page, token) == "credit 10 of nobody"
    page.leave()


def test_a_view_that_was_left_does_not_come_back(program: Program) -> None:
    page = Page.visit(program.port, "/vault")
    inside = enter_vault(page)
    page.click("#b")
    page.until(lambda: shown(page) == "PIN?")
    assert remounted(page, inside) == "PIN?"
    page.leave()


def test_what_changes_after_the_connection_was_lost_counts_too(program: Program) -> None:
    """The browser has left, and its page has ended, before the handler is through: nobody hears of the new token."""
    before = json.loads(get(program.port, "/sold").body)["sold"]
    page = Page.visit(program.port, "/shop")
    page.click("#b", {"type": "click", "value": "later"})
    page.cut()
    eventually(lambda: json.loads(get(program.port, "/sold").body)["sold"] == before + 1)
    assert remounted(page, page.mount) == "credit 70 of nobody"
    page.leave()


def test_what_changes_before_a_handler_raises_counts_too(program: Program) -> None:
    page = Page.visit(program.port, "/shop")
    first = page.mount
    page.click("#b", {"type": "click", "value": "fail"})
    page.until(lambda: page.mount != first)
    for token in (first, page.mount):
        assert remounted(page, token) == "credit 70 of nobody"
    page.leave()


def test_a_duplicate_of_a_living_page_goes_its_own_way(program: Program) -> None:
    """It begins with what the page keeps now, and neither changes the other's."""
    page = Page.visit(program.port, "/shop")
    first = page.mount
    bought(page, "credit 70")
    with Page(program.port, "/shop", cookie=page.cookie) as copy:
        assert again(copy, first) == "credit 70 of nobody"
        theirs = bought(copy, "credit 40")
        bought(page, "credit 40")
        mine = bought(page, "credit 10")
        copy.cut()
        assert remounted(page, mine) == "credit 10 of nobody"
        page.cut()
        assert remounted(copy, theirs) == "credit 40 of nobody"
        copy.leave()


def test_many_pages_do_not_make_an_old_token_count(program: Program) -> None:
    """50 pages of a visitor are known. Past that, a token of a page that is not known any more brings nothing back."""
    page = Page.visit(program.port, "/vault")
    inside = enter_vault(page)
    page.click("#b")
    page.until(lambda: shown(page) == "PIN?")
    page.leave()
    for _ in range(51):
        with Page.visit(program.port, "/vault", cookie=page.cookie) as other:
            enter_vault(other)
            other.leave()
    assert remounted(page, inside) == "PIN?"
    page.leave()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("durable", [False, True])
def test_an_old_token_after_a_restart(serve: Server, engine: Engine, durable: bool) -> None:
    """With sessions in memory the newest token that comes counts; with sessions in files, what the store knows."""
    options = "sessions=FileSessions('kept')" if durable else ""
    program = serve(source(options), engine=engine)
    page = Page.visit(program.port, "/shop")
    first = page.mount
    newest = bought(page, "credit 70")
    vault = Page.visit(program.port, "/vault", cookie=page.cookie)
    inside = enter_vault(vault)
    vault.click("#b")
    vault.until(lambda: shown(vault) == "PIN?")
    page.cut()
    vault.cut()
    program.restart()
    assert again(vault, inside) == ("PIN?" if durable else "the vault")
    vault.leave()
    if durable:
        assert remounted(page, first) == "credit 70 of nobody"
    assert remounted(page, newest) == "credit 70 of nobody"
    page.leave()
    assert remounted(page, first) == "credit 70 of nobody", "this process knows a newer one now"
    page.leave()
    assert "Traceback" not in program.err


# -- the secret key is changed

OLD: Final = "the key of last year, long enough"
NEW: Final = "the key of this year, long enough"


@pytest.mark.parametrize("engine", ENGINES)
def test_the_key_is_changed_under_open_pages(serve: Server, engine: Engine) -> None:
    """Nobody is signed out, pages remount, and what the old key has signed is signed with the new one."""
    keys = "app.set_secret_key(KEY_OF_NOW, fallbacks=OLDER)"
    text = source("sessions=FileSessions('kept')", keys).replace(
        "class Shop(View):", "from pycommunicate import Controller\nclass Shop(View):"
    ).replace('@app.flask.get("/pages")', '''@app.flask.get("/sign-in-as/<name>")
def sign_in(name):
    from pycommunicate.server.app.cookies import our_cookies
    user = app.users.find(our_cookies(request.environ))
    with user.at_work():
        user.session["name"] = name
    return ""

@app.flask.get("/pages")''')  # fmt: skip

    def with_keys(key: str, older: list[str]) -> str:
        return text.replace("KEY_OF_NOW", repr(key)).replace("OLDER", repr(older))

    program = serve(with_keys(OLD, []), engine=engine)
    page = Page.visit(program.port, "/shop")
    get(program.port, "/sign-in-as/ada", page.cookie)
    flask_cookie = get(program.port, "/name/ada", page.cookie).cookie_after(page.cookie)
    old_mount = bought(page, "credit 70")
    old_cookie = page.cookie
    [kept] = (program.folder / "kept").glob("*.session")
    sealed = kept.read_text()

    def restart(key: str, older: list[str]) -> None:
        page.cut()
        (program.folder / "program.py").write_text(with_keys(key, older))
        program.restart()

    restart(NEW, [OLD])
    page.connect()
    assert shown(page) == "credit 70 of ada", "remounted by the old key's token and cookie, still signed in"
    assert get(program.port, "/reset", flask_cookie).text.find('"ada"') > 0, "Flask's own session too"
    new_mount = page.mount
    loaded = get(program.port, "/shop", old_cookie)
    page.cookie = loaded.cookie_after(old_cookie)
    assert page.cookie != old_cookie, "signed again at the next load"
    assert "of ada" in loaded.text
    assert kept.read_text() != sealed, "sealed again where it was used"
    restart(NEW, [])
    page.connect()
    assert shown(page) == "credit 70 of ada"
    page.leave()
    # What only the old key has signed is worth nothing now.
    assert "of nobody" in get(program.port, "/shop", old_cookie).text
    with pytest.raises((Refused, Closed)):
        again(page, old_mount)
    assert again(page, new_mount) == "credit 70 of ada"
    page.leave()
    assert "Traceback" not in program.err


# -- hosts and proxies


@pytest.mark.parametrize("engine", ENGINES)
def test_links_lead_to_named_hosts_only(serve: Server, engine: Engine) -> None:
    program = serve(source("allowed_hosts=['good.example']"), engine=engine)
    for host in ("6.6.6.6", "[::ffff:6.6.6.6]", "localhost:1@evil.example", "localhost:@evil.example", "[::1]@evil.example", "localhost:80/x?", "evil.example,localhost", "localhost:99999"):  # fmt: skip
        answer = get(program.port, "/reset", headers={"Host": host})
        assert answer.status == 400, host
    for host in ("good.example", f"good.example:{program.port}", f"127.0.0.1:{program.port}", "localhost", "[::1]"):
        assert json.loads(get(program.port, "/reset", headers={"Host": host}).body)["link"] == f"http://{host}/reset"
    page = Page(program.port, "/shop")
    page.options = {"headers": {"Host": "6.6.6.6", "Origin": "http://6.6.6.6"}}
    with pytest.raises(Closed):
        page.connect()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("asked", [False, True])
def test_a_prefix_of_a_clients_own(serve: Server, engine: Engine, asked: bool) -> None:
    """The documented proxy does not set X-Forwarded-Prefix, so it passes on the client's: the script would come from there."""
    options = "trusted_proxies=1, allowed_hosts=['good.example']" + (", trusted_prefix=True" if asked else "")
    program = serve(source(options), engine=engine)
    for prefix in ("//evil.example", "/x;Domain=evil.example", "https://evil.example"):
        answer = get(program.port, "/shop", headers={"Host": "good.example", "X-Forwarded-Prefix": prefix})
        assert answer.status == (400 if asked else 200)
        assert "evil.example" not in answer.text
        assert not any("evil" in line for line in answer.set_cookies)
    answer = get(program.port, "/shop", headers={"X-Forwarded-Host": "good.example", "X-Forwarded-Prefix": "/app"})
    [script] = re.findall(r'<script src="([^"]*)"', answer.text)
    assert script.startswith("/app/__pycommunicate/" if asked else "/__pycommunicate/")
    assert any("Path=/app;" in line for line in answer.set_cookies) is asked
    for name, value, status in (("Host", "6.6.6.6", 400), ("Proto", "javascript", 400), ("For", "<script>", 200)):
        answer = get(program.port, "/reset", headers={"Host": "good.example", f"X-Forwarded-{name}": value})
        assert answer.status == status, name
    assert json.loads(answer.body)["peer"] == "127.0.0.1"


# -- cookies

TLS: Final = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "1.2.3.4"}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("prefix", ["", "/app"])
def test_under_tls_a_planted_cookie_counts_for_nothing(serve: Server, engine: Engine, prefix: str) -> None:
    """Planted by somebody on the network, over http: its name can't have the prefix, whatever its value is."""
    program = serve(source("trusted_proxies=1, trusted_prefix=True"), engine=engine)
    headers = {**TLS, **({"X-Forwarded-Prefix": prefix} if prefix else {})}
    planted = get(program.port, "/shop").cookie_after()
    assert planted.startswith("pycommunicate=")
    name = "__Secure-pycommunicate" if prefix else "__Host-pycommunicate"
    first = get(program.port, "/shop", planted, headers=headers)
    [line] = first.set_cookies
    assert line.startswith(f"{name}=")
    assert {"secure", f"path={prefix or '/'}"} <= {part.strip().lower() for part in line.split(";")}
    own = line.partition(";")[0]
    assert own.partition("=")[2] != planted.partition("=")[2], "another visitor"
    for cookie in (f"{planted}; {own}", f"{own}; {planted}"):
        assert get(program.port, "/shop", cookie, headers=headers).set_cookies[0].partition(";")[0] == own
    # The page's socket is asked for the same one.
    page = Page(program.port, "/shop", cookie="")
    page.response = first
    page.request, page.mount = first.page["request"], first.page["mount"]
    page.options = {"headers": {**headers, "Origin": f"https://127.0.0.1:{program.port}"}}
    page.cookie = planted
    with pytest.raises(Refused):
        page.connect()
    page.cookie = f"{planted}; {own}"
    page.connect()
    page.leave()


@pytest.mark.parametrize("engine", ENGINES)
def test_under_tls_polls_belong_to_the_visitor_of_the_prefixed_cookie(serve: Server, engine: Engine) -> None:
    program = serve(source("trusted_proxies=1"), engine=engine)
    headers = {**TLS, "Origin": f"https://127.0.0.1:{program.port}"}
    own = get(program.port, "/shop", headers=TLS).cookie_after()
    sid = json.loads(get(program.port, POLLING_PATH, own, headers=headers).text[1:])["sid"]
    for cookie, status in ((own, 200), (f"theme=dark; {own}", 200), (own.removeprefix("__Host-"), 404)):
        answer = request(
            program.port, f"{POLLING_PATH}&sid={sid}", method="POST", body=b"3", cookie=cookie, headers=headers
        )
        assert answer.status == status, cookie


def test_of_two_cookies_the_one_that_we_signed_counts(program: Program) -> None:
    """A neighbour under the same domain has planted one with a longer path: it comes first."""
    page = Page.visit(program.port, "/shop")
    own = page.cookie
    for planted in ("pycommunicate=x", "pycommunicate=a.b", f"{own}x", 'pycommunicate="'):
        for cookie in (f"{planted}; {own}", f"{own}; {planted}"):
            assert get(program.port, "/shop", cookie).set_cookies[0].partition(";")[0] == own
    page.cookie = f"pycommunicate=x; {own}"
    page.connect()
    assert page.resumes == 1
    page.leave()


# -- redirects


def test_next_leads_to_a_path_of_ours(program: Program) -> None:
    def led(next_: str) -> Any:
        return get(program.port, f"/sign-in?next={next_}").header("location")

    assert led("/shop%3Fa%3Db") == "/shop?a=b"
    for evil in ("", "//evil.example", "/%5Cevil.example", "%5C%5Cevil", "https://evil.example", "https:evil.example", "javascript:alert(1)", "/%09/evil.example", "/..//evil.example", "x", "/" + "a" * 3000):  # fmt: skip
        assert led(evil) == "/", evil
    assert "no path of this application" in program.err
