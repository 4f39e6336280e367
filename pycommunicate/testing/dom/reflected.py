"""The properties that stand for an attribute of the same element (HTML, "reflecting content attributes")."""

import re
from typing import Any, Literal, NamedTuple
from urllib.parse import urljoin

from pycommunicate.testing.dom.fields import CONTROLS, type_of
from pycommunicate.testing.dom.node import Element, attribute, set_attribute

# The property (and its attribute, where that has another name), what it holds, and the elements that have it.
_TABLE = """
id text *
title text *
lang text *
dir text *
slot text *
className=class text *
accessKey text *
inputMode text *
enterKeyHint text *
role nullable *
popover nullable *
hidden truth *
inert truth *
autofocus truth *
tabIndex -1 *
name text a button fieldset form iframe input map meta object output select slot textarea param details
type text a button embed input link object ol script select source style textarea ul
placeholder text input textarea
alt text area img input
rel text a area form link
target text a area base form
accept text input
autocomplete text form input select textarea
pattern text input
min text input
max text input
step text input
label text optgroup option track
media text link meta source style
content text meta
httpEquiv=http-equiv text meta
scope text th
headers text td th
abbr text th
wrap text textarea
sizes text img link source
srcset text img source
kind text track
srclang text track
htmlFor=for text label
acceptCharset=accept-charset text form
method text form
enctype text form
formMethod text button input
formTarget text button input
download text a area
hreflang text a area link
disabled truth button fieldset input link optgroup option select style textarea
required truth input select textarea
readOnly truth input textarea
multiple truth input select
open truth details dialog
noValidate truth form
formNoValidate truth button input
reversed truth ol
controls truth audio video
loop truth audio video
autoplay truth audio video
muted truth audio video
async truth script
defer truth script
noModule truth script
default truth track
defaultChecked=checked truth input
defaultSelected=selected truth option
href url a area base link
src url audio embed iframe img input script source track video
action url form
formAction url button input
poster url video
data url object
cite url blockquote del ins q
maxLength -1 input textarea
minLength -1 input textarea
rows 2 textarea
cols 20 textarea
size 20 input
size 0 select
colSpan 1 td th
rowSpan 1 td th
start 1 ol
span 1 col colgroup
width 0 canvas img video
height 0 canvas img video
"""

_FOCUSABLE = frozenset({"a", "area", "button", "iframe", "input", "select", "summary", "textarea"})
_OWN_URL = frozenset({"action", "formAction"})


class Reflected(NamedTuple):
    """One row: a property of some elements."""

    attribute: str
    kind: Literal["text", "nullable", "truth", "url", "number"]
    default: int


def _rows() -> dict[tuple[str, str], Reflected]:
    rows = {}
    for line in _TABLE.strip().splitlines():
        names, holds, *owners = line.split()
        name, _, written = names.partition("=")
        number = re.fullmatch(r"-?\d+", holds)
        row: Any = Reflected(written or name.lower(), "number" if number else holds, int(holds) if number else 0)  # type: ignore[arg-type]
        rows.update({(owner, name): row for owner in owners})
    return rows


_ROWS = _rows()


def row_of(element: Element, name: str) -> Reflected | None:
    """Return what the property is of that element; None where it reflects nothing."""
    if name.startswith("aria") and name[4:5].isupper():
        return Reflected(f"aria-{name[4:].lower()}", "nullable", 0)
    return _ROWS.get((element.name, name)) or _ROWS.get(("*", name))


def read(element: Element, name: str, row: Reflected, base: str) -> Any:
    """Return the property's value. `base`: the document's URL."""
    given = attribute(element, row.attribute)
    if name == "type" and element.name in CONTROLS:
        return type_of(element)
    match row.kind:
        case "truth":
            return given is not None
        case "number":
            default = 0 if name == "tabIndex" and element.name in _FOCUSABLE else row.default
            return number_of(given, default)
        case "url":
            return "" if given is None and name not in _OWN_URL else urljoin(base, given or "")
        case "nullable":
            return given
    return given or ""


def write(element: Element, row: Reflected, value: Any, text: str) -> None:
    """Set the property; `text` is the value as JavaScript writes it."""
    match row.kind:
        case "truth":
            set_attribute(element, row.attribute, "" if value else None)
        case "number":
            set_attribute(element, row.attribute, str(number_of(text, 0)))
        case "nullable":
            set_attribute(element, row.attribute, None if value is None else text)
        case _:
            set_attribute(element, row.attribute, text)


def number_of(text: str | None, default: int) -> int:
    """Return the integer that `text` begins with."""
    found = re.match(r"\s*([+-]?\d+)", text or "")
    return int(found.group(1)) if found else default
