"""Routes, error pages, redirects, what happens before a page."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.bench import PAGE, START, source
from tests.tools.fixtures import count_frames
from tests.tools.raw import get
from tests.tools.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext

    from tests.tools.fixtures import Server
    from tests.tools.programs import Program

SOURCE = source(
    """
    class Secret(View):
        def render(self):
            from flask import make_response
            answer = make_response(self.controller.templater.render("data.html", data={}))
            answer.headers["Cache-Control"] = "no-store"
            return answer
    app.add_controller("/secret-page", page_of(Secret))
    class Shows(View):
        def render(self):
            return self.controller.templater.render("data.html", data=self.controller.route_data)
        def load(self):
            self.html_wrapper.element("#live").content = json.dumps(self.controller.route_data)
    app.add_controller("/user/<name>", page_of(Shows))
    app.add_controller("/todo/<int:number>/<name>", page_of(Shows))

    class Raises(View):
        def render(self):
            secret_local = "do not show this"
            raise RuntimeError("this render() failed on purpose")
    app.add_controller("/raises", page_of(Raises))

    class NoRender(View):
        pass
    app.add_controller("/no-render", page_of(NoRender))

    class NotFound(View):
        def render(self):
            return self.controller.templater.render("page.html", title="Nothing here", body="<h1>Nothing here</h1><p id=live></p><button id=b>b</button>")
        def load(self):
            self.html_wrapper.element("#b").add_event_listener("click", self.clicked)
            self.html_wrapper.element("#live").content = "live"
        def clicked(self):
            self.html_wrapper.element("#live").content = "clicked"
    app.add_error_handler(404, page_of(NotFound))

    class Forbidden(View):
        def render(self):
            return "<h1>Not for you</h1>"
    app.add_error_handler(403, page_of(Forbidden))

    def never(ctx):
        assert type(ctx).__name__ == "CallCTX"
        ctx.abort(403)
    def never_by_use(ctx):
        ctx.use("abort")(410)
    calls = []
    def always(ctx):
        calls.append(dict(ctx.route_data))
        ctx.user.session["before"] = "connect"
    def fails(ctx):
        raise RuntimeError("this before_connect failed on purpose")
    app.add_controller("/never", page_of(Shows).with_before_connect(never))
    app.add_controller("/gone", page_of(Shows).with_before_connect(never_by_use))
    app.add_controller("/always/<int:number>", page_of(Shows).with_before_connect(always))
    app.add_controller("/before-fails", page_of(Shows).with_before_connect(fails))
    app.flask.add_url_rule("/calls", "calls", lambda: jsonify(calls))

    class Redirects(View):
        def render(self):
            self.controller.redirect("/user/redirected")
            return "never seen"
    app.add_controller("/redirects", page_of(Redirects))

    class RedirectsAway(View):
        def render(self):
            try:
                self.controller.redirect("javascript:alert(1)")
            except UnsafeURL as error:
                return "refused"
            return "not refused"
    app.add_controller("/redirects-away", page_of(RedirectsAway))

    class RedirectsLater(View):
        def render(self):
            return self.controller.templater.render("page.html", body="<button id=b>b</button><button id=c>c</button><p id=said></p>")
        def load(self):
            self.html_wrapper.element("#b").add_event_listener("click", lambda: self.controller.redirect("/user/later"))
            self.html_wrapper.element("#c").add_event_listener("click", self.unsafe)
            self.html_wrapper.element("#said").content = "ready"
        def unsafe(self):
            refused = []
            for url in ("javascript:alert(1)", "//evil.example", "\\\\\\\\evil", "data:text/html,x", "mailto:a@b", "/a\\nb", "/\\\\evil"):
                try:
                    self.controller.redirect(url)
                except UnsafeURL:
                    refused.append(url)
            self.html_wrapper.element("#said").content = str(len(refused))
    app.add_controller("/redirects-later", page_of(RedirectsLater))

    class RedirectsInLoad(View):
        def render(self):
            return self.controller.templater.render("page.html", body="loading")
        def load(self):
            self.controller.redirect("/user/from-load")
    app.add_controller("/redirects-in-load", page_of(RedirectsInLoad))

    class Special(View):
        def render(self):
            from flask import Response
            self.controller.special_return_handler = lambda: Response("as it is", status=418, headers={"X-Mine": "1"})
            return "never seen"
    app.add_controller("/special", page_of(Special))

    class MyController(Controller):
        greeting = "from my controller"
    class MyFactory(ControllerFactory):
        controller_class = MyController
    class Mine(View):
        def render(self):
            return self.controller.greeting
    app.add_controller("/mine", MyFactory().add_view(Mine).set_default_view(Mine))

    app.flask.add_url_rule("/plain", "plain", lambda: "a plain Flask route")

    refused = []
    for route in ("/__pycommunicate/x", "__pycommunicate/x", "/__pycommunicate"):
        try:
            app.add_controller(route, page_of(Shows))
        except ValueError as error:
            refused.append(str(error))
    app.flask.add_url_rule("/refused", "refused", lambda: jsonify(refused))
    """
)
PAGES = {
    "data.html": PAGE.replace(
        "{% block body %}{{ body|safe }}{% endblock %}", "<p id=data>{{ data }}</p><p id=live></p>"
    ),
}


def test_route_data(visitor: BrowserContext, program: Program) -> None:
    page = visitor.new_page()
    page.goto(f"{program.url}/user/Ädä%20%26%20%3Cb%3E")
    expect(page.locator("#data")).to_have_text("{'name': 'Ädä & <b>'}")
    expect(page.locator("#live")).to_have_text(json.dumps({"name": "Ädä & <b>"}))
    page.goto(f"{program.url}/todo/17/milk")
    expect(page.locator("#live")).to_have_text(json.dumps({"number": 17, "name": "milk"}))
    assert get(program.port, "/todo/x/milk").status == 404


def test_the_404_handler_answers_at_the_url_asked_for(visitor: BrowserContext, program: Program) -> None:
    page = visitor.new_page()
    response = page.goto(f"{program.url}/no/such/page?x=1")
    assert response is not None
    assert response.status == 404
    assert page.url == f"{program.url}/no/such/page?x=1"
    expect(page).to_have_title("Nothing here")
    # An error page is a page: it lives.
    expect(page.locator("#live")).to_have_text("live")
    page.click("#b")
    expect(page.locator("#live")).to_have_text("clicked")


@pytest.fixture(autouse=True)
def _statuses_are_expected(expect_console: Callable[..., None]) -> None:
    # Chromium reports every error status of a document as a console error.
    expect_console(r"Failed to load resource: the server responded with a status of (403|404|410|418|500)")


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/raises", "this render() failed on purpose"),
        ("/no-render", "NoRender"),
        ("/before-fails", "this before_connect failed on purpose"),
    ],
)
def test_what_raises_is_a_clean_500(program: Program, path: str, sentence: str) -> None:
    response = get(program.port, path)
    assert response.status == 500
    for word in ("Traceback", "RuntimeError", "NotImplementedError", "on purpose", "do not show", "program.py", ".py"):
        assert word not in response.text
    eventually(lambda: sentence in program.err)
    assert "Traceback" in program.err


def test_before_connect(program: Program) -> None:
    response = get(program.port, "/never")
    assert (response.status, response.text) == (403, "<h1>Not for you</h1>")
    assert get(program.port, "/gone").status == 410
    assert get(program.port, "/always/5").status == 200
    assert {"number": 5} in json.loads(get(program.port, "/calls").body)


def test_redirects(visitor: BrowserContext, program: Program) -> None:
    response = get(program.port, "/redirects")
    assert response.status in {302, 303, 307}
    assert response.header("location") == "/user/redirected"
    assert "never seen" not in response.text
    assert get(program.port, "/redirects-away").text == "refused"
    page = visitor.new_page()
    page.goto(f"{program.url}/redirects")
    expect(page.locator("#data")).to_have_text("{'name': 'redirected'}")
    page.goto(f"{program.url}/redirects-later")
    expect(page.locator("#said")).to_have_text("ready")
    page.click("#c")
    expect(page.locator("#said")).to_have_text("7")
    page.click("#b")
    page.wait_for_url("**/user/later")
    expect(page.locator("#live")).to_have_text(json.dumps({"name": "later"}))
    page.go_back()
    expect(page).to_have_url(f"{program.url}/redirects-later")
    page.goto(f"{program.url}/redirects-in-load")
    page.wait_for_url("**/user/from-load")


def test_special_return_handler_and_own_controllers(program: Program) -> None:
    response = get(program.port, "/special")
    assert (response.status, response.text, response.header("x-mine")) == (418, "as it is", "1")
    assert get(program.port, "/mine").text == "from my controller"
    assert get(program.port, "/plain").text == "a plain Flask route"


def test_reserved_routes_are_refused(program: Program) -> None:
    refused = json.loads(get(program.port, "/refused").body)
    assert len(refused) == 3
    assert all("__pycommunicate" in text for text in refused)


def test_a_page_is_nobody_elses_and_may_not_be_framed(program: Program) -> None:
    response = get(program.port, "/user/x")
    assert response.header("cache-control") == "no-cache, private"
    assert "frame-ancestors 'self'" in (response.header("content-security-policy") or "")
    script = get(program.port, response.text.split('<script src="')[1].split('"')[0])
    assert script.status == 200
    assert "immutable" in (script.header("cache-control") or "")
    assert (script.header("content-type") or "").startswith(("text/javascript", "application/javascript"))


def test_back_and_forward(visitor: BrowserContext, program: Program) -> None:
    page = visitor.new_page()
    for name in ("one", "two"):
        page.goto(f"{program.url}/user/{name}")
        expect(page.locator("#live")).to_have_text(json.dumps({"name": name}))
    page.go_back()
    expect(page.locator("#data")).to_have_text("{'name': 'one'}")
    expect(page.locator("#live")).to_have_text(json.dumps({"name": "one"}))
    page.go_forward()
    expect(page.locator("#live")).to_have_text(json.dumps({"name": "two"}))


def test_the_handshake_joins(visitor: BrowserContext, program: Program) -> None:
    page = visitor.new_page()
    page.goto(f"{program.url}/user/first")  # load() asks; from now on its answers come along
    expect(page.locator("#live")).to_have_text(json.dumps({"name": "first"}))
    frames = count_frames(page)
    page.goto(f"{program.url}/user/again")
    expect(page.locator("#live")).to_have_text(json.dumps({"name": "again"}))
    until = frames.count_until("again")
    assert frames.both[:until] == frames.received[:until], "nothing was sent before the page was loaded"
    assert not any(frame.startswith("40") for frame in frames.sent)


def test_a_join_too_long_for_a_handshake_is_a_message(visitor: BrowserContext, program: Program) -> None:
    page = visitor.new_page()
    frames = count_frames(page)
    long = secrets.token_urlsafe(4000)
    page.goto(f"{program.url}/user/{long}")
    expect(page.locator("#live")).to_have_text(json.dumps({"name": long}))
    assert frames.sent[0].startswith("40/__pycommunicate,{")
    assert frames.sockets == 1


OWN_ARGUMENTS = START + (
    """
