"""The fields of forms: what is in them, which form they belong to, what a form would send."""

import re
from collections.abc import Iterable, Iterator

from pycommunicate.testing.dom.node import Element, ancestors, attribute, closest, elements, text_content

CONTROLS = frozenset({"input", "textarea", "select", "button"})
CHECKABLE = frozenset({"checkbox", "radio"})
BUTTONS = frozenset({"submit", "button", "reset", "image"})
_BY_ATTRIBUTE = frozenset({"hidden", *BUTTONS})
_TYPES_NAMES = """hidden text search tel url email password date month week time datetime-local number range color checkbox radio
file submit image reset button"""
_TYPES = frozenset(_TYPES_NAMES.split())
_FORMATS = {
    "number": r"-?(\d+(\.\d+)?|\.\d+)([eE][+-]?\d+)?",
    "range": r"-?(\d+(\.\d+)?|\.\d+)([eE][+-]?\d+)?",
    "date": r"\d{4,}-\d\d-\d\d",
    "month": r"\d{4,}-\d\d",
    "week": r"\d{4,}-W\d\d",
    "time": r"\d\d:\d\d(:\d\d(\.\d{1,3})?)?",
    "datetime-local": r"\d{4,}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?",
}


def type_of(element: Element) -> str:
    """Return the `type` property of a control, an empty str for other elements."""
    given = (attribute(element, "type") or "").lower()
    match element.name:
        case "input":
            return given if given in _TYPES else "text"
        case "button":
            return given if given in {"button", "reset"} else "submit"
        case "select":
            return "select-multiple" if is_multiple(element) else "select-one"
        case "textarea":
            return "textarea"
    return ""


def is_text_field(element: Element) -> bool:
    """Whether one can type into it."""
    if element.name == "input":
        return type_of(element) not in {*CHECKABLE, *_BY_ATTRIBUTE, "file", "range", "color"}
    return element.name == "textarea" or is_editable(element)


def is_editable(element: Element) -> bool:
    """Whether it is `contenteditable`."""
    return attribute(element, "contenteditable") in {"", "true", "plaintext-only"}


def is_multiple(element: Element) -> bool:
    """Whether a select takes several options."""
    return attribute(element, "multiple") is not None


# -- values -----------------------------------------------------------------------------------------------------------------


def value_of(element: Element) -> str:
    """Return the `value` property of a control."""
    if element.name == "select":
        return next((option_value(option) for option in options(element) if is_selected(option)), "")
    if element.name == "textarea":
        return text_content(element) if element.live_value is None else element.live_value
    given = attribute(element, "value")
    kind = type_of(element)
    if kind == "file":
        return ""
    if kind in CHECKABLE:
        return "on" if given is None else given
    if kind in _BY_ATTRIBUTE or element.live_value is None:
        return _sanitized(kind, given or "")
    return element.live_value


def set_value(element: Element, text: str) -> None:
    """Set the `value` property of a control."""
    if element.name == "select":
        choose(element, [text])
    elif element.name == "textarea":
        element.live_value = text.replace("\r\n", "\n").replace("\r", "\n")
    elif type_of(element) in CHECKABLE | _BY_ATTRIBUTE or element.name == "button":
        element.attrs["value"] = text
    else:
        element.live_value = _sanitized(type_of(element), text)


def default_of(element: Element) -> str:
    """Return `defaultValue`."""
    return text_content(element) if element.name == "textarea" else attribute(element, "value") or ""


def _sanitized(kind: str, text: str) -> str:
    form = _FORMATS.get(kind)
    if form is not None:
        return text if re.fullmatch(form, text) else "50" if kind == "range" else ""
    if kind in {"text", "search", "tel", "password"}:
        return re.sub(r"[\r\n]", "", text)
    if kind in {"email", "url"}:
        return re.sub(r"[\r\n]", "", text).strip()
    return text


def is_checked(element: Element) -> bool:
    """Return the `checked` property."""
    if element.name != "input" or type_of(element) not in CHECKABLE:
        return bool(element.live_checked)
    return attribute(element, "checked") is not None if element.live_checked is None else element.live_checked


def set_checked(element: Element, checked: bool) -> None:
    """Set the `checked` property; the other radio buttons of the group let go."""
    element.live_checked = checked
    if checked and type_of(element) == "radio":
        for other in radio_group(element):
            if other is not element:
                other.live_checked = False


def radio_group(element: Element) -> list[Element]:
    """Return the radio buttons of which one is chosen, `element` among them."""
    name, form = attribute(element, "name"), form_of(element)
    if not name:
        return [element]
    top = list(ancestors(element))[-1]
    return [
        one
        for one in elements(top)
        if one.name == "input" and type_of(one) == "radio" and attribute(one, "name") == name and form_of(one) is form
    ]


def options(select: Element) -> list[Element]:
    """Return the options of a select."""
    return [one for one in elements(select) if one.name == "option"]


def option_value(option: Element) -> str:
    """Return an option's value."""
    given = attribute(option, "value")
    return option_text(option) if given is None else given


def option_text(option: Element) -> str:
    """Return an option's text, as it is shown."""
    return " ".join(text_content(option).split())


