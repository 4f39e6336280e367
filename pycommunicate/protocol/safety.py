"""Names and values that turn text into code, or lead elsewhere, are refused where they are written.

The names stand in `names.json`; server, client (`client/src/safety.ts`) and simulated browser are made from it. The server does not
know what element a handle is: it refuses what a name means on every element, or on those that operations can create. What a name means
on others (`href` of a `link` from a template), the browser refuses.
"""

import re
from functools import lru_cache
from typing import Final

from pycommunicate.errors import RefusedName, UnsafeURL
from pycommunicate.protocol import css
from pycommunicate.protocol._names import ELEMENTS, RULES, UNREAD, UNWRITTEN
from pycommunicate.protocol.addresses import candidates, own_problem, problem

_PROPERTY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_ATTRIBUTE = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]*")
_TAG = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9._-]*)?")
_STYLE = re.compile(r"--[A-Za-z0-9_-]+|-?[A-Za-z][A-Za-z0-9-]*")
_EVENT = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,255}")  # what `checked.LONGEST_NAME` lets a page tell of
_MARKUP = re.compile(r"\s*<\s*([A-Za-z][A-Za-z0-9]*)[^>]*>(?:([^<]*)<)?")

_INSTEAD: Final = {
    "script": "put <script src=...> into the template",
    "style": "put <style> into the template, or a rule into a style sheet of yours, and set a class",
    "link": "put <link> into the template",
    "srcdoc": "serve the document at a URL of its own",
    "innerhtml": "use content for text, append_html(Markup(...)) for HTML you trust",
    "outerhtml": "use content for text, append_html(Markup(...)) for HTML you trust",
    "protocol": "set href",
    "username": "set href",
    "password": "set href; to fill in a field, set its value",
}


def check_property(name: str) -> str:
    """Return `name` if a property of that name may be read, else raise `RefusedName`."""
    _check(name, _PROPERTY, "property", "a JavaScript name such as 'title' or 'scrollTop'")
    lowered = name.lower()
    if lowered.startswith("on"):
        raise _handler("property", name)
    if lowered in UNREAD or name.startswith("__"):
        instead = _INSTEAD.get(lowered)
        what = f"turns text into code; {instead}" if instead else "leads to what all objects share; choose another name"
        message = f"the property {name!r} {what}"
        raise RefusedName(message)
    return name


def check_attribute(name: str) -> str:
    """Return `name` if an attribute of that name may be read, else raise `RefusedName`."""
    _check(name, _ATTRIBUTE, "attribute", "a name such as 'aria-label'")
    if _local(name).startswith("on"):
        raise _handler("attribute", name)
    if name.lower() == "srcdoc":
        message = "the attribute 'srcdoc' turns text into code; serve the document at a URL of its own"
        raise RefusedName(message)
    return name


def check_property_value(name: str, value: object) -> None:
    """Raise `RefusedName` or `UnsafeURL` if the property `name` may not be set to `value`, which is JSON."""
    rule = _rule("property", name if type(name) is str else check_property(name))
    if rule is not None and value is not None:
        _check_value("property", name, rule, text_of(value))


def check_attribute_value(name: str, text: str | None) -> None:
    """Raise `RefusedName` or `UnsafeURL` if the attribute `name` may not be set to `text`, or removed (None)."""
    rule = _rule("attribute", name if type(name) is str else check_attribute(name))
    if rule is not None and text is not None:
        _check_value("attribute", name, rule, text)


def check_tag(tag: str) -> str:
    """Return `tag` if an element of that type may be created, else raise `RefusedName`."""
    markup = _MARKUP.match(tag) if isinstance(tag, str) else None
    if markup is not None:
        content = f", content={markup[2]!r}" if markup[2] else ""
        message = (
            f'{tag!r} is not an element name; write add_child("{markup[1].lower()}"{content.replace(chr(39), chr(34))})'
        )
        raise RefusedName(message)
    _check(tag, _TAG, "element", "a name such as 'p' or 'my-element'")
    lowered = tag.lower()
    if lowered in ELEMENTS:
        what = "turns text into code" if lowered == "script" else "would load, lead elsewhere or change the whole page"
        instead = _INSTEAD.get(lowered, f"put <{lowered}> into the template, or use append_html(Markup(...))")
        message = f"the element {tag!r} {what}; {instead}"
        raise RefusedName(message)
    return tag


