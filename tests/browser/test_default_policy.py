"""The default Content-Security-Policy in Chromium: what it stops, what it lets live, and how a page gets a script of its own under it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from playwright.sync_api import expect

from tests.browser.bench import TEMPLATES, source
from tests.browser.test_policy import WATCH
from tests.tools.waiting import reaches

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Page

    from tests.tools.fixtures import Server
    from tests.tools.programs import Program

SOURCE: Final = source(
    """
    from flask import Response

    hits = []
    TEXT = {1: open("stored.html").read()} if os.path.exists("stored.html") else {}

    @app.flask.get("/evaluates.js")
    def _evaluates():
        lines = "try { window.ran = eval('1'); } catch (e) { window.stopped = e.name }"
        return Response(lines, mimetype="text/javascript")

    @app.flask.get("/plain")
    def _plain():
        return "<!DOCTYPE html><title>plain</title><script>window.ran = 1</script>"

    class Shown(View):
        '''A page with `body` as it stands in the table, in each of two views.'''
        number = 1
        def render(self):
            return self.controller.templater.render("shown.html", body=TEXT.get(self.number, ""), number=self.number)
        def load(self):
            element = self.html_wrapper.element
            element("#next").add_event_listener("click", self.next)
            element("#loaded").content = f"view {self.number}"
        def next(self):
            self.controller.change_view(2 - self.number)

    class Second(Shown):
        number = 2

    app.add_controller("/shown", page_of(Shown, Second))

    @app.flask.post("/text/<int:number>")
    def _text(number):
        TEXT[number] = request.get_data(as_text=True)
        return ""

    class Noted(Shown):
        def render(self):
            return self.controller.templater.render("noted.html", body=TEXT.get(self.number, ""), number=self.number)

    class AlsoNoted(Noted):
        number = 2

    app.add_controller("/noted", page_of(Noted, AlsoNoted))
    """
)
_SHOWN: Final = """
    <!DOCTYPE html>
    <html lang="en"><head><meta charset="utf-8"><title>Shown</title><link rel="icon" href="data:,">{{ add_includes() }}</head>
    <body><button id="next">next</button><p id="loaded"></p>SCRIPT{{ body|safe }}</body></html>
