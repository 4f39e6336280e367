"""Messages travel as the golden file has them; the client's tests read the same file."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pycommunicate.protocol.messages import (
    Acknowledgement,
    Answer,
    EventMade,
    EventsMade,
    Failed,
    Leave,
    Visible,
    decode,
    encode,
    encode_operations,
)
from pycommunicate.protocol.operations import ARGUMENTS, FIRST_READ, Op
from pycommunicate.protocol.values import dumps
from pycommunicate.protocol.version import NAMESPACE
from pycommunicate.server.connection.guard import GuardedPacket

HERE = Path(__file__).parent
MESSAGES: dict[str, Any] = json.loads((HERE / "messages.json").read_text(encoding="utf-8"))
OPERATIONS: list[dict[str, Any]] = json.loads((HERE / "operations.json").read_text(encoding="utf-8"))["operations"]

KINDS = {
    "event": EventMade,
    "events": EventsMade,
    "answer": Answer,
    "ack": Acknowledgement,
    "failed": Failed,
    "leave": Leave,
    "visible": Visible,
}


@pytest.mark.parametrize("case", MESSAGES["browser_to_server"], ids=lambda case: case["title"])
def test_from_the_browser(case: dict[str, Any]) -> None:
    packet = GuardedPacket(encoded_packet=case["wire"])
    assert packet.namespace == NAMESPACE
    assert packet.data == case["message"]
    name, *arguments = packet.data
    message = decode(name, arguments, depth=32)
    assert isinstance(message, KINDS[name])
    assert message.epoch == arguments[0]
    if isinstance(message, EventsMade):
        first, applied, events = arguments[1:]
        assert [(e.number, e.applied, e.listener, e.payload, told(e)) for e in message.events] == [
            (number, applied, event[0], event[1] if len(event) > 1 else None, event[2] if len(event) > 2 else None)
            for number, event in enumerate(events, first)
        ]
    if isinstance(message, EventMade):
        assert (message.number, message.applied, message.listener, message.payload) == tuple(arguments[1:5])
        assert told(message) == (arguments[5] if len(arguments) > 5 else None)


def told(event: EventMade) -> list[Any] | None:
    """The answers that came along, as they travel."""
    return [event.answers.version, *event.answers.answers] if event.answers else None


@pytest.mark.parametrize("case", MESSAGES["server_to_browser"], ids=lambda case: case["title"])
def test_to_the_browser(case: dict[str, Any]) -> None:
    name, *arguments = case["message"]
    if name == "operations":
        epoch, first, operations, received, allowed = arguments
        assert encode_operations(epoch, first, dumps(operations), received, allowed) == case["wire"]
    assert encode(name, *arguments) == case["wire"]


def test_the_document_has_every_message() -> None:
    document = (HERE.parents[1] / "docs" / "wire.md").read_text(encoding="utf-8")
    for side, heading in (("browser_to_server", "Browser to server"), ("server_to_browser", "Server to browser")):
        section = document.split(f"## {heading}\n")[1].split("\n## ")[0]
        assert set(re.findall(r'^\| `\["(\w+)"', section, re.MULTILINE)) == {c["message"][0] for c in MESSAGES[side]}
    told = set(re.findall(r"^\| `(\w+)` \|", document.split("### In debug\n")[1].split("\n## ")[0], re.MULTILINE))
    assert told == {c["message"][1] for c in MESSAGES["server_to_browser"] if c["message"][0] == "debug"}


def test_the_table_is_the_clients() -> None:
    assert {(o["code"], o["name"], tuple(o["arguments"])) for o in OPERATIONS} == {
        (int(op), op.name.lower(), ARGUMENTS[op]) for op in Op
    }
    assert all((ARGUMENTS[op][:1] == ("tag",)) == (op >= FIRST_READ) for op in Op)


def test_the_golden_operations_fit_the_table() -> None:
    for entry in OPERATIONS:
        for case in entry["cases"]:
            for code, *arguments in case["operations"]:
                expected = len(ARGUMENTS[Op(code)])
                optional = code == Op.LISTEN
                assert expected - optional <= len(arguments) <= expected, (case["title"], code)
