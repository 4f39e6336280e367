"""What a view keeps over a mount anew: the attributes named in `View.keep`, as JSON."""

from typing import Any

from pycommunicate.errors import NotSerializable
from pycommunicate.protocol.values import JSON, dumps, to_json

MOST_BYTES = 2048


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
