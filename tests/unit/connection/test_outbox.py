"""Operations batch by themselves, are numbered, and are kept until the browser has applied them."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pycommunicate.protocol.limits import Limits
from pycommunicate.protocol.repeats import unfold
from pycommunicate.server.connection.outbox import Outbox
from tests.unit.loop import Loop


class Line:
    """A connection that notes what it carried."""

    def __init__(self) -> None:
        self.batches: list[tuple[int, list[Any]]] = []

    def send(self, packet: str) -> None:
        _, _, message = packet.partition(",")
        name, _epoch, first, operations, _received, _allowed = json.loads(message)
        assert name == "operations"
        self.batches.append((first, unfold(operations)))


def make(limits: Limits | None = None) -> tuple[Loop, Outbox, Line]:
    loop, line = Loop(), Line()
    outbox = Outbox(loop, limits or Limits(), lambda: (0, 256))  # type: ignore[arg-type]
    outbox.begin("e")
    outbox.attach(line.send, 0)
    return loop, outbox, line


def test_what_is_written_in_one_turn_travels_together() -> None:
    loop, outbox, line = make()
    outbox.write([5, 1, "a"])
    outbox.write([5, 2, "b"])
    assert line.batches == []
    loop.turn()
    assert line.batches == [(1, [[5, 1, "a"], [5, 2, "b"]])]
    outbox.write([5, 3, "c"])
    loop.turn()
    assert line.batches[1:] == [(3, [[5, 3, "c"]])]


def test_a_full_batch_goes_out_at_once_and_the_first_is_small() -> None:
    _, outbox, line = make(Limits(first_batch_bytes=80, batch_bytes=800))
    filled = [outbox.write([5, n, "x" * 26]) for n in range(1, 25)]
    assert filled.index(True) == 1
    assert [len(operations) for _, operations in line.batches] == [2, 20]


def test_after_a_loss_what_was_not_applied_is_sent_again() -> None:
    _, outbox, line = make()
    for n in range(1, 4):
        outbox.write([5, n, ""])
        outbox.flush()
    outbox.detach()
    outbox.write([5, 4, ""])
    outbox.flush()
    again = Line()
    outbox.attach(again.send, 1)
    assert [first for first, _ in line.batches] == [1, 2, 3]
    assert [first for first, _ in again.batches] == [2, 3, 4]


def test_what_is_acknowledged_is_let_go() -> None:
    _, outbox, _ = make()
    outbox.write([5, 1, "x" * 100])
    outbox.flush()
    assert outbox.unacknowledged > 100
    outbox.acknowledge(1)
    assert outbox.unacknowledged == 0


def test_full_is_past_the_bound_in_bytes_or_in_batches() -> None:
    _, outbox, _ = make(Limits(unacknowledged_bytes=200, unacknowledged_batches=3))
    outbox.write([5, 1, "x" * 180])
    outbox.flush()
    assert not outbox.full
    outbox.write([5, 1, "x"])
    outbox.flush()
    assert outbox.full
    outbox.acknowledge(1)
    for _ in range(3):
        outbox.write([5, 1, ""])
        outbox.flush()
    assert outbox.full


actions = st.lists(st.sampled_from(["write", "turn", "flush", "lose", "return", "apply"]), max_size=60)


@given(actions)
def test_over_any_losses_each_operation_is_applied_once_in_order(steps: list[str]) -> None:
    loop, outbox, line = make(Limits(first_batch_bytes=100, batch_bytes=100))
    applied: list[Any] = []
    written = 0

    def apply() -> None:
        for first, operations in line.batches:
            applied.extend(operations[max(0, len(applied) + 1 - first) :])
        line.batches.clear()

    for step in steps:
        match step:
            case "write":
                written += 1
                outbox.write([5, written, "x" * 20])
            case "turn":
                loop.turn()
            case "flush":
                outbox.flush()
            case "lose":
                line.batches.clear()
                outbox.detach()
            case "return":
                line.batches.clear()
                outbox.attach(line.send, len(applied))
            case "apply":
                apply()
                outbox.acknowledge(len(applied))
    line.batches.clear()
    outbox.attach(line.send, len(applied))
    apply()
    assert applied == [[5, n, "x" * 20] for n in range(1, written + 1)]
    outbox.acknowledge(len(applied))
    assert outbox.unacknowledged == 0


def test_what_is_written_turn_by_turn_while_the_connection_is_lost_travels_in_few_messages() -> None:
    loop, outbox, line = make(Limits(unacknowledged_batches=20))
    outbox.detach()
    for number in range(1000):
        outbox.write([5, 1, str(number)])
        loop.turn()
    assert not outbox.full
    outbox.attach(line.send, 0)
    assert [operation for _, operations in line.batches for operation in operations] == [
        [5, 1, str(number)] for number in range(1000)
    ]
    assert [first for first, _ in line.batches][:1] == [1]
    assert len(line.batches) < 20


def test_a_write_may_just_be_appended_only_where_nothing_else_has_to_be_done() -> None:
    loop, outbox, _ = make(Limits(unacknowledged_bytes=200))
    for ending in (loop.turn, outbox.flush, outbox.drop, partial(outbox.begin, "f")):
        outbox.write([5, 1, "x"])
        assert outbox.size < outbox.quiet, "the batch has room, and will be sent"
        ending()
        assert outbox.quiet == 0, "the next one has to be scheduled"
    outbox.write([5, 1, "x" * 200])
    outbox.flush()
    assert outbox.full
    outbox.write([5, 1, "x"])
    assert outbox.quiet == 0, "the page is behind: each write has to be told"