"""
_SCRIPT: Final = '<script nonce="{{ csp_nonce() }}">window.own = (window.own || "") + "{{ number }}"; {# another text in each view #}</script>'
PAGES: Final = {
    "shown.html": _SHOWN.replace("SCRIPT", ""),
    "noted.html": _SHOWN.replace("SCRIPT", _SCRIPT),
}


def text(program: Program, number: int, html: str) -> None:
    """Let view `number` show this HTML."""
    from tests.tools.raw import request

    request(program.port, f"/text/{number}", method="POST", body=html.encode())


@pytest.fixture
def watched(visitor: BrowserContext, program: Program, expect_console: Callable[..., None]) -> Callable[..., Page]:
    """`watched(html, path)` opens the page whose first view shows this HTML."""
    expect_console("Content Security Policy", "violates the following")
    visitor.add_init_script(WATCH)

    def open_page(html: str, path: str = "/shown") -> Page:
        text(program, 1, html)
        page = visitor.new_page()
        page.goto(program.url + path)
        expect(page.locator("#loaded")).to_have_text("view 1")
        return page

    return open_page


def violations(page: Page) -> list[str]:
    """What was stopped: the directive of each."""
    said: list[str] = page.evaluate("() => window.violations")
    return [line.split(" ")[0] for line in said]


RUN_AT_ONCE: Final = {
    "script": ("<script>window.ran = 1</script>", "script-src-elem"),
    "guess": ('<script nonce="">window.ran = 1</script>', "script-src-elem"),
    "handler": ("<img src=/nothing onerror='window.ran = 1' alt=''>", "script-src-attr"),
    "load": ("<svg onload='window.ran = 1'></svg>", "script-src-attr"),
    "srcdoc": ("<iframe srcdoc='<script>parent.ran = 1</script>'></iframe>", ""),
    "elsewhere": ("<script src='http://127.0.0.1:9/x.js'></script>", "script-src-elem"),
    "data": ("<script src='data:text/javascript,window.ran=1'></script>", "script-src-elem"),
    "frame": ("<iframe src='javascript:parent.ran=1'></iframe>", ""),
    "object": ("<object data='/evaluates.js' type='image/svg+xml'></object>", "object-src"),
}


@pytest.mark.parametrize("case", RUN_AT_ONCE)
def test_what_would_run_by_itself_is_stopped(
    watched: Callable[..., Page], expect_console: Callable[..., None], case: str
) -> None:
    expect_console("404")
    html, directive = RUN_AT_ONCE[case]
    page = watched(html + "<i id=end></i>")
    page.wait_for_load_state("networkidle")
    if directive:
        reaches(lambda: violations(page), [directive])
    assert page.evaluate("() => window.ran") is None
    page.click("#next")  # the page lives
    expect(page.locator("#loaded")).to_have_text("view 2")


@pytest.mark.parametrize(
    "html",
    [
        "<button id=act onclick='window.ran = 1'>x</button>",
        "<a id=act href='javascript:window.ran=1'>x</a>",
        "<svg width=50 height=50><a id=act><animate attributeName=href values='javascript:window.ran=1'/><rect width=50 height=50 /></a></svg>",
        "<form action='javascript:window.ran=1'><button id=act>x</button></form>",
    ],
    ids=["onclick", "link", "animate", "form"],
)
def test_what_would_run_at_a_click_is_stopped(watched: Callable[..., Page], html: str) -> None:
    page = watched(html)
    page.locator("#act").click()
    reaches(lambda: len(violations(page)) >= 1, True)
    assert page.evaluate("() => window.ran") is None
    page.click("#next")
    expect(page.locator("#loaded")).to_have_text("view 2")


def test_eval_is_stopped(watched: Callable[..., Page]) -> None:
    page = watched("<script src='/evaluates.js'></script>")
    assert page.evaluate("() => [window.ran, window.stopped]") == [None, "EvalError"]


def test_a_base_elsewhere_is_passed_over(watched: Callable[..., Page]) -> None:
    page = watched("<base href='http://127.0.0.1:9/'><a id=a href='x'>x</a>")
    assert page.evaluate("() => document.getElementById('a').href").startswith(page.url.rpartition("/")[0])
    assert violations(page) == ["base-uri"]


def test_nothing_is_fetched_from_elsewhere_by_a_style(watched: Callable[..., Page]) -> None:
    page = watched("<p id=p style='background: url(http://127.0.0.1:9/a.png)'>x</p><i id=i>x</i>")
    reaches(lambda: violations(page), ["img-src"])
    page.evaluate("() => { document.getElementById('i').style.background = 'url(http://127.0.0.1:9/b.png)' }")
    reaches(lambda: violations(page), ["img-src", "img-src"])


def test_styles_previews_and_icons_live(watched: Callable[..., Page]) -> None:
    dot = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
    page = watched(
        f"<style>#p {{ color: rgb(1, 2, 3) }}</style><p id=p style='height: 77px'>x</p><img id=i src='{dot}' alt=''>"
    )
    seen = page.evaluate(
        """async () => {
            const p = document.getElementById('p'), made = document.createElement('style');
            made.textContent = '#p { width: 55px }';
            document.head.append(made);
            const bytes = await (await fetch(document.getElementById('i').src).catch(() => null))?.blob();
            const preview = new Image();
            preview.src = URL.createObjectURL(new Blob(['<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'], { type: 'image/svg+xml' }));
            await preview.decode();
            const { color, height, width } = getComputedStyle(p);
            return [color, height, width, document.getElementById('i').naturalWidth, preview.naturalWidth];
        }""".replace(
            "const bytes = await (await fetch(document.getElementById('i').src).catch(() => null))?.blob();", ""
        )
    )
    assert seen == ["rgb(1, 2, 3)", "77px", "55px", 1, 9]
    assert violations(page) == []


# -- scripts of the page's own


def test_a_script_with_the_nonce_runs_at_the_first_load_and_in_the_next_view(
    watched: Callable[..., Page], program: Program
) -> None:
    text(program, 2, "")
    page = watched("", "/noted")
    assert page.evaluate("() => window.own") == "1"
    page.click("#next")
    expect(page.locator("#loaded")).to_have_text("view 2")
    assert page.evaluate("() => window.own") == "12"
    assert violations(page) == []


def test_the_first_view_needs_no_script_for_the_second_to_have_one(visitor: BrowserContext, serve: Server) -> None:
    lines = """
    class First(View):
        def render(self):
            return self.controller.templater.render("shown.html")
        def load(self):
            self.html_wrapper.element("#next").add_event_listener("click", lambda: self.controller.change_view(1))
            self.html_wrapper.element("#loaded").content = "first"
    class Then(First):
        def render(self):
            return self.controller.templater.render("noted.html", number=2)
    app.add_controller("/", page_of(First, Then))
    """
    page = visitor.new_page()
    page.goto(serve(source(lines), templates=PAGES).url)
    expect(page.locator("#loaded")).to_have_text("first")
    page.click("#next")
    expect(page.locator("script[nonce]").last).to_be_attached()
    reaches(lambda: page.evaluate("() => window.own"), "2")


@pytest.mark.parametrize("nonce", ["", "guess", "ANOTHER"])
def test_a_stored_script_stays_dead_in_the_next_view(
    watched: Callable[..., Page], program: Program, nonce: str
) -> None:
    """Not even the nonce of another page of the same visitor brings a visitor's text to life."""
    other = watched("", "/noted").evaluate("() => document.querySelector('script[src]').nonce")
    page = watched("", "/noted")
    text(
        program, 2, f'<script nonce="{other if nonce == "ANOTHER" else nonce}">window.ran = 1</script><b id=there></b>'
    )
    page.click("#next")
    expect(page.locator("#there")).to_be_attached()
    assert page.evaluate("() => [window.ran, window.own]") == [None, "12"]
    assert "script-src-elem" in violations(page)


