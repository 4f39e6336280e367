"""100,000 inputs, made by damaging what a client really sends: each is decoded or refused, nothing else is ever raised.

From the WebSocket's bytes to the message that a page is handed. The seed is fixed: what fails once fails again. `python -m tests.trust.test_fuzz 1000000 7` tries more, with another seed.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from socketio.packet import CONNECT, EVENT

from pycommunicate.errors import ProtocolError
from pycommunicate.protocol.limits import Limits
from pycommunicate.protocol.messages import decode, decode_join
from pycommunicate.server.connection.frames import TEXT, FrameError, Frames
from pycommunicate.server.connection.guard import GuardedPacket, is_frame
from tests.tools import raw
from tests.tools.programs import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

INPUTS: Final = 100_000
LIMITS: Final = Limits()
GOLDEN: Final[list[str]] = [
    f"4{case['wire']}"
    for case in json.loads((ROOT / "tests" / "wire" / "messages.json").read_text(encoding="utf-8"))["browser_to_server"]
]
NASTY: Final = [
    "null", "true", "[]", "{}", "-1", "0", "1.5", "1e999", "NaN", "-Infinity", "9" * 400, '""', '"\\u0000"', '"\\ud800"', "[" * 200,
    '{"__proto__":{}}', "/", "-", ",", "42", "45-", "41", "40", "\x00", "\x1e", "é", "\U0001f600", '"' + "x" * 3000 + '"',
]  # fmt: skip


def damaged(chance: random.Random) -> bytes:
    """One frame, or a few, with a message in it that is a little wrong."""
    text = chance.choice(GOLDEN)
    for _ in range(chance.randint(1, 4)):
        text = chance.choice(TEXT_DAMAGE)(text, chance)
    data = raw.frame(
        TEXT if chance.random() < 0.95 else chance.randint(0, 15),
        text.encode("utf-8", "surrogatepass"),
        final=chance.random() < 0.98,
        reserved=chance.choice([0] * 30 + [1, 2, 4]),
        masked=chance.random() < 0.98,
    )
    if chance.random() < 0.2:
        at = chance.randrange(len(data))
        data = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
    return data


def _cut(text: str, chance: random.Random) -> str:
    start = chance.randint(0, len(text))
    return text[:start] + text[start + chance.randint(1, 8) :]


def _put_in(text: str, chance: random.Random) -> str:
    at = chance.randint(0, len(text))
    return text[:at] + chance.choice(NASTY) + text[at:]


def _double(text: str, chance: random.Random) -> str:
    start = chance.randint(0, len(text))
    end = start + chance.randint(1, 20)
    return text[:end] + text[start:]


def _other_value(text: str, chance: random.Random) -> str:
    head, comma, tail = text.partition(",")
    try:
        value = json.loads(tail)
    except ValueError:
        return _put_in(text, chance)
    return head + comma + json.dumps(_with_another(value, chance))


def _with_another(value: Any, chance: random.Random) -> Any:
    if isinstance(value, list) and value and chance.random() < 0.9:
        at = chance.randrange(len(value))
        return [*value[:at], _with_another(value[at], chance), *value[at + 1 :]]
    if isinstance(value, dict) and value and chance.random() < 0.9:
        key = chance.choice(list(value))
        return {**value, key: _with_another(value[key], chance)}
    return chance.choice(
        [None, True, -1, 0, 2**63, 1.5, "", "x" * 300, [], {}, [[]], {"a": []}, "event", value, [value]]
    )


TEXT_DAMAGE: Final[list[Callable[[str, random.Random], str]]] = [_cut, _put_in, _double, _other_value, _other_value]


def outcome(data: bytes) -> str:
    """What becomes of these bytes. Whatever is raised but a refusal is a fault."""
    frames = Frames(LIMITS.inbound_message)
    frames.take(data)
    try:
        got = frames.next()
        if got is None or got[0] != TEXT:
            return "no message"
        text = got[1].decode()
    except (FrameError, UnicodeDecodeError):
        return "no frame"
    if not is_frame(text):
        return "malformed"
    if text[0] != "4":
        return "Engine.IO's"
    try:
        packet = GuardedPacket(encoded_packet=text[1:])
        if packet.packet_type == CONNECT:
            decode_join(packet.data)
        elif packet.packet_type == EVENT:
            decode(packet.data[0], packet.data[1:], depth=LIMITS.json_depth)
    except ProtocolError:
        return "refused"
    return "taken"


def tried(count: int, seed: int) -> Counter[str]:
    """Try so many inputs; return how many had each outcome."""
    chance = random.Random(seed)
    outcomes: Counter[str] = Counter()
    for number in range(count):
        data = damaged(chance)
        try:
            outcomes[outcome(data)] += 1
        except Exception as error:
            message = f"input {number}: {data!r} raised {error!r}"
            raise AssertionError(message) from error
    return outcomes


def test_a_hundred_thousand_inputs() -> None:
    outcomes = tried(INPUTS, seed=1)
    assert outcomes.total() == INPUTS
    # All the way down, and not only the first check: the damage is small enough.
    assert min(outcomes["taken"], outcomes["refused"], outcomes["malformed"], outcomes["no frame"]) > INPUTS // 50, (
        outcomes
    )


if __name__ == "__main__":
    print(dict(tried(int(sys.argv[1]), int(sys.argv[2]))))
