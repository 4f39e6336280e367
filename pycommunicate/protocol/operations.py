"""The operations: one table that the server and the browser's client share.

Each operation travels as a JSON array: its code, then its arguments in the order given here. `client/src/operations/table.ts` holds the same table, and
`tests/wire/operations.json` holds both to it.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import Any, Final

Operation = Sequence[Any]
"""An operation as it travels: its code, then its arguments.

The library writes tuples: a page writes thousands, and a tuple of plain values is nothing for the garbage collector to come back to.
"""


class Op(IntEnum):
    """Operation codes. Below 30: writes. From 30: reads, whose first argument is the tag of the answer."""

    ADD_CHILD = 1
    ADD_BEFORE = 2
    ADD_AFTER = 3
    DELETE = 4
    CONTENT = 5
    SET_PROPERTY = 6
    SET_STYLE = 7
    SET_ATTRIBUTE = 8
    SET_CLASSES = 9
    LISTEN = 10
    UNLISTEN = 11
    FOCUS = 12
    APPEND_HTML = 13
    BIND = 14
    NAVIGATE = 15
    LOADED = 16
    PREPEND_CHILD = 17
    CLEAR = 18
    BLUR = 19
    SCROLL_INTO_VIEW = 20
    FORETELL = 21
    HOLD = 22
    FIND = 30
    EXISTS = 31
    GET_PROPERTY = 32
    GET_STYLE = 33
    GET_ATTRIBUTE = 34
    GET_ATTRIBUTES = 35
    GET_CLASSES = 36
    FORM_DATA = 37
    REDEEM = 38
    GATHER = 39


ARGUMENTS: Final[dict[Op, tuple[str, ...]]] = {
    Op.ADD_CHILD: ("parent", "new", "tag"),
    Op.ADD_BEFORE: ("reference", "new", "tag"),
    Op.ADD_AFTER: ("reference", "new", "tag"),
    Op.DELETE: ("element",),
    Op.CONTENT: ("element", "text"),
    Op.SET_PROPERTY: ("element", "name", "value"),
    Op.SET_STYLE: ("element", "name", "value"),
    Op.SET_ATTRIBUTE: ("element", "name", "value"),
    Op.SET_CLASSES: ("element", "added", "removed"),
    Op.LISTEN: ("listener", "element", "event", "options"),
    Op.UNLISTEN: ("listener",),
    Op.FOCUS: ("element",),
    Op.APPEND_HTML: ("element", "html"),
    Op.BIND: ("new", "selector"),
    Op.NAVIGATE: ("url",),
    Op.LOADED: (),
    Op.PREPEND_CHILD: ("parent", "new", "tag"),
    Op.CLEAR: ("element",),
    Op.BLUR: ("element",),
    Op.SCROLL_INTO_VIEW: ("element",),
    Op.FORETELL: ("habit", "version", "reads", "listeners"),
    Op.HOLD: ("listener", "held"),
    Op.FIND: ("tag", "new", "selector"),
    Op.EXISTS: ("tag", "selector"),
    Op.GET_PROPERTY: ("tag", "element", "name"),
    Op.GET_STYLE: ("tag", "element", "name"),
    Op.GET_ATTRIBUTE: ("tag", "element", "name"),
    Op.GET_ATTRIBUTES: ("tag", "element"),
    Op.GET_CLASSES: ("tag", "element"),
    Op.FORM_DATA: ("tag", "element"),
    Op.REDEEM: ("tag", "ticket"),
    Op.GATHER: ("tag", "reads", "operands", "matched"),
}
"""The arguments of each operation, in order."""

FIRST_READ: Final = 30
