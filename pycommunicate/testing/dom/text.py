"""The text that a person reads: `innerText`, as far as it can be told without style sheets."""

import re

from bs4.element import NavigableString, PageElement, PreformattedString

from pycommunicate.testing.dom.node import Element, ancestors, attribute, text_content
from pycommunicate.testing.dom.styles import read_style

_UNSEEN = frozenset(
    "head script style template noscript datalist audio video canvas iframe object title meta link input img".split()  # noqa: SIM905
)
_BLOCKS_NAMES = """address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure footer form
h1 h2 h3 h4 h5 h6 header hgroup hr html legend li listing main menu nav ol optgroup option p plaintext pre search
section summary table ul xmp caption tbody thead tfoot tr"""
_BLOCKS = frozenset(_BLOCKS_NAMES.split())
_PRESERVED = frozenset({"pre", "textarea", "listing", "xmp", "plaintext"})

Piece = str | int
"""Text, or a number of line breaks that are wanted here."""


def inner_text(element: Element) -> str:
    """Return `innerText`: hidden elements left out, white space collapsed, blocks on lines of their own."""
    if not is_rendered(element):
        return text_content(element)
    if element.name == "textarea":
        return ""
    pieces: list[Piece] = []
    for node in element.contents:
        _collect(node, pieces, preserved=_preserves(element))
    return _joined(pieces)


def is_rendered(element: Element) -> bool:
    """Whether an element takes part in what is shown: neither `hidden` nor `display: none`, nor inside of what is."""
    return not any(_is_hidden(one) for one in ancestors(element))


def _is_hidden(element: Element) -> bool:
    if element.name in {"head", "script", "style", "template", "noscript", "datalist", "title"}:
        return True
    if attribute(element, "hidden") is not None or read_style(element, "display") == "none":
        return True
    if element.name == "dialog" and attribute(element, "open") is None:
        return True
    around = element.parent
    closed = isinstance(around, Element) and around.name == "details" and attribute(around, "open") is None
    return closed and element.name != "summary"


def _preserves(element: Element) -> bool:
    for one in ancestors(element):
        space = read_style(one, "white-space")
        if space:
            return space.startswith(("pre", "break-spaces"))
        if one.name in _PRESERVED:
            return True
    return False


def _collect(node: PageElement, pieces: list[Piece], *, preserved: bool) -> None:
    if isinstance(node, PreformattedString):
        return
    if isinstance(node, NavigableString):
        pieces.append(
            str(node).replace("\n", "\0").replace(" ", "\2") if preserved else re.sub(r"[ \t\r\n\f]+", " ", str(node))
        )
        return
    if not isinstance(node, Element) or node.name in _UNSEEN or _is_hidden(node):
        return
    if read_style(node, "visibility") == "hidden":
        return
    if node.name == "br":
        pieces.append("\0")
        return
    breaks = _breaks(node)
    if breaks:
        pieces.append(breaks)
    inner = preserved or node.name in _PRESERVED or (bool(read_style(node, "white-space")) and _preserves(node))
    if node.name != "textarea":
        closed = node.name == "details" and attribute(node, "open") is None
        for child in node.contents:
            if not closed or isinstance(child, Element):
                _collect(child, pieces, preserved=inner)
    if node.name in {"td", "th"} and _another(node, {"td", "th"}):
        pieces.append("\1")
    if breaks:
        pieces.append(breaks)


def _breaks(element: Element) -> int:
    shown = read_style(element, "display")
    if shown.startswith("inline"):
        return 0
    if element.name == "p":
        return 2
    return int(element.name in _BLOCKS or shown in {"block", "flex", "grid"})


def _another(cell: Element, names: set[str]) -> bool:
    return any(isinstance(node, Element) and node.name in names for node in cell.next_siblings)


def _joined(pieces: list[Piece]) -> str:
    # \0: a line break, \1: the end of a cell, \2: a space that stays.
    text, due = "", 0
    for piece in pieces:
        if isinstance(piece, int):
            due = max(due, piece)
        elif piece.strip(" ") or (piece and not due and text and text[-1] not in " \0\1"):
            if due:
                text = text.rstrip(" ") + ("\0" * due if text else "")
                due = 0
            text += piece.lstrip(" ") if not text or text[-1] in " \0\1" else piece
    text = re.sub(r" *([\0\1]) *", r"\1", text) if "\0" in text or "\1" in text else text
    return text.strip(" ").replace("\0", "\n").replace("\1", "\t").replace("\2", " ")
