"""What an application does to all its answers does not cost a page its remount: compression, caching, streaming, limiters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.tools.raw import get
from tests.tools.simulated import Page, Refused

if TYPE_CHECKING:
    from tests.tools.fixtures import Server
    from tests.tools.programs import Engine

SOURCE: Final = """
import gzip, os
from flask import Response, request
from pycommunicate import CommunicateApp, ControllerFactory, View

WHAT = os.environ["WHAT"]
said = {"closed": False}
app = CommunicateApp(web_port=int(os.environ["PORT"]), host="127.0.0.1")
app.set_secret_key("a key for the tests, used nowhere else")
app.flask.debug = WHAT == "raises"  # Flask raises what a request raised: debug, testing

class Shown(View):
    def render(self):
        return self.controller.templater.render_string("<html><head>{{ add_includes() }}</head><body>shown</body></html>")

app.add_controller("/", ControllerFactory().add_view(Shown).set_default_view(Shown))

@app.flask.before_request
def before():
    if WHAT in ("429", "503") and request.path == "/" and said["closed"]:
        return Response("later", int(WHAT), {"Retry-After": "3"})

@app.flask.get("/close")
def _close():
    said["closed"] = True
    return ""

@app.flask.get("/reopen")
def _reopen():
    said["closed"] = False
    return ""

@app.flask.after_request
def after(response):
    if request.path != "/":
        return response
    if WHAT == "raises" and said["closed"]:
        raise RuntimeError("the application's own fault")
    if WHAT == "gzip" and "gzip" in request.headers.get("Accept-Encoding", ""):
        response.set_data(gzip.compress(response.get_data()))
        response.headers["Content-Encoding"] = "gzip"
    if WHAT == "always" and said["closed"]:
        response.set_data(gzip.compress(response.get_data()))
        response.headers["Content-Encoding"] = "gzip"
    if WHAT == "etag":
        response.set_etag("the same for ever")
        response.make_conditional(request, accept_ranges=True, complete_length=response.content_length)
    if WHAT == "passthrough":
        response.direct_passthrough = True
    if WHAT == "streamed":
        body = response.get_data()
        response.response = (body[at : at + 7] for at in range(0, len(body), 7))
        response.headers.pop("Content-Length", None)
    return response

app.run()
"""
HEADERS: Final = {"Accept-Encoding": "gzip, br", "If-None-Match": '"the same for ever"'}


def lost(page: Page) -> Page:
    """Make `page` one that the server doesn't know any more: the next connection remounts it."""
    page.request = "long gone"
    return page


@pytest.mark.parametrize("what", ["gzip", "etag", "passthrough", "streamed"])
def test_a_page_is_remounted_whatever_is_done_to_answers(serve: Server, engine: Engine, what: str) -> None:
    program = serve(SOURCE, engine=engine, environment={"WHAT": what})
    page = lost(Page(program.port, "/", headers=HEADERS))
    page.connect()
    assert "shown</body>" in page.remounts[-1]["html"]
    assert "broke the protocol" not in program.log
    page.leave()


@pytest.mark.parametrize("what", ["429", "503"])
def test_a_refusal_for_now_keeps_the_page(serve: Server, engine: Engine, what: str) -> None:
    program = serve(SOURCE, engine=engine, environment={"WHAT": what})
    page = lost(Page(program.port, "/"))
    get(program.port, "/close")
    with pytest.raises(OSError) as caught:  # closed after the pause, or silent until the deadline; never refused
        page.connect()
    assert not isinstance(caught.value, Refused)
    assert "refused to remount / for now; the page is kept, and tries again in" in program.log
    get(program.port, "/reopen")
    page.reconnect()
    assert "shown</body>" in page.remounts[-1]["html"]
    page.leave()


@pytest.mark.parametrize("what", ["raises", "always"])
def test_what_the_application_raises_is_not_the_peers_fault(serve: Server, engine: Engine, what: str) -> None:
    program = serve(SOURCE, engine=engine, environment={"WHAT": what})
    page = lost(Page(program.port, "/"))
    get(program.port, "/close")
    with pytest.raises(Refused) as caught:
        page.connect()
    assert caught.value.code == "reload"
    assert "the remount of a page raised" in program.log
    assert "broke the protocol" not in program.log
