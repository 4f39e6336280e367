"""Values on their way to the browser: checked and copied when they are written, so that a mistake is met where it was made."""

import json
import math
from typing import Final

from pycommunicate.errors import NotSerializable

JSON = None | bool | int | float | str | list["JSON"] | dict[str, "JSON"]
"""What JSON can carry."""

LARGEST_EXACT_INTEGER: Final = 2**53 - 1
"""`Number.MAX_SAFE_INTEGER` (ECMA-262): above it, two integers become one in the browser."""

_PLAIN: Final = frozenset({str, bool, type(None)})


def to_json(value: object, what: str) -> JSON:
    """Return a copy of `value` as JSON carries it.

    Raises `NotSerializable`, naming `what` and the value's type, for what JSON can't carry: NaN and infinities, integers beyond
    2**53 - 1, bytes, sets, objects of other classes.
    """
    if type(value) in _PLAIN:
        return value  # type: ignore[return-value]
    if isinstance(value, bool):
        return bool(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        if -LARGEST_EXACT_INTEGER <= value <= LARGEST_EXACT_INTEGER:
            return int(value)
        message = (
            f"{what}: the integer {value} is beyond 2**53 - 1, the browser could not hold it exactly; pass str(value)"
        )
        raise NotSerializable(message)
    if isinstance(value, float):
        if math.isfinite(value):
            return float(value)
        message = f"{what}: {value} has no JSON form"
        raise NotSerializable(message)
    return _container(value, what)


def _container(value: object, what: str) -> JSON:
    try:
        if isinstance(value, dict):
            return {_key(key, what): to_json(item, f"{what}[{key!r}]") for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [to_json(item, f"{what}[{index}]") for index, item in enumerate(value)]
    except RecursionError:
        message = f"{what}: the value contains itself or is nested too deeply"
        raise NotSerializable(message) from None
    message = f"{what}: a {type(value).__name__} has no JSON form; expected str, int, float, bool, None, list or dict"
    raise NotSerializable(message)


def _key(key: object, what: str) -> str:
    if isinstance(key, str):
        return str(key)
    message = f"{what}: the dict has a key of type {type(key).__name__}; JSON's keys are str"
    raise NotSerializable(message)


def dumps(value: object) -> str:
    """Return `value` as compact JSON that UTF-8 can carry, lone surrogates escaped."""
    text = compact(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"), allow_nan=False)
    return text


compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False).encode
"""JSON without spaces, in which surrogates stand as they are."""
