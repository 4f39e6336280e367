"""What the browser's client refuses, whatever the server says: the same rules as `client/src/safety.ts`."""

import re
from typing import Any

from pycommunicate.protocol.safety import REFUSED_PROPERTIES, SAFE_SCHEMES, URL_NAMES
from pycommunicate.testing.dom.node import Element
from pycommunicate.testing.dom.properties import text_of

_PROTOTYPES = frozenset({"__proto__", "constructor", "prototype"})
_SCRIPT_TEXT = frozenset({"text", "textcontent", "innertext", "outertext", "src", "href", "xlink:href"})
_BAD = re.compile(r"[\x00-\x1f\x7f\\]|^ *//|^ *https?:(?!//[^/?#])", re.IGNORECASE)
_SCHEME = re.compile(r"^ *([a-z][a-z0-9+.-]*):", re.IGNORECASE)


def is_prototype_name(name: str) -> bool:
    """Whether the name leads to a prototype."""
    return name in _PROTOTYPES


def refuses_property(name: str) -> bool:
    """Whether a property of that name may not be touched."""
    return name in REFUSED_PROPERTIES or name[:2].lower() == "on"


def refuses_attribute(name: str) -> bool:
    """Whether an attribute of that name may not be set."""
    return name[:2].lower() == "on" or name.lower() == "srcdoc"


def refuses_tag(tag: str) -> bool:
    """Whether it is a script."""
    return tag.lower().rpartition(":")[2] == "script"


def refuses_url(url: str) -> bool:
    """Whether the URL may lead astray."""
    scheme = _SCHEME.match(url)
    return bool(_BAD.search(url)) or (scheme is not None and scheme.group(1).lower() not in SAFE_SCHEMES)


def refuses_address(name: str, value: Any) -> bool:
    """Whether `value` must not be written to the attribute or property `name`."""
    key = name.lower()
    if value is None or key not in URL_NAMES:
        return False
    text = text_of(value)
    several = key in {"srcset", "ping"}
    return refuses_url(text) or (several and any(refuses_url(part) for part in re.split(r"[ ,]+", text)))


def is_script_text(element: Element, name: str) -> bool:
    """Whether writing `name` would give a script something to run."""
    return refuses_tag(element.name) and name.lower() in _SCRIPT_TEXT
