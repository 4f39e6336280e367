"""What a view keeps over a remount: the attributes named in `View.keep`, as JSON. And which page it is that is remounted: its lineage."""

import secrets
from typing import Any

from pycommunicate.errors import NotSerializable
from pycommunicate.protocol.values import JSON, dumps, to_json

MOST_BYTES = 2048


class Lineage:
    """A page and its remounts: a name, and a number that grows with each change of what the page's mount token says."""

    __slots__ = ("_noted", "_state", "name", "number")

    def __init__(self, name: str | None = None, number: int = 0, state: object = None, *, noted: bool = True) -> None:
        """Begin with a name of its own, or go on with one.

        :param state: what the number stands for; None: the first state that comes.
        :param noted: whether the number need not be noted any more.
        """
        self.name = name or secrets.token_urlsafe(12)
        self.number = number
        self._state = state
        self._noted = noted

    def take(self, state: object) -> bool:
        """Take the state of now; if it differs from the one before, the number grows. Return whether the number is to be noted."""
        before, self._state = self._state, state
        if before is not None and before != state:
            self.number += 1
            self._noted = False
        noted, self._noted = self._noted, True
        return not noted


def kept_state(view: Any) -> dict[str, JSON]:
    """Return what `view` keeps now. Raises `NotSerializable` for what JSON can't carry, or what is too much."""
    state = {
        name: to_json(getattr(view, name), f"{type(view).__qualname__}.{name}")
        for name in view.keep
        if hasattr(view, name)
    }
    size = len(dumps(state).encode()) if state else 0
    if size > MOST_BYTES:
        message = f"{type(view).__qualname__}.keep holds {size} bytes; at most {MOST_BYTES} travel with the page, more belongs into user.session"
        raise NotSerializable(message)
    return state


def put_back(view: Any, state: Any) -> None:
    """Set what a view kept. Names that it no longer keeps are left out."""
    if isinstance(state, dict):
        for name in view.keep:
            if name in state:
                setattr(view, name, state[name])
