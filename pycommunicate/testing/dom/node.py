"""Element: a tag of the tree, with what a browser keeps beside its attributes."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

from bs4 import Tag
from bs4.element import PageElement

HTML = "http://www.w3.org/1999/xhtml"
SVG = "http://www.w3.org/2000/svg"

Author = Literal["person", "server"]


class Element(Tag):
    """One element. Two are equal only where they are the same."""

    live_value: str | None = None
    """What was typed or written since; None: the attribute says it."""
    live_checked: bool | None = None
    live_selected: bool | None = None
    author: Author | None = None
    """Who changed it last."""
    extra: dict[str, Any] | None = None
    """Properties that are no attributes: `scrollTop`, `indeterminate`, whatever a program sets."""

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    __hash__: Callable[[], int] = object.__hash__  # type: ignore[assignment]


def attribute(element: Element, name: str) -> str | None:
    """Return an attribute's value, None where it is not set."""
    value: Any = element.attrs.get(name)
    return None if value is None else str(value)


def set_attribute(element: Element, name: str, value: str | None) -> None:
    """Set an attribute; None removes it."""
    if value is None:
        element.attrs.pop(name, None)
    else:
        element.attrs[name] = value


def classes(element: Element) -> list[str]:
    """Return the classes, each once."""
    return list(dict.fromkeys((attribute(element, "class") or "").split()))


def children(element: Element) -> list[Element]:
    """Return the child elements."""
    return [child for child in element.contents if isinstance(child, Element)]


def elements(element: Element) -> Iterator[Element]:
    """Iterate over the elements inside `element`, in document order."""
    for node in element.descendants:
        if isinstance(node, Element):
            yield node


def parent(element: PageElement) -> Element | None:
    """Return the element around `element`."""
    around = element.parent
    return around if isinstance(around, Element) else None


def ancestors(element: Element) -> Iterator[Element]:
    """Iterate over `element` and what is around it, outward."""
    here: Element | None = element
    while here is not None:
        yield here
        here = parent(here)


def closest(element: Element, *names: str) -> Element | None:
    """Return the nearest of `element` and what is around it that has one of these names."""
    return next((one for one in ancestors(element) if one.name in names), None)


def text_content(element: Element) -> str:
    """Return `textContent`."""
    return "".join(str(node) for node in element.descendants if _is_text(node))


def _is_text(node: PageElement) -> bool:
    from bs4.element import NavigableString, PreformattedString  # noqa: PLC0415

    return isinstance(node, NavigableString) and not isinstance(node, PreformattedString)
