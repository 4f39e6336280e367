"""Document: the tree of a page, its focus, and how elements of it are found."""

import re
from collections.abc import Callable
from typing import Any

import soupsieve
from bs4 import BeautifulSoup, Tag
from bs4.element import PageElement

from pycommunicate.testing.dom import fields
from pycommunicate.testing.dom.errors import OperationError
from pycommunicate.testing.dom.node import HTML, Element, ancestors, attribute, elements, text_content
from pycommunicate.testing.dom.serialize import inner_html, outer_html

# What a fragment is parsed in, so that `<tr>` stays where a table's body is asked for.
_AROUND = {
    "table": "<table>{}</table>",
    "thead": "<table><thead>{}</thead></table>",
    "tbody": "<table><tbody>{}</tbody></table>",
    "tfoot": "<table><tfoot>{}</tfoot></table>",
    "tr": "<table><tbody><tr>{}</tr></tbody></table>",
    "colgroup": "<table><colgroup>{}</colgroup></table>",
    "select": "<select>{}</select>",
    "optgroup": "<select><optgroup>{}</optgroup></select>",
    "svg": "<svg>{}</svg>",
    "g": "<svg><g>{}</g></svg>",
}
_LIVE = re.compile(r"(?<!\\):(checked|focus-within|focus-visible|focus|invalid|valid|placeholder-shown)(?![\w-])")


class Document:
    """One document. Parsed as browsers parse, with the state that markup does not show."""

    def __init__(self, html: str = "") -> None:
        self.soup = _parse(html)
        self.root: Element = next(node for node in self.soup.contents if isinstance(node, Element))
        self.active: Element | None = None
        """What has the focus; None: the body."""

    @property
    def html(self) -> str:
        """The document as HTML."""
        return outer_html(self.root)

    @property
    def head(self) -> Element:
        """The head."""
        return self._part("head")

    @property
    def body(self) -> Element:
        """The body."""
        return self._part("body", "frameset")

    @property
    def title(self) -> str:
        """The title, white space collapsed."""
        title = next((one for one in elements(self.root) if one.name == "title"), None)
        return "" if title is None else " ".join(text_content(title).split())

    def by_id(self, id_: str) -> Element | None:
        """Return the first element with this id."""
        return next((one for one in elements(self.root) if attribute(one, "id") == id_), None)

    def contains(self, element: Element) -> bool:
        """Whether the element is in this document."""
        return any(one is self.root for one in ancestors(element))

    def select(self, selector: str, limit: int = 0) -> list[Element]:
        """Return the elements that match. Raises `OperationError` where it is no selector."""
        return list(self._ask(selector, lambda compiled: compiled.select(self.soup, limit=limit)))

    def select_one(self, selector: str) -> Element | None:
        """Return the first element that matches, as `querySelector`."""
        found = self.select(selector, 1)
        return found[0] if found else None

    def closest(self, element: Element, selector: str) -> Element | None:
        """Return the nearest of `element` and what is around it that matches."""
        found = self._ask(selector, lambda compiled: [compiled.closest(element)])
        return found[0] if found else None

    def matches(self, element: Element, selector: str) -> bool:
        """Whether the element matches."""
        return bool(self._ask(selector, lambda compiled: [element] if compiled.match(element) else []))

    def create(self, tag: str, namespace: str | None = HTML) -> Element:
        """Return a new element that is nowhere yet."""
        name = tag.lower() if namespace == HTML else tag
        made = self.soup.new_tag(name, namespace=namespace)
        if not isinstance(made, Element):
            raise TypeError(f"the parser made a {type(made).__name__}")
        return made

    def fragment(self, html: str, container: Element) -> list[PageElement]:
        """Return the nodes of `html`, parsed as what stands inside `container`."""
        around = _AROUND.get(container.name)
        if around is None:
            nodes = list(Document(f"<body><div>{html}").body.contents)
            inner = [node for div in nodes[:1] for node in list(getattr(div, "contents", ()))]
            return [node.extract() for node in [*inner, *nodes[1:]]]
        inside = Document(around.format(html)).body.find_all(container.name, limit=1)
        return [node.extract() for node in list(inside[0].contents)] if inside else []

    def focusable(self, element: Element) -> bool:
        """Whether the element can take the focus."""
        if attribute(element, "tabindex") is not None:
            return True
        if element.name in fields.CONTROLS:
            return not fields.is_disabled(element) and fields.type_of(element) != "hidden"
        if element.name in {"a", "area"}:
            return attribute(element, "href") is not None
        return element.name in {"summary", "iframe"} or attribute(element, "contenteditable") in {"", "true"}

    # -- details ----------------------------------------------------------------------------------------------------------

    def _part(self, *names: str) -> Element:
        for node in self.root.contents:
            if isinstance(node, Element) and node.name in names:
                return node
        return self.root

    def _ask(self, selector: str, ask: Callable[[Any], list[Any]]) -> list[Any]:
        live = set(_LIVE.findall(selector))
        try:
            compiled = soupsieve.compile(_LIVE.sub(r"[\1-of-browser]", selector) if live else selector)
        except NotImplementedError:
            return []  # pseudo-elements match nothing
        except soupsieve.SelectorSyntaxError as error:
            raise OperationError("invalid_selector", str(error)) from None
        marked = self._mark(live)
        try:
            return [found for found in ask(compiled) if isinstance(found, Element)]
        finally:
            for element, name in marked:
                element.attrs.pop(name, None)

    def _mark(self, live: set[str]) -> list[tuple[Element, str]]:
        # The selector library reads attributes; what only the browser knows is made one for as long as it is asked.
        marked = []
        for pseudo in live:
            name = f"{pseudo}-of-browser"
            for element in elements(self.root):
                if self._is(element, pseudo):
                    element.attrs[name] = ""
                    marked.append((element, name))
        return marked

    def _is(self, element: Element, pseudo: str) -> bool:
        match pseudo:
            case "checked":
                return fields.is_selected(element) if element.name == "option" else fields.is_checked(element)
            case "focus" | "focus-visible":
                return element is self.active
            case "focus-within":
                return self.active is not None and any(one is element for one in ancestors(self.active))
            case "placeholder-shown":
                return attribute(element, "placeholder") is not None and not fields.value_of(element)
            case _:
                applies = element.name in {"input", "textarea", "select", "form"}
                return applies and (fields.problem_of(element) is None) == (pseudo == "valid")


def _parse(html: str) -> BeautifulSoup:
    return BeautifulSoup(
        html or "<html></html>", "html5lib", multi_valued_attributes=None, element_classes={Tag: Element}
    )


__all__ = ["Document", "inner_html", "outer_html"]
