"""What `load()` asks of a page is answered as of a page whose own scripts have had their turn, whether it was foreseen or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.bench import APP, source
from tests.tools.raw import get

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

    from tests.tools.fixtures import Server
    from tests.tools.programs import Program

MAKE = "const made = document.createElement('i'); made.id = 'made'; document.body.append(made); field.value = 'draft'"
SOURCE = source(f"""
    class Asks(View):
        def render(self):
            return self.controller.templater.render(self.controller.route_data["name"] + ".html", gate=request.args.get("gate"))
        def load(self):
            field = self.html_wrapper.element("#field")
            there = self.html_wrapper.exists("#made")
            self.html_wrapper.element("#said").content = field.get_property("value") + " " + str(there)
    app.add_controller("/<name>", page_of(Asks))

    @app.flask.get("/made.js")
    def _made():
        return app.flask.response_class({MAKE!r}, mimetype="text/javascript")

    opened = []

    @app.flask.get("/slow.js")
    def _slow():
        while request.args["gate"] not in opened:
            sleep(0.01)
        return app.flask.response_class("", mimetype="text/javascript")

    @app.flask.get("/open/<gate>")
    def _open(gate):
        opened.append(gate)
        return ""
""")
PAGE = """
    <!DOCTYPE html>
    <html lang="en"><head><meta charset="utf-8"><title>Ready</title><link rel="icon" href="data:,">{{ add_includes() }}SCRIPT</head>
    <body><input id="field"><output id="said"></output></body></html>
"""
ORDER = """
window.order = [];
addEventListener("DOMContentLoaded", () => order.push("ready"));
window.WebSocket = class extends WebSocket { constructor(...given) { super(...given); order.push("socket"); } };
"""
PAGES = {
    "plain.html": PAGE.replace("SCRIPT", ""),
    "slow.html": PAGE.replace("SCRIPT", '<script src="/slow.js?gate={{ gate }}" defer></script>'),
    "listener.html": PAGE.replace(
        "SCRIPT",
        f"<script nonce='{{{{ csp_nonce() }}}}'>document.addEventListener('DOMContentLoaded', () => {{ {MAKE} }})</script>",
    ),
    "deferred.html": PAGE.replace("SCRIPT", '<script src="/made.js" defer></script>'),
    "module.html": PAGE.replace("SCRIPT", f'<script type="module" nonce="{{{{ csp_nonce() }}}}">{MAKE}</script>'),
}


@pytest.mark.parametrize("name", ["listener", "deferred", "module"])
def test_what_the_pages_own_scripts_make_is_there(visitor: BrowserContext, program: Program, name: str) -> None:
    for _ in range(3):  # asked the first time, foreseen from then on
        page = visitor.new_page()
        page.goto(f"{program.url}/{name}")
        expect(page.locator("#said")).to_have_text("draft True")
        page.close()


@pytest.mark.parametrize(("name", "order"), [("plain", ["socket", "ready"]), ("listener", ["ready", "socket"])])
def test_only_a_page_with_scripts_of_its_own_waits(
    visitor: BrowserContext, program: Program, name: str, order: list[str]
) -> None:
    for _ in range(2):  # the second time, load() is foreseen
        page = visitor.new_page()
        page.add_init_script(ORDER)
        page.goto(f"{program.url}/{name}")
        expect(page.locator("#said")).to_have_text("draft True" if name == "listener" else " False")
        seen = page.evaluate("order")
        page.close()
    assert seen == order


def test_a_slow_script_holds_nothing_up(visitor: BrowserContext, program: Program) -> None:
    for number in range(2):
        page = visitor.new_page()
        page.goto(f"{program.url}/slow?gate={number}", wait_until="commit")
        expect(page.locator("#said")).to_have_text(" False")
        assert page.evaluate("document.readyState") != "complete"
        get(program.port, f"/open/{number}")
        page.close()


LARGE = source(
    """
    class Large(View):
        def render(self):
            return self.controller.templater.render("large.html", size=int(request.args["size"]))
        def load(self):
            element = self.html_wrapper.element
            areas = element("#area0"), element("#area1"), element("#area2"), element("#area3")
            self.html_wrapper.element("#said").content = str([len(area.get_property("value")) for area in areas])
    app.add_controller("/", page_of(Large))
    """,
    app=APP.replace('"127.0.0.1"', '"127.0.0.1", limits=Limits(inbound_message=int(os.environ["MESSAGE"]))'),
)
AREAS = PAGE.replace("SCRIPT", "").replace(
    '<input id="field">', "{% for n in range(4) %}<textarea id='area{{ n }}'>{{ 'x' * size }}</textarea>{% endfor %}"
)


@pytest.mark.parametrize(("limit", "size"), [(65_536, 30_000), (8_192, 3_000)])
def test_answers_that_are_too_much_for_one_message(
    visitor: BrowserContext, serve: Server, limit: int, size: int
) -> None:
    """Each fits a message, and all together don't: they are left out, and asked for."""
    program = serve(LARGE, templates={"large.html": AREAS}, environment={"MESSAGE": str(limit)})
    for _ in range(3):
        page = visitor.new_page()
        page.goto(f"{program.url}/?size={size}")
        expect(page.locator("#said")).to_have_text(str([size] * 4))
        page.close()
