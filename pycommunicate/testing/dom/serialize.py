"""HTML out of a tree, as a browser's `innerHTML` has it."""

from bs4.element import Comment, Doctype, NavigableString, PageElement

from pycommunicate.testing.dom.node import Element

_VOID = frozenset(
    "area base br col embed hr img input link meta param source track wbr".split()  # noqa: SIM905
)
_RAW = frozenset({"style", "script", "xmp", "iframe", "noembed", "noframes", "plaintext"})


def inner_html(element: Element) -> str:
    """Return the HTML inside `element`."""
    return "".join(_node(child, raw=element.name in _RAW) for child in element.contents)


def outer_html(element: Element) -> str:
    """Return the HTML of `element` with all that is inside."""
    attributes = "".join(f' {name}="{_quoted(str(value))}"' for name, value in element.attrs.items())
    start = f"<{element.name}{attributes}>"
    return start if element.name in _VOID else f"{start}{inner_html(element)}</{element.name}>"


def _node(node: PageElement, *, raw: bool) -> str:
    if isinstance(node, Element):
        return outer_html(node)
    if isinstance(node, Comment):
        return f"<!--{node}-->"
    if isinstance(node, Doctype):
        return f"<!DOCTYPE {node}>"
    if isinstance(node, NavigableString):
        return str(node) if raw else _escaped(str(node))
    return ""


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("\xa0", "&nbsp;").replace("<", "&lt;").replace(">", "&gt;")


def _quoted(text: str) -> str:
    return text.replace("&", "&amp;").replace("\xa0", "&nbsp;").replace('"', "&quot;")