def is_selected(option: Element) -> bool:
    """Return the `selected` property of an option."""
    select = closest(option, "select")
    if select is None:
        return attribute(option, "selected") is not None if option.live_selected is None else option.live_selected
    return any(one is option for one in selected(select))


def selected(select: Element) -> list[Element]:
    """Return the options that are chosen."""
    known = options(select)
    chosen = [
        one
        for one in known
        if (attribute(one, "selected") is not None if one.live_selected is None else one.live_selected)
    ]
    if is_multiple(select):
        return chosen
    if chosen:
        return chosen[-1:]
    if any(one.live_selected is not None for one in known) or int(attribute(select, "size") or 1) > 1:
        return []
    return [one for one in known if attribute(one, "disabled") is None][:1]


def choose(select: Element, values: Iterable[str]) -> None:
    """Choose the options with these values, and no others. Of equal values, the first."""
    wanted = list(values)
    for option in options(select):
        option.live_selected = option_value(option) in wanted
        if option.live_selected and not is_multiple(select):
            wanted = []


# -- forms ------------------------------------------------------------------------------------------------------------------


def is_disabled(element: Element) -> bool:
    """Whether a control is disabled, itself or by a fieldset around it."""
    if element.name not in CONTROLS | {"option", "optgroup", "fieldset"}:
        return False
    if attribute(element, "disabled") is not None:
        return True
    inside: Element | None = None
    for one in ancestors(element):
        if one.name == "fieldset" and one is not element and attribute(one, "disabled") is not None:
            legends = [child for child in one.contents if isinstance(child, Element) and child.name == "legend"]
            if not legends or inside is not legends[0]:
                return True
        inside = one
    return False


def form_of(element: Element) -> Element | None:
    """Return the form that an element is, or belongs to."""
    if element.name == "form":
        return element
    named = attribute(element, "form") if element.name in CONTROLS | {"output", "fieldset"} else None
    if named is not None:
        top = list(ancestors(element))[-1]
        return next((one for one in elements(top) if one.name == "form" and attribute(one, "id") == named), None)
    return closest(element, "form")


def controls_of(form: Element) -> list[Element]:
    """Return the controls that belong to a form, in document order."""
    top = list(ancestors(form))[-1]
    return [one for one in elements(top) if one.name in CONTROLS and form_of(one) is form]


def entries(form: Element, submitter: Element | None = None) -> Iterator[tuple[str, str]]:
    """What a form sends: names and values. Files are left out."""
    for control in controls_of(form):
        if type_of(control) not in BUTTONS or control is submitter:
            yield from _entries_of(control)


def _entries_of(control: Element) -> Iterator[tuple[str, str]]:
    name, kind = attribute(control, "name"), type_of(control)
    if not name or is_disabled(control) or kind == "file" or closest(control, "datalist"):
        return
    if control.name == "select":
        for option in selected(control):
            if not is_disabled(option):
                yield name, option_value(option)
    elif kind not in CHECKABLE or is_checked(control):
        yield name, value_of(control)


def form_data(element: Element, submitter: Element | None = None) -> dict[str, str | list[str]]:
    """Return the form's data as the read `form_data` has it, and the button that submits it; without a form, of the fields inside."""
    form = form_of(element)
    loose = (one for one in elements(element) if one.name in CONTROLS and type_of(one) not in BUTTONS)
    found = entries(form, submitter) if form is not None else (entry for one in loose for entry in _entries_of(one))
    data: dict[str, str | list[str]] = {}
    for name, value in found:
        known = data.get(name)
        if known is None:
            data[name] = value
        elif isinstance(known, str):
            data[name] = [known, value]
        else:
            known.append(value)
    return data


def reset(form: Element) -> None:
    """Bring a form's fields back to what the HTML says."""
    for control in controls_of(form):
        control.live_value = control.live_checked = control.author = None
        for option in options(control) if control.name == "select" else ():
            option.live_selected = None


def problem_of(element: Element) -> str | None:
    """Say why a browser would not let the form go, None where it would."""
    if element.name == "form":
        return next((found for one in controls_of(element) if (found := problem_of(one)) is not None), None)
    kind = type_of(element)
    if is_disabled(element) or kind in _BY_ATTRIBUTE or attribute(element, "readonly") is not None:
        return None
    value = value_of(element)
    empty = not value
    if kind in CHECKABLE:
        empty = not (any(is_checked(one) for one in radio_group(element)) if kind == "radio" else is_checked(element))
    if empty:
        return "it is required and empty" if attribute(element, "required") is not None and kind != "range" else None
    return _mismatch(element, kind, value)


def _mismatch(element: Element, kind: str, value: str) -> str | None:
    pattern = attribute(element, "pattern")
    if kind == "email" and not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
        return "it is no e-mail address"
    if kind == "url" and not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:\S", value):
        return "it is no URL"
    if pattern and kind in {"text", "search", "tel", "url", "email", "password"} and not re.fullmatch(pattern, value):
        return f"it does not match the pattern {pattern}"
    if kind == "number":
        low, high = attribute(element, "min"), attribute(element, "max")
        if low and float(value) < float(low):
            return f"it is below {low}"
        if high and float(value) > float(high):
            return f"it is above {high}"
    return None
