"""Names and URLs that would turn text into code are refused. The client refuses the same ones again (`client/src/safety.ts`)."""

import re
from typing import Final
from urllib.parse import urlsplit

from pycommunicate.errors import RefusedName, UnsafeURL

REFUSED_PROPERTIES: Final = frozenset({"innerHTML", "outerHTML", "srcdoc", "__proto__", "constructor", "prototype"})
REFUSED_TAGS: Final = frozenset({"script"})
URL_NAMES: Final = frozenset(
    {
        "href",
        "src",
        "action",
        "formaction",
        "data",
        "poster",
        "xlink:href",
        "srcset",
        "ping",
        "background",
        "cite",
    }
)
SAFE_SCHEMES: Final = frozenset({"http", "https", "mailto", "tel"})

_PROPERTY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_ATTRIBUTE = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]*")
_TAG = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9._-]*)?")
_STYLE = re.compile(r"--[A-Za-z0-9_-]+|-?[A-Za-z][A-Za-z0-9-]*")
_EVENT = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]*")
_UNSAFE_CHARACTERS = re.compile(r"[\x00-\x1f\x7f\\]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")


def check_property(name: str) -> str:
    """Return `name` if a property of that name may be read and written, else raise `RefusedName`."""
    _check(name, _PROPERTY, "property")
    if name in REFUSED_PROPERTIES:
        message = f"the property {name!r} turns text into code; use content for text, append_html(Markup(...)) for HTML you trust"
        raise RefusedName(message)
    if name[:2].lower() == "on":
        message = (
            f"the property {name!r} would set an event handler; use add_event_listener({name[2:].lower()!r}, handler)"
        )
        raise RefusedName(message)
    return name


def check_attribute(name: str) -> str:
    """Return `name` if an attribute of that name may be set, else raise `RefusedName`."""
    _check(name, _ATTRIBUTE, "attribute")
    lowered = name.lower()
    if lowered == "srcdoc":
        message = "the attribute 'srcdoc' turns text into code; serve the document at a URL of its own"
        raise RefusedName(message)
    if lowered.startswith("on"):
        message = f"the attribute {name!r} would set an event handler; use add_event_listener({lowered[2:]!r}, handler)"
        raise RefusedName(message)
    return name


def check_tag(tag: str) -> str:
    """Return `tag` if an element of that type may be created, else raise `RefusedName`."""
    _check(tag, _TAG, "element type")
    if tag.lower() in REFUSED_TAGS:
        message = "a script element turns text into code; put <script src=...> into the template"
        raise RefusedName(message)
    return tag


def check_style(name: str) -> str:
    """Return `name` if it is the name of a style property (`marginTop`, `margin-top`, `--accent`), else raise `RefusedName`."""
    return _check(name, _STYLE, "style property")


def check_event(name: str) -> str:
    """Return `name` if it is the name of an event (`click`, `my:event`), else raise `RefusedName`."""
    _check(name, _EVENT, "event")
    if name.startswith("on") and name != name.upper() and name[2:] in _COMMON_EVENTS:
        message = f"{name!r} is no event; the DOM's name is {name[2:]!r}"
        raise RefusedName(message)
    return name


_COMMON_EVENTS: Final = frozenset(
    {"click", "change", "input", "submit", "focus", "blur", "keydown", "keyup", "keypress", "load"}
)


def check_url(url: str, *, navigation: bool = False) -> str:
    """Return `url` if it is relative or http(s) (mailto and tel too, unless it is for `navigation`), else raise `UnsafeURL`."""
    if not isinstance(url, str):
        message = f"a URL is a str, not {type(url).__name__}"
        raise UnsafeURL(message)
    trimmed = url.strip(" ")
    if _UNSAFE_CHARACTERS.search(trimmed):
        message = f"the URL {url!r} contains control characters or a backslash"
        raise UnsafeURL(message)
    if trimmed.startswith("//"):
        message = f"the URL {url!r} leads to another host without naming its scheme; write https://..."
        raise UnsafeURL(message)
    scheme = _SCHEME.match(trimmed)
    if scheme is None:
        return trimmed
    name = scheme.group(1).lower()
    if name not in SAFE_SCHEMES or (navigation and name not in {"http", "https"}):
        message = f"the URL {url!r} has the scheme {name!r}; expected a relative URL or http(s)"
        raise UnsafeURL(message)
    if name in {"http", "https"}:
        try:
            host = urlsplit(trimmed).hostname
        except ValueError:
            host = None
        if not host or not trimmed[len(name) + 1 :].startswith("//"):
            message = f"the URL {url!r} names no host"
            raise UnsafeURL(message)
    return trimmed


def is_url_name(name: str) -> bool:
    """Whether the property or attribute `name` holds a URL."""
    return name.lower() in URL_NAMES


def check_urls(name: str, value: str) -> None:
    """Raise `UnsafeURL` unless every URL that the property or attribute `name` would hold is harmless."""
    lowered = name.lower()
    if lowered == "srcset":
        for candidate in value.split(","):
            if candidate.strip():
                check_url(candidate.split()[0])
    elif lowered == "ping":
        for candidate in value.split():
            check_url(candidate)
    else:
        check_url(value)


def _check(name: object, pattern: re.Pattern[str], kind: str) -> str:
    if not isinstance(name, str) or not pattern.fullmatch(name):
        message = f"{name!r} is no name of a {kind}"
        raise RefusedName(message)
    return name
