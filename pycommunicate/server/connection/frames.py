"""WebSocket frames (RFC 6455), as a server reads and writes them: pure values, no I/O, bounded, no extensions."""

import base64
import binascii
import hashlib
import struct

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
CARRIES = "pycommunicate.first"
"""The subprotocol whose handshake carries the first message: `pycommunicate.first, BASE64URL`."""
_CONTINUATION = 0
_OPCODES = frozenset({_CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG})
_CONTROL = 8
_FINAL, _RESERVED, _MASKED = 0x80, 0x70, 0x80
_TWO_BYTES, _EIGHT_BYTES = 126, 127
_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class FrameError(ValueError):
    """What came is no frame that a client sends. `code` is the WebSocket's close code."""

    def __init__(self, message: str, code: int = 1002) -> None:
        super().__init__(message)
        self.code = code


class Frames:
    """Takes bytes in as they come, gives messages out."""

    __slots__ = ("_held", "_limit", "_message", "_opcode")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = bytearray()
        self._opcode = _CONTINUATION
        """That of the message whose fragments are being gathered in `_message`."""
        self._message = bytearray()

    def take(self, data: bytes) -> None:
        """Note bytes that came."""
        self._held += data

    def next(self) -> tuple[int, bytes] | None:
        """Return the next frame's opcode and payload; None where it is not complete yet. Of a message in fragments: the last with all.

        A fragment that is not the last is (0, b""). Raises `FrameError`, for a frame that is too large as soon as it is announced.
        """
        held = self._held
        if len(held) < 2:
            return None
        first, second = held[0], held[1]
        opcode, final = first & 0x0F, bool(first & _FINAL)
        size, start = self._size(opcode, second & 0x7F)
        self._check(opcode, first, size, final=final, masked=bool(second & _MASKED))
        end = start + 4 + size
        if size < 0 or len(held) < end:
            return None
        payload = _unmasked(bytes(held[start : start + 4]), bytes(held[start + 4 : end]))
        del held[:end]
        if opcode >= _CONTROL:
            return opcode, payload
        if final and opcode:
            return opcode, payload
        return self._fragment(opcode or self._opcode, payload, final=final)

    def _size(self, opcode: int, told: int) -> tuple[int, int]:
        # (size, where the mask begins); (-1, 0) where too little has come to know it
        if told < _TWO_BYTES:
            return told, 2
        if opcode >= _CONTROL:
            raise FrameError("a control frame is too large")
        start, form, least = (4, "!H", _TWO_BYTES) if told == _TWO_BYTES else (10, "!Q", 0x10000)
        if len(self._held) < start:
            return -1, 0
        (size,) = struct.unpack(form, self._held[2:start])
        if size < least:
            raise FrameError("a size that is longer than it must be")
        return size, start

    def _check(self, opcode: int, first: int, size: int, *, final: bool, masked: bool) -> None:
        if first & _RESERVED:
            raise FrameError("reserved bits, and no extension was agreed on")
        if opcode not in _OPCODES:
            raise FrameError("an unknown opcode")
        if not masked:
            raise FrameError("a frame that is not masked")
        if opcode >= _CONTROL:
            if not final:
                raise FrameError("a control frame in fragments")
        elif (opcode == _CONTINUATION) != (self._opcode != _CONTINUATION):
            raise FrameError("fragments out of order")
        elif len(self._message) + size > self._limit:
            raise FrameError("too large", 1009)

    def _fragment(self, opcode: int, payload: bytes, *, final: bool) -> tuple[int, bytes]:
        self._message += payload
        if not final:
            self._opcode = opcode
            return _CONTINUATION, b""
        message, self._message, self._opcode = bytes(self._message), bytearray(), _CONTINUATION
        return opcode, message


def frame(opcode: int, payload: bytes) -> bytes:
    """Return a frame as a server sends it: whole, not masked."""
    size = len(payload)
    if size < _TWO_BYTES:
        return struct.pack("!BB", _FINAL | opcode, size) + payload
    if size < 0x10000:
        return struct.pack("!BBH", _FINAL | opcode, _TWO_BYTES, size) + payload
    return struct.pack("!BBQ", _FINAL | opcode, _EIGHT_BYTES, size) + payload


def accepted(key: str) -> str | None:
    """Return the answer to a handshake's Sec-WebSocket-Key, None where it is none."""
    try:
        if len(base64.b64decode(key, validate=True)) != 16:
            return None
    except (binascii.Error, ValueError):
        return None
    return base64.b64encode(hashlib.sha1(key.encode() + _MAGIC, usedforsecurity=False).digest()).decode()


def carried(offered: str) -> bytes | None:
    """Return the message that a handshake's Sec-WebSocket-Protocol carries, None where it carries none. Raises `FrameError` where that can't be read."""
    name, _, others = offered.partition(",")
    if name.strip() != CARRIES:
        return None
    try:
        text = others.partition(",")[0].strip().encode("ascii")
        return base64.b64decode(text + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise FrameError("a handshake that carries no message") from None


def _unmasked(mask: bytes, payload: bytes) -> bytes:
    size = len(payload)
    keys = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "little") ^ int.from_bytes(keys, "little")).to_bytes(size, "little")