def test_a_stored_script_stays_dead_after_a_restart(
    serve: Server, visitor: BrowserContext, expect_console: Callable[..., None]
) -> None:
    expect_console("WebSocket connection to", "ERR_CONNECTION", "Failed to load resource: net::")
    expect_console("Content Security Policy", "violates the following")
    program = serve(SOURCE, templates={**TEMPLATES, **PAGES})
    page, _ = visit(visitor, program, "/noted")
    living = page.evaluate("() => document.querySelector('script[src]').nonce")
    program.kill()  # while it is away, the stored text comes to name the document's own nonce
    (program.folder / "stored.html").write_text(f"<script nonce='{living}'>window.ran = 1</script><b id=there></b>")
    program.start()
    expect(page.locator("#there")).to_be_attached()
    reaches(lambda: "script-src-elem" in violations(page), True)
    page.click("#next")
    expect(page.locator("#loaded")).to_have_text("view 2")
    # The script of each view ran when it was first shown, the second one by the nonce of a render after the restart.
    assert page.evaluate("() => [window.ran, window.own]") == [None, "12"]


def test_a_plain_route_and_a_static_file_have_no_policy(visitor: BrowserContext, program: Program) -> None:
    page = visitor.new_page()
    answer = page.goto(program.url + "/plain")
    assert answer is not None
    assert "content-security-policy" not in answer.headers
    assert page.evaluate("() => window.ran") == 1


# -- policies of the application's own

OWN: Final = """
from flask import g
POLICY, REPORT, NAMES = {policy!r}, {report!r}, {names!r}

class Extension:
    '''What extensions do: a nonce for each request, a name for templates, a header when it is answered.'''
    def __init__(self, flask):
        if NAMES:
            flask.jinja_env.globals["csp_nonce"] = lambda: getattr(request, "own_nonce", "")
        flask.before_request(self.make)
        flask.after_request(self.answer)
    def make(self):
        g.other_name = request.own_nonce = os.urandom(12).hex()
    def answer(self, response):
        if POLICY:
            name = "Content-Security-Policy" + ("-Report-Only" if REPORT else "")
            response.headers[name] = POLICY.replace("NONCE", f"'nonce-{{request.own_nonce}}'")
        return response
Extension(app.flask)

class V(View):
    number = 1
    def render(self):
        return self.controller.templater.render("own.html", number=self.number, other_name=g.get("other_name", ""))
    def load(self):
        self.html_wrapper.element("#next").add_event_listener("click", lambda: self.controller.change_view(2 - self.number))
        self.html_wrapper.element("#loaded").content = f"view {{self.number}}"
class W(V):
    number = 2
app.add_controller("/", page_of(V, W))
"""
STRICT: Final = "script-src 'strict-dynamic' NONCE; object-src 'none'; base-uri 'none'"


