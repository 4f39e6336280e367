"""HTMLWrapper and ElementWrapper: every documented method, and what people expect beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.bench import BenchError
from tests.tools.waiting import reaches

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.bench import Bench

    Make = Callable[..., Bench]


def test_exists_and_element(bench_on: Make) -> None:
    bench = bench_on('<p class="a">first</p><p class="a">second</p>')
    assert bench.run("result = [exists('#place'), exists('#nowhere'), exists('p.a + p.a')]") == [True, False, True]
    assert bench.run("result = [element('#nowhere') is None, element('p.a').content]") == [True, "first"]
    assert bench.run("result = [view.html_wrapper.exists('p'), controller.html_wrapper.exists('p')]") == [True, True]
    assert bench.run(
        "from pycommunicate.proxies.dom.html import HTMLWrapper\nresult = type(view.html_wrapper) is HTMLWrapper"
    )
    assert bench.run(
        "from pycommunicate.proxies.dom.element import ElementWrapper\nresult = type(element('p')) is ElementWrapper"
    )


def test_a_handle_stays_with_its_element(bench_on: Make) -> None:
    bench = bench_on('<p id="one">one</p>')
    bench.run("kept['one'] = element('#place p')")
    bench.js("() => document.getElementById('place').insertAdjacentHTML('afterbegin', '<p>before</p>')")
    assert bench.run("result = [kept['one'].content, element('#place p').content]") == ["one", "before"]


def test_prop_sets_gets_and_chains(bench_on: Make) -> None:
    bench = bench_on('<input id="field" value="typed" title="old"><input type="checkbox" id="box" checked>')
    assert (
        bench.run("result = [element('#field').prop('value'), element('#field').prop('value', None)]") == ["typed"] * 2
    )
    assert bench.run("result = element('#field').prop('title', 'new').prop('value', 'v').prop('title')") == "new"
    assert bench.js("() => document.getElementById('field').value") == "v"

    # Values that are false in Python are values like any other.
    assert bench.run("result = element('#field').prop('value', '').prop('value')") == ""
    assert bench.run("result = element('#box').prop('checked', False).prop('checked')") is False
    assert bench.run("result = element('#place').prop('scrollTop', 0).prop('scrollTop')") == 0
    bench.run("element('#field').prop('mine', 0)")
    assert bench.js("() => document.getElementById('field').mine === 0")
    assert bench.js("() => [document.getElementById('field').value, document.getElementById('box').checked]") == [
        "",
        False,
    ]


def test_what_a_property_holds_comes_as_python_has_it(bench_on: Make) -> None:
    bench = bench_on('<div id="box"><b id="inner">inner</b></div>')
    bench.js(
        """() => Object.assign(document.getElementById('box'), {
            whole: 5, half: 1.5, negative: -0.25, text: 'tëxt', yes: true, nothing: null, list: [1, 'a', [null]],
            object: {a: {b: [1]}}, call: () => 1, nan: NaN, endless: Infinity, none: undefined,
        })"""
    )
    names = [
        "whole",
        "half",
        "negative",
        "text",
        "yes",
        "nothing",
        "list",
        "object",
        "call",
        "nan",
        "endless",
        "none",
        "missing",
    ]
    values = bench.run(f"box = element('#box')\nresult = {{name: box.get_property(name) for name in {names!r}}}")
    assert values == {
        "whole": 5, "half": 1.5, "negative": -0.25, "text": "tëxt", "yes": True, "nothing": None, "list": [1, "a", [None]],
        "object": {"a": {"b": [1]}}, "call": None, "nan": None, "endless": None, "none": None, "missing": None,
    }  # fmt: skip
    assert bench.run("result = type(element('#box').get_property('whole')).__name__") == "int"
    assert bench.run("result = element('#inner').get_property('parentElement').get_property('id')") == "box"
    assert (
        bench.run("inner = element('#box').prop('firstElementChild')\ninner.content = 'set'\nresult = inner.id")
        == "inner"
    )
    assert bench.js("() => document.getElementById('inner').innerText") == "set"


def test_set_property_carries_json(bench_on: Make) -> None:
    bench = bench_on('<div id="box"></div>')
    values = [0, 1.5, True, False, None, "", "tëxt \U0001f600 \u2028", [1, [2]], {"a": {"b": None}}, 2**53 - 1]
    bench.run(
        f"""
        box = element("#box")
        for number, value in enumerate({values!r}):
            assert box.set_property(f"own{{number}}", value) is None
        """
    )
    reaches(lambda: bench.js(f"() => document.getElementById('box').own{len(values) - 1}"), 2**53 - 1)
    for number, value in enumerate(values):
        assert bench.js(f"() => document.getElementById('box').own{number}") == value
        assert bench.run(f"result = element('#box').get_property('own{number}')") == value


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("element('#box').set_property('innerHTML', '<b>')", "RefusedName"),
        ("element('#box').set_property('outerHTML', '<b>')", "RefusedName"),
        ("element('#box').set_property('onclick', 'alert(1)')", "RefusedName"),
        ("element('#box').set_property('__proto__', {})", "RefusedName"),
        ("element('#box').get_property('constructor')", "RefusedName"),
        ("element('#box').attributes['onclick'] = 'alert(1)'", "RefusedName"),
        ("element('#box').attributes['srcdoc'] = '<b>'", "RefusedName"),
        ("element('#box').add_child('script')", "RefusedName"),
        ("element('#box').add_child('SCRIPT')", "RefusedName"),
        ("element('#box').add_child('a b')", "RefusedName"),
        ("element('#box').append_html('<b>no Markup</b>')", "RefusedName"),
        ("element('#box').set_property('href', 'javascript:alert(1)')", "UnsafeURL"),
        ("element('#box').attributes['href'] = ' javascript:alert(1)'", "UnsafeURL"),
        ("element('#box').attributes['src'] = 'data:text/html,x'", "UnsafeURL"),
        ("element('#box').attributes['href'] = '//evil.example'", "UnsafeURL"),
        ("element('#box').set_property('own', {1, 2})", "NotSerializable"),
        ("element('#box').set_property('own', float('nan'))", "NotSerializable"),
        ("element('#box').set_property('own', 2**53)", "NotSerializable"),
        ("element('#box').set_property('own', b'bytes')", "NotSerializable"),
        ("element('#box').add_event_listener('click', lambda a, b: None)", "TypeError"),
        ("element('#box').add_event_listener('click', None)", "TypeError"),
        ("element('#box').add_event_listener('click', note, while_running='never')", "ValueError"),
        ("element('#box').classes.add('two words')", "ValueError"),
        ("element('#box').attributes['missing']", "KeyError"),
        ("element(5)", "TypeError"),
    ],
)  # fmt: skip
def test_mistakes_raise_where_they_are_made(shared_bench: Bench, code: str, name: str) -> None:
    with pytest.raises(BenchError) as caught:
        shared_bench.run(code)
    assert caught.value.name == name
    assert caught.value.text
    assert shared_bench.js("() => document.getElementById('place').innerHTML") == '<a id="box"></a>'


@pytest.fixture
def shared_bench(bench_on: Make) -> Bench:
    return bench_on('<a id="box"></a>')


def test_a_write_is_seen_by_the_read_after_it(bench_on: Make) -> None:
    bench = bench_on('<input id="field"><p id="text"></p>')
    assert bench.run(
        """
        field, text = element("#field"), element("#text")
        result = []
        for number in range(20):
            field.set_property("value", f"v{number}")
            result.append(field.get_property("value"))
            text.content = f"t{number}"
            result.append(text.content)
        """
    ) == [f"{kind}{number}" for number in range(20) for kind in "vt"]
    assert bench.run("element('#field').id = 'renamed'\nresult = [exists('#field'), element('#renamed').id]") == [
        False,
        "renamed",
    ]
    assert bench.run(
        "element('#text').add_child('i').id = 'made'\nresult = [exists('#text > i'), element('#made').id]"
    ) == [True, "made"]
    assert bench.run("element('#made').delete()\nresult = exists('#made')") is False


def test_add_child_before_after(bench_on: Make) -> None:
    bench = bench_on('<ul id="list"><li id="middle">middle</li></ul>')
    bench.run(
        """
        list_, middle = element("#list"), element("#middle")
        last = list_.add_child("li")
        last.content = "last"
        last.id = "last"
        before = middle.add_before("li")
        before.content = "before"
        after = middle.add_after("li")
        after.content = "after"
        list_.prepend_child("li").content = "first"
        deep = last.add_child("div").add_child("span")
        deep.content = "deep"
        deep.add_before("b", id="b", content="bold", attributes={"data-x": "1", "hidden": True})
        result = [item.content for item in (before, middle, after)]
        """
    )
    expect(bench.page.locator("#list > li")).to_have_text(["first", "before", "middle", "after", "lastbolddeep"])
    assert bench.js("() => document.querySelector('#last > div').innerHTML") == (
        '<b id="b" data-x="1" hidden="">bold</b><span>deep</span>'
    )


def test_delete(bench_on: Make) -> None:
    bench = bench_on('<div id="outer"><p id="inner">text</p></div><p id="other">other</p>')
    bench.run(
        "kept.update(outer=element('#outer'), inner=element('#inner'), other=element('#other'))\nresult = kept['outer'].delete()"
    )
    expect(bench.page.locator("#outer")).to_have_count(0)
    for name in ("outer", "inner"):
        with pytest.raises(BenchError) as caught:
            bench.run(f"kept[{name!r}].get_property('id')")
        assert caught.value.name == "ElementGone"
    # A write to an element that is gone is one failed operation; the next goes on.
    bench.run("kept['inner'].content = 'lost'\nkept['other'].content = 'still here'")
    expect(bench.page.locator("#other")).to_have_text("still here")
    bench.js("() => document.getElementById('other').remove()")
    bench.run("element('#place').add_child('p').id = 'again'")
    expect(bench.page.locator("#again")).to_have_count(1)


def test_content_is_inner_text(bench_on: Make) -> None:
    bench = bench_on('<p id="text">a <b>b</b><span style="display:none">hidden</span></p>')
    assert bench.run("result = element('#text').content") == "a b"
    for text in ("plain", "", "two\nlines", "<b>&amp;</b>", "🙂 ü \u2028"):
        bench.run(f"element('#text').content = {text!r}")
        assert bench.js("() => document.getElementById('text').querySelectorAll('b').length") == 0
        assert bench.run("result = element('#text').content") == text
    assert bench.js("() => { document.getElementById('text').innerText = 'x' }") is None
    bench.run("element('#text').content = 5")
    expect(bench.page.locator("#text")).to_have_text("5")


def test_value_id_checked_disabled(bench_on: Make) -> None:
    bench = bench_on('<input id="field" value="a"><input type="checkbox" id="box"><button id="button">b</button>')
    assert bench.run("f = element('#field')\nresult = [f.value, f.id, element('#box').checked, f.disabled]") == [
        "a", "field", False, False,
    ]  # fmt: skip
    assert bench.run(
        """
        field, box, button = element("#field"), element("#box"), element("#button")
        field.value, box.checked, button.disabled, button.id = "b", True, True, "renamed"
        result = [field.value, box.checked, button.disabled, button.id]
        """
    ) == ["b", True, True, "renamed"]
    expect(bench.page.locator("#renamed")).to_be_disabled()
    expect(bench.page.locator("#box")).to_be_checked()
    bench.page.fill("#field", "typed by a person")
    assert bench.run("result = element('#field').value") == "typed by a person"


def test_style(bench_on: Make) -> None:
    bench = bench_on('<div id="box" style="color: red"></div>')
    assert bench.run(
        """
        style = element("#box").style
        style["marginTop"] = "456px"
        style["background-color"] = "blue"
        style["--accent"] = "3px"
        result = [style[name] for name in ("marginTop", "margin-top", "backgroundColor", "--accent", "color", "width")]
        """
    ) == ["456px", "456px", "blue", "3px", "red", ""]
    assert bench.js("() => getComputedStyle(document.getElementById('box')).marginTop") == "456px"
    assert bench.run(
        """
        style = element("#box").style
        del style["color"]
        style["--accent"] = None
        style.update({"marginTop": "", "width": "5px"})
        result = [style[name] for name in ("color", "--accent", "marginTop", "width")]
        """
    ) == ["", "", "", "5px"]


def test_attributes(bench_on: Make) -> None:
    bench = bench_on('<a id="link" href="/x" data-row="1">link</a>')
    assert bench.run(
        """
        attributes = element("#link").attributes
        result = [attributes["href"], attributes.get("missing"), attributes.get("missing", "d"), "data-row" in attributes, "x" in attributes]
        attributes["aria-label"] = 'say "hi"'
        attributes["href"] = "https://example.org/?a=b&c=d"
        attributes["hidden"] = True
        attributes["tabindex"] = 3
        del attributes["data-row"]
        result += [attributes["aria-label"], attributes["hidden"], "data-row" in attributes, sorted(attributes)]
        attributes["hidden"] = False
        result.append("hidden" in attributes)
        """
    ) == ["/x", None, "d", True, False, 'say "hi"', "", False, ["aria-label", "hidden", "href", "id", "tabindex"], False]  # fmt: skip
    assert bench.js("() => document.getElementById('link').getAttribute('href')") == "https://example.org/?a=b&c=d"


def test_classes(bench_on: Make) -> None:
    bench = bench_on('<p id="text" class="one two">x</p>')
    assert bench.run(
        """
        classes = element("#text").classes
        classes.add("three", "four")
        classes.remove("one", "missing")
        result = [list(classes), "two" in classes, "one" in classes]
        classes.toggle("two")
        classes.toggle("five")
        classes.toggle("six", True)
        classes.toggle("three", False)
        classes.replace("four", "for")
        result.append(sorted(classes))
        """
    ) == [["two", "three", "four"], True, False, ["five", "for", "six"]]


def test_form_data(bench_on: Make) -> None:
    bench = bench_on(
        """
        <form id="form">
          <input name="text" value="té&xt"><input name="off" type="checkbox"><input name="on" type="checkbox" checked>
          <input type="radio" name="r" value="a"><input type="radio" name="r" value="b" checked>
          <select name="many" multiple><option selected>1</option><option selected>2</option><option>3</option></select>
          <textarea name="area">two
