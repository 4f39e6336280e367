"""The properties of elements (the DOM's IDL attributes), as far as programs read and write them."""

import math
import re
from collections.abc import Callable
from typing import Any

from bs4.element import NavigableString

from pycommunicate.protocol.safety import text_of
from pycommunicate.testing.dom import fields
from pycommunicate.testing.dom.document import Document
from pycommunicate.testing.dom.errors import OperationError
from pycommunicate.testing.dom.node import (
    Element,
    attribute,
    children,
    classes,
    closest,
    parent,
    set_attribute,
    text_content,
)
from pycommunicate.testing.dom.reflected import number_of, read, row_of, write
from pycommunicate.testing.dom.text import inner_text

_READ_ONLY = """children childNodes childElementCount firstChild lastChild firstElementChild lastElementChild nextElementSibling
previousElementSibling nextSibling previousSibling parentElement parentNode tagName localName nodeName nodeType isConnected
ownerDocument namespaceURI attributes dataset form labels list options selectedOptions validity validationMessage willValidate
clientWidth clientHeight offsetWidth offsetHeight offsetTop offsetLeft offsetParent scrollWidth scrollHeight"""
READ_ONLY = frozenset(_READ_ONLY.split())
_NUMBERS = """clientWidth clientHeight clientTop clientLeft offsetWidth offsetHeight offsetTop offsetLeft scrollWidth scrollHeight
scrollTop scrollLeft"""
_SIZES = frozenset(_NUMBERS.split())


def get_property(document: Document, element: Element, name: str, base: str) -> Any:
    """Return what the browser would: JSON values, elements, None for what has no JSON form."""
    reader = _READERS.get(name)
    if reader is not None:
        return reader(element)
    if name in _OF_FIELD and element.name in _OF_FIELD[name][0]:
        return _OF_FIELD[name][1](element)
    if element.extra and name in element.extra:
        return element.extra[name]
    if name in _SIZES:
        return 0
    if name == "isConnected":
        return document.contains(element)
    row = row_of(element, name)
    return None if row is None else read(element, name, row, base)


def set_property(document: Document, element: Element, name: str, value: Any) -> None:
    """Write a property. Raises `OperationError` where the browser would throw."""
    if name in READ_ONLY:
        raise OperationError("failed", f"{name} can't be written")
    writer = _WRITERS.get(name)
    if writer is not None:
        writer(document, element, value)
        return
    row = row_of(element, name)
    if row is not None:
        write(element, row, value, text_of(value))
    else:
        element.extra = {**(element.extra or {}), name: value}


def write_text(document: Document, element: Element, text: str, *, lines: bool) -> None:
    """Replace all that is inside by `text`; with `lines`, line breaks become `<br>`, as for `innerText`."""
    element.clear()
    if not lines:
        if text:
            element.append(NavigableString(text))
        return
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text)):
        if number:
            element.append(document.create("br"))
        if line:
            element.append(NavigableString(line))


def dataset(element: Element) -> dict[str, str]:
    """Return the `data-*` attributes, named as in `dataset`."""
    return {
        re.sub(r"-([a-z])", lambda found: found.group(1).upper(), name[5:]): str(value)
        for name, value in element.attrs.items()
        if name.startswith("data-")
    }


def _decimal(text: str, default: int | None) -> float | int | None:
    try:
        number = float(text)
    except ValueError:
        return default
    return int(number) if number.is_integer() else number if math.isfinite(number) else default


def _value(element: Element) -> Any:
    match element.name:
        case "option":
            return fields.option_value(element)
        case "li":
            return number_of(attribute(element, "value"), 0)
        case "data":
            return attribute(element, "value") or ""
        case "progress" | "meter":
            return _decimal(attribute(element, "value") or "", 0)
        case "output":
            return text_content(element)
    return fields.value_of(element)


def _set_value(document: Document, element: Element, value: Any) -> None:
    text = "" if value is None else text_of(value)
    if element.name == "output":
        write_text(document, element, text, lines=False)
    elif element.name in {"option", "li", "progress", "meter", "data", "param"}:
        element.attrs["value"] = text
    elif element.name in fields.CONTROLS:
        fields.set_value(element, text)
    else:
        element.extra = {**(element.extra or {}), "value": value}


def _set_selected(_document: Document, element: Element, value: Any) -> None:
    select = closest(element, "select")
    if value and select is not None and not fields.is_multiple(select):
        for option in fields.options(select):
            option.live_selected = False
    element.live_selected = bool(value)


def _set_selected_index(_document: Document, element: Element, value: Any) -> None:
    for number, option in enumerate(fields.options(element)):
        option.live_selected = number == value


def _selected_index(element: Element) -> int:
    known = fields.options(element)
    return next((number for number, option in enumerate(known) if fields.is_selected(option)), -1)


def _sibling(element: Element, *, after: bool) -> Element | None:
    around = element.next_siblings if after else element.previous_siblings
    return next((node for node in around if isinstance(node, Element)), None)


def _labels_form(element: Element) -> Element | None:
    form = fields.form_of(element)
    return None if form is element else form


_READERS: dict[str, Callable[[Element], Any]] = {
    "textContent": text_content,
    "innerText": inner_text,
    "outerText": inner_text,
    "tagName": lambda element: element.name.upper(),
    "nodeName": lambda element: element.name.upper(),
    "localName": lambda element: element.name,
    "namespaceURI": lambda element: element.namespace,
    "nodeType": lambda _element: 1,
    "classList": classes,
    "dataset": dataset,
    "parentElement": parent,
    "parentNode": parent,
    "firstElementChild": lambda element: next(iter(children(element)), None),
    "lastElementChild": lambda element: next(reversed(children(element)), None),
    "nextElementSibling": lambda element: _sibling(element, after=True),
    "previousElementSibling": lambda element: _sibling(element, after=False),
    "childElementCount": lambda element: len(children(element)),
    "form": _labels_form,
    "isContentEditable": fields.is_editable,
}

_TYPED = frozenset({"input", "textarea"})
_OF_FIELD: dict[str, tuple[frozenset[str], Callable[[Element], Any]]] = {
    "value": (fields.CONTROLS | {"option", "li", "progress", "meter", "output", "data"}, _value),
    "defaultValue": (_TYPED, fields.default_of),
    "checked": (frozenset({"input"}), fields.is_checked),
    "selected": (frozenset({"option"}), fields.is_selected),
    "selectedIndex": (frozenset({"select"}), _selected_index),
    "length": (frozenset({"select"}), lambda element: len(fields.options(element))),
    "text": (frozenset({"option"}), fields.option_text),
    "valueAsNumber": (frozenset({"input"}), lambda element: _decimal(fields.value_of(element), None)),
    "validationMessage": (fields.CONTROLS, lambda element: fields.problem_of(element) or ""),
}

_WRITERS: dict[str, Callable[[Document, Element, Any], None]] = {
    "textContent": lambda document, element, value: write_text(
        document, element, "" if value is None else text_of(value), lines=False
    ),
    "innerText": lambda document, element, value: write_text(
        document, element, "" if value is None else text_of(value), lines=element.name != "style"
    ),
    "value": _set_value,
    "checked": lambda _document, element, value: fields.set_checked(element, bool(value)),
    "selected": _set_selected,
    "selectedIndex": _set_selected_index,
    "defaultValue": lambda document, element, value: (
        write_text(document, element, text_of(value), lines=False)
        if element.name == "textarea"
        else set_attribute(element, "value", text_of(value))
    ),
    "valueAsNumber": _set_value,
    "classList": lambda _document, element, value: set_attribute(element, "class", text_of(value)),
}
