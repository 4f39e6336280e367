"""Text stays text: nothing that a visitor could have written runs, whichever way it takes into the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.bench import BARE, PAGE, source
from tests.tools.waiting import reaches

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext

    from tests.browser.bench import Bench
    from tests.tools.programs import Program

    Make = Callable[..., Bench]

TEXTS = [
    "<script>window.ran = 1</script>",
    "</script><script>window.ran = 1</script>",
    "<img src=x onerror='window.ran = 1'>",
    '"><svg onload="window.ran=1">',
    "' onmouseover='window.ran=1' x='",
    "{{ 7 * 7 }}{% raw %}${7*7}",
    "</title></textarea></style><img src=x onerror=window.ran=1>",
    "javascript:window.ran=1",
    "emoji \U0001f9d1\u200d\U0001f4bb\U0001f3fd, umlauts äöüß, 漢字, \u202eright to left",
    "lines \u2028 and \u2029 \u0085 end",
    "quotes \" ' ` \\ \\n \\u0041 and 100%",
    "<!-- comment --> <![CDATA[ x ]]> &lt;b&gt; &amp;",
    "\x01\x08\x1b\x7f control",
    "zero width \u200b\ufeff joiners",
]

SOURCE = source(
    f"TEXTS = {TEXTS!r}\n"
    """
class Inert(View):
    def render(self):
        number = self.controller.route_data["number"]
        return self.controller.templater.render("inert.html", text=TEXTS[number], title=TEXTS[number])
app.add_controller("/inert/<int:number>", page_of(Inert))
""",
    app=BARE,
)
PAGES = {
    "inert.html": PAGE.replace(
        "{% block body %}{{ body|safe }}{% endblock %}",
        '<p id="text">{{ text }}</p><input id="field" value="{{ text }}" title="{{ text }}"><textarea id="area">{{ text }}</textarea>',
    )
}


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_through_a_template(visitor: BrowserContext, program: Program, number: int) -> None:
    page = visitor.new_page()
    page.goto(f"{program.url}/inert/{number}")
    text = TEXTS[number]
    assert page.evaluate("() => document.getElementById('text').textContent") == text
    assert page.evaluate("() => document.getElementById('field').getAttribute('value')") == text
    assert page.evaluate("() => document.getElementById('field').title") == text
    assert page.evaluate("() => document.getElementById('area').value") == text
    assert page.evaluate("() => window.ran") is None


def test_through_the_api(bench_on: Make) -> None:
    bench = bench_on('<p id="text"></p><input id="field"><div id="box"></div>')
    for text in TEXTS:
        bench.run(
            f"""
            text = {text!r}
            kept["text"] = text
            element("#text").content = text
            element("#field").value = text
            element("#field").prop("title", text)
            element("#field").attributes["data-x"] = text
            element("#text").set_property("textContent", text)
            element("#box").clear()
            child = element("#box").add_child("b", content=text, attributes={{"title": text}})
            element("#box").append_html(Markup("<i title='{{}}'>{{}}</i>").format(text, text))
            element("#box").style["color"] = text
            element("#box").style["--x"] = text
            """
        )
        reaches(lambda: bench.js("() => document.querySelector('#box > i')?.textContent"), text)
        assert bench.js(
            """() => {
                const field = document.getElementById('field'), b = document.querySelector('#box > b');
                return [document.getElementById('text').textContent, field.title, field.dataset.x, b.textContent, b.title,
                        document.querySelector('#box > i').title, document.getElementById('box').children.length];
            }"""
        ) == [text, text, text, text, text, text, 2]
        assert bench.run("result = element('#text').get_property('textContent') == kept['text']")
        assert bench.run("result = element('#field').attributes['data-x'] == kept['text']")
    assert bench.js("() => window.ran") is None
    assert bench.js("() => [document.scripts.length, document.images.length]") == [2, 0]


def test_what_a_visitor_typed_comes_back_as_it_was(bench_on: Make) -> None:
    bench = bench_on('<input id="field"><p id="echo"></p>')
    bench.run(
        """
        def typed(event):
            note(event.value)
            element("#echo").content = event.value
        element("#field").add_event_listener("change", typed)
        """
    )
    texts = [text for text in TEXTS if "\n" not in text]
    for text in texts:
        bench.js(
            """text => {
                const field = document.getElementById('field');
                field.value = text;
                field.dispatchEvent(new Event('change', {bubbles: true}));
            }""",
            text,
        )
    reaches(lambda: bench.notes, texts)
    assert bench.js("() => window.ran") is None


def test_lone_surrogates_harm_nobody(bench_on: Make) -> None:
    bench = bench_on('<input id="field">')
    bench.run("element('#field').add_event_listener('change', lambda event: note(len(event.value)))")
    bench.js(
        """() => {
            const field = document.getElementById('field');
            field.value = 'a\\ud800b';
            field.dispatchEvent(new Event('change'));
        }"""
    )
    assert bench.run("result = 'alive'") == "alive"
    bench.run("element('#field').prop('title', 'x')")
    bench.run("element('#field').prop('title', 'a\\ud800b')")
    assert bench.run("result = 'still alive'") == "still alive"


def test_prototypes_are_unchanged(bench_on: Make) -> None:
    bench = bench_on('<div id="box"></div>')
    for code in (
        "element('#box').set_property('a', {'__proto__': {'polluted': 1}})",
        "element('#box').set_property('b', [{'constructor': {'prototype': {'polluted': 1}}}])",
        "element('#box').add_event_listener('click', note)",
    ):
        bench.run(code)
    assert bench.js("() => [({}).polluted, Object.prototype.polluted, [].polluted]") == [None, None, None]
    expect(bench.page.locator("#state")).to_have_text("ready")
