"""What may come in from a socket, before the stack underneath looks at it."""

import json
import math
from typing import Any

from socketio.packet import CONNECT, DISCONNECT, EVENT
from socketio.packet import Packet as SocketIOPacket

from pycommunicate.errors import ProtocolError
from pycommunicate.protocol.messages import RECEIVED
from pycommunicate.protocol.usv import usv_string
from pycommunicate.protocol.values import compact
from pycommunicate.protocol.version import NAMESPACE


def is_frame(frame: object) -> bool:
    """Whether `frame` is an Engine.IO packet that an honest client sends: close, pong, upgrade, ping (probe), or a Socket.IO message.

    Others make the stack raise where nobody catches it (an empty frame), or carry JSON that it would decode unbounded.
    """
    if not isinstance(frame, str) or not frame:
        return False
    if frame[0] == "4":
        return frame[1:2] in ("0", "1", "2")
    return frame in ("1", "2probe", "3", "5")


def are_frames(payload: bytes) -> bool:
    """The same for the body of a long-polling POST."""
    try:
        return all(is_frame(frame) for frame in payload.decode().split("\x1e"))
    except UnicodeDecodeError:
        return False


class StrictJSON:
    """JSON as the standard has it: no NaN, no Infinity, no number that becomes one. Its texts are USVStrings."""

    dumps = staticmethod(json.dumps)

    @staticmethod
    def loads(text: str) -> Any:
        """Decode, or raise `ValueError`."""
        value = _decoder.decode(text)
        if "\\u" in text:  # what came as UTF-8 has half a character only where it was escaped
            plain = compact(value)
            whole = usv_string(plain)
            if whole is not plain:
                return _decoder.decode(whole)
        return value


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number beyond all bounds")
    return number


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")


_decoder = json.JSONDecoder(parse_float=_finite, parse_constant=_refuse_constant)


class GuardedPacket(SocketIOPacket):
    """Refuses what our client never sends: attachments, other namespaces, reserved events, payloads that are no list."""

    uses_binary_events = False
    json = StrictJSON

    def decode(self, encoded_packet: Any) -> int:
        """Decode, or raise `ProtocolError`."""
        if not isinstance(encoded_packet, str) or "-" in encoded_packet[:12].split("/", 1)[0]:
            raise ProtocolError("attachments are refused")
        try:
            super().decode(encoded_packet)
        except (ValueError, RecursionError, TypeError, IndexError):
            raise ProtocolError("no Socket.IO packet") from None
        if self.namespace != NAMESPACE or self.id is not None:
            raise ProtocolError("another namespace, or an acknowledgement asked for")
        if self.packet_type == EVENT:
            data = self.data
            if not isinstance(data, list) or not data or not isinstance(data[0], str) or data[0] not in RECEIVED:
                raise ProtocolError("no event of ours")
        elif self.packet_type not in (CONNECT, DISCONNECT):
            raise ProtocolError("no packet that a client sends")
        return 0
