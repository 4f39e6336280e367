"""`preload = True` in Chromium: the rows are there before the socket opens, and the page goes on from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.bench import START
from tests.tools.fixtures import count_frames
from tests.tools.waiting import reaches

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Page

    from tests.tools.fixtures import Server
    from tests.tools.programs import Program

SOURCE = (
    START
    + """
app = CommunicateApp(web_port=int(os.environ["PORT"]), host="127.0.0.1", limits=Limits(preload=10))
app.set_secret_key("a key for the tests, used nowhere else")

class Rows(View):
    preload = True

    def render(self):
        return self.controller.templater.render("rows.html")

    def load(self):
        rows = self.html_wrapper.element("#rows")
        for index in range(int(self.controller.route_data["number"])):
            row = rows.add_child("li")
            row.id = f"row{index}"
            row.content = f"<b>row</b> {index} & </script>"
        self.count = 0
        self.html_wrapper.element("#go").add_event_listener("click", self.go)

    def go(self):
        self.count += 1
        field = self.html_wrapper.element("#next")
        self.html_wrapper.element("#count").content = f"{self.count} {field.value}"

app.add_controller("/<number>", page_of(Rows))

if __name__ == "__main__":
    app.run()
"""
)
PAGES = {
    "rows.html": "<!DOCTYPE html><html lang=en><head><meta charset=utf-8><title>Rows</title><link rel=icon href=data:,>{{ add_includes() }}"
    "</head><body><ul id=rows></ul><input id=next value=milk><button id=go>Go</button><p id=count></p></body></html>"
}


def rows(page: Page, number: int) -> None:
    expect(page.locator("#rows li")).to_have_count(number)
    expect(page.locator("#row0")).to_have_text("<b>row</b> 0 & </script>")


def test_before_the_socket_opens(program: Program, visitor: BrowserContext) -> None:
    page = visitor.new_page()
    page.add_init_script(
        """
        window.seen = [];
        const Plain = WebSocket;
        window.WebSocket = class extends Plain {
          constructor(...given) { super(...given); seen.push(document.querySelectorAll("#rows li").length) }
        };
        """
    )
    page.goto(f"{program.url}/100")
    rows(page, 100)
    page.wait_for_function("() => pycommunicate.state === 'connected'")
    assert page.evaluate("seen") == [100]


def test_it_goes_on_over_the_socket(program: Program, visitor: BrowserContext) -> None:
    page = visitor.new_page()
    frames = count_frames(page)
    page.goto(f"{program.url}/50")
    rows(page, 50)
    for number in range(1, 4):
        page.click("#go")
        expect(page.locator("#count")).to_have_text(f"{number} milk")
    rows(page, 50)
    assert not any("row0" in frame for frame in frames.received), "the rows were in the page"
    assert program.log.count("could not be carried out") == 0


def test_clicked_while_there_is_no_connection(program: Program, visitor: BrowserContext) -> None:
    page = visitor.new_page()
    page.route_web_socket("**/__pycommunicate/socket/**", lambda _socket: None)  # something swallows them
    page.goto(f"{program.url}/20")
    rows(page, 20)
    page.click("#go")
    page.wait_for_timeout(300)
    expect(page.locator("#count")).to_have_text("")
    expect(page.locator("#count")).to_have_text("1 milk")
    rows(page, 20)


def test_a_server_that_was_replaced(
    serve: Server, visitor: BrowserContext, expect_console: Callable[..., None]
) -> None:
    expect_console("WebSocket connection", "Failed to load resource: net::")
    program = serve(SOURCE, templates=PAGES)
    page = visitor.new_page()
    page.goto(f"{program.url}/30")
    rows(page, 30)
    page.click("#go")
    expect(page.locator("#count")).to_have_text("1 milk")
    program.stop()
    program.start()
    page.wait_for_function("() => pycommunicate.state === 'connected'", timeout=15_000)
    rows(page, 30)
    page.click("#go")
    expect(page.locator("#count")).to_have_text("1 milk")


def test_back_and_forward(program: Program, visitor: BrowserContext) -> None:
    page = visitor.new_page()
    page.goto(f"{program.url}/10")
    rows(page, 10)
    page.goto("about:blank")
    page.go_back()
    rows(page, 10)
    page.click("#go")
    expect(page.locator("#count")).to_have_text("1 milk")
    page.reload()
    rows(page, 10)
    reaches(lambda: page.evaluate("pycommunicate.loaded"), True)
