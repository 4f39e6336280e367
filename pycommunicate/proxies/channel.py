"""The narrow interface through which handles write to a page and ask it."""

from collections.abc import Callable
from typing import Any, Protocol

from pycommunicate.protocol.operations import Operation
from pycommunicate.protocol.values import JSON
from pycommunicate.proxies.dom.listener import Terms


class Channel(Protocol):
    """A page, as its elements see it."""

    epoch: str
    """Which mount of the page this is. Handles of an earlier one have lost their elements."""

    def write(self, operation: Operation) -> None:
        """Append an operation; it travels with the next message. Does not wait for the browser.

        Blocks only where the page's own handler has written more than its browser could take (`Limits.unacknowledged_bytes`).
        """

    def ask(self, code: int, *arguments: object) -> JSON:
        """Ask the browser and wait for its answer: one round trip.

        Raises `BrowserTimeout`, `BrowserGone`, `BadAnswer`, `InvalidSelector`, `ElementGone`, `NotConnected`.
        """

    def ask_for_element(self, code: int, *arguments: object) -> "JSON | Named":
        """The same, where the answer may be an element."""

    def find(self, selector: str) -> "int | None":
        """Return the handle of the first element that matches; None where there is none. Asks the browser, where that is not known."""

    def new_handle(self, parent: int = 0) -> int:
        """Return the handle for an element that is about to be found, or created inside the element `parent`."""

    def parent_of(self, handle: int) -> int:
        """Return the handle of the element around `handle` where the server knows it, else 0."""

    def listen(self, handle: int, handler: Callable[..., object], terms: Terms) -> tuple[int, list[Any] | None]:
        """Keep a listener of the element `handle` until it is removed or its view ends. Returns its number,
        and what the browser is told of the questions to ask along with its events: the option `ask`.
        """

    def forget(self, number: int) -> None:
        """Let a listener go. What is on its way for it is ignored."""

    def forget_element(self, handle: int, *, inside: bool = False) -> None:
        """Let go of the listeners of the element `handle`, which is being deleted, and of those inside it (or only of these)."""


class Named(int):
    """An element in an answer: its handle."""


Handler = Callable[..., object]
