"""Event: what a handler that takes an argument is given."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pycommunicate.proxies.dom.element import ElementWrapper


class Event:
    """What happened in the browser. Everything in it came with the event: looking at it costs no round trip.

    It comes from the browser, so it is what the person (or their script) says: check it as you would check a form.
    The names are those of the DOM standard (https://dom.spec.whatwg.org/#interface-event) in Python spelling.
    """

    __slots__ = ("checked", "code", "data", "detail", "id", "key", "modifiers", "target", "type", "value", "x", "y")

    def __init__(self, payload: dict[str, Any], target: "ElementWrapper | None") -> None:
        self.type: str = payload.get("type", "")
        """The event's name, such as `click`."""
        self.value: Any = payload.get("value")
        """The element's value; for `submit` the form's data, a dict of name to str (or list of str)."""
        self.checked: bool = payload.get("checked", False)
        """Whether the checkbox or radio button is checked."""
        self.key: str = payload.get("key", "")
        """The key's value (UI Events): `a`, `Enter`, `ArrowUp`."""
        self.code: str = payload.get("code", "")
        """The physical key: `KeyA`."""
        self.data: dict[str, str] = payload.get("data", {})
        """The element's `data-*` attributes, named as in `dataset`: `data-row-id` is `rowId`."""
        self.id: str = payload.get("id", "")
        """The element's id."""
        self.x: float | None = payload.get("x")
        """Where the pointer was, in CSS pixels from the left of the viewport; None for other events."""
        self.y: float | None = payload.get("y")
        """The same, from the top."""
        self.modifiers: frozenset[str] = frozenset(payload.get("modifiers", ()))
        """Which of `alt`, `ctrl`, `meta`, `shift` were held."""
        self.detail: Any = payload.get("detail")
        """The `detail` of a CustomEvent or the click count."""
        self.target: ElementWrapper | Any = target
        """The element that the listener matched: with `selector=` the one inside that fits it."""

    def __repr__(self) -> str:
        return f"<Event {self.type!r} id={self.id!r} value={self.value!r} key={self.key!r}>"
