"""Answers while no worker can: every request gets the page that says what is wrong, and that reloads itself when it is right again."""

import contextlib
import ipaddress
import secrets
import socket
import threading
from typing import Any, Final

from pycommunicate.protocol.version import BUILD_PATH

_SECONDS: Final = 5.0
_LONGEST: Final = 1 << 16
_AT_ONCE: Final = 64
_NOTE: Final = "The page comes back by itself as soon as the project starts."


class Stopgap:
    """A small HTTP server. `accept` is called when a connection is there; each is answered in a thread."""

    def __init__(self) -> None:
        self._threads = threading.Semaphore(_AT_ONCE)
        self._token = secrets.token_hex(8)
        self._number = 0
        self._page = b""
        self._policy = ""
        self.location = ""
        """Where the project is served instead; empty: nowhere."""

    def show(self, fault: dict[str, Any]) -> None:
        """Answer with this from now on."""
        from pycommunicate.reload.errorpage import PAGE_POLICY, render_error_page  # noqa: PLC0415 - most starts need none

        self._number += 1
        self._policy = PAGE_POLICY
        self._page = render_error_page(fault, note=_NOTE, build_url=BUILD_PATH, build=self._build).encode()

    @property
    def _build(self) -> str:
        return self.location or f"{self._token}-{self._number}"

    def accept(self, listener: socket.socket) -> None:
        """Answer who waits."""
        try:
            connection, _ = listener.accept()
        except OSError:  # it has gone again
            return
        if self._threads.acquire(blocking=False):
            threading.Thread(target=self._serve, args=(connection, listener.getsockname()[0]), daemon=True).start()
        else:
            connection.close()

    def _serve(self, connection: socket.socket, bound: str) -> None:
        try:
            with connection, contextlib.suppress(OSError):
                connection.settimeout(_SECONDS)
                head = _head_of(connection)
                connection.sendall(self._answer(head, bound))
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(_LONGEST):  # a reset would take the answer back
                    pass
        finally:
            self._threads.release()

    def _answer(self, head: str, bound: str) -> bytes:
        first, *lines = head.split("\r\n")
        path = [*first.split(" "), ""][1].partition("?")[0]
        fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if not _is_ours(fields.get("host", ""), bound):
            return _response("400 Bad Request", "text/plain", b"This server does not answer under this name.")
        if path == BUILD_PATH:
            return _response("200 OK", "text/plain", self._build.encode())
        if self.location:
            location = f"Location: {self.location.rstrip('/')}{path if path.startswith('/') else '/'}"
            return _response("307 Temporary Redirect", "text/plain", b"", location)
        body = b"" if first.startswith("HEAD ") else self._page
        policy = f"Content-Security-Policy: {self._policy}"
        return _response("500 Internal Server Error", "text/html", body, policy)


def _head_of(connection: socket.socket) -> str:
    head = b""
    while b"\r\n\r\n" not in head and len(head) < _LONGEST:
        more = connection.recv(4096)
        if not more:
            break
        head += more
    return head.partition(b"\r\n\r\n")[0].decode("latin-1")


def _response(status: str, kind: str, body: bytes, *fields: str) -> bytes:
    head = [
        f"HTTP/1.1 {status}",
        f"Content-Type: {kind}; charset=utf-8",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
        *fields,
    ]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + body


def _is_ours(host: str, bound: str) -> bool:
    """Whether a Host header names this machine: the page shows code, which is nothing for a name that a stranger points at us."""
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    name = name.lower().rstrip(".")
    if name in {"", "localhost", bound, socket.gethostname().lower()} or name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
