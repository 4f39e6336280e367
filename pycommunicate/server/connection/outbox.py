"""The outbox: what a page wrote, gathered into batches, numbered, and kept until the browser has applied it."""

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from pycommunicate.engine import Engine
from pycommunicate.protocol.limits import Limits
from pycommunicate.protocol.messages import encode_operations
from pycommunicate.protocol.operations import Operation
from pycommunicate.protocol.repeats import fold
from pycommunicate.protocol.values import dumps

Send = Callable[[str], None]
"""Hands one packet to the connection. Must not block."""

OPERATION_BYTES = 16
_GATHERED_BYTES = 4096


class Batch(NamedTuple):
    """Operations that travelled (or will travel) as one message."""

    first: int
    last: int
    json: str
    operations: list[Operation] | None
    """The same, for who has to know what was written; None where that was let go."""


class Outbox:
    """One per page, and the only sender of its operations.

    A write is appended; the batch goes out on the loop's next turn, before a read, or when it is full. It belongs to the
    loop's thread: writes of other threads must be handed over by `Engine.call_soon`.
    """

    __slots__ = (
        "_batches", "_engine", "_limit", "_limits", "_next", "_scheduled", "_send", "_tail",
        "epoch", "full", "pending", "quiet", "size", "stored", "unacknowledged",
    )  # fmt: skip

    def __init__(self, engine: Engine, limits: Limits, tail: Callable[[], tuple[int, int]]) -> None:
        self._engine = engine
        self._limits = limits
        self._tail = tail
        self._send: Send | None = None
        self._scheduled = False
        self._batches: deque[Batch] = deque()
        self.stored: Callable[[], object] | None = None
        """Called when a batch was kept because there is no connection to send it over."""
        self.begin("")

    def begin(self, epoch: str) -> None:
        """Start a new epoch: what was written before is no longer wanted, numbers begin at 1."""
        self.epoch = epoch
        self._next = 1
        self.pending: list[Operation] = []
        """What the next batch will be."""
        self.size = 0
        """About how many bytes that is."""
        self.quiet = 0
        """Up to which size an operation may just be appended: nothing has to be scheduled, sent or refused. Every write that may find it otherwise
        finds 0 here, and takes the long way through `write`, which sets it."""
        self._limit = self._limits.first_batch_bytes
        self._batches.clear()
        self.unacknowledged = 0
        self.full = False
        """Whether the browser is further behind than one page may be."""

    def write(self, operation: Operation) -> bool:
        """Append `operation`. Return whether that filled the batch (which then was sent)."""
        self.pending.append(operation)
        last = operation[-1]
        self.size = size = self.size + (OPERATION_BYTES + len(last) if type(last) is str else OPERATION_BYTES)
        if size >= self._limit:
            self.flush()
            return True
        if not self._scheduled:
            self._scheduled = True
            self._engine.call_soon(self._flush_scheduled)
        self.quiet = 0 if self.full else self._limit
        return False

    def flush(self) -> None:
        """Send what was written since the last batch."""
        if not self.pending:
            return
        if self.size >= self._limit:
            self._limit = self._limits.batch_bytes
        operations, self.pending, self.size, self.quiet = self.pending, [], 0, 0
        first, self._next = self._next, self._next + len(operations)
        # A page without a connection keeps no more than it has to.
        known = operations if self._send is not None else None
        batch = Batch(first, self._next - 1, dumps(fold(operations)), known)
        self._batches.append(batch)
        self.unacknowledged += len(batch.json)
        self._weigh()
        self._emit(batch)

    def acknowledge(self, applied: int) -> None:
        """Let go of the operations up to number `applied`."""
        batches = self._batches
        while batches and batches[0].last <= applied:
            self.unacknowledged -= len(batches.popleft().json)
        self._weigh()

    def attach(self, send: Send, applied: int) -> None:
        """Go on over a new connection: what the browser has not applied is sent again."""
        self.acknowledge(applied)
        self._send = send
        for batch in tuple(self._batches):
            self._emit(batch)
        self.flush()

    def detach(self) -> None:
        """The connection is lost: keep what is written until the next `attach`."""
        self._send = None
        self._batches = deque(batch._replace(operations=None) for batch in self._batches)

    def drop(self) -> None:
        """Drop what the browser has not applied; it will be mounted anew."""
        self.pending = []
        self.size = self.quiet = 0
        self._batches.clear()
        self.unacknowledged = 0
        self.full = False

    def _weigh(self) -> None:
        self.full = (
            self.unacknowledged > self._limits.unacknowledged_bytes
            or len(self._batches) > self._limits.unacknowledged_batches
        )

    @property
    def sent_up_to(self) -> int:
        """The number of the last operation in a batch."""
        return self._next - 1

    @property
    def last_written(self) -> int:
        """The number of the last operation, sent or not."""
        return self._next - 1 + len(self.pending)

    def since(self, number: int) -> list[list[Operation]] | None:
        """Return what was written after operation `number`, in pieces; None where not all of it is known any more."""
        found: list[list[Operation]] = []
        known = number
        for batch in self._batches:
            if batch.last <= number:
                continue
            if batch.first > known + 1 or batch.operations is None:
                return None
            found.append(batch.operations[max(0, number + 1 - batch.first) :])
            known = batch.last
        if known < self._next - 1:
            return None
        found.append(self.pending[max(0, number + 1 - self._next) :])
        return found

    def _emit(self, batch: Batch) -> None:
        if self._send is None:
            if self.stored is not None:
                self.stored()
            return
        self._send(encode_operations(self.epoch, batch.first, batch.json, *self._tail()))

    def _flush_scheduled(self) -> None:
        self._scheduled = False
        self.quiet = 0
        # While the connection is lost, what is written turn by turn is gathered: it will travel in few messages.
        if self._send is not None or self.size >= _GATHERED_BYTES:
            self.flush()
