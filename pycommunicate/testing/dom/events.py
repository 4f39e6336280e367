"""Events: what a person does, its way through the tree, and what the server is told of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from pycommunicate.protocol.checked import LONGEST_NAME
from pycommunicate.protocol.payloads import MOST_DATA
from pycommunicate.testing.dom import fields
from pycommunicate.testing.dom.document import Document
from pycommunicate.testing.dom.errors import OperationError
from pycommunicate.testing.dom.handles import Handles
from pycommunicate.testing.dom.node import Element, ancestors, attribute
from pycommunicate.testing.dom.properties import dataset, get_property

Kind = Literal["mouse", "key", "ui", "plain"]

_SILENT_NAMES = """focus blur load error scroll scrollend toggle beforetoggle invalid cancel close play playing pause ended timeupdate
mouseenter mouseleave pointerenter pointerleave"""
_SILENT = frozenset(_SILENT_NAMES.split())
_CROSSING = frozenset({"mouseenter", "mouseleave", "pointerenter", "pointerleave"})
_MOUSE = ("click", "dblclick", "auxclick", "contextmenu", "mouse", "pointer", "drag", "drop", "wheel")
_MODIFIERS = ("alt", "ctrl", "meta", "shift")


@dataclass(eq=False)
class DOMEvent:
    """One event on its way."""

    type: str
    target: Element
    facts: dict[str, Any] = field(default_factory=dict)
    """`key`, `code`, `x`, `y`, `modifiers`, `detail`, as far as the event has them."""
    submitter: Element | None = None
    """The button that submits the form."""
    prevented: bool = False
    stopped: bool = False

    @property
    def kind(self) -> Kind:
        """Which of the DOM's interfaces it has."""
        if self.type.startswith("key"):
            return "key"
        if self.type.startswith(_MOUSE):
            return "mouse"
        return "ui" if self.type in {"input", "beforeinput", "focus", "blur", "focusin", "focusout"} else "plain"


@dataclass(eq=False)
class Listener:
    """What the operation `listen` adds."""

    number: int
    element: Element
    type: str
    options: dict[str, Any]

    @property
    def capture(self) -> bool:
        """Whether it hears events on their way down: those that do not bubble reach an ancestor only so."""
        return "selector" in self.options and self.type in _SILENT


Fired = Callable[[Listener, DOMEvent, Element], None]
"""Called for each event that passed the filters, with the element that matched."""


class Listeners:
    """The listeners of one epoch."""

    def __init__(self, fired: Fired) -> None:
        self._fired = fired
        self._all: dict[int, Listener] = {}
        self.released: list[int] = []
        """Listeners whose elements left the document for good, not yet told to the server."""

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Any:
        return iter(tuple(self._all.values()))

    def add(self, document: Document, listener: Listener) -> None:
        """Begin to listen."""
        selector = listener.options.get("selector")
        if selector is not None:
            document.select_one(selector)  # raises where it is none
        self._all[listener.number] = listener

    def remove(self, number: int) -> None:
        """End a listener; one that is not there is no error."""
        self._all.pop(number, None)

    def asks(self, number: int, ask: list[Any]) -> None:
        """What to ask along with the listener's events."""
        listener = self._all.get(number)
        if listener is not None:
            listener.options = {**listener.options, "ask": ask}

    def forget(self, gone: set[Element]) -> None:
        """These elements have left the document for good."""
        for number, listener in tuple(self._all.items()):
            if listener.element in gone:
                del self._all[number]
                self.released.append(number)

    def clear(self) -> None:
        """Start a new epoch."""
        self._all.clear()
        self.released.clear()

    def dispatch(self, document: Document, event: DOMEvent) -> bool:
        """Send an event through the tree. Return whether its default action is still wanted."""
        path = list(ancestors(event.target))
        outer = path[1:]
        way = [(one, True, False) for one in reversed(outer)] + [(event.target, True, True)]
        way += [(one, False, True) for one in outer] if event.type not in _SILENT else []
        for element, capturing, bubbling in way:
            for listener in sorted(self, key=lambda one: not one.capture):
                heard = (listener.capture and capturing) or (not listener.capture and bubbling)
                if listener.element is element and listener.type == event.type and heard:
                    self._handle(document, listener, event)
            if event.stopped:
                break
        return not event.prevented

    def _handle(self, document: Document, listener: Listener, event: DOMEvent) -> None:
        if listener.number not in self._all:
            return
        options = listener.options
        matched = _match(document, listener, event)
        keys = options.get("keys")
        if matched is None or (keys and event.facts.get("key") not in keys):
            return
        event.prevented |= bool(options.get("prevent_default"))
        event.stopped |= bool(options.get("stop_propagation"))
        if options.get("once"):
            self.remove(listener.number)
        self._fired(listener, event, matched)
        form = fields.form_of(matched) if options.get("reset") else None
        if form is not None and self.dispatch(document, DOMEvent("reset", form)):
            fields.reset(form)


def _match(document: Document, listener: Listener, event: DOMEvent) -> Element | None:
    selector = listener.options.get("selector")
    if selector is None:
        return listener.element
    try:
        if event.type in _CROSSING:
            return event.target if document.matches(event.target, selector) else None
        found = document.closest(event.target, selector)
    except OperationError:
        return None
    if found is None or not any(one is listener.element for one in ancestors(found)):
        return None
    return found


def payload_of(document: Document, event: DOMEvent, matched: Element, handles: Handles) -> dict[str, Any]:
    """Return what the server is told of an event. What does not apply is left out."""
    payload: dict[str, Any] = {"type": event.type, "target": handles.of(matched)}
    if event.type == "submit":
        payload["value"] = fields.form_data(event.target, event.submitter)
    elif matched.name == "select" and fields.is_multiple(matched):
        payload["value"] = [fields.option_value(option) for option in fields.selected(matched)]
    else:
        value = get_property(document, matched, "value", "")
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            payload["value"] = value
    if event.type != "submit" and fields.type_of(matched) in fields.CHECKABLE:
        payload["checked"] = fields.is_checked(matched)
    id_ = attribute(matched, "id")
    if id_:
        payload["id"] = id_
    data = dataset(matched)
    if data and len(data) <= MOST_DATA and all(len(name) <= LONGEST_NAME for name in data):
        payload["data"] = data
    told = _input(event)
    payload.update(
        {name: value for name, value in told.items() if name not in {"key", "code"} or len(value) <= LONGEST_NAME}
    )
    return payload


def _input(event: DOMEvent) -> dict[str, Any]:
    facts = dict(event.facts)
    told: dict[str, Any] = {}
    if event.kind == "key":
        told = {"key": facts.pop("key", ""), "code": facts.pop("code", "")}
    elif event.kind == "mouse":
        told = {"x": round(facts.pop("x", 0)), "y": round(facts.pop("y", 0))}
    if event.kind in {"key", "mouse"}:
        held = facts.pop("modifiers", ())
        told["modifiers"] = [name for name in _MODIFIERS if name in held]
    detail = facts.pop("detail", None)
    if detail is not None and not (event.kind != "plain" and detail == 0):
        told["detail"] = detail
    return told | facts
