"""Listeners: what fires, in which order, what a handler is told, and what ends it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.bench import APP, source
from tests.tools.waiting import eventually, reaches

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.bench import Bench
    from tests.tools.programs import Program

    Make = Callable[..., Bench]

SOURCE = source(
    """
    errors = []

    @app.on_error
    def _noted(error, context):
        errors.append([type(error).__name__, str(error)])

    @app.flask.get("/errors")
    def _errors():
        return jsonify(errors)
    """,
    app=APP,
)


def test_a_handler_without_an_argument(bench_on: Make) -> None:
    bench = bench_on('<button id="b">b</button>')
    bench.run("element('#b').add_event_listener('click', lambda: note('clicked'))")
    for count in (1, 2, 3):
        bench.page.click("#b")
        reaches(lambda: bench.notes, ["clicked"] * count)


def test_a_handler_of_its_own_for_each_element(bench_on: Make) -> None:
    bench = bench_on('<div id="box"></div>')
    bench.run(
        """
        def make(number):
            def handler():
                note(number)
                buttons[number].content = f"clicked {number}"
            return handler

        buttons = [element("#box").add_child("button") for _ in range(5)]
        for number, button in enumerate(buttons):
            button.content = f"button {number}"
            button.add_event_listener("click", make(number))
        """
    )
    buttons = bench.page.locator("#box button")
    expect(buttons).to_have_count(5)
    for number in (3, 0, 4):
        buttons.nth(number).click()
        expect(buttons.nth(number)).to_have_text(f"clicked {number}")
    assert bench.notes == [3, 0, 4]


def test_what_an_event_tells(bench_on: Make) -> None:
    bench = bench_on(
        '<button id="b" data-row-id="7" data-other="x"><i id="inner">i</i></button>'
        '<input id="field" value="v"><input type="checkbox" id="box">'
    )
    bench.run(
        """
        def tell(event):
            assert isinstance(event, Event)
            note([event.type, event.id, event.value, event.checked, event.key, event.code, event.data,
                  sorted(event.modifiers), event.target.id if event.target else None])

        element("#b").add_event_listener("click", tell)
        element("#field").add_event_listener("input", tell)
        element("#field").add_event_listener("keydown", tell)
        element("#box").add_event_listener("change", tell)
        """
    )
    # What is told of is the element that listens, not the one inside it that was hit.
    bench.page.click("#inner", modifiers=["Shift"])
    reaches(lambda: len(bench.notes), 1)
    kind, identity, _, checked, key, code, data, modifiers, target = bench.notes[0]
    assert (kind, identity, checked, key, code, modifiers, target) == ("click", "b", False, "", "", ["shift"], "b")
    assert data == {"rowId": "7", "other": "x"}
    bench.page.locator("#field").press("a")
    reaches(lambda: len(bench.notes), 3)
    assert [note[0] for note in bench.notes[1:]] == ["keydown", "input"]
    assert bench.notes[1][4:6] == ["a", "KeyA"]
    assert "a" in bench.notes[2][2]
    bench.page.check("#box")
    reaches(lambda: len(bench.notes), 4)
    assert bench.notes[3][0:4:3] == ["change", True]


def test_pointer_and_custom_events(bench_on: Make) -> None:
    bench = bench_on('<div id="box" style="width:100px;height:100px"></div>')
    bench.run(
        """
        element("#box").add_event_listener("click", lambda event: note([event.x, event.y]))
        element("#box").add_event_listener("my:event", lambda event: note([event.type, event.detail]))
        """
    )
    place = bench.page.locator("#box").bounding_box()
    assert place is not None
    bench.page.mouse.click(place["x"] + 10, place["y"] + 20)
    reaches(lambda: len(bench.notes), 1)
    x, y = bench.notes[0]
    assert abs(x - place["x"] - 10) < 1.1
    assert abs(y - place["y"] - 20) < 1.1
    bench.js("() => document.getElementById('box').dispatchEvent(new CustomEvent('my:event', {detail: {a: [1]}}))")
    reaches(lambda: bench.notes[1:], [["my:event", {"a": [1]}]])


def test_keys(bench_on: Make) -> None:
    bench = bench_on('<input id="field">')
    bench.run("element('#field').add_event_listener('keydown', lambda e: note(e.key), keys=['Enter', 'ArrowUp'])")
    for key in ("a", "Enter", "b", "ArrowUp", "Escape"):
        bench.page.locator("#field").press(key)
    reaches(lambda: bench.notes, ["Enter", "ArrowUp"])
    expect(bench.page.locator("#field")).to_have_value("ab")


def test_once_and_remove(bench_on: Make) -> None:
    bench = bench_on('<button id="b">b</button>')
    bench.run(
        """
        element("#b").add_event_listener("click", lambda: note("once"), once=True)
        kept["listener"] = element("#b").add_event_listener("click", lambda: note("each"))
        """
    )
    bench.page.click("#b")
    bench.page.click("#b")
    reaches(lambda: bench.notes, ["once", "each", "each"])
    bench.run("kept['listener'].remove()\nkept['listener'].remove()")
    bench.page.click("#b")
    bench.run("note('after')")
    assert bench.notes == ["once", "each", "each", "after"]


def test_one_listener_for_many(bench_on: Make) -> None:
    bench = bench_on('<ul id="list"><li data-n="1"><button><b>one</b></button></li></ul>')
    bench.run(
        """
        def chosen(event):
            note(event.data.get("n"))
            event.target.content = "chosen " + event.data["n"]
        element("#list").add_event_listener("click", chosen, selector="li")
        item = element("#list").add_child("li", attributes={"data-n": "2"})
        item.content = "two"
        """
    )
    bench.page.click("#list b")
    reaches(lambda: bench.notes, ["1"])
    expect(bench.page.locator("#list li").nth(0)).to_have_text("chosen 1")
    bench.page.click("#list li:nth-child(2)")
    expect(bench.page.locator("#list li").nth(1)).to_have_text("chosen 2")
    # Outside of any item nothing fires; items added by somebody else are found.
    bench.js(
        "() => { const l = document.getElementById('list'); l.click();"
        "l.insertAdjacentHTML('beforeend', '<li data-n=3>three</li>') }"
    )
    bench.page.click("#list li:nth-child(3)")
    expect(bench.page.locator("#list li").nth(2)).to_have_text("chosen 3")
    assert bench.notes == ["1", "2", "3"]


def test_prevent_default_and_submit(bench_on: Make) -> None:
    bench = bench_on(
        '<form id="form" action="/nowhere"><input name="text"><input name="more" value="m"><button id="send">Send</button></form>'
        '<a id="link" href="#there">link</a><input type="checkbox" id="box">'
    )
    url = bench.page.url
    bench.run(
        """
        element("#form").add_event_listener("submit", lambda event: note(event.value))
        element("#link").add_event_listener("click", lambda: note("link"), prevent_default=True)
        element("#box").add_event_listener("click", lambda: note("box"))
        """
    )
    bench.page.fill("[name=text]", "typed")
    bench.page.press("[name=text]", "Enter")
    reaches(lambda: bench.notes, [{"text": "typed", "more": "m"}])
    assert bench.page.url == url
    bench.page.click("#link")
    reaches(lambda: len(bench.notes), 2)
    assert bench.page.url == url
    bench.page.click("#box")
    reaches(lambda: len(bench.notes), 3)
    expect(bench.page.locator("#box")).to_be_checked()


def test_which_button_submitted_is_among_the_forms_data(bench_on: Make) -> None:
    bench = bench_on(
        '<form id="form"><input name="text"><button name="do" value="save">Save</button><button name="do" value="delete">Delete</button></form>'
    )
    bench.run("element('#form').add_event_listener('submit', lambda event: note(event.value))")
    bench.page.get_by_text("Delete").click()
    bench.page.press("[name=text]", "Enter")
    reaches(lambda: bench.notes, [{"text": "", "do": "delete"}, {"text": "", "do": "save"}])


def test_submit_may_go_its_way(bench_on: Make) -> None:
    bench = bench_on('<form id="form" action="/errors"><button id="send">Send</button></form>')
    bench.run("element('#form').add_event_listener('submit', lambda: note('sent'), prevent_default=False)")
    bench.page.click("#send")
    bench.page.wait_for_url("**/errors?*")
    reaches(lambda: bench.notes, ["sent"])


def test_reset(bench_on: Make) -> None:
    bench = bench_on('<form id="form"><input name="text" value="default"><button id="send">Send</button></form>')
    bench.run("element('#form').add_event_listener('submit', lambda event: note(event.value['text']), reset=True)")
    for text in ("one", "two", "three"):
        # The next may be typed at once: it is the browser that empties the form, not the handler.
        bench.page.fill("[name=text]", text)
        bench.page.click("#send")
        assert bench.page.input_value("[name=text]") == "default"
    reaches(lambda: bench.notes, ["one", "two", "three"])


def test_stop_propagation(bench_on: Make) -> None:
    bench = bench_on('<div id="outer"><button id="quiet">q</button><button id="loud">l</button></div>')
    bench.run(
        """
        element("#outer").add_event_listener("click", lambda: note("outer"))
        element("#quiet").add_event_listener("click", lambda: note("quiet"), stop_propagation=True)
        element("#loud").add_event_listener("click", lambda: note("loud"))
        """
    )
    bench.page.click("#quiet")
    bench.page.click("#loud")
    reaches(lambda: bench.notes, ["quiet", "loud", "outer"])


def test_while_running(bench_on: Make) -> None:
    bench = bench_on("".join(f'<button id="{kind}">{kind}</button>' for kind in ("parallel", "queue", "drop")))
    bench.run(
        """
        def slow(kind):
            def handler():
                note(f"{kind} begins")
                sleep(0.25)
                note(f"{kind} ends")
            return handler
        for kind in ("parallel", "queue", "drop"):
            element("#" + kind).add_event_listener("click", slow(kind), while_running=kind)
        """
    )
    click = "kind => { for (let i = 0; i < 3; i++) document.getElementById(kind).click() }"
    bench.js(click, "parallel")
    reaches(lambda: bench.notes, ["parallel begins"] * 3 + ["parallel ends"] * 3)
    bench.js(click, "queue")
    reaches(lambda: bench.notes[6:], ["queue begins", "queue ends"] * 3)
    bench.js(click, "drop")
    reaches(lambda: bench.notes[12:], ["drop begins", "drop ends"])
    bench.page.wait_for_timeout(300)
    assert len(bench.notes) == 14
    bench.page.click("#drop")
    reaches(lambda: bench.notes[14:], ["drop begins", "drop ends"])


def test_a_cancel_button_works_while_a_long_job_runs(bench_on: Make) -> None:
    bench = bench_on('<button id="start">s</button><button id="cancel">c</button><p id="status"></p>')
    bench.run(
        """
        def job():
            kept["cancelled"] = False
            for step in range(3000):
                if kept["cancelled"]:
                    element("#status").content = "cancelled"
                    return
                element("#status").content = f"step {step}"
                sleep(0.02)

        element("#start").add_event_listener("click", job)
        element("#cancel").add_event_listener("click", lambda: kept.update(cancelled=True))
        """
    )
    bench.page.click("#start")
    # What was written before a sleep is shown during it.
    expect(bench.page.locator("#status")).to_have_text(re.compile("step [1-9]"))
    bench.page.click("#cancel")
    expect(bench.page.locator("#status")).to_have_text("cancelled")


def test_two_thousand_rapid_clicks_are_two_thousand_events_in_order(bench_on: Make) -> None:
    bench = bench_on('<button id="b">b</button><p id="last"></p>')
    bench.run(
        """
        def clicked(event):
            note(int(event.data["n"]))
            last.content = event.data["n"]
        last = element("#last")
        element("#b").add_event_listener("click", clicked)
        """
    )
    bench.js(
        """() => {
            const send = WebSocket.prototype.send;
            window.messages = [];
            WebSocket.prototype.send = function (text) { window.messages.push(text); send.call(this, text); };
            const b = document.getElementById('b');
            for (let i = 1; i <= 2000; i++) { b.dataset.n = String(i); b.click(); }
        }"""
    )
    reaches(lambda: len(bench.notes), 2000)
    assert bench.notes == list(range(1, 2001))
    expect(bench.page.locator("#last")).to_have_text("2000")
    messages = [text for text in bench.js("() => window.messages") if '["event' in text]
    # As many as there is credit for: what runs at the same time (32) is credited together.
    assert len(messages) <= 120, [text[:80] for text in messages]
    assert max(len(text.encode()) for text in messages) <= 64 * 1024


def test_rapid_clicks_on_a_slow_handler_all_run(bench_on: Make) -> None:
    bench = bench_on('<button id="b">b</button>')
    bench.run(
        """
        def clicked(event):
            note(int(event.data["n"]))
            sleep(0.01)
        element("#b").add_event_listener("click", clicked)
        """
    )
    bench.js(
        """() => {
            const b = document.getElementById('b');
            for (let i = 1; i <= 600; i++) { b.dataset.n = String(i); b.click(); }
        }"""
    )
    reaches(lambda: len(bench.notes), 600)
    assert bench.notes == list(range(1, 601))


def test_a_handler_that_raises_leaves_the_page_alive(bench_on: Make, program: Program) -> None:
    bench = bench_on('<button id="bad">b</button><button id="good">g</button><p id="said"></p>')
    bench.run(
        """
        def oh_no_handler():
            element("#said").content = "written before"
            raise RuntimeError("this handler failed on purpose")
        element("#bad").add_event_listener("click", oh_no_handler)
        element("#good").add_event_listener("click", lambda: note("good"))
        """
    )
    bench.page.click("#bad")
    bench.page.click("#good")
    reaches(lambda: bench.notes, ["good"])
    expect(bench.page.locator("#said")).to_have_text("written before")
    eventually(lambda: "this handler failed on purpose" in program.err, what="the log has the error")
    assert "oh_no_handler" in program.err
    assert re.search(r'File "<bench>", line 4', program.err), "the log names the line"
    assert bench.js("() => fetch('/errors').then(r => r.json())")[-1] == [
        "RuntimeError",
        "this handler failed on purpose",
    ]
    assert "failed on purpose" not in bench.page.content()


def test_an_error_hook_that_raises_harms_nobody(bench_on: Make, program: Program) -> None:
    bench = bench_on('<button id="b">b</button>')
    bench.run(
        """
        def broken_hook(error, context):
            if "special" in str(error):
                raise ValueError("the hook failed as well")
        try:
            app.on_error(broken_hook)
        except Exception:
            note("frozen")  # configuration may be closed once the application serves
        def handler():
            raise KeyError("special")
        element("#b").add_event_listener("click", handler)
        """
    )
    bench.page.click("#b")
    eventually(lambda: "special" in program.err)
    assert bench.run("result = 'alive'") == "alive"


def test_typing_is_told_in_order(bench_on: Make) -> None:
    bench = bench_on('<input id="field"><p id="echo"></p>')
    bench.run(
        """
        echo = element("#echo")
        def typed(event):
            note(event.value)
            echo.content = event.value
        element("#field").add_event_listener("input", typed)
        """
    )
    text = "the quick brown fox"
    bench.page.locator("#field").press_sequentially(text)
    reaches(lambda: bench.notes, [text[:end] for end in range(1, len(text) + 1)])
    expect(bench.page.locator("#echo")).to_have_text(text)


def test_events_that_do_not_bubble(bench_on: Make) -> None:
    bench = bench_on('<input id="one"><input id="two">')
    bench.run(
        """
        for name in ("focus", "blur"):
            element("#one").add_event_listener(name, lambda event: note(event.type))
        """
    )
    bench.page.focus("#one")
    bench.page.focus("#two")
    reaches(lambda: bench.notes, ["focus", "blur"])