def check_style(name: str) -> str:
    """Return `name` if it is the name of a style property (`marginTop`, `margin-top`, `--accent`), else raise `RefusedName`."""
    return _check(name, _STYLE, "style property", "'marginTop', 'margin-top' or '--accent'")


def check_style_value(name: str, text: str | None) -> None:
    """Raise `RefusedName` or `UnsafeURL` if the style property `name` may not be set to `text`."""
    check_style(name)
    found = css.refused(f"{name}:{text or ''}")
    if found is not None:
        raise _loads(f"the style {name!r}", found)


def check_event(name: str) -> str:
    """Return `name` if it is the name of an event (`click`, `my:event`), else raise `RefusedName`."""
    _check(name, _EVENT, "event", "the DOM's name, such as 'click'")
    if name.startswith("on") and name != name.upper() and name[2:] in _COMMON_EVENTS:
        message = f"{name!r} is not the name of an event; the DOM's name is {name[2:]!r}"
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
    found = problem(trimmed)
    if found is None and navigation and trimmed.lower().startswith(("mailto:", "tel:")):
        found = f"has the scheme {trimmed.partition(':')[0].lower()!r}; expected a relative URL or http(s)"
    if found is not None:
        message = f"the URL {_short(url)} {found}"
        raise UnsafeURL(message)
    return trimmed


def refused_value(rule: str, text: str, origin: str = "") -> str | None:
    """Return what is wrong with `text` by a rule of names.json; None if nothing is. `origin`: the page's, where it is known."""
    if rule == "url":
        found = problem(text)
    elif rule == "own":
        found = own_problem(text, origin)
    elif rule == "srcset":
        found = next(filter(None, map(problem, candidates(text))), None)
    else:
        found = css.refused(text, origin)
        return None if found is None else f"has {_short(found)} in it"
    return found


def text_of(value: object) -> str:
    """Return what the browser makes of a JSON value where it wants a string: JavaScript's `String(value)`."""
    if type(value) is str:
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list):
        return ",".join("" if item is None else text_of(item) for item in value)
    return "[object Object]" if isinstance(value, dict) else str(value)


@lru_cache(maxsize=1024)
def _rule(kind: str, name: str) -> str | None:
    """Return the rule for what is written to that name; None if anything may be."""
    lowered = _local(name)
    if kind == "property":
        check_property(name)
    else:
        check_attribute(name)
    rule = RULES.get(lowered)
    if rule == "refuse" or (kind == "property" and lowered in UNWRITTEN):
        instead = _INSTEAD.get(lowered, "write it into the template")
        message = f"the {kind} {name!r} may only be read: it decides what may run, or leads elsewhere; {instead}"
        raise RefusedName(message)
    return rule


def _check_value(kind: str, name: str, rule: str, text: str) -> None:
    if rule == "css":
        found = css.refused(text)
        if found is not None:
            raise _loads(f"the {kind} {name!r}", found)
        return
    found = refused_value(rule, text)
    if found is not None:
        message = f"the {kind} {name!r} can't be {_short(text)}: it {found}"
        raise UnsafeURL(message)


def _loads(what: str, found: str) -> UnsafeURL:
    return UnsafeURL(
        f"{what} would load {_short(found)}; expected a relative URL or data:image/png, jpeg, gif, webp or avif. "
        "For others write a rule into a style sheet of yours, and set a class"
    )


def _handler(kind: str, name: str) -> RefusedName:
    event = _local(name)[2:]
    return RefusedName(f"the {kind} {name!r} would set an event handler; use add_event_listener({event!r}, handler)")


def _local(name: str) -> str:
    return name.lower().rpartition(":")[2]


def _short(text: str) -> str:
    return repr(text if len(text) <= 200 else f"{text[:200]}...")


def _check(name: object, pattern: re.Pattern[str], kind: str, expected: str) -> str:
    if not isinstance(name, str) or not pattern.fullmatch(name):
        message = f"{_short(str(name)) if isinstance(name, str) else repr(name)} is not the name of {'an' if kind[0] in 'ae' else 'a'} {kind}; expected {expected}"
        raise RefusedName(message)
    return name
