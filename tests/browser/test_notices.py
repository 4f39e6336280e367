"""What a person is told of what went wrong: plainly, in the page's language, and never the error itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.bench import APP, START
from tests.tools.fixtures import BROKEN_CONNECTIONS
from tests.tools.raw import get

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Locator, Page

    from tests.tools.fixtures import Server
    from tests.tools.programs import Program
    from tests.tools.proxy import Proxy

SOURCE = (
    START
    + APP
    + """
class Fails(View):
    def render(self):
        return self.controller.templater.render("fails.html", lang=self.controller.route_data["lang"])

    def load(self):
        self.count = self.html_wrapper.element("#count")
        self.html_wrapper.element("#fail").add_event_listener("click", self.fail)
        self.html_wrapper.element("#late").add_event_listener("click", self.late)
        self.html_wrapper.element("#add").add_event_listener("click", self.add)
        self.count.content = "0"

    def fail(self):
        raise RuntimeError("a secret of the server")

    def late(self):
        while not late:
            app.engine.sleep(0.01)
        raise RuntimeError("a secret of the server")

    def add(self):
        self.count.content = "1"

class FailsAtOnce(Fails):
    def load(self):
        raise RuntimeError("a secret of the server")

app.add_controller("/fails/<lang>", page_of(Fails))
app.add_controller("/load/<lang>", page_of(FailsAtOnce))
late = []

@app.flask.get("/late")
def _late():
    late.append(1)
    return ""

@app.flask.get("/quiet")
def _quiet():
    app.notices = not app.notices
    return ""

app.run()
"""
)
PAGES = {
    "fails.html": """
        <!DOCTYPE html>
        <html lang="{{ lang }}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Fails</title>
        <link rel="icon" href="data:,">{{ add_includes() }}</head>
        <body><h1>Orders</h1><button id="fail">fail</button> <button id="late">late</button> <button id="add">add</button> <p id="count">-</p></body></html>
    """
}
TOLD = {
    "en-GB": "Something went wrong. Your last action may not have been carried out.",
    "de": "Etwas ist schiefgegangen. Ihre letzte Aktion wurde vielleicht nicht ausgeführt.",
    "fr": "Une erreur s’est produite. Votre dernière action n’a peut-être pas été effectuée.",
    "es": "Algo ha fallado. Es posible que su última acción no se haya realizado.",
}


@pytest.fixture(autouse=True)
def _connections_will_break(expect_console: Callable[..., None]) -> None:
    expect_console(*BROKEN_CONNECTIONS)


@pytest.fixture(scope="module")
def program(serve_module: Server) -> Program:
    return serve_module(SOURCE, templates=PAGES)


def visit(visitor: BrowserContext, url: str, lang: str = "en") -> Page:
    page = visitor.new_page()
    page.goto(f"{url}/fails/{lang}")
    expect(page.locator("#count")).to_have_text("0")
    return page


def told(page: Page) -> Locator:
    return page.locator("pycommunicate-banner [role=status]")


@pytest.mark.parametrize("lang", TOLD)
def test_a_handler_that_raises_is_told_in_the_pages_language(
    visitor: BrowserContext, program: Program, lang: str
) -> None:
    page = visit(visitor, program.url, lang)
    page.click("#fail")
    expect(told(page)).to_have_text(TOLD[lang])
    page.click("#add")
    expect(page.locator("#count")).to_have_text("1")
    assert "secret" not in page.content()


def test_load_too(visitor: BrowserContext, program: Program) -> None:
    page = visitor.new_page()
    page.goto(f"{program.url}/load/en-GB")
    expect(told(page)).to_have_text(TOLD["en-GB"])


def test_the_application_may_tell_it_itself_or_nobody(visitor: BrowserContext, program: Program) -> None:
    page = visit(visitor, program.url)
    page.evaluate("""() => document.addEventListener("pycommunicate:error", (event) => {
        event.preventDefault();
        document.title = "Sorry";
    })""")
    page.click("#fail")
    expect(page).to_have_title("Sorry")
    expect(told(page)).to_have_count(0)
    page.evaluate("() => document.title = ''")
    get(program.port, "/quiet")
    page.click("#fail")
    page.click("#add")
    expect(page.locator("#count")).to_have_text("1")
    get(program.port, "/quiet")
    expect(page).to_have_title("")


def test_a_loss_its_end_and_what_failed_meanwhile(
    visitor: BrowserContext, program: Program, proxy: Callable[[int], Proxy]
) -> None:
    between = proxy(program.port)
    page = visit(visitor, between.url, "de")
    between.refuse()
    between.drop()
    expect(told(page)).to_have_text("Verbindung unterbrochen. Wird wiederhergestellt …")
    page.emulate_media(media="print")
    expect(told(page)).to_be_hidden()
    page.emulate_media(media="screen", forced_colors="active")
    assert (
        told(page).evaluate("(status) => getComputedStyle(status).borderTopStyle + status.getAttribute('aria-live')")
        == "solidpolite"
    )
    between.accept()
    expect(told(page)).to_have_text("Wieder verbunden.")
    expect(told(page)).to_be_empty()

    page.click("#late")
    expect(page.locator("#count")).to_have_text("0")
    between.refuse()
    between.drop()
    expect(told(page)).to_have_text("Verbindung unterbrochen. Wird wiederhergestellt …")
    get(program.port, "/late")
    between.accept()
    expect(told(page)).to_have_text(TOLD["de"])
