"""What a person does, and what the browser does by itself then."""

from __future__ import annotations

import pytest

from pycommunicate.testing import NotPossible


@pytest.fixture
def events(add, browser):
    """`events(body)`: a page with this body that notes what happens in it; returns page and notes."""

    def make(body, *names, **options):
        notes = []

        def load(view) -> None:
            for name in names:
                view.html_wrapper.element("body").add_event_listener(
                    name, lambda event: notes.append((event.type, event.id, event.value)), selector="*", **options
                )

        add("/", body, load)
        return browser.open(), notes

    return make


def test_fill(events) -> None:
    page, notes = events("<input id=a>", "focus", "input", "change", "blur")
    page.fill("#a", "x")
    page.blur()
    assert notes == [("focus", "a", ""), ("input", "a", "x"), ("change", "a", "x"), ("blur", "a", "x")]


def test_typing_changes_when_the_field_is_left(events) -> None:
    page, notes = events("<input id=a maxlength=2><input id=b>", "input", "change")
    page.type("#a", "xyz")
    page.press("#a", "Tab")
    assert page.focused.id == "b"
    assert notes == [("input", "a", "x"), ("input", "a", "xy"), ("change", "a", "xy")]
    page.press("#a", "Backspace")
    assert page.value("#a") == "x"


def test_boxes_and_labels(events) -> None:
    page, notes = events(
        "<label id=l>Yes <input type=checkbox id=a></label><label for=b id=m>B</label>"
        "<input type=radio name=r id=b><input type=radio name=r id=c checked>",
        "change",
    )
    page.click("#l")
    assert page.element("#a").checked
    page.check("#a", False)
    assert not page.element("#a").checked
    page.click("#m")
    assert page.element("#b").checked
    assert not page.element("#c").checked
    page.press("#a", "Space")
    assert page.element("#a").checked
    assert [note[1] for note in notes] == ["a", "a", "b", "a"]
    assert page.count(":checked") == 2


def test_prevented(events) -> None:
    page, _ = events("<input type=checkbox id=a><a id=b href=/x>x</a>", "click", prevent_default=True)
    page.click("#a")
    assert not page.element("#a").checked
    page.click("#b")
    assert page.path == "/"


def test_selects(events) -> None:
    page, notes = events("<select id=a><option value=1>One<option value=2>Two</select>", "change")
    assert page.value("#a") == "1"
    page.select("#a", "Two")
    assert page.element("#a").selected == ["2"]
    assert notes == [("change", "a", "2")]
    with pytest.raises(NotPossible, match=r"no option 'Three'.*'One', 'Two'"):
        page.select("#a", "Three")


def test_what_a_person_can_not_do(events) -> None:
    page, _ = events(
        "<button id=a disabled>x</button><fieldset disabled><input id=b></fieldset><p hidden><a id=c href=/>x</a></p>"
        "<input id=d readonly><input id=e type=number>"
    )
    for selector, sentence in (("#a", "disabled"), ("#b", "disabled"), ("#c", "hidden")):
        with pytest.raises(NotPossible, match=sentence):
            page.click(selector)
    for selector, sentence in (("#d", "read-only"), ("#e", "takes no 'x'"), ("#a", "no field")):
        with pytest.raises(NotPossible, match=sentence):
            page.fill(selector, "x")


def test_keys_and_any_event(add, browser) -> None:
    heard = []

    def load(view) -> None:
        body = view.html_wrapper.element("body")
        body.add_event_listener("keydown", lambda event: heard.append((event.key, event.code, set(event.modifiers))))
        body.add_event_listener("dblclick", lambda event: heard.append((event.x, event.target.id, event.data)))
        body.add_event_listener("my:own", lambda event: heard.append(event.detail))

    add("/", "<p id=a tabindex=0 data-row-id=7></p>", load)
    page = browser.open()
    page.press("#a", "Control+Shift+K")
    page.press("#a", "Escape")
    page.fire("#a", "dblclick", x=3)
    page.fire("#a", "my:own", detail={"a": [1]})
    assert heard[:3] == [
        ("Control", "ControlLeft", {"ctrl"}),
        ("Shift", "ShiftLeft", {"ctrl", "shift"}),
        ("K", "KeyK", {"ctrl", "shift"}),
    ]
    assert heard[3:] == [("Escape", "Escape", set()), (3, "", {}), {"a": [1]}]


def test_text() -> None:
    from pycommunicate.testing.dom.document import Document
    from pycommunicate.testing.dom.text import inner_text

    def text(html: str) -> str:
        return inner_text(Document(f"<!DOCTYPE html><body>{html}").body)

    assert text("<p>a\n  b</p><p>c</p>") == "a b\n\nc"
    assert text("<div>a<br>b <b> c</b></div>  <div>d</div>") == "a\nb c\nd"
    assert text("<ul><li>a</li> <li>b</li></ul>x<span hidden>y</span><script>z</script>") == "a\nb\nx"
    assert text("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>") == "1\t2\n3"
    assert text("<pre>a\n b</pre>") == "a\n b"
