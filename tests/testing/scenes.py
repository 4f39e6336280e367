"""One program and its scenes, for the simulated browser and for Chromium alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAM: Final = """
import os
from pycommunicate import CommunicateApp, ControllerFactory, Markup, View

app = CommunicateApp(web_port=int(os.environ.get("PORT", "0")), host="127.0.0.1")
app.set_secret_key("a key for the tests, used nowhere else")


class Shown(View):
    def render(self):
        return self.controller.templater.render(self.template, data=self.controller.route_data)

    def __getattr__(self, name):
        raise AttributeError(name)

    @property
    def e(self):
        return self.html_wrapper.element


class Todo(Shown):
    template = "todo.html"

    def load(self):
        self.rows = self.e("#todo")
        self.e("#new").add_event_listener("submit", self.add, reset=True)
        self.rows.add_event_listener("click", self.remove, selector="button")
        self.rows.add_event_listener("change", self.done, selector="input")
        self.number = 0

    def add(self, event):
        if not event.value["text"]:
            return
        self.number += 1
        row = self.rows.add_child("p")
        row.id = f"row{self.number}"
        row.add_child("input", attributes={"type": "checkbox", "data-row": f"row{self.number}"})
        row.add_child("span", content=f"- {event.value['text']}")
        row.add_child("button", content="x", attributes={"type": "button", "data-row": f"row{self.number}"})
        self.e("#count").content = f"{self.number}\\nentries <b>"

    def remove(self, event):
        self.e("#" + event.data["row"]).delete()
        self.e("#next").focus()

    def done(self, event):
        row = self.e("#" + event.data["row"])
        (row.classes.add if event.checked else row.classes.remove)("done")
        row.style["textDecoration"] = "line-through" if event.checked else None


class Fields(Shown):
    template = "fields.html"

    def load(self):
        body = self.e("#f")
        for name in ("input", "change", "click", "keydown", "submit", "reset"):
            body.add_event_listener(name, self.note, selector="*")
        self.e("#ask").add_event_listener("click", self.ask)
        self.e("#set").add_event_listener("click", self.set)

    def note(self, event):
        value = sorted(event.value.items()) if isinstance(event.value, dict) else event.value
        line = f"{event.type} {event.id} {value!r} {event.checked} {event.key} {event.code} {sorted(event.modifiers)} {event.detail} {event.data}"
        self.e("#log").add_child("li").content = line

    def ask(self):
        said = []
        for field in ("#a", "#t", "#c", "#r1", "#s", "#m", "#n", "#f", "#link", "#b"):
            element = self.e(field)
            for name in ("value", "checked", "disabled", "type", "id", "tagName", "className", "tabIndex", "href", "selectedIndex",
                         "innerText", "required", "maxLength", "dataset", "classList", "title", "hidden", "placeholder", "name", "lang"):
                said.append(f"{field} {name} {element.get_property(name)!r}")
        said.append(repr(self.e("#f").form_data()))
        said.append(repr([self.html_wrapper.exists(s) for s in ("#c:checked", "#nope", "option:checked", "#f > input", "input:disabled")]))
        self.e("#said").content = "\\n".join(said)

    def set(self):
        self.e("#a").value = "by the server"
        self.e("#t").value = "two\\nlines"
        self.e("#c").set_property("checked", True)
        self.e("#s").value = "2"
        self.e("#a").disabled = True
        self.e("#n").set_property("value", "12")
        self.e("#b").attributes["aria-label"] = "B"
        self.e("#b").style["--x"] = "1px"
        self.e("#b").style.update({"color": "red", "margin-top": "4px"})
        self.e("#said").append_html(Markup("<table><tr><td>1<td>2</table>"))


class Focus(Shown):
    template = "focus.html"

    def load(self):
        for name in ("input", "change", "click", "keydown", "keyup", "focus", "blur", "focusin", "focusout", "mousedown", "mouseup"):
            self.e("#f").add_event_listener(name, self.note, selector="*")

    def note(self, event):
        self.e("#log").add_child("li").content = f"{event.type} {event.id} {event.value!r} {event.key} {event.detail}"


class One(Shown):
    template = "one.html"

    def load(self):
        self.e("#go").add_event_listener("click", lambda: self.controller.change_view(1))
        self.e("#away").add_event_listener("click", lambda: self.controller.redirect("/todo"))
        self.e("#late").add_child("input", attributes={"id": "made", "name": "made"})


class Two(Shown):
    template = "two.html"

    def load(self):
        self.e("#back").add_event_listener("click", lambda: self.controller.change_view(0))
        self.e("#said").content = "two is here"
        self.e("#field").focus()


class Ticks(Shown):
    template = "ticks.html"

    def load(self):
        self.left = 3
        self.timer = self.add_timer(0.05, self.tick)
        self.subscribe("told", self.hear)
        self.e("#tell").add_event_listener("click", lambda: app.topic("told").publish("heard"))

    def tick(self):
        self.left -= 1
        self.e("#left").content = self.left
        if not self.left:
            self.cancel_timer(self.timer)

    def hear(self, value):
        self.e("#heard").content = value


def page_of(*views):
    factory = ControllerFactory()
    for view in views:
        factory.add_view(view)
    return factory.set_default_view(views[0])

