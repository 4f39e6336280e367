"""Repeats: a sequence of operations that recurs travels once, with what varies beside it.

A view that adds a thousand rows writes the same few operations a thousand times. `docs/wire.md` has the form; `client/src/operations/repeats.ts` is the other side.
"""

import re
from array import array
from itertools import chain
from typing import Any, Final

from pycommunicate.protocol.operations import Op, Operation
from pycommunicate.protocol.values import dumps

REPEAT: Final = 0
"""Stands where an operation has its code."""

_FEWEST: Final = 8
_LONGEST: Final = 32
_RECURRING: Final = re.compile(rf"(.{{1,{_LONGEST}}}?)\1{{{_FEWEST - 1},}}", re.DOTALL)
_SIMPLE: Final = frozenset({str, int, bool, type(None)})


def fold(operations: list[Operation]) -> list[Operation]:
    """Return `operations` with what recurs (at least 8 times, up to 32 operations long) folded into repeats."""
    if len(operations) < _FEWEST:
        return operations
    # A character for each operation: its code and how many arguments it has.
    kinds = array("H", [operation[0] << 3 | len(operation) for operation in operations]).tobytes().decode("utf-16")
    folded: list[Operation] = []
    done = 0
    while found := _RECURRING.search(kinds, done):
        first, last = found.span()
        length = len(found[1])
        turn = _turn(operations[first : first + 2 * length])
        if turn:
            last += turn if kinds.startswith(kinds[first : first + turn], last) else turn - length
            first += turn
        folded += operations[done:first]
        folded.append(_repeat(operations[first:last], length))
        done = last
    if not done:
        return operations
    return folded + operations[done:]


def _turn(twice: list[Operation]) -> int:
    """Return where a row begins, in two of a sequence: with the element that is added to what all rows are added to.

    What was written before the rows may look like the end of one. The browser takes notice of rows only where they are whole.
    """
    length = len(twice) // 2
    for place, (one, next_) in enumerate(zip(twice, twice[length:], strict=False)):
        if one[0] == Op.ADD_CHILD and one[1] == next_[1]:
            return place
    return 0


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


def _repeat(operations: list[Operation], length: int) -> list[Any]:
    flat = list(chain.from_iterable(operations))
    width = sum(map(len, operations[:length]))
    shapes = []
    place = 0
    for code, *arguments in operations[:length]:
        columns = [_column(flat[place + 1 + index :: width]) for index in range(len(arguments))]
        shapes.append([int(code), *columns])
        place += 1 + len(arguments)
    return [REPEAT, len(operations) // length, shapes]


def _column(values: list[Any]) -> list[Any]:
    """Return `[value]` where all are the same, `[first, step]` for evenly spaced integers, else all of them."""
    first, last = values[0], values[-1]
    kind = type(first)
    short = values
    if kind not in _SIMPLE:
        if _all_are(kind, values) and len(set(map(dumps, values))) == 1:
            short = [first]
    elif first == last:
        if values.count(first) == len(values):
            short = [first]
    elif kind is int and type(last) is int and type(values[1]) is int:
        step = values[1] - first
        if step and values == list(range(first, first + step * len(values), step)):
            short = [first, step]
    return (
        short if short is values or kind is str or _all_are(kind, values) else values
    )  # True == 1, and must not become it


def _all_are(kind: type, values: list[Any]) -> bool:
    return list(map(type, values)).count(kind) == len(values)


def _value(column: list[Any], index: int) -> Any:
    if len(column) == 1:
        return column[0]
    if len(column) == 2:
        return column[0] + index * column[1]
    return column[index]
