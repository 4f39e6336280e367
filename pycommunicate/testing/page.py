"""Page: a tab of a simulated browser, as a test uses it."""

import time
from collections.abc import Callable
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from pycommunicate.testing.dom import node
from pycommunicate.testing.dom.errors import OperationError
from pycommunicate.testing.dom.text import inner_text
from pycommunicate.testing.element import Element
from pycommunicate.testing.errors import InvalidTestSelector, NoSuchElement, NotAtRest, NotPossible
from pycommunicate.testing.keyboard import Keyboard
from pycommunicate.testing.person import Person
from pycommunicate.testing.tab import Tab

if TYPE_CHECKING:
    from pycommunicate.testing.browser import Browser

_PAUSE = 0.005


class Page:
    """One tab. `browser.open(url)` makes it.

    Each method that does something waits until the application has come to rest: nothing is on its way, and no handler runs but
    for those that have been blocked for longer than `browser.patience`. Each raises what a handler raised meanwhile.
    """

    def __init__(self, browser: "Browser", tab: Tab) -> None:
        self.browser = browser
        """Whose page it is."""
        self._tab = tab
        self._person = Person(tab)
        self._keyboard = Keyboard(tab, self._person)

    # -- what is there ------------------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """The URL that is shown."""
        self._settle()
        return self._tab.url

    @property
    def path(self) -> str:
        """Path and query of the URL."""
        self._settle()
        return self._tab.path

    @property
    def status(self) -> int | None:
        """The HTTP status with which the page was served; None for another site's."""
        self._settle()
        return self._tab.status

    @property
    def headers(self) -> Any:
        """The headers with which the page was served."""
        self._settle()
        return self._tab.response.headers if self._tab.response is not None else {}

    @property
    def title(self) -> str:
        """The title."""
        self._settle()
        return self._tab.document.title

    @property
    def html(self) -> str:
        """The document as HTML, as it is now."""
        self._settle()
        return self._tab.document.html

    @property
    def connected(self) -> bool:
        """Whether the page is live."""
        self._settle()
        return self._tab.is_connected

    def text(self, selector: str = "body") -> list[str]:
        """Return the text (`innerText`) of every element that matches, in the order of the document."""
        self._settle()
        return [inner_text(element) for element in self._all(selector)]

    def exists(self, selector: str) -> bool:
        """Whether an element matches."""
        self._settle()
        return bool(self._all(selector))

    def count(self, selector: str) -> int:
        """Return how many elements match."""
        self._settle()
        return len(self._all(selector))

    def element(self, selector: str) -> Element:
        """Return the first element that matches. Raises `NoSuchElement`."""
        self._settle()
        return Element(self._tab, self._one(selector))

    def elements(self, selector: str) -> list[Element]:
        """Return every element that matches."""
        self._settle()
        return [Element(self._tab, element) for element in self._all(selector)]

    def value(self, selector: str) -> str:
        """Return what is in the first field that matches."""
        return self.element(selector).value

    @property
    def focused(self) -> Element | None:
        """The element that has the focus."""
        self._settle()
        active = self._tab.document.active
        return None if active is None else Element(self._tab, active)

    # -- what a person does ---------------------------------------------------------------------------------------------------

    def click(self, selector: str, *, modifiers: tuple[str, ...] = ()) -> None:
        """Click the first element that matches. Links lead on, buttons submit, boxes are ticked, labels pass it on.

        :param modifiers: which of `alt`, `ctrl`, `meta`, `shift` are held.
        :raises NotPossible: it is hidden or disabled.
        """
        self._do(lambda: self._person.click(self._one(selector), modifiers=modifiers))

    def fill(self, selector: str, text: str) -> None:
        """Put text into the field instead of what is there."""
        self._do(lambda: self._person.fill(self._one(selector), text))

    def type(self, selector: str, text: str) -> None:
        """Type text into the field, key by key, after what is there."""
        for character in text:
            self.press(selector, "Enter" if character == "\n" else character)

    def press(self, selector: str, key: str) -> None:
        """Press a key in the element: `a`, `Enter`, `Control+S`. Enter submits, Space ticks, Tab moves on."""
        self._do(lambda: self._keyboard.press(self._one(selector), key))

    def check(self, selector: str, checked: bool = True) -> None:
        """Tick the box or choose the radio button (with `checked=False` untick the box), unless it is so already."""
        self._do(lambda: self._person.check(self._one(selector), checked=checked))

    def select(self, selector: str, *options: str) -> None:
        """Choose options of a select, by their values or by what is shown, instead of those that were chosen."""
        self._do(lambda: self._person.select(self._one(selector), options))

    def submit(self, selector: str) -> None:
        """Submit the form that matches, or that the element is in."""
        self._do(lambda: self._submit(selector))

    def focus(self, selector: str) -> None:
        """Put the focus on the element."""
        self._do(lambda: self._tab.focus(self._one(selector)))

    def blur(self) -> None:
        """Take the focus away; a field in which something was typed changes."""
        self._do(lambda: self._tab.focus(None))

    def fire(self, selector: str, event: str, **payload: Any) -> None:
        """Let any event happen at the element: `page.fire("#map", "dblclick", x=10, y=20)`. Nothing follows by itself.

        :param payload: what the event carries: `key`, `code`, `x`, `y`, `modifiers`, `detail`.
        """
        self._do(lambda: self._tab.dispatch(event, self._one(selector), **payload))

    # -- the tab ----------------------------------------------------------------------------------------------------------------

    def goto(self, url: str) -> None:
        """Load another URL in this tab."""
        self._do(lambda: self._tab.go(url))

    def reload(self) -> None:
        """Load the page again."""
        self._do(lambda: self._tab.world.spawn(self._tab._load, self._tab.url, "GET", None))

    def close(self) -> None:
        """Close the tab. May be called again."""
        if self._tab in self._tab.world.tabs:
            self._tab.world.tabs.remove(self._tab)
            self._tab.leave()
            self._settle()

    # -- time ---------------------------------------------------------------------------------------------------------------------

    def tick(self, seconds: float) -> None:
        """Let this time pass (it really does), and come to rest."""
        self._tab.world.sleep(seconds)
        self._settle()

    def wait_until(self, predicate: Callable[[], object], timeout: float = 5.0) -> None:
        """Wait until `predicate()` is true. Raises `NotAtRest` (an `AssertionError`) after `timeout` seconds, showing the page."""
        end = time.monotonic() + timeout
        while not predicate():
            if time.monotonic() > end:
                shown = inner_text(self._tab.document.body)
                raise NotAtRest(f"not within {timeout:g} s. {self._tab.url} shows:\n{shown[:1000]}")
            self.tick(_PAUSE)

    # -- the wire -----------------------------------------------------------------------------------------------------------------

    @property
    def errors(self) -> list[str]:
        """What the browser's console would show: operations that failed, forms that were not submitted, refusals."""
        self._settle()
        return list(self._tab.console)

    @property
    def round_trips(self) -> int:
        """How many times the server has had to ask this tab something."""
        self._settle()
        return self._tab.counts.round_trips

    @property
    def messages_sent(self) -> int:
        """How many messages this tab has sent."""
        self._settle()
        return self._tab.counts.messages_sent

    @property
    def messages_received(self) -> int:
        """How many messages this tab has received."""
        self._settle()
        return self._tab.counts.messages_received

    @property
    def bytes_sent(self) -> int:
        """How many bytes of messages this tab has sent."""
        self._settle()
        return self._tab.counts.bytes_sent

    @property
    def bytes_received(self) -> int:
        """How many bytes of messages this tab has received."""
        self._settle()
        return self._tab.counts.bytes_received

    # -- details ----------------------------------------------------------------------------------------------------------

    def _do(self, action: Callable[[], object]) -> None:
        self._settle()
        self._tab.reloads = 0
        action()
        self._settle()

    def _settle(self) -> None:
        world = self._tab.world
        world.settle()
        world.raise_failure()

    def _submit(self, selector: str) -> None:
        element = self._one(selector)
        form = node.closest(element, "form")
        if form is None:
            raise NotPossible(f"{selector!r} is in no form")
        self._person.submit(form)

    def _all(self, selector: str) -> list[node.Element]:
        try:
            return self._tab.document.select(selector)
        except OperationError as error:
            raise InvalidTestSelector(f"{selector!r} is no selector: {error}") from None

    def _one(self, selector: str) -> node.Element:
        found = self._all(selector)
        if not found:
            raise NoSuchElement(self._nothing(selector))
        return found[0]

    def _nothing(self, selector: str) -> str:
        document = self._tab.document
        ids = dict.fromkeys(f"#{one.attrs['id']}" for one in node.elements(document.body) if one.attrs.get("id"))
        near = sorted(ids, key=lambda id_: -SequenceMatcher(None, selector, id_).ratio())[:8]
        there = f"the nearest ids are {', '.join(near)}" if near else f"it shows {inner_text(document.body)[:200]!r}"
        return f"nothing matches {selector!r} on {self._tab.url} (status {self._tab.status}); {there}"

    def __repr__(self) -> str:
        return f"<Page {self._tab.url} {self._tab.status}>"
