"""The inline style of an element (CSSOM, `element.style`). Values are taken as they come: no style sheet, no computed values."""

import re

from pycommunicate.testing.dom.errors import OperationError
from pycommunicate.testing.dom.node import Element, attribute, set_attribute

_METHODS = frozenset({"setProperty", "removeProperty", "getPropertyValue", "getPropertyPriority", "item"})
_PROTOTYPES = frozenset({"__proto__", "constructor", "prototype"})
_DECLARATION = re.compile(
    r"\s*([\w-]+)\s*:((?:[^;\"'(]|\"[^\"]*\"|'[^']*'|\((?:[^()\"']|\"[^\"]*\"|'[^']*')*\))*)(?:;|$)"
)


def css_name(name: str) -> str:
    """Return the CSS name of a style property: `marginTop` is `margin-top`."""
    if name.startswith("--"):
        return name
    if name == "cssFloat":
        return "float"
    hyphened = re.sub(r"[A-Z]", lambda found: "-" + found.group().lower(), name)
    return f"-{hyphened}" if hyphened.startswith("webkit-") else hyphened


def declarations(element: Element) -> dict[str, str]:
    """Return the inline style, by CSS names."""
    text = attribute(element, "style")
    return (
        {
            name.lower() if not name.startswith("--") else name: value.strip()
            for name, value in _DECLARATION.findall(text)
        }
        if text
        else {}
    )


def read_style(element: Element, name: str) -> str:
    """Return the inline value of a style property, an empty str where it is not set."""
    if "style" not in element.attrs:
        return ""
    if name == "cssText":
        return attribute(element, "style") or ""
    return declarations(element).get(css_name(name), "")


def write_style(element: Element, name: str, value: str | None) -> None:
    """Set a style property; None or an empty str removes it."""
    if name in _PROTOTYPES or name in _METHODS:
        raise OperationError("refused")
    if name == "cssText":
        set_attribute(element, "style", value or "")
        return
    styles = declarations(element)
    key = css_name(name)
    if value is None or not value.strip():
        if styles.pop(key, None) is None:
            return
    else:
        styles[key] = value.strip()
    set_attribute(element, "style", "".join(f"{key}: {value}; " for key, value in styles.items()).strip())