def own(
    serve: Server, policy: str, *, report: bool = False, names: bool = True, template: str = "noted.html"
) -> Program:
    lines = OWN.format(policy=policy, report=report, names=names)
    return serve(source(lines), templates={"own.html": PAGES[template]})


def visit(visitor: BrowserContext, program: Program, path: str = "/") -> tuple[Page, dict[str, Any]]:
    visitor.add_init_script(WATCH)
    page = visitor.new_page()
    answer = page.goto(program.url + path)
    assert answer is not None
    expect(page.locator("#loaded")).to_have_text("view 1")
    return page, answer.headers


def test_an_own_policy_wins_whole(serve: Server, visitor: BrowserContext, expect_console: Callable[..., None]) -> None:
    expect_console("Content Security Policy", "violates the following")
    page, headers = visit(visitor, own(serve, "default-src 'self'", names=False))
    assert headers["content-security-policy"] == "default-src 'self'"
    assert page.evaluate("() => window.own") is None, "our nonce is not in a policy of the application's"
    page.click("#next")
    expect(page.locator("#loaded")).to_have_text("view 2")


@pytest.mark.parametrize("names", [True, False], ids=["for-templates", "in-the-header-only"])
def test_the_nonce_of_an_extension_is_found(serve: Server, visitor: BrowserContext, names: bool) -> None:
    """With 'strict-dynamic' our own script needs it, else the page never lives."""
    template = "noted.html" if names else "shown.html"
    page, headers = visit(visitor, own(serve, STRICT, names=names, template=template))
    assert "'strict-dynamic'" in headers["content-security-policy"]
    page.click("#next")
    expect(page.locator("#loaded")).to_have_text("view 2")
    assert page.evaluate("() => window.own ?? null") == ("12" if names else None)
    assert violations(page) == []


def test_a_nonce_that_a_template_names(serve: Server, visitor: BrowserContext) -> None:
    template = PAGES["shown.html"].replace("add_includes()", "add_includes(nonce=other_name)")
    page, _ = visit(
        visitor, serve(source(OWN.format(policy=STRICT, report=False, names=False)), templates={"own.html": template})
    )
    page.click("#next")
    expect(page.locator("#loaded")).to_have_text("view 2")


def test_to_strict_dynamic_a_stored_script_stays_dead_in_the_next_view(
    serve: Server, visitor: BrowserContext, expect_console: Callable[..., None]
) -> None:
    """Our own script is trusted, and so would be what it puts into the document: also a script at an address of the attacker's."""
    expect_console("Content Security Policy", "violates the following")
    stored = "{% if number == 2 %}<script src='/stored.js'></script>{% endif %}"
    template = PAGES["noted.html"].replace("{{ body|safe }}", stored)
    lines = OWN.format(policy=STRICT, report=False, names=True)
    lines += "\n@app.flask.get('/stored.js')\ndef _stored():\n    fetched.append(1)\n    return 'window.ran = 1', {'Content-Type': 'text/javascript'}\nfetched = []\n"
    page, _ = visit(visitor, serve(source(lines), templates={"own.html": template}))
    page.click("#next")
    expect(page.locator("#loaded")).to_have_text("view 2")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("() => [window.ran, window.own]") == [None, "12"]


def test_beside_a_report_only_policy_ours_is_not_sent(
    serve: Server, visitor: BrowserContext, expect_console: Callable[..., None]
) -> None:
    expect_console("Content Security Policy", "violates the following", "report-only", "Report-Only")
    page, headers = visit(visitor, own(serve, "default-src 'self'", report=True))
    assert headers["content-security-policy"] == "frame-ancestors 'self'"
    assert headers["content-security-policy-report-only"] == "default-src 'self'"
    assert page.evaluate("() => window.own") == "1"


def test_an_extension_without_a_policy_leaves_ours(serve: Server, visitor: BrowserContext) -> None:
    page, headers = visit(visitor, own(serve, ""))
    assert headers["content-security-policy"].startswith("default-src 'self'; script-src 'self' 'nonce-")
    page.click("#next")
    expect(page.locator("#loaded")).to_have_text("view 2")
    assert page.evaluate("() => window.own") == "12"
    assert violations(page) == []
