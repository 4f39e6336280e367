"""Long polling by hand: what `Channel` is over a WebSocket, over HTTP requests; and a simulated page that uses it."""

from __future__ import annotations

import json
import select
import socket
import time
from typing import TYPE_CHECKING, Any, Self

from tests.tools.raw import HOST, NAMESPACE, POLLING_PATH, Closed, _handshake, _read_response, _Reader
from tests.tools.simulated import Page

if TYPE_CHECKING:
    from types import TracebackType

BETWEEN = "\x1e"
"""Stands between the packets of one body."""


class PollingChannel:
    """Engine.IO 4 and Socket.IO 5 over long polling, each request on a connection of its own. Whatever breaks one ends the channel."""

    def __init__(self, port: int, *, cookie: str = "", timeout: float = 10) -> None:
        self.port, self.cookie, self.timeout = port, cookie, timeout
        self.sid = ""
        self.requests = 0
        self._packets: list[str] = []
        self._poll: socket.socket | None = None
        self._closed = False
        self.handshake = _handshake(self._exchange("GET", b""))
        self.sid = self.handshake["sid"]

    # -- requests

    def _begin(self, method: str, body: bytes) -> socket.socket:
        self.requests += 1
        path = POLLING_PATH + (f"&sid={self.sid}" if self.sid else "")
        fields = {
            "Host": f"{HOST}:{self.port}",
            "Origin": f"http://{HOST}:{self.port}",
            "Connection": "close",
            "Cookie": self.cookie,
        }
        if method == "POST":
            fields |= {"Content-Type": "text/plain;charset=UTF-8", "Content-Length": str(len(body))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        sock = socket.create_connection((HOST, self.port), timeout=self.timeout)
        try:
            sock.sendall(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + body)
        except OSError:
            sock.close()
            raise
        return sock

    def _end(self, sock: socket.socket) -> str:
        with sock:
            response = _read_response(_Reader(sock, self.timeout))
        if response.status != 200:
            message = f"{response.status} {response.text[:200]}"
            raise Closed(message)
        return response.text

    def _exchange(self, method: str, body: bytes) -> str:
        try:
            return self._end(self._begin(method, body))
        except Closed:
            self._closed = True
            raise
        except (OSError, ValueError, IndexError) as error:
            self._closed = True
            raise Closed(repr(error)) from error

    # -- as `Channel`

    def connect(self, auth: object) -> None:
        """Send CONNECT."""
        self.send_packet("40" + NAMESPACE + "," + json.dumps(auth, separators=(",", ":")))

    def send_packet(self, text: str) -> None:
        """POST one packet and wait for the answer."""
        if self._closed:
            message = "closed"
            raise Closed(message)
        self._exchange("POST", text.encode())

    def send(self, message: list[Any]) -> None:
        """Send one application message."""
        self.send_packet("42" + NAMESPACE + "," + json.dumps(message, separators=(",", ":"), ensure_ascii=False))

    def receive(self, timeout: float | None = None) -> list[Any]:
        """The next application message. A poll that is under way when the time is over stays under way."""
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            while self._packets:
                text = self._packets.pop(0)
                if text == "2":
                    self.send_packet("3")
                elif text.startswith("42" + NAMESPACE + ","):
                    message: list[Any] = json.loads(text[len("42" + NAMESPACE + ",") :])
                    return message
                elif text.startswith(("1", "41", "44")):
                    self._closed = True
                    message_text = f"the server ended the connection: {text!r}"
                    raise Closed(message_text)
            self._take(deadline)

    def _take(self, deadline: float) -> None:
        if self._closed:
            message = "closed"
            raise Closed(message)
        try:
            self._poll = self._poll or self._begin("GET", b"")
            if not select.select([self._poll], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise TimeoutError
            poll, self._poll = self._poll, None
            self._packets += self._end(poll).split(BETWEEN)
        except TimeoutError:
            raise
        except (OSError, ValueError, IndexError) as error:
            self._closed = True
            raise Closed(repr(error)) from error

    def close(self) -> None:
        self._closed = True
        poll, self._poll = self._poll, None
        if poll is not None:
            poll.close()

    abort = close

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class PollingPage(Page):
    """A simulated page where WebSockets are blocked."""

    def _open(self) -> None:
        channel = PollingChannel(self.through, cookie=self.cookie, timeout=self.timeout)
        self.channel = channel  # type: ignore[assignment]
        channel.connect(self.auth())
