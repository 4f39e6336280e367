"""What an event tells of itself: each name with what may stand behind it."""

from collections.abc import Callable
from typing import Any, Final

from pycommunicate.errors import ProtocolError
from pycommunicate.protocol.checked import LONGEST_NAME, handle, json_value, text
from pycommunicate.protocol.values import JSON, LARGEST_EXACT_INTEGER

MOST_DATA: Final = 256
_MODIFIERS: Final = frozenset({"alt", "ctrl", "meta", "shift"})


def event_payload(value: object, depth: int, last_handle: int) -> dict[str, JSON]:
    """Return the payload of an event, without names that have no meaning. Raises `ProtocolError`."""
    if type(value) is not dict:
        raise ProtocolError("a payload is an object")
    json_value(value, depth)
    payload: dict[str, JSON] = {}
    for name, item in value.items():
        check = _FIELDS.get(name)
        if check is not None:
            check(item)
            payload[name] = item
    if "target" in payload:
        handle(payload["target"], last_handle)
    return payload


def _name(value: object) -> None:
    text(value, "a name in an event")


def _any(_value: object) -> None:
    """Any JSON, as long as its message allows."""


def _id(value: object) -> None:
    if type(value) is not str:
        raise ProtocolError("id is not a text")


def _bool(value: object) -> None:
    if type(value) is not bool:
        raise ProtocolError("checked is not a bool")


def _coordinate(value: object) -> None:
    # Not a number (NaN) is in no range.
    if type(value) not in {int, float} or not -LARGEST_EXACT_INTEGER <= value <= LARGEST_EXACT_INTEGER:  # type: ignore[operator]
        raise ProtocolError("a coordinate is not a number of pixels")


def _data(value: object) -> None:
    if type(value) is not dict or len(value) > MOST_DATA:
        raise ProtocolError(f"data is not an object of at most {MOST_DATA} texts")
    for name, item in value.items():
        if type(item) is not str or len(name) > LONGEST_NAME:
            raise ProtocolError(f"data is not an object of texts with names of at most {LONGEST_NAME} characters")


def _modifiers(value: object) -> None:
    if type(value) is not list or len(value) > len(_MODIFIERS):
        raise ProtocolError("modifiers is not a list of modifier keys")
    if not all(type(item) is str and item in _MODIFIERS for item in value):
        raise ProtocolError("modifiers names a key that is not a modifier")


_FIELDS: Final[dict[Any, Callable[[object], None]]] = {
    "type": _name,
    "value": _any,
    "checked": _bool,
    "key": _name,
    "code": _name,
    "data": _data,
    "id": _id,
    "x": _coordinate,
    "y": _coordinate,
    "modifiers": _modifiers,
    "detail": _any,
    "target": _any,  # as a handle, which only the page can tell
}