class Home(View):
    def render(self):
        return self.controller.templater.render("home.html")
    def load(self):
        self.html_wrapper.element("#b").add_event_listener("click", self.fail)
        self.html_wrapper.element("#said").content = "loaded"
    def fail(self):
        raise RuntimeError("for the log")
class Broken(View):
    def render(self):
        raise RuntimeError("this_is_in_the_log")
app = CommunicateApp(int(os.environ["PORT"]), "localhost", DEBUG, 50, "pages")
app.set_secret_key(os.urandom(24))
app.add_controller("/", page_of(Home))
app.add_controller("/broken", page_of(Broken))
app.add_controller("/no-default", ControllerFactory().add_view(Home))
app.run()
"""
)


@pytest.mark.parametrize("debug", [False, True])
def test_the_arguments_of_the_application(serve: Server, visitor: BrowserContext, *, debug: bool) -> None:
    template = PAGE.replace("{% block body %}{{ body|safe }}{% endblock %}", "<p id=said></p><button id=b>b</button>")
    program = serve(OWN_ARGUMENTS.replace("DEBUG", str(debug)), templates={"../pages/home.html": template})
    page = visitor.new_page()
    page.goto(f"http://localhost:{program.port}/")
    expect(page.locator("#said")).to_have_text("loaded")
    page.click("#b")
    eventually(lambda: "for the log" in program.err)
    response = get(program.port, "/broken")
    assert response.status == 500
    assert "this_is_in_the_log" in program.err
    assert "__debugger__" not in response.text
    # "The client will crash with a 500 server error if this is not set."
    assert get(program.port, "/no-default").status == 500
    page.close()


def test_without_a_secret_key(serve: Server) -> None:
    from tests.tools.programs import ProgramFailed

    with pytest.raises(ProgramFailed, match="set_secret_key"):
        serve(START + "CommunicateApp(web_port=int(os.environ['PORT']), host='127.0.0.1').run()\n")


def test_a_page_may_say_itself_that_it_is_not_kept(program: Program) -> None:
    assert get(program.port, "/secret-page").header("cache-control") == "no-store"


def test_a_page_that_is_prerendered_connects_when_it_is_shown(visitor: BrowserContext, program: Program) -> None:
    page = visitor.new_page()
    page.add_init_script("""
        window.hidden_ = true;
        Object.defineProperty(Document.prototype, "prerendering", { get: () => window.hidden_ });
    """)
    sockets: list[object] = []
    page.on("websocket", lambda socket: sockets.append(socket))  # noqa: PLW0108 - Playwright takes no builtin
    page.goto(f"{program.url}/user/x")
    page.wait_for_function("() => document.readyState === 'complete'")
    assert not sockets
    assert page.evaluate("() => window.pycommunicate") is None
    page.evaluate("() => { window.hidden_ = false; document.dispatchEvent(new Event('prerenderingchange')); }")
    page.wait_for_function("() => window.pycommunicate?.loaded")
    assert len(sockets) == 1


def test_a_websocket_that_throws_is_one_that_fails(visitor: BrowserContext, program: Program) -> None:
    page = visitor.new_page()
    page.add_init_script(
        "window.WebSocket = class { constructor() { throw new DOMException('no', 'SecurityError'); } }"
    )
    page.goto(f"{program.url}/user/x")
    page.wait_for_function("() => window.pycommunicate?.loaded")
