"""A client that speaks HTTP, WebSocket frames, Engine.IO 4 and Socket.IO 5 by hand over a plain socket. No library stands between the test and the bytes.

The layers, each usable alone: `get()`/`request()` (HTTP), `WebSocket` (frames), `Channel` (Engine.IO and Socket.IO packets in our namespace).
`tests.tools.simulated.Page` stands on them.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import socket
import struct
import time
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

HOST: Final = "127.0.0.1"
NAMESPACE: Final = "/__pycommunicate"
SOCKET_PATH: Final = "/__pycommunicate/socket/?EIO=4&transport=websocket"
POLLING_PATH: Final = "/__pycommunicate/socket/?EIO=4&transport=polling"
VERSION: Final = 3
TEXT, BINARY, CLOSE, PING, PONG, CONTINUATION = 1, 2, 8, 9, 10, 0


AT_ONCE: Final = 5.0
"""What happens at once takes less than this, in seconds, on the slowest machine; what a timer of the server's does takes longer: the shortest that ends a connection has ten."""


class Closed(ConnectionError):
    """The other side ended the connection. `code` is the WebSocket close code, where there was one."""

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


# -- HTTP


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of this name."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def set_cookies(self) -> list[str]:
        """The `Set-Cookie` headers as they came."""
        return [value for key, value in self.headers if key.lower() == "set-cookie"]

    def cookie_after(self, before: str = "") -> str:
        """The `Cookie` header a browser would send next."""
        jar: dict[str, str] = dict(part.split("=", 1) for part in before.split("; ") if "=" in part)
        for line in self.set_cookies:
            for name, morsel in SimpleCookie(line).items():
                jar[name] = morsel.coded_value
        return "; ".join(f"{name}={value}" for name, value in jar.items())

    @property
    def page(self) -> dict[str, Any]:
        """The values that `add_includes()` put into the page."""
        found = re.search(r'<script[^>]*id="pycommunicate-page"[^>]*>(.*?)</script>', self.text, re.DOTALL)
        if found is None:
            message = f"no page values in {self.status} {self.text[:500]!r}"
            raise AssertionError(message)
        values: dict[str, Any] = json.loads(found[1])
        return values


def request(
    port: int,
    path: str = "/",
    *,
    method: str = "GET",
    cookie: str = "",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    timeout: float = 20,
) -> Response:
    """One HTTP request on a connection of its own."""
    fields = {"Host": f"{HOST}:{port}", "Connection": "close"}
    if cookie:
        fields["Cookie"] = cookie
    if body or method == "POST":
        fields["Content-Length"] = str(len(body))
    fields.update(headers or {})
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n"
    with socket.create_connection((HOST, port), timeout=timeout) as sock:
        sock.sendall(head.encode("latin-1") + body)
        return _read_response(_Reader(sock, timeout))


def get(port: int, path: str = "/", cookie: str = "", **options: Any) -> Response:
    """GET a path."""
    return request(port, path, cookie=cookie, **options)