for route, views in {"/todo": [Todo], "/fields": [Fields], "/focus": [Focus], "/views": [One, Two], "/ticks": [Ticks]}.items():
    app.add_controller(route, page_of(*views))

if __name__ == "__main__":
    app.run()
"""

_FRAME: Final = (
    '<!DOCTYPE html><html lang="en"><head><title>{0}</title><link rel="icon" href="data:,">'
    "{{{{ add_includes() }}}}</head><body>{1}</body></html>"
)

TEMPLATES: Final = {
    f"{name}.html": _FRAME.format(name, body)
    for name, body in {
        "todo": '<h1>To do</h1><form id="new"><input id="next" name="text"><button id="add">Add</button></form>'
        '<p id="count">none</p><div id="todo"></div><a id="over" href="/fields?from=todo">over</a>',
        "fields": '<form id="f"><input id="a" name="a" placeholder="p" maxlength="9" required><textarea id="t" name="t">text</textarea>'
        '<label><input id="c" name="c" type="checkbox" data-row-id="7"><b id="lc">C</b></label>'
        '<input id="r1" name="r" type="radio" value="1" checked><input id="r2" name="r" type="radio" value="2">'
        '<select id="s" name="s"><option value="1">One</option><option value="2">Two</option></select>'
        '<select id="m" name="m" multiple><option selected>x</option><option>y</option><option selected>z</option></select>'
        '<input id="n" name="n" type="number" value="3"><input id="off" name="off" disabled value="o">'
        '<a id="link" href="/todo?x=1#y">link</a><button id="b" class="big red">Send</button>'
        '<button id="again" type="reset">Reset</button></form>'
        '<button id="ask">Ask</button><button id="set">Set</button><p id="said"></p><ol id="log"></ol>',
        "focus": '<div id="f"><input id="a"><input id="b"><label id="l" for="c">C</label><input type="checkbox" id="c">'
        '<a id="d" href="#there">D</a><button id="e">E</button><p id="p">text</p></div><ol id="log"></ol>',
        "one": '<h1>One</h1><input id="kept" name="kept" value="as served"><details id="d"><summary>More</summary>hidden</details>'
        '<button id="go">Go</button><button id="away">Away</button><div id="late"></div>',
        "two": '<h1 class="two">Two</h1><input id="field" name="kept" value="other"><button id="back">Back</button><p id="said"></p>',
        "ticks": '<p id="left">3</p><button id="tell">Tell</button><p id="heard">nothing</p>',
    }.items()
}

Step = tuple[Any, ...]

SCENES: Final[dict[str, list[Step]]] = {
    "a todo": [
        ("open", "/todo"),
        ("fill", "#next", "milk & <b>honey</b>"),
        ("click", "#add"),
        ("fill", "#next", "eggs"),
        ("press", "#next", "Enter"),
        ("click", "#add"),
        ("fill", "#next", "bread"),
        ("click", "#add"),
        ("click", "#row1 input"),
        ("click", "#row2 input"),
        ("click", "#row1 input"),
        ("click", "#row2 button"),
        ("click", "#over"),
    ],
    "fields": [
        ("open", "/fields"),
        ("click", "#ask"),
        ("click", "#b"),
        ("fill", "#a", "typed"),
        ("press", "#a", "x"),
        ("press", "#a", "Shift+Y"),
        ("press", "#a", "Escape"),
        ("press", "#a", "Backspace"),
        ("fill", "#t", "more text"),
        ("click", "#lc"),
        ("press", "#c", "Space"),
        ("check", "#r2"),
        ("select", "#s", "2"),
        ("select", "#m", "y"),
        ("fill", "#n", "4"),
        ("click", "#ask"),
        ("click", "#b"),
        ("click", "#set"),
        ("click", "#ask"),
        ("click", "#again"),
        ("click", "#ask"),
    ],
    "focus": [
        ("open", "/focus"),
        ("click", "#a"),
        ("press", "#a", "x"),
        ("press", "#a", "Tab"),
        ("press", "#b", "y"),
        ("click", "#l"),
        ("click", "#d"),
        ("press", "#d", "Enter"),
        ("press", "#e", "Enter"),
        ("press", "#e", "Space"),
        ("click", "#p"),
        ("click", "#a"),
        ("press", "#a", "z"),
        ("press", "#a", "Enter"),
        ("click", "#p"),
    ],
    "views": [
        ("open", "/views"),
        ("fill", "#kept", "typed"),
        ("fill", "#made", "typed too"),
        ("click", "summary"),
        ("click", "#go"),
        ("fill", "#field", "z"),
        ("click", "#back"),
        ("reload",),
        ("click", "#go"),
        ("reload",),
        ("click", "#away"),
    ],
    "timers and tabs": [
        ("open", "/ticks"),
        ("open", "/ticks"),
        ("shows", "#left", "0"),
        ("click", "#tell"),
        ("tab", 0),
        ("shows", "#left", "0"),
    ],
}


def run(scene: list[Step], driver: Any, after: Callable[[int, Step], None]) -> None:
    """Drive one browser through a scene. What a page shows while its timers run is not looked at: `shows` waits for their end."""
    for number, step in enumerate(scene):
        getattr(driver, step[0])(*step[1:])
        if step != ("open", "/ticks"):
            after(number, step)