lines</textarea><input name="gone" value="x" disabled><input type="file" name="file"><input type="hidden" name="h" value="">
          <button name="submit" value="s">Send</button><input value="nameless">
        </form>
        """
    )
    data = bench.run("result = element('#form').form_data()")
    data["area"] = data["area"].replace("\r\n", "\n")
    assert data == {"text": "té&xt", "on": "on", "r": "b", "many": ["1", "2"], "area": "two\nlines", "h": ""}
    bench.page.fill("[name=text]", "typed")
    assert bench.run("result = element('#place').form_data()['text']") == "typed"


def test_focus_blur_scroll(bench_on: Make) -> None:
    bench = bench_on('<input id="field"><div style="height:5000px"></div><p id="far">far</p>')
    bench.run("element('#field').focus()")
    expect(bench.page.locator("#field")).to_be_focused()
    bench.run("element('#field').blur()")
    expect(bench.page.locator("#field")).not_to_be_focused()
    bench.run("element('#far').scroll_into_view()")
    expect(bench.page.locator("#far")).to_be_in_viewport()


def test_append_html_and_clear(bench_on: Make) -> None:
    bench = bench_on('<div id="box"><p id="kept">kept</p></div>')
    bench.run(
        """
        box = element("#box")
        assert box.append_html(Markup('<p id="new"><b>{}</b></p><p>second</p>').format("<i>escaped</i>")) is box
        element("#new").add_event_listener("click", lambda: note("clicked"))
        element("#kept").content = "still the same element"
        """
    )
    expect(bench.page.locator("#box > p")).to_have_text(["still the same element", "<i>escaped</i>", "second"])
    bench.page.click("#new")
    reaches(lambda: bench.notes, ["clicked"])
    # Scripts and handlers that come along do not run.
    bench.run(
        "element('#box').append_html(Markup('<script>window.ran = 1</script><table><tr><td>cell</td></tr></table>'))"
    )
    expect(bench.page.locator("#box td")).to_have_text("cell")
    assert bench.js("() => window.ran") is None
    bench.run("element('#box').clear().add_child('p').content = 'alone'")
    assert bench.js("() => document.getElementById('box').innerHTML") == "<p>alone</p>"


def test_append_html_draws_in_an_svg(bench_on: Make) -> None:
    bench = bench_on('<svg id="chart"><g id="bars"></g><foreignObject id="note"></foreignObject></svg>')
    bench.run(
        """
        element("#chart").append_html(Markup('<circle r="3"/> '))
        element("#bars").append_html(Markup('<rect width="5"/><script>window.ran = 1</script><rect width="6"/>'))
        element("#note").append_html(Markup('<p>text</p>'))
        """
    )
    kinds = "Object.fromEntries([...document.querySelectorAll('#chart *')].map((e) => [e.localName, e.namespaceURI.slice(-3)]))"
    assert bench.js(f"() => {kinds}") == {
        "g": "svg", "rect": "svg", "script": "svg", "foreignObject": "svg", "p": "tml", "circle": "svg",
    }  # fmt: skip
    assert bench.js("() => window.ran") is None


def test_many_writes_take_few_messages(bench: Bench) -> None:
    from tests.tools.fixtures import count_frames

    frames = count_frames(bench.page)
    bench.page.reload()
    expect(bench.page.locator("#state")).to_have_text("ready")
    bench.page.wait_for_timeout(100)
    frames.clear()
    bench.run(
        """
        place = element("#place")
        for number in range(3000):
            row = place.add_child("p")
            row.id = f"row{number}"
            row.content = f"row {number}"
        """
    )
    expect(bench.page.locator("#row2999")).to_have_text("row 2999")
    bench.page.wait_for_timeout(100)
    assert len(frames.received) < 10
    assert frames.size < 3000 * 30
    assert len(frames.sent) < 25