class _Reader:
    """Reads exact pieces from a socket, each with a deadline."""

    def __init__(self, sock: socket.socket, timeout: float, piece: int = 65536) -> None:
        self.sock = sock
        self.timeout = timeout
        self.piece = piece
        self.pause = 0.0
        self.held = bytearray()
        self.total = 0

    def more(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.sock.settimeout(left)
        data = self.sock.recv(self.piece)
        if not data:
            message = "the connection was closed"
            raise Closed(message)
        self.total += len(data)
        self.held += data
        if self.pause:
            time.sleep(self.pause)

    def exactly(self, size: int, deadline: float) -> bytes:
        while len(self.held) < size:
            self.more(deadline)
        data = bytes(self.held[:size])
        del self.held[:size]
        return data

    def until(self, mark: bytes, deadline: float) -> bytes:
        while (at := self.held.find(mark)) < 0:
            self.more(deadline)
        data = bytes(self.held[: at + len(mark)])
        del self.held[: at + len(mark)]
        return data

    def rest(self, deadline: float) -> bytes:
        with contextlib.suppress(Closed):
            while True:
                self.more(deadline)
        data = bytes(self.held)
        self.held.clear()
        return data


def _read_response(reader: _Reader) -> Response:
    deadline = time.monotonic() + reader.timeout
    lines = reader.until(b"\r\n\r\n", deadline).decode("latin-1").split("\r\n")
    status = int(lines[0].split(" ", 2)[1])
    headers = tuple(
        (name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines[1:] if line)
    )
    response = Response(status, headers, b"")
    length = response.header("content-length")
    if status in {101, 204, 304}:
        body = b""
    elif (response.header("transfer-encoding") or "").lower() == "chunked":
        body = _read_chunks(reader, deadline)
    elif length is not None:
        body = reader.exactly(int(length), deadline)
    else:
        body = reader.rest(deadline)
    return Response(status, headers, body)


def _read_chunks(reader: _Reader, deadline: float) -> bytes:
    body = b""
    while size := int(reader.until(b"\r\n", deadline).split(b";")[0], 16):
        body += reader.exactly(size, deadline)
        reader.exactly(2, deadline)
    reader.exactly(2, deadline)
    return body


# -- WebSocket


class WebSocket:
    """A WebSocket of which the test decides every bit."""

    def __init__(
        self,
        port: int,
        path: str = SOCKET_PATH,
        *,
        cookie: str = "",
        headers: Mapping[str, str] | None = None,
        timeout: float = 20,
        receive_buffer: int | None = None,
    ) -> None:
        self.timeout = timeout
        self.sock = socket.socket()
        if receive_buffer is not None:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(timeout)
        try:
            self.sock.connect((HOST, port))
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.reader = _Reader(self.sock, timeout)
            self._shake_hands(port, path, cookie, headers or {})
        except BaseException:
            self.sock.close()
            raise

    def _shake_hands(self, port: int, path: str, cookie: str, headers: Mapping[str, str]) -> None:
        fields = {
            "Host": f"{HOST}:{port}",
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Origin": f"http://{HOST}:{port}",
        }
        if cookie:
            fields["Cookie"] = cookie
        fields.update(headers)
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
        self.send_bytes(f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode("latin-1"))
        self.response = _read_response(self.reader)
        if self.response.status != 101:
            message = f"not a WebSocket: {self.response.status} {self.response.text[:200]}"
            raise Closed(message)

    def send_bytes(self, data: bytes) -> None:
        """Send bytes as they are, outside of any frame."""
        try:
            self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Closed(str(error)) from error

    def send_frame(
        self,
        opcode: int,
        payload: bytes,
        *,
        final: bool = True,
        reserved: int = 0,
        masked: bool = True,
        length: int | None = None,
    ) -> None:
        """Send one frame; `length` claims another length than the payload has."""
        self.send_bytes(frame(opcode, payload, final=final, reserved=reserved, masked=masked, length=length))

    def send_text(self, text: str) -> None:
        self.send_frame(TEXT, text.encode("utf-8", "surrogatepass"))

    def receive(self, timeout: float | None = None) -> tuple[int, bytes]:
        """The next whole message (opcode, payload). Pings of the WebSocket layer are answered."""
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        kind, whole = 0, b""
        while True:
            final, opcode, payload = self._receive_frame(deadline)
            if opcode == PING:
                self.send_frame(PONG, payload)
                continue
            if opcode == PONG:
                continue
            if opcode == CLOSE:
                code = struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else None
                message = f"closed by the server: {code} {payload[2:].decode('utf-8', 'replace')}"
                raise Closed(message, code)
            kind = opcode or kind
            whole += payload
            if final:
                return kind, whole

    def _receive_frame(self, deadline: float) -> tuple[bool, int, bytes]:
        # Nothing is taken out of the buffer before the frame is whole, so that a timeout in the middle of one loses nothing.
        held = self.reader.held
        while True:
            parsed = _parse_frame(held)
            if parsed is not None:
                size, result = parsed
                del held[:size]
                return result
            try:
                self.reader.more(deadline)
            except ConnectionResetError as error:
                raise Closed(str(error)) from error

    def receive_text(self, timeout: float | None = None) -> str:
        return self.receive(timeout)[1].decode("utf-8")

    def wait_closed(self, timeout: float = AT_ONCE) -> float:
        """Read and throw away until the other side closes; returns how long it took, raises TimeoutError if it does not."""
        begun = time.monotonic()
        deadline = begun + timeout
        try:
            while True:
                self.reader.more(deadline)
                self.reader.held.clear()
        except (Closed, ConnectionResetError, BrokenPipeError):
            return time.monotonic() - begun

    def read_slowly(self, piece: int, pause: float) -> None:
        """From now on read `piece` bytes at a time with a pause after each; 0 for `pause` ends it."""
        self.reader.piece = piece
        self.reader.pause = pause

    def abort(self) -> None:
        """Close with RST, as when the machine goes away."""
        with contextlib.suppress(OSError):
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def close(self) -> None:
        """Close the TCP connection (FIN), without a close frame."""
        self.sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def frame(
    opcode: int,
    payload: bytes,
    *,
    final: bool = True,
    reserved: int = 0,
    masked: bool = True,
    length: int | None = None,
) -> bytes:
    """The bytes of one frame."""
    size = len(payload) if length is None else length
    head = bytes([(0x80 if final else 0) | (reserved << 4) | opcode])
    mark = 0x80 if masked else 0
    if size < 126:
        head += bytes([mark | size])
    elif size < 65536:
        head += bytes([mark | 126]) + struct.pack("!H", size)
    else:
        head += bytes([mark | 127]) + struct.pack("!Q", size)
    if not masked:
        return head + payload
    key = os.urandom(4)
    return head + key + mask(payload, key)


def mask(payload: bytes, key: bytes) -> bytes:
    """XOR with the key, repeated."""
    if not payload:
        return b""
    repeated = (key * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(len(payload), "big")


def _parse_frame(held: bytearray) -> tuple[int, tuple[bool, int, bytes]] | None:
    """The first frame in the buffer and how many bytes it takes, or None while it is not whole."""
    if len(held) < 2:
        return None
    final, reserved, opcode = bool(held[0] & 0x80), held[0] & 0x70, held[0] & 0x0F
    masked, size, at = held[1] & 0x80, held[1] & 0x7F, 2
    if reserved or masked or opcode not in {CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG}:
        message = f"not a frame that a server may send: {bytes(held[:16]).hex()}"
        raise AssertionError(message)
    if size == 126:
        if len(held) < 4:
            return None
        size, at = struct.unpack_from("!H", held, 2)[0], 4
    elif size == 127:
        if len(held) < 10:
            return None
        size, at = struct.unpack_from("!Q", held, 2)[0], 10
    if len(held) < at + size:
        return None
    return at + size, (final, opcode, bytes(held[at : at + size]))


# -- Engine.IO and Socket.IO


def connect_packet(auth: object) -> str:
    """The packet that joins."""
    return "40" + NAMESPACE + "," + _json(auth)


def carrying(message: bytes) -> dict[str, str]:
    """The header of a handshake that carries its first message."""
    token = base64.urlsafe_b64encode(message).decode().rstrip("=")
    return {"Sec-WebSocket-Protocol": f"pycommunicate.first, {token}"}


class Channel:
    """Engine.IO 4 and Socket.IO 5 over a `WebSocket`, in our namespace; messages are the arrays of docs/wire.md."""

    def __init__(
        self, port: int, *, cookie: str = "", timeout: float = 20, join: object = None, **options: Any
    ) -> None:
        """`join`: sent as the browser's client does it, in the handshake; without it, `connect()` sends CONNECT."""
        if join is not None:
            options["headers"] = {**options.get("headers", {}), **carrying(connect_packet(join).encode())}
        self.web_socket = WebSocket(port, cookie=cookie, timeout=timeout, **options)
        try:
            self.handshake = _handshake(self.web_socket.receive_text())
        except BaseException:
            self.web_socket.close()
            raise

    def connect(self, auth: object) -> None:
        """Send CONNECT; the answer to it is waited for by `receive()`."""
        self.send_packet(connect_packet(auth))

    def send_packet(self, text: str) -> None:
        """Send an Engine.IO packet as it is."""
        self.web_socket.send_text(text)

    def send(self, message: list[Any]) -> None:
        """Send one application message."""
        self.send_packet("42" + NAMESPACE + "," + _json(message))

    def receive(self, timeout: float | None = None) -> list[Any]:
        """The next application message; pings are answered, the CONNECT answer is passed over."""
        deadline = time.monotonic() + (self.web_socket.timeout if timeout is None else timeout)
        while True:
            text = self.web_socket.receive_text(max(0.0, deadline - time.monotonic()))
            if text == "2":
                self.send_packet("3")
            elif text.startswith("42" + NAMESPACE + ","):
                message: list[Any] = json.loads(text[len("42" + NAMESPACE + ",") :])
                return message
            elif text.startswith("44" + NAMESPACE + ","):
                raise Closed("connect error: " + text[len("44" + NAMESPACE + ",") :])
            elif text.startswith("41") or text == "1":
                message_text = f"the server ended the connection: {text!r}"
                raise Closed(message_text)
            elif not (text.startswith("40" + NAMESPACE) or text == "6"):
                message_text = f"unexpected packet {text[:200]!r}"
                raise AssertionError(message_text)

    def close(self) -> None:
        self.web_socket.close()

    def abort(self) -> None:
        self.web_socket.abort()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _handshake(text: str) -> dict[str, Any]:
    if not text.startswith("0{"):
        message = f"no Engine.IO handshake: {text[:200]!r}"
        raise AssertionError(message)
    values: dict[str, Any] = json.loads(text[1:])
    return values


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
