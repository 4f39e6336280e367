"""Repeats: a sequence of operations that recurs travels once, with what varies beside it.

A view that adds a thousand rows writes the same few operations a thousand times. `docs/wire.md` has the form; `client/src/operations/repeats.ts` is the other side.
"""

import re
from typing import Any, Final

from pycommunicate.protocol.values import dumps

REPEAT: Final = 0
"""Stands where an operation has its code."""

_FEWEST: Final = 8
_LONGEST: Final = 32
_RECURRING: Final = re.compile(rf"(.{{1,{_LONGEST}}}?)\1{{{_FEWEST - 1},}}", re.DOTALL)
_SIMPLE: Final = frozenset({str, int, bool, type(None)})


def fold(operations: list[list[Any]]) -> list[list[Any]]:
    """Return `operations` with what recurs (at least 8 times, up to 32 operations long) folded into repeats."""
    if len(operations) < _FEWEST:
        return operations
    # A character for each operation: its code and how many arguments it has.
    kinds = "".join([chr(operation[0] << 3 | len(operation)) for operation in operations])
    folded: list[list[Any]] = []
    done = 0
    for found in _RECURRING.finditer(kinds):
        first, last = found.span()
        folded += operations[done:first]
        folded.append(_repeat(operations[first:last], len(found[1])))
        done = last
    if not done:
        return operations
    return folded + operations[done:]


def unfold(operations: list[list[Any]]) -> list[list[Any]]:
    """Return `operations` as they were before `fold`."""
    plain: list[list[Any]] = []
    for operation in operations:
        if operation[0] != REPEAT:
            plain.append(operation)
            continue
        _, count, shapes = operation
        for index in range(count):
            plain += [[code, *(_value(column, index) for column in columns)] for code, *columns in shapes]
    return plain


def _repeat(operations: list[list[Any]], length: int) -> list[Any]:
    count = len(operations) // length
    shapes = []
    for place in range(length):
        codes, *columns = zip(*operations[place::length], strict=True)
        shapes.append([int(codes[0]), *map(_column, columns)])
    return [REPEAT, count, shapes]


def _column(values: tuple[Any, ...]) -> list[Any]:
    """Return `[value]` where all are the same, `[first, step]` for evenly spaced integers, else all of them."""
    first = values[0]
    kinds = set(map(type, values))  # True == 1, and must not become it
    if len(kinds) > 1:
        return list(values)
    if kinds <= _SIMPLE:
        if values.count(first) == len(values):
            return [first]
        if type(first) is int:
            step = values[1] - first
            if step and values == tuple(range(first, first + step * len(values), step)):
                return [first, step]
    elif len(set(map(dumps, values))) == 1:
        return [first]
    return list(values)


def _value(column: list[Any], index: int) -> Any:
    if len(column) == 1:
        return column[0]
    if len(column) == 2:
        return column[0] + index * column[1]
    return column[index]
