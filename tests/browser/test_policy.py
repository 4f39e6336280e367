"""Under a strict Content-Security-Policy, Trusted Types included, everything works and nothing is violated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.bench import BENCH_PAGE, PAGE, Bench, source
from tests.tools.waiting import reaches

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext

    from tests.tools.programs import Program
    from tests.tools.proxy import Proxy

POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; require-trusted-types-for 'script'"

SOURCE = source(
    f"""
    @app.flask.after_request
    def _policy(response):
        response.headers["Content-Security-Policy"] = (
            "trusted-types 'none'" if request.path == "/plain-policy" else {POLICY!r} + request.args.get("more", "")
        )
        return response
    """
    """
    class One(View):
        def render(self):
            return self.controller.templater.render("policy.html", number=self.controller.view_index)
        def load(self):
            self.html_wrapper.element("#next").add_event_listener("click", self.next)
            self.html_wrapper.element("#loaded").content = f"loaded {self.controller.view_index}"
        def next(self):
            self.controller.change_view(1 - self.controller.view_index)
    class Two(One):
        pass
    app.add_controller("/policy", page_of(One, Two))
    app.add_controller("/plain-policy", page_of(One, Two))
    """
)
ICON = '<link rel="icon" href="data:,">'
PAGES = {
    "bench.html": BENCH_PAGE.replace(ICON, ""),
    "policy.html": PAGE.replace(ICON, "").replace(
        "{% block body %}{{ body|safe }}{% endblock %}",
        "<h1>View {{ number }}</h1><p id=loaded></p><button id=next>next</button><input id=field>",
    ),
}
WATCH = """
    window.violations = [];
    document.addEventListener('securitypolicyviolation', e => window.violations.push(e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sample));
"""


def test_everything_works(
    visitor: BrowserContext, program: Program, proxy: Callable[[int], Proxy], expect_console: Callable[..., None]
) -> None:
    expect_console("WebSocket connection to", "ERR_CONNECTION", "Failed to load resource: net::")
    expect_console("requires 'TrustedHTML' assignment")  # ours, below, to see that the policy is in force
    between = proxy(program.port)
    visitor.add_init_script(WATCH)
    bench = Bench(program, visitor, url=between.url)
    assert (
        bench.page.evaluate(
            "() => { try { document.body.innerHTML = '<b>x</b>'; return 'set' } catch (e) { return e.name } }"
        )
        == "TypeError"
    )
    bench.js("() => { window.violations.length = 0 }")
    bench.run(
        """
        place = element("#place")
        form = place.add_child("form", id="form")
        field = form.add_child("input", attributes={"name": "field", "value": "v"})
        form.add_child("button", id="send").content = "Send"
        form.add_event_listener("submit", lambda event: note(event.value))
        place.style["color"] = "red"
        place.style["--accent"] = "blue"
        place.classes.add("a")
        place.append_html(Markup("<table><tr><td id=cell>cell</td></tr></table>"))
        element("#cell").add_event_listener("click", lambda: note("cell"))
        place.attributes["title"] = "t"
        """
    )
    bench.page.click("#send")
    bench.page.click("#cell")
    reaches(lambda: bench.notes, [{"field": "v"}, "cell"])
    assert bench.run("result = [element('#place').style['color'], element('#form').form_data()]") == [
        "red",
        {"field": "v"},
    ]
    bench.run("from flask import session\nsession['x'] = 1")

    # A lost connection shows its banner, and goes on, all without an inline style.
    between.refuse()
    between.drop()
    expect(bench.page.locator("text=/connect/i").first).to_be_visible()
    between.accept()
    bench.page.click("#cell")
    reaches(lambda: bench.notes[2:], ["cell"])
    assert bench.js("() => window.violations") == []


def test_views_change(visitor: BrowserContext, program: Program) -> None:
    visitor.add_init_script(WATCH)
    page = visitor.new_page()
    page.goto(f"{program.url}/policy")
    for number in (0, 1, 0, 1):
        expect(page.locator("#loaded")).to_have_text(f"loaded {number}")
        expect(page.locator("h1")).to_have_text(f"View {number}")
        page.click("#next")
    assert page.evaluate("() => window.violations") == []


def test_trusted_types_without_ours_are_told_before_anything_is_changed(
    visitor: BrowserContext, program: Program, expect_console: Callable[..., None]
) -> None:
    expect_console("violates the following", "trusted-types pycommunicate", "requires 'TrustedHTML'")
    page = visitor.new_page()
    page.goto(f"{program.url}/policy?more=; trusted-types 'none'")
    expect(page.locator("#loaded")).to_have_text("loaded 0")
    page.click("#next")
    expect(page.get_by_text("This page cannot go on.")).to_be_visible()
    assert page.inner_text("h1") == "View 0"
    assert page.evaluate("() => window.pycommunicate.state") == "refused"
    reaches(lambda: "add: trusted-types pycommunicate" in program.log, True)


def test_trusted_types_that_nothing_requires(
    visitor: BrowserContext, program: Program, expect_console: Callable[..., None]
) -> None:
    expect_console("violates the following")
    page = visitor.new_page()
    page.goto(f"{program.url}/plain-policy")
    expect(page.locator("#loaded")).to_have_text("loaded 0")
    page.click("#next")
    expect(page.locator("#loaded")).to_have_text("loaded 1")


def test_a_sandbox_is_named_in_the_log(
    visitor: BrowserContext, program: Program, expect_console: Callable[..., None]
) -> None:
    expect_console("403")
    page = visitor.new_page()
    page.goto(f"{program.url}/policy?more=; sandbox allow-scripts")
    reaches(lambda: "in a sandbox (of its policy, or of a frame) without allow-same-origin" in program.log, True)
