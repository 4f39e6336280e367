"""From a session's dict to sealed text and back. JSON only: reading it never runs anything."""

import json
import math
from typing import Any

from pycommunicate.errors import NotSerializable
from pycommunicate.keys import Keys, Use

Texts = dict[str, str]
"""A session's values, each as JSON, by their keys."""

_encode = json.JSONEncoder(allow_nan=False, separators=(",", ":"), check_circular=False).encode


def texts_of(session: dict[Any, Any]) -> tuple[Texts, dict[Any, str]]:
    """Return the values as JSON, and what is wrong with those that JSON can't carry, by their keys."""
    texts: Texts = {}
    wrong: dict[Any, str] = {}
    for key, value in tuple(dict.items(session)):  # not the session's own, which would count as a use
        what = f"user.session[{key!r}]"
        try:
            if not isinstance(key, str):
                raise NotSerializable(f"{what}: the key is of type {type(key).__name__}; a session's keys are str")
            _check(value, what)
            texts[key] = _encode(value)
        except NotSerializable as error:
            wrong[key] = str(error)
        except RecursionError:
            wrong[key] = f"{what}: the value contains itself or is nested too deeply"
    return texts, wrong


def values_of(texts: Texts) -> dict[str, Any]:
    """Return new values."""
    return {key: json.loads(text) for key, text in texts.items()}


def seal(texts: Texts, id_: str, keys: Keys) -> str:
    """Return one text with all values, signed for this id alone."""
    return keys.sign(Use.SESSION, _encode(texts), id_)


def unseal(text: str, id_: str, keys: Keys) -> tuple[Texts, bool] | None:
    """Return the values, and whether the newest key has sealed them. None: the text was not sealed by us, for this id."""
    found = keys.unsign(Use.SESSION, text, id_)
    if found is None:
        return None
    try:
        texts = json.loads(found[0])
    except (ValueError, RecursionError):
        return None
    ours = isinstance(texts, dict) and all(isinstance(value, str) for value in texts.values())
    return (texts, found[1]) if ours else None


def _check(value: object, what: str) -> None:
    if value is None or isinstance(value, str | int):
        return
    if isinstance(value, float):
        if not math.isfinite(value):
            raise NotSerializable(f"{what}: {value} has no JSON form")
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise NotSerializable(f"{what}: the dict has a key of type {type(key).__name__}; JSON's keys are str")
            _check(item, f"{what}[{key!r}]")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _check(item, f"{what}[{index}]")
    else:
        name = type(value).__name__
        raise NotSerializable(f"{what}: a {name} has no JSON form; expected str, int, float, bool, None, list or dict")
