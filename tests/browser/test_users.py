"""User: who somebody is, over tabs, visitors, reloads and sign-ins."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.bench import Bench, source
from tests.tools.raw import get
from tests.tools.waiting import reaches

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext

    from tests.tools.programs import Program

    Make = Callable[..., Bench]

SOURCE = source(
    """
    from flask import session

    app.flask.add_url_rule("/flask-session", "flask_session", lambda: jsonify(dict(session)))

    class Who(View):
        def render(self):
            user = self.controller.user
            return json.dumps([user.id_, user.request_id, dict(user.session), user.socket_connected,
                               user.active_controller is self.controller])
    app.add_controller("/who", page_of(Who))
    """
)


def test_id_session_and_request_id(program: Program) -> None:
    first = get(program.port, "/who")
    cookie = first.cookie_after()
    id_, request_id, session, connected, active = json.loads(first.text)
    assert isinstance(id_, str)
    assert len(id_) >= 16
    assert (session, connected, active) == ({}, False, True)
    again = json.loads(get(program.port, "/who", cookie).text)
    assert again[0] == id_
    assert again[1] != request_id
    other = json.loads(get(program.port, "/who").text)
    assert other[0] != id_


def test_the_cookie(program: Program) -> None:
    response = get(program.port, "/who")
    id_ = json.loads(response.text)[0]
    ours = [line for line in response.set_cookies if not line.startswith("session=")]
    assert len(ours) == 1
    attributes = {part.strip().lower() for part in ours[0].split(";")[1:]}
    assert "httponly" in attributes
    assert "samesite=lax" in attributes
    assert "path=/" in attributes
    assert not any(attribute.startswith("domain=") for attribute in attributes)
    # Somebody else's id without our signature is nobody's; neither is a changed signature.
    name, _, value = ours[0].split(";")[0].partition("=")
    for forged in (id_, value[:-20] + value[-10:] + value[-20:-10], f"{id_}.", "", "x" * 5000, "a.b.c", "\x80\xff"):
        asked = get(program.port, "/who", f"{name}={forged}")
        assert asked.status in {200, 400, 431}
        if asked.status == 200:
            assert json.loads(asked.text)[0] != id_


def test_within_a_live_page(bench: Bench) -> None:
    assert bench.run(
        "result = [user.socket_connected, user.active_controller is controller, user.request_id == controller.user.request_id]"
    ) == [True, True, True]
    assert bench.run("from pycommunicate.server.app.usertracker import User\nresult = type(user) is User")
    before = bench.run("result = user.request_id")
    assert before
    bench.page.reload()
    expect(bench.page.locator("#state")).to_have_text("ready")
    assert bench.run("result = user.request_id") != before


def test_two_tabs_and_two_visitors(
    bench_on: Make, new_visitor: Callable[..., BrowserContext], visitor: BrowserContext, program: Program
) -> None:
    tabs = [bench_on(), bench_on()]
    other = Bench(program, new_visitor())
    everybody = [*tabs, other]
    ids = [bench.run("result = [user.id_, user.request_id]") for bench in everybody]
    assert ids[0][0] == ids[1][0] != ids[2][0]
    assert len({request for _, request in ids}) == 3

    # Long handlers of all three at once: each writes to its own page, and is told of its own page.
    for number, bench in enumerate(everybody):
        bench.start(
            f"""
            seen = set()
            controller.d["mine"] = {number}
            for step in range(30):
                element("#place").content = "{number} at {{}}".format(step)
                sleep(0.005)
                seen.add((user.request_id, user.active_controller is controller, controller.d["mine"]))
            result = sorted(seen)
            """
        )
    for number, bench in enumerate(everybody):
        assert bench.wait() == [[ids[number][1], True, number]]
        expect(bench.page.locator("#place")).to_have_text(f"{number} at 29")

    # The session is the visitor's: tabs share it, strangers don't.
    tabs[0].run("user.session['name'] = 'Ada'")
    assert tabs[1].run("result = user.session.get('name')") == "Ada"
    assert other.run("result = user.session.get('name')") is None
    assert tabs[1].run("result = user is kept.setdefault('user', user)")

    # One tab closes; the other goes on.
    tabs[0].page.close()
    assert tabs[1].run("result = [user.socket_connected, user.active_controller is controller]") == [True, True]
    cookie = "; ".join(f"{item['name']}={item['value']}" for item in visitor.cookies())
    assert json.loads(get(program.port, "/who", cookie).text)[2] == {"name": "Ada"}


def test_what_a_handler_writes_to_flasks_session_is_there_at_the_next_get(bench: Bench) -> None:
    bench.run("from flask import session\nsession['cart'] = ['milk']")
    # The browser has its new cookie when the handler has ended, not when its last line has run.
    ask = "() => fetch('/flask-session').then(r => r.json())"
    reaches(lambda: bench.js(ask), {"cart": ["milk"]})
    bench.run("from flask import session\nsession['cart'] = session['cart'] + ['bread']")
    reaches(lambda: bench.js(ask), {"cart": ["milk", "bread"]})
    assert bench.run("from flask import session\nresult = session['cart']") == ["milk", "bread"]
    bench.run("from flask import session\nsession.clear()")
    reaches(lambda: bench.js(ask), {})
    assert bench.run("from flask import request\nresult = request.path") == f"/bench/{bench.key}"


def test_renew(bench_on: Make, visitor: BrowserContext, program: Program) -> None:
    bench, other = bench_on(), bench_on()
    bench.run("user.session['name'] = 'Ada'")
    before = bench.run("result = user.id_")
    old = cookies(visitor)
    other.js("() => { window.stays = true }")
    assert bench.run("user.renew()\nresult = user.id_ != kept.get('x')")
    after = bench.run("result = [user.id_, user.session.get('name')]")
    assert after[0] != before
    assert after[1] == "Ada"
    new = cookies(visitor)
    assert new != old
    assert json.loads(get(program.port, "/who", new).text)[0] == after[0]
    # The old cookie is worth nothing any more.
    stale = json.loads(get(program.port, "/who", old).text)
    assert stale[0] != after[0]
    assert stale[2] == {}
    # Other tabs come back under the new id.
    other.page.wait_for_function("() => window.stays === undefined")  # over the navigation
    expect(other.page.locator("#state")).to_have_text("ready")
    assert other.run("result = user.id_") == after[0]
    assert bench.run("result = user.socket_connected") is True
    ours = next(item for item in visitor.cookies() if item["name"] != "session")
    assert ours["httpOnly"] is True
    assert ours["sameSite"] == "Lax"


def cookies(visitor: BrowserContext) -> str:
    return "; ".join(f"{item['name']}={item['value']}" for item in visitor.cookies() if item["name"] != "session")


def test_no_secret_in_the_page(bench: Bench) -> None:
    id_ = bench.run("result = user.id_")
    assert id_ not in bench.page.content()
    values = json.loads(bench.page.locator("#pycommunicate-page").text_content() or "")
    # `ask`: what load() asked of earlier pages. Only text that stands in the code is in it.
    assert set(values) - {"ask"} == {"version", "base", "request", "mount"}
    assert id_ not in json.dumps(values)
    assert not re.search(r"document\.cookie", bench.page.content())
    assert bench.js("() => document.cookie") == ""
