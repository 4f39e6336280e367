"""What a person does with a page: the events of it in the browser's order, and what the browser does by itself then."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode, urljoin

from pycommunicate.testing.dom import fields
from pycommunicate.testing.dom.node import Element, ancestors, attribute, children, closest, elements, set_attribute
from pycommunicate.testing.dom.properties import write_text
from pycommunicate.testing.dom.serialize import outer_html
from pycommunicate.testing.dom.text import is_rendered
from pycommunicate.testing.errors import NotPossible
from pycommunicate.testing.tab import Tab


class Person:
    """Somebody in front of a tab."""

    def __init__(self, tab: Tab) -> None:
        self._tab = tab

    # -- the pointer ----------------------------------------------------------------------------------------------------------

    def click(self, element: Element, **facts: Any) -> None:
        """Click: pointer and mouse events, focus, `click`, and what follows from it."""
        check_shown(element, "clicked")
        tab = self._tab
        if fields.is_disabled(element):
            raise NotPossible(f"{describe(element)} is disabled and can't be clicked")
        if tab.dispatch("pointerdown", element, **facts) and tab.dispatch("mousedown", element, detail=1, **facts):
            tab.focus(next((one for one in ancestors(element) if tab.document.focusable(one)), None))
        tab.dispatch("pointerup", element, **facts)
        tab.dispatch("mouseup", element, detail=1, **facts)
        self.activate(element, detail=1, **facts)

    def activate(self, element: Element, **facts: Any) -> None:
        """The `click` event with its default actions: what a click, Enter on a link, or Space on a button end in."""
        tab = self._tab
        kind = fields.type_of(element) if element.name == "input" else ""
        before = [(one, one.live_checked) for one in fields.radio_group(element)] if kind in fields.CHECKABLE else []
        was = fields.is_checked(element)
        if kind in fields.CHECKABLE:
            fields.set_checked(element, not was if kind == "checkbox" else True)
        wanted = tab.dispatch("click", element, **facts)
        if kind in fields.CHECKABLE:
            if not wanted:
                for one, checked in before:
                    one.live_checked = checked
            elif fields.is_checked(element) != was:
                tab.dispatch("input", element)
                tab.dispatch("change", element)
        elif wanted:
            self._default_of_click(element)

    def _default_of_click(self, element: Element) -> None:
        for one in ancestors(element):
            if one.name == "a" and attribute(one, "href") is not None:
                self._follow(one)
            elif one.name in {"button", "input"} and fields.type_of(one) in fields.BUTTONS:
                self._press_button(one)
            elif one.name == "label":
                self._click_label(one, element)
            elif one.name == "summary" and (details := closest(one, "details")) is not None:
                set_attribute(details, "open", None if attribute(details, "open") is not None else "")
                self._tab.dispatch("toggle", details)
            else:
                continue
            return

    def _follow(self, link: Element) -> None:
        if attribute(link, "target") in {None, "", "_self", "_top", "_parent"} and attribute(link, "download") is None:
            self._tab.go(attribute(link, "href") or "")

    def _press_button(self, button: Element) -> None:
        form = fields.form_of(button)
        kind = fields.type_of(button)
        if form is None or fields.is_disabled(button):
            return
        if kind in {"submit", "image"}:
            self.submit(form, button)
        elif kind == "reset" and self._tab.dispatch("reset", form):
            fields.reset(form)

    def _click_label(self, label: Element, clicked: Element) -> None:
        named = attribute(label, "for")
        control = (
            self._tab.document.by_id(named)
            if named
            else next((one for one in elements(label) if one.name in fields.CONTROLS), None)
        )
        if control is None or any(one is control for one in ancestors(clicked)) or fields.is_disabled(control):
            return
        self._tab.focus(control)
        self.activate(control, detail=1)

    # -- fields -----------------------------------------------------------------------------------------------------------------

    def fill(self, element: Element, text: str) -> None:
        """Put text into a field instead of what is there: focus, `input`, `change`."""
        self._check_field(element)
        tab = self._tab
        tab.focus(element)
        if fields.is_editable(element):
            write_text(tab.document, element, text, lines=True)
        else:
            fields.set_value(element, text)
            if text and not fields.value_of(element):
                raise NotPossible(f"{describe(element)} takes no {text!r}")
        tab.uncommitted = None
        tab.dispatch("input", element)
        if not fields.is_editable(element):
            tab.dispatch("change", element)

    def check(self, element: Element, *, checked: bool) -> None:
        """Tick a box or choose a radio button, where it is not so already."""
        if element.name != "input" or fields.type_of(element) not in fields.CHECKABLE:
            raise NotPossible(f"{describe(element)} is no checkbox and no radio button")
        if fields.is_checked(element) != checked:
            if fields.type_of(element) == "radio" and not checked:
                raise NotPossible(f"{describe(element)} is a radio button: choose another one of its group")
            self.click(element)

    def select(self, element: Element, wanted: Iterable[str]) -> None:
        """Choose options of a select, by value or by what is shown: focus, `input`, `change`."""
        check_shown(element, "used")
        if element.name != "select" or fields.is_disabled(element):
            raise NotPossible(f"{describe(element)} is {'disabled' if element.name == 'select' else 'no select'}")
        known = fields.options(element)
        values = []
        for name in wanted:
            option = next((one for one in known if name in {fields.option_value(one), fields.option_text(one)}), None)
            if option is None or fields.is_disabled(option):
                there = ", ".join(repr(fields.option_text(one)) for one in known)
                raise NotPossible(f"{describe(element)} has no option {name!r} to choose; its options: {there}")
            values.append(fields.option_value(option))
        self._tab.focus(element)
        if values != [fields.option_value(one) for one in fields.selected(element)]:
            fields.choose(element, values)
            self._tab.dispatch("input", element)
            self._tab.dispatch("change", element)

    def _check_field(self, element: Element) -> None:
        check_shown(element, "filled")
        if not fields.is_text_field(element) and fields.type_of(element) not in {"range", "color"}:
            raise NotPossible(f"{describe(element)} is no field that text can be put into")
        if fields.is_disabled(element) or attribute(element, "readonly") is not None:
            raise NotPossible(f"{describe(element)} is disabled or read-only")

    # -- forms --------------------------------------------------------------------------------------------------------------------

    def submit(self, form: Element, submitter: Element | None = None) -> None:
        """Submit a form, as its button does: the browser's checks, `submit`, then the request unless a listener prevented it."""
        tab = self._tab
        skipped = [attribute(form, "novalidate"), attribute(submitter, "formnovalidate") if submitter else None]
        if skipped == [None, None]:
            for control in fields.controls_of(form):
                problem = fields.problem_of(control)
                if problem is not None:
                    tab.dispatch("invalid", control)
                    tab.warn(f"the form was not submitted: {describe(control)}: {problem}")
                    tab.focus(control)
                    return
        if not tab.dispatch("submit", form, submitter=submitter):
            return
        sent = list(fields.entries(form, submitter))
        method = (submitter and attribute(submitter, "formmethod")) or attribute(form, "method") or "get"
        action = (submitter and attribute(submitter, "formaction")) or attribute(form, "action") or tab.url
        target = urljoin(tab.url, action)
        if method.lower() == "post":
            data: dict[str, list[str]] = {}
            for name, value in sent:
                data.setdefault(name, []).append(value)
            tab.go(target, "POST", data)
        elif method.lower() == "get":
            tab.go(f"{target.partition('#')[0].partition('?')[0]}?{urlencode(sent)}")


def describe(element: Element) -> str:
    """Return the element's start tag: enough to recognise it."""
    return outer_html(element).partition(">")[0] + ">"


def check_shown(element: Element, done: str) -> None:
    """Raise `NotPossible` where the element is hidden."""
    if not is_rendered(element) or (element.name == "input" and fields.type_of(element) == "hidden"):
        raise NotPossible(f"{describe(element)} is hidden and can't be {done}")


__all__ = ["Person", "children", "describe"]
