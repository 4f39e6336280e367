"""The types, ranges and lengths that the fields of a browser's messages share. `docs/wire.md` has them."""

import re
from typing import Final

from pycommunicate.errors import ProtocolError
from pycommunicate.protocol.values import JSON, LARGEST_EXACT_INTEGER

LARGEST_HANDLE: Final = 2**31 - 1
"""Handles and listeners' numbers are kept in columns of 32 bits. A page that gives a thousand a second gets there in 24 days."""
LONGEST_NAME: Final = 256
"""Characters of what is a name: of an event, of a key, of an attribute; of an epoch or a page's id too."""
LONGEST_TOKEN: Final = 16_384
LONGEST_QUERY: Final = 2_000
_QUERY: Final = re.compile(r"[!\"$-~]*", re.ASCII)


def token(value: object, longest: int = LONGEST_NAME) -> str | None:
    """Return a text that the server has made, or None."""
    if value is None:
        return None
    return text(value, "token", longest)


def text(value: object, what: str, longest: int = LONGEST_NAME) -> str:
    """Return a text of at most `longest` characters."""
    if type(value) is not str or len(value) > longest:
        raise ProtocolError(f"{what} is not a text of at most {longest} characters")
    return value


def query(value: object) -> str | None:
    """Return the query of an address as a browser writes it (URL, 4.4: all in ASCII, no blank, no `#`), or None."""
    found = token(value, LONGEST_QUERY)
    if found is not None and not _QUERY.fullmatch(found):
        raise ProtocolError("malformed")
    return found


def number(value: object) -> int:
    """Return a whole number, 0 or more."""
    if type(value) is not int or not 0 <= value <= LARGEST_EXACT_INTEGER:
        raise ProtocolError("malformed")
    return value


def positive(value: object) -> int:
    """Return a whole number, 1 or more."""
    if type(value) is not int or not 0 < value <= LARGEST_EXACT_INTEGER:
        raise ProtocolError("malformed")
    return value


def handle(value: object, last: int) -> int:
    """Return the handle of an element. `last`: the highest that the server has given to the page; negative ones are the browser's."""
    if type(value) is not int or not -LARGEST_HANDLE <= value <= last:
        raise ProtocolError("not a handle of this page")
    return value


def json_value(value: object, depth: int) -> JSON:
    """Return `value`, in which integers that the browser can't hold exactly have become the floats that they are there.

    Raises `ProtocolError` for lists and objects within each other, more than `depth` of them.
    """
    top = [value]
    level: list[object] = [top]
    for _ in range(depth + 1):
        level = [inner for group in level for inner in _containers(group)]
        if not level:
            return top[0]  # type: ignore[return-value]
    raise ProtocolError("nested too deeply")


def _containers(group: object) -> list[object]:
    """Return the lists and objects in one, whose integers are checked."""
    found: list[object] = []
    entries = group.items() if type(group) is dict else enumerate(group)  # type: ignore[arg-type]
    for key, item in entries:
        kind = type(item)
        if kind is list or kind is dict:
            found.append(item)
        elif kind is int and not -LARGEST_EXACT_INTEGER <= item <= LARGEST_EXACT_INTEGER:
            try:
                group[key] = float(item)  # type: ignore[index]
            except OverflowError:
                raise ProtocolError("a number beyond all bounds") from None
    return found
