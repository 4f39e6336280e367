"""A server on which pages can't live is told at the first socket; a thread in which they can't, at the start."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.tools.raw import get
from tests.tools.waiting import reaches

if TYPE_CHECKING:
    from tests.tools.fixtures import Server
    from tests.tools.programs import Engine

PROGRAM = """
import os, threading
from pycommunicate import CommunicateApp, ControllerFactory, View

class Home(View):
    def render(self):
        return self.controller.templater.render("home.html")

def make():
    app = CommunicateApp()
    app.set_secret_key("a key for the tests, used nowhere else")
    app.add_controller("/", ControllerFactory().add_view(Home).set_default_view(Home))
    return app
"""
THREADS = """
from werkzeug.serving import run_simple
run_simple("127.0.0.1", int(os.environ["PORT"]), make().flask, threaded=True)
"""
ONE_BY_ONE = """
from wsgiref.simple_server import make_server
make_server("127.0.0.1", int(os.environ["PORT"]), make().flask).serve_forever()
"""
ELSEWHERE = """
from http.server import BaseHTTPRequestHandler, HTTPServer
app, told = make(), []

def run():
    try:
        app.run()
    except Exception as error:
        told.append(f"{type(error).__name__}: {error}")

thread = threading.Thread(target=run)
thread.start()
thread.join()

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

import json
HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
PAGE = {"home.html": "<!doctype html><html><head>{{ add_includes() }}</head><body></body></html>"}
HANDSHAKE = "/__pycommunicate/socket/?EIO=4&transport=polling"


@pytest.mark.parametrize("engine", ["gevent", "eventlet"])
@pytest.mark.parametrize("server", [THREADS, ONE_BY_ONE])
def test_a_server_on_which_pages_cannot_live_is_told_once(serve: Server, engine: Engine, server: str) -> None:
    program = serve(PROGRAM + server, engine=engine, templates=PAGE)
    assert get(program.port).status == 200
    for _ in range(2):
        assert get(program.port, HANDSHAKE).status == 503
    reaches(lambda: program.err.count("Pages are shown, but can't live on this server (W"), 1)
    assert "app.run()" in program.err
    assert "Traceback" not in program.err or server == ONE_BY_ONE  # wsgiref refuses the `Connection` of another answer


@pytest.mark.parametrize("engine", ["gevent", "eventlet"])
def test_an_application_runs_in_the_thread_that_made_it(serve: Server, engine: Engine) -> None:
    program = serve(PROGRAM + ELSEWHERE, engine=engine)
    (told,) = json.loads(get(program.port).text)
    assert told.startswith("ConfigurationError: the application was made in another thread than the one that runs it")
    assert told.endswith("make it in the thread that calls app.run()")
