"""Fields that are called like what their form can do, and images that are called like what the document can: everything works on such a page.

A field hides its form's own property of the same name (`[LegacyOverrideBuiltIns]`), so a form can't be asked for its `setAttribute`.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.bench import PAGE, source
from tests.tools.programs import ROOT
from tests.tools.raw import get
from tests.tools.waiting import reaches

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

    from tests.tools.fixtures import Server
    from tests.tools.programs import Program

NAMES = """kind => {
    const names = [];
    for (let one = window[kind].prototype; one; one = Object.getPrototypeOf(one)) names.push(...Object.getOwnPropertyNames(one));
    return [...new Set(names)];
}"""

SOURCE = source(
    """
    seen = []
    with open(os.environ["NAMES"], encoding="utf-8") as file:
        NAMES = json.load(file)

    class Clobbered(View):
        def render(self):
            return self.controller.templater.render("clobbered.html", title="Clobbered", **NAMES)

        def load(self):
            self.form = form = self.html_wrapper.element("#form")
            self.html_wrapper.element("#go").add_event_listener("click", self.work)
            self.html_wrapper.element("#again").add_event_listener("click", lambda: self.controller.change_view(0))
            form.add_event_listener("click", lambda event: seen.append(["click", event.id, event.target.id]), selector="li")
            form.add_event_listener("mouseenter", lambda event: seen.append(["over", event.id]), selector="li")
            form.add_event_listener("click", self.itself)
            form.add_event_listener("submit", self.submitted, reset=True)
            self.html_wrapper.element("#state").content = "ready"

        def itself(self, event):
            seen.append(["itself", event.id, event.data, event.target.attributes["class"], event.value])

        def submitted(self, event):
            seen.append(["submit", event.value["text"], event.value["setAttribute"]])

        def work(self):
            form = self.form
            form.attributes["lang"] = "de"
            form.attributes["style"] = "margin: 1px"
            form.style["color"] = "red"
            form.style["--own"] = "1"
            form.classes.add("b")
            form.set_property("title", "other")
            form.add_child("p", id="last", content="child")
            form.prepend_child("p", id="first")
            form.add_before("p", id="before")
            form.add_after("p", id="after")
            form.append_html(Markup("<i id=html>html</i>"))
            for number in range(12):
                form.add_child("li", id=f"row{number}", content=f"row {number}")
            self.html_wrapper.element("#text").add_before("b", id="inside")
            form.scroll_into_view()
            form.focus()
            form.blur()
            facts = form.attributes.all()
            seen.append([
                form.attributes["lang"], facts["title"], facts["class"], form.style["color"], form.style["--own"], sorted(form.classes), form.get_property("title"),
                form.get_property("id"), form.get_property("className"), form.form_data()["text"], self.html_wrapper.element("#text").get_property("parentElement").id,
                self.html_wrapper.exists("#form > #row11"),
            ])
            extra = self.html_wrapper.element("#extra")
            extra.content = "text"
            extra.clear()
            extra.add_child("p", content="new")
            extra.delete()
            self.html_wrapper.element("#state").content = "worked"

    app.add_controller("/", page_of(Clobbered))

    @app.flask.get("/seen")
    def _seen():
        return jsonify(seen)
    """
)
CLOBBERED = PAGE.replace(
    "{% block body %}{{ body|safe }}{% endblock %}",
    """
    {% for name in document %}<img name="{{ name }}" alt="">{% endfor %}
    <form id="form" class="a" title="t" data-kind="k" tabindex="0"><ul><li id="one">one</li></ul><input id="text" name="text" value="given"><button id="send">send</button>
    {% for name in form %}<input type="hidden" name="{{ name }}" value="x">{% endfor %}</form>
    <form id="extra">{% for name in form %}<input type="hidden" name="{{ name }}">{% endfor %}</form>
    <button id="go">go</button><button id="again">again</button><p id="state">loading</p>
    """,
)


ASK = """([selector, code]) => {
    const all = [...Document.prototype.querySelectorAll.call(document, selector)];
    return new Function("all", "one", `return ${code}`)(all, all[0]);
}"""


def ask(page: Page, selector: str, code: str) -> Any:
    """What some JavaScript answers of `all` elements, or of `one`. Playwright's own locators can't ask such a form either."""
    return page.evaluate(ASK, [selector, code])


def text(page: Page, selector: str) -> Any:
    return ask(page, selector, "one && one.textContent")


def click(page: Page, selector: str, until: str) -> None:
    ask(page, selector, "HTMLElement.prototype.click.call(one)")
    reaches(lambda: text(page, "#state"), until)


def seen(program: Program) -> list[Any]:
    return list(json.loads(get(program.port, "/seen").body))


@pytest.fixture(params=["form", "document", "both"])
def page(request: pytest.FixtureRequest, visitor: BrowserContext, serve: Server, tmp_path: Any) -> tuple[Page, Program]:
    """A page in which everything that a form (the document) has is hidden."""
    page = visitor.new_page()
    wanted = {"form": "HTMLFormElement", "document": "HTMLDocument"}
    names = {what: page.evaluate(NAMES, kind) if request.param in {what, "both"} else ["setAttribute"] for what, kind in wanted.items()}  # fmt: skip
    client = (ROOT / "pycommunicate" / "static" / "client.js").read_text(encoding="utf-8")
    assert len(set(re.findall(r"\.(\w+)", client)) & set(names["form"] + names["document"])) > 1, "what the client uses"
    (tmp_path / "names.json").write_text(json.dumps(names))
    program = serve(
        SOURCE, templates={"clobbered.html": CLOBBERED}, environment={"NAMES": str(tmp_path / "names.json")}
    )
    page.goto(program.url)
    reaches(lambda: text(page, "#state"), "ready")
    return page, program


def test_operations_reads_and_events(page: tuple[Page, Program]) -> None:
    page_, program = page
    click(page_, "#go", "worked")
    assert seen(program) == [
        ["de", "other", "a b", "red", "1", ["a", "b"], "other", "form", "a b", "given", "form", True]
    ]
    assert ask(page_, "#form > li", "all.map(li => li.textContent)") == [f"row {number}" for number in range(12)]
    assert ask(page_, "#form > :first-child", "one.id") == "first"
    assert ask(page_, "#before + #form + #after, #inside + #text, #form > #html", "all.map(one => one.id)") == [
        "text",
        "html",
        "after",
    ]
    assert ask(page_, "#extra", "all.length") == 0

    ask(page_, "#one", "one.dispatchEvent(new MouseEvent('mouseenter'))")
    ask(page_, "#one", "one.click()")
    ask(page_, "#text", "one.value = 'typed'")
    ask(page_, "#send", "one.click()")
    for expected in (
        ["over", "one"],
        ["click", "one", "one"],
        ["itself", "form", {"kind": "k"}, "a b", None],
        ["submit", "typed", "x"],
    ):
        reaches(lambda expected=expected: expected in seen(program), True)
    assert ask(page_, "#text", "one.value") == "given", "the form was reset"


def test_the_page_is_mounted_again_and_what_was_typed_stays(page: tuple[Page, Program]) -> None:
    page_, _program = page
    ask(page_, "#text", "(one.value = 'typed', one.dispatchEvent(new Event('input', {bubbles: true})))")
    click(page_, "#go", "worked")
    click(page_, "#again", "ready")
    assert ask(page_, "#form > li", "all.length") == 0
    assert ask(page_, "form", "all.length") == 2
    assert ask(page_, "#text", "all.map(one => one.value)") == ["typed"]
    assert ask(page_, "title", "one.textContent") == "Clobbered"
    click(page_, "#go", "worked")
