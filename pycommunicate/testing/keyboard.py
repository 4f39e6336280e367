"""The keyboard of a simulated browser: the events of a key, and what the key does by itself."""

from pycommunicate.testing.dom import fields
from pycommunicate.testing.dom.node import Element, attribute, elements
from pycommunicate.testing.dom.properties import write_text
from pycommunicate.testing.dom.text import is_rendered
from pycommunicate.testing.keys import KEY_OF, code_of, split_keys
from pycommunicate.testing.person import Person, check_shown
from pycommunicate.testing.tab import Tab


class Keyboard:
    """The keys of one tab."""

    def __init__(self, tab: Tab, person: Person) -> None:
        self._tab = tab
        self._person = person

    def press(self, element: Element, keys: str) -> None:
        """Press a key in an element: `keydown`, what the key does, `keyup`."""
        check_shown(element, "used")
        tab = self._tab
        if tab.document.focusable(element):
            tab.focus(element)
        key, modifiers = split_keys(keys)
        for number, name in enumerate(modifiers, 1):
            self._key("keydown", element, KEY_OF[name], modifiers[:number])
        wanted = self._key("keydown", element, key, modifiers) and not {"ctrl", "alt", "meta"} & set(modifiers)
        if wanted and (len(key) == 1 or key == "Enter"):
            wanted = self._key("keypress", element, key, modifiers)
        if wanted:
            self._do(element, key)
        released = self._key("keyup", tab.document.active or element, key, modifiers)
        if wanted and released and key == " " and _is_pressed_by_space(element):
            self._person.activate(element, detail=0)
        for number, name in reversed(list(enumerate(modifiers))):
            self._key("keyup", tab.document.active or element, KEY_OF[name], modifiers[:number])

    def _key(self, event: str, element: Element, key: str, modifiers: list[str]) -> bool:
        if not self._tab.document.contains(element):
            return False
        return self._tab.dispatch(event, element, key=key, code=code_of(key), modifiers=modifiers)

    def _do(self, element: Element, key: str) -> None:
        many_lines = element.name == "textarea" or fields.is_editable(element)
        if fields.is_text_field(element) and (
            len(key) == 1 or key in {"Backspace", "Delete"} or (many_lines and key == "Enter")
        ):
            if attribute(element, "readonly") is None:
                self._type(element, key)
        elif key == "Enter" and (element.name in {"a", "summary"} or fields.type_of(element) in fields.BUTTONS):
            self._person.activate(element, detail=0)
        elif key == "Enter" and element.name == "input":
            self._tab.commit()
            self._submit_by_enter(element)
        elif key == "Tab":
            self._move_on(element)

    def _move_on(self, element: Element) -> None:
        document = self._tab.document
        order = [one for one in elements(document.body) if document.focusable(one) and is_rendered(one)]
        order = [one for one in order if not (attribute(one, "tabindex") or "").startswith("-")]
        place = next((number for number, one in enumerate(order, 1) if one is element), 0)
        self._tab.focus(order[place] if place < len(order) else None)

    def _type(self, element: Element, key: str) -> None:
        editable = fields.is_editable(element)
        before = element.get_text() if editable else fields.value_of(element)
        text = (
            before[:-1]
            if key == "Backspace"
            else before
            if key == "Delete"
            else before + ("\n" if key == "Enter" else key)
        )
        longest = attribute(element, "maxlength")
        if text == before or (longest is not None and longest.isdigit() and len(before) < len(text) > int(longest)):
            return
        if editable:
            write_text(self._tab.document, element, text, lines=True)
        else:
            fields.set_value(element, text)
            self._tab.uncommitted = element
        self._tab.dispatch("input", element)

    def _submit_by_enter(self, element: Element) -> None:
        form = fields.form_of(element)
        if form is None:
            return
        controls = fields.controls_of(form)
        button = next((one for one in controls if fields.type_of(one) in {"submit", "image"}), None)
        if button is not None:
            if not fields.is_disabled(button):
                self._person.activate(button, detail=0)
        elif sum(one.name == "input" and fields.is_text_field(one) for one in controls) == 1:
            self._person.submit(form)


def _is_pressed_by_space(element: Element) -> bool:
    return element.name == "summary" or fields.type_of(element) in fields.BUTTONS | fields.CHECKABLE
