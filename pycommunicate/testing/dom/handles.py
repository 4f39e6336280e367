"""The numbers by which server and browser name elements. 0 is the document element; ours are negative."""

from pycommunicate.testing.dom.errors import OperationError
from pycommunicate.testing.dom.node import Element, elements


class Handles:
    """The elements that have numbers, in one epoch."""

    def __init__(self, root: Element) -> None:
        self.begin(root)

    def begin(self, root: Element) -> None:
        """Start a new epoch."""
        self._elements: dict[int, Element] = {}
        self._numbers: dict[Element, list[int]] = {}
        self._next = -1
        self.set(0, root)

    def get(self, handle: int) -> Element:
        """Return the element. Raises `OperationError` where there is none."""
        element = self._elements.get(handle)
        if element is None:
            raise OperationError("gone")
        return element

    def set(self, handle: int, element: Element) -> None:
        """Name an element."""
        self._elements[handle] = element
        self._numbers.setdefault(element, []).append(handle)

    def __contains__(self, element: Element) -> bool:
        return element in self._numbers

    def of(self, element: Element) -> int:
        """Return the element's number, given now if it has none."""
        known = self._numbers.get(element)
        if known:
            return known[0]
        handle, self._next = self._next, self._next - 1
        self.set(handle, element)
        return handle

    def forget(self, element: Element) -> None:
        """The element has left the document for good."""
        for handle in self._numbers.pop(element, ()):
            self._elements.pop(handle, None)

    def forget_children(self, element: Element) -> list[Element]:
        """All inside the element has left the document for good. Return it."""
        gone = list(elements(element))
        for one in gone:
            self.forget(one)
        return gone
