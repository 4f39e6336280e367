"""A handshake joins by itself: what an old one may do that arrives late, and who sees what it carries."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.tools.programs import ENGINES, Engine
from tests.tools.raw import Channel, WebSocket, carrying, connect_packet, get
from tests.tools.scripted import SOURCE, TEMPLATES, handled, payload, visit
from tests.tools.simulated import Page

if TYPE_CHECKING:
    from tests.tools.fixtures import Server
    from tests.tools.programs import Program


def test_a_handshake_that_was_given_up_and_arrives_late(program: Program) -> None:
    """Something on the way held it. The browser tried anew meanwhile, and goes on."""
    with visit(program, "late") as page:
        given_up = page.auth()
        page.connect()
        page.click("#add", payload(1))
        page.until(lambda: page.texts("#count") == ["1"])
        with Channel(program.port, cookie=page.cookie, join=given_up) as late:
            assert late.receive()[:2] == ["refused", "not_yours"]
        page.click("#add", payload(2))
        page.until(lambda: page.texts("#count")[-1:] == ["2"])
        page.connect()
        page.click("#add", payload(3))
        page.until(lambda: page.texts("#count")[-1:] == ["3"])
        assert handled(program, "late") == [1, 2, 3]
        assert (page.resumes, page.remounts, page.wrong) == (2, [], [])
        page.leave()


def test_a_handshake_that_arrives_late_before_anything_was_heard(program: Program) -> None:
    """It takes the page; the browser's next connection takes it back."""
    with visit(program, "early") as page:
        given_up = page.auth()
        page.acknowledge = False
        page.connect()
        with Channel(program.port, cookie=page.cookie, join=given_up) as late:
            assert late.receive()[0] == "resumed"
            page.connect()
        page.acknowledge = True
        page.click("#add", payload(1))
        page.until(lambda: page.texts("#count")[-1:] == ["1"])
        assert handled(program, "early") == [1]
        assert (page.resumes, page.remounts, page.wrong) == (2, [], [])
        page.leave()


HEADERS = """
seen = []

@app.flask.before_request
def _note():
    from flask import request
    if request.path.startswith("/page/"):
        seen.append(dict(request.headers))

class Noting(Scripted):
    def add(self, event):
        from flask import request
        seen.append(dict(request.headers))
        super().add(event)

app.add_controller("/page/noting/<key>", ControllerFactory().add_view(Noting).set_default_view(Noting))

@app.flask.get("/seen")
def _seen():
    return jsonify(seen)
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_a_program_does_not_see_what_a_handshake_carries(serve: Server, engine: Engine) -> None:
    """Programs, and what reports their errors, note requests' headers: tokens are no business of theirs."""
    program = serve(SOURCE.replace("app.run()", HEADERS + "app.run()"), engine=engine, templates=TEMPLATES)
    page = Page(program.port, "/page/noting/anew")
    page.request = "long gone"
    page.connect()
    page.until(lambda: page.loaded == 1)
    assert len(page.remounts) == 1
    page.click("#add", payload(1))
    page.until(lambda: page.texts("#count") == ["1"])
    seen = json.loads(get(program.port, "/seen").body)
    assert len(seen) == 3, "the page, the mount anew, the click"
    assert all("Host" in headers and "Sec-Websocket-Protocol" not in headers for headers in seen)
    page.leave()


@pytest.mark.parametrize(
    "form",
    [
        "NAME,TOKEN",
        "  NAME ,\t TOKEN  ",
        "NAME\r\nSec-WebSocket-Protocol: TOKEN",
        "NAME, TOKEN, chat",
        "NAME, TOKEN\r\nSec-WebSocket-Protocol: NAME, TOKEN",
    ],
)
def test_a_list_is_the_same_however_it_is_written(program: Program, form: str) -> None:
    """As RFC 6455 has it: in one header or several, with what else somebody on the way may offer."""
    page = Page(program.port, "/page/forms")
    name, token = carrying(connect_packet(page.auth()).encode())["Sec-WebSocket-Protocol"].split(", ")
    headers = {"Sec-WebSocket-Protocol": form.replace("NAME", name).replace("TOKEN", token)}
    with WebSocket(program.port, cookie=page.cookie, headers=headers) as web_socket:
        assert web_socket.response.header("Sec-WebSocket-Protocol") == name
        while '"joined"' not in web_socket.receive_text():
            pass
