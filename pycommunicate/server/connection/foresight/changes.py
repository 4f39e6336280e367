"""What a page's operations have changed since an answer was taken, as far as answers that were foreseen care."""

import re
from collections.abc import Iterable
from typing import Any

from pycommunicate.protocol.operations import FIRST_READ, Op, Operation

PLAIN_ID = re.compile(r"#([A-Za-z_][\w-]*)\Z", re.ASCII)
_SIMPLE = re.compile(r"[\w\s#.>-]+\Z", re.ASCII)
_FIELDS = frozenset({"value", "checked", "disabled", "title", "placeholder", "hidden", "readOnly", "tabIndex"})
_LISTEN, _PROPERTY, _CONTENT, _CHILD = int(Op.LISTEN), int(Op.SET_PROPERTY), int(Op.CONTENT), int(Op.ADD_CHILD)
_READS = frozenset(op for op in Op if op >= FIRST_READ and op != Op.REDEEM)
_NEUTRAL = frozenset({Op.LISTEN, Op.UNLISTEN, Op.LOADED, Op.FORETELL, Op.HOLD}) | _READS
_ADDING = frozenset({Op.ADD_CHILD, Op.ADD_BEFORE, Op.ADD_AFTER, Op.PREPEND_CHILD})


class Changes:
    """Gathers operations, and tells of an answer whether one of them could have changed it.

    An allow-list: what is not known to leave an answer alone has changed it.
    """

    __slots__ = ("any", "classed", "emptied", "focused", "gone", "grown", "ids", "named", "touched", "unknown")

    def __init__(self) -> None:
        self.any = False
        self.unknown = False
        self.focused = False
        self.classed = False
        self.ids: set[str] = set()
        self.named: set[int] = set()
        self.gone: set[int] = set()
        self.emptied: set[int] = set()
        self.grown: set[int] = set()
        self.touched: set[int] = set()

    def add(self, operations: Iterable[Operation]) -> None:
        """Take in what was written."""
        grown, emptied, ids, named = self.grown, self.emptied, self.ids, self.named
        for operation in operations:
            code = operation[0]
            if code == _PROPERTY:
                if operation[2] == "id" and type(operation[3]) is str:  # a row of a table has some of these
                    named.add(operation[1])
                    ids.add(operation[3].lower())
                else:
                    self._property(operation[1], operation[2], operation[3])
            elif code == _CHILD:
                grown.add(operation[1])
            elif code == _CONTENT:
                emptied.add(operation[1])
            elif code == _LISTEN or code in _NEUTRAL:
                continue
            else:
                self._other(code, operation)
            self.any = True

    def _property(self, handle: int, name: str, value: Any) -> None:
        if name == "id":
            self._id(handle, value)
        elif name in {"textContent", "innerText"}:
            self.emptied.add(handle)
        elif name == "className":
            self.classed = True
        elif name in _FIELDS:
            self.touched.add(handle)
        else:
            self.unknown = True

    def _other(self, code: int, operation: Operation) -> None:
        if code == Op.DELETE:
            self.gone.add(operation[1])
        elif code == Op.CLEAR:
            self.emptied.add(operation[1])
        elif code in _ADDING:
            self.grown.add(operation[1])
        elif code == Op.SET_ATTRIBUTE:
            self._attribute(operation[1], operation[2].lower(), operation[3])
        elif code == Op.SET_CLASSES:
            self.classed = True
        elif code in {Op.FOCUS, Op.BLUR}:
            self.focused = True
        elif code not in {Op.SET_STYLE, Op.SCROLL_INTO_VIEW}:
            self.unknown = True

    def _attribute(self, handle: int, name: str, value: Any) -> None:
        if name == "id":
            self._id(handle, value)
        elif name == "class":
            self.classed = True
        else:
            self.touched.add(handle)

    def _id(self, handle: int, value: Any) -> None:
        if value is None or type(value) in {str, int}:
            self.ids.add(str(value).lower())  # documents in quirks mode don't tell A from a
            self.named.add(handle)
        else:
            self.unknown = True

    # -- what they leave alone ----------------------------------------------------------------------------------------------

    def leave_match(self, selector: str, around: tuple[int, ...], latest: int) -> bool:
        """Whether `selector` still finds what it found: an element and those around it, `around`; empty: none was found.

        `latest` is the last name that the browser had given when the answer was taken: a later one may stand for an element around it.
        """
        if not self.any:
            return True
        if self.unknown:
            return False
        plain = PLAIN_ID.match(selector)
        if plain is None:
            return _SIMPLE.match(selector) is not None and not (
                self.classed or self.ids or self.grown or self.gone or self.emptied
            )
        if plain[1].lower() in self.ids:
            return False
        if not around:
            return True
        found = around[0]
        return found not in self.named and found not in self.gone and self._leave(around, latest)

    def leave_field(self, around: tuple[int, ...], latest: int) -> bool:
        """Whether a text field still holds what it held; `around`: the field and the elements around it."""
        field = around[0]
        if not self.any:
            return True
        changed = self.unknown or self.focused or field in self.touched or field in self.grown or field in self.emptied
        return not changed and field not in self.gone and self._leave(around, latest)

    def _leave(self, around: tuple[int, ...], latest: int) -> bool:
        """Whether the elements around the first of `around` still stand where they stood."""
        for removed in (self.gone, self.emptied):
            if removed and (0 in removed or min(removed) < latest or not removed.isdisjoint(around[1:])):
                return False
        return True
