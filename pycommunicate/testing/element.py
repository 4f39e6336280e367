"""Element: one element of a page, to look at."""

from typing import TYPE_CHECKING, Any

from pycommunicate.testing.dom import fields, node
from pycommunicate.testing.dom.properties import get_property
from pycommunicate.testing.dom.serialize import inner_html, outer_html
from pycommunicate.testing.dom.styles import declarations
from pycommunicate.testing.dom.text import inner_text, is_rendered

if TYPE_CHECKING:
    from pycommunicate.testing.tab import Tab


class Element:
    """One element of a page, as it is now. It stays the same one until it leaves the document."""

    def __init__(self, tab: "Tab", element: node.Element) -> None:
        self._tab = tab
        self._node = element

    @property
    def tag(self) -> str:
        """The element's name: `button`."""
        return self._node.name

    @property
    def id(self) -> str:
        """The id, an empty str where there is none."""
        return node.attribute(self._node, "id") or ""

    @property
    def text(self) -> str:
        """The text that is shown (`innerText`), as far as it can be told without style sheets."""
        return inner_text(self._node)

    @property
    def value(self) -> str:
        """What is in the field."""
        return str(self.property("value") or "")

    @property
    def checked(self) -> bool:
        """Whether the box is ticked, the radio button chosen."""
        return fields.is_checked(self._node)

    @property
    def selected(self) -> list[str]:
        """The values of the options that are chosen."""
        return [fields.option_value(option) for option in fields.selected(self._node)]

    @property
    def disabled(self) -> bool:
        """Whether the control is disabled, itself or by a fieldset around it."""
        return fields.is_disabled(self._node)

    @property
    def focused(self) -> bool:
        """Whether it has the focus."""
        return self._tab.document.active is self._node

    @property
    def visible(self) -> bool:
        """Whether it is shown, as far as the HTML says: style sheets are not read."""
        return self.in_document and is_rendered(self._node)

    @property
    def in_document(self) -> bool:
        """Whether it still is in the document."""
        return self._tab.document.contains(self._node)

    @property
    def attributes(self) -> dict[str, str]:
        """The attributes."""
        return {name: str(value) for name, value in self._node.attrs.items()}

    @property
    def classes(self) -> list[str]:
        """The classes."""
        return node.classes(self._node)

    @property
    def style(self) -> dict[str, str]:
        """The inline style, by CSS names."""
        return declarations(self._node)

    @property
    def html(self) -> str:
        """The HTML inside."""
        return inner_html(self._node)

    @property
    def outer_html(self) -> str:
        """The HTML with the element itself."""
        return outer_html(self._node)

    def property(self, name: str) -> Any:
        """Return a property of the DOM (`tabIndex`, `dataset`); an element as an `Element`."""
        value = get_property(self._tab.document, self._node, name, self._tab.url)
        return Element(self._tab, value) if isinstance(value, node.Element) else value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Element) and other._node is self._node

    def __hash__(self) -> int:
        return hash(self._node)

    def __repr__(self) -> str:
        return f"<Element {outer_html(self._node)[:80]}>"
