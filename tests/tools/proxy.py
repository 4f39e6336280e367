"""A TCP proxy on loopback that breaks things: drop, reset, hold, delay, throttle, split, cut at byte n, refuse.

One thread per proxy runs everything (a selector loop over plain sockets); the test changes its settings from outside. Nothing is buffered without a bound, and `stop()` leaves neither thread nor socket.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

HOST: Final = "127.0.0.1"
BUFFERED: Final = 256 * 1024
Direction = Literal["up", "down"]
"""`up` is what the browser sends, `down` what the server sends."""


@dataclass(slots=True)
class Cut:
    """A cut that was asked for: it happens when `offset` bytes went by in `direction`, after which not one more does."""

    offset: int
    direction: Direction
    reset: bool
    connection: Link | None
    happened: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True)
class Flow:
    """One direction of one connection."""

    source: socket.socket
    target: socket.socket
    direction: Direction
    waiting: deque[tuple[float, bytes]] = field(default_factory=deque)
    buffered: int = 0
    forwarded: int = 0
    not_before: float = 0.0
    ended: bool = False
    closed: bool = False


@dataclass(slots=True, eq=False)
class Link:
    """One connection through the proxy."""

    client: socket.socket
    server: socket.socket
    up: Flow
    down: Flow
    cut: Cut | None = None

    def flow(self, direction: Direction) -> Flow:
        return self.up if direction == "up" else self.down


class Proxy:
    """Forwards `url`'s port to `port`. Use as a context manager, or `start()` and `stop()`."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.port = 0
        self.connections = 0
        """How many connections were accepted so far."""
        self.bytes_up = 0
        self.bytes_down = 0
        self._lock = threading.RLock()
        self._links: list[Link] = []
        self._delay = 0.0
        self._rate = 0
        self._chunk = 0
        self._held = False
        self._next_cut: Cut | None = None
        self._any_cut: Cut | None = None
        self._listener: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._stopping = False

    # -- its life

    def start(self) -> Self:
        """Listen on a free port. May be called twice."""
        if self._thread is None:
            self._stopping = False
            self._wake_in, self._wake_out = socket.socketpair()
            self._wake_in.setblocking(False)
            self._wake_out.setblocking(False)
            self._listen()
            self._thread = threading.Thread(target=self._run, name=f"proxy:{self.port}", daemon=True)
            self._thread.start()
        return self

    def stop(self) -> None:
        """Close everything and end the thread. May be called twice."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._stopping = True
        self._wake()
        thread.join(5)
        with self._lock:
            for link in list(self._links):
                self._close(link, reset=False)
            self._unlisten()
        self._wake_in.close()
        self._wake_out.close()
        if thread.is_alive():
            message = "the proxy's thread did not end"
            raise AssertionError(message)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://{HOST}:{self.port}"

    @property
    def live(self) -> int:
        """How many connections are open right now."""
        with self._lock:
            return len(self._links)

    # -- what it does to the traffic

    def drop(self) -> int:
        """Close every open connection on both sides. Returns how many."""
        return self._end(reset=False)

    def reset(self) -> int:
        """Reset every open connection on both sides (RST, what is on its way is lost). Returns how many."""
        return self._end(reset=True)

    def refuse(self) -> None:
        """Refuse new connections until `accept()`."""
        with self._lock:
            self._unlisten()
        self._wake()

    def accept(self) -> None:
        """Accept new connections again, on the same port."""
        with self._lock:
            if self._listener is None:
                self._listen()
        self._wake()

    def hold(self) -> None:
        """Keep connections open, accept new ones, forward nothing until `release()`."""
        self._set(_held=True)

    def release(self) -> None:
        """End `hold()`. What was sent meanwhile goes on its way."""
        self._set(_held=False)

    def delay(self, milliseconds: float) -> None:
        """Let every byte wait this long, in each direction (a round trip takes twice as long)."""
        self._set(_delay=milliseconds / 1000)

    def throttle(self, bytes_per_second: int) -> None:
        """At most this many bytes a second in each direction of each connection; 0: no bound."""
        self._set(_rate=bytes_per_second)

    def split(self, size: int) -> None:
        """Send on in pieces of at most `size` bytes, each in a segment of its own; 0: as it comes."""
        self._set(_chunk=size)

    def cut_at(
        self, offset: int, direction: Direction, *, connection: Literal["next", "any"] = "next", reset: bool = False
    ) -> Cut:
        """Cut when exactly `offset` bytes went by in `direction`.

        `next`: counted from the first byte of the next connection. `any`: of whichever connection (open now or later) gets there first, counted from now on.
        """
        cut = Cut(offset, direction, reset, None)
        with self._lock:
            if connection == "next":
                self._next_cut = cut
            else:
                self._any_cut = cut
                for link in self._links:
                    link.flow(direction).forwarded = 0
        self._wake()
        return cut

    def _set(self, **values: object) -> None:
        with self._lock:
            for name, value in values.items():
                setattr(self, name, value)
        self._wake()

    def _end(self, *, reset: bool) -> int:
        with self._lock:
            links = list(self._links)
            for link in links:
                self._close(link, reset=reset)
        self._wake()
        return len(links)

    # -- the loop

    def _wake(self) -> None:
        with contextlib.suppress(OSError, AttributeError):
            self._wake_in.send(b"x")

    def _listen(self) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, self.port))
        listener.listen(1024)
        listener.setblocking(False)
        self.port = listener.getsockname()[1]
        self._listener = listener

    def _unlisten(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            while not self._stopping:
                with self._lock:
                    timeout = self._register(selector)
                for key, _ in selector.select(timeout):
                    if key.fileobj is self._wake_out:
                        with contextlib.suppress(OSError):
                            self._wake_out.recv(4096)
                with self._lock:
                    self._accept_waiting()
                    for link in list(self._links):
                        self._work(link)

    def _register(self, selector: selectors.BaseSelector) -> float | None:
        """Tell the selector what to wait for now; returns how long at most."""
        for key in list(selector.get_map().values()):
            selector.unregister(key.fileobj)
        selector.register(self._wake_out, selectors.EVENT_READ)
        if self._listener is not None:
            selector.register(self._listener, selectors.EVENT_READ)
        if self._held:
            return None
        now = time.monotonic()
        due: float | None = None
        wanted: dict[socket.socket, int] = {}
        for link in self._links:
            for flow in (link.up, link.down):
                if not flow.ended and flow.buffered < BUFFERED:
                    wanted[flow.source] = wanted.get(flow.source, 0) | selectors.EVENT_READ
                if flow.waiting:
                    at = max(flow.waiting[0][0], flow.not_before)
                    if at <= now:
                        wanted[flow.target] = wanted.get(flow.target, 0) | selectors.EVENT_WRITE
                    else:
                        due = at if due is None else min(due, at)
        for sock, events in wanted.items():
            selector.register(sock, events)
        return None if due is None else max(0.0, due - now)

    def _accept_waiting(self) -> None:
        while self._listener is not None:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection((HOST, self.target), timeout=10)
            except OSError:
                _reset(client)
                continue
            for sock in (client, server):
                sock.setblocking(False)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link = Link(client, server, Flow(client, server, "up"), Flow(server, client, "down"))
            link.cut, self._next_cut = self._next_cut, None
            if link.cut is not None:
                link.cut.connection = link
            self._links.append(link)
            self.connections += 1

    def _work(self, link: Link) -> None:
        if self._held:
            return
        if link.cut is not None and link.cut.offset == 0:
            self._perform(link, link.cut)
            return
        for flow in (link.up, link.down):
            try:
                self._receive(flow)
                self._send(link, flow)
            except BlockingIOError:
                continue
            except OSError:
                self._close(link, reset=True)
            if link not in self._links:
                return
        if link.up.closed and link.down.closed:
            self._close(link, reset=False)

    def _receive(self, flow: Flow) -> None:
        if flow.ended or flow.buffered >= BUFFERED:
            return
        try:
            data = flow.source.recv(65536)
        except BlockingIOError:
            return
        if data:
            flow.waiting.append((time.monotonic() + self._delay, data))
            flow.buffered += len(data)
        else:
            flow.ended = True

    def _send(self, link: Link, flow: Flow) -> None:
        while flow.waiting:
            now = time.monotonic()
            due, data = flow.waiting[0]
            if max(due, flow.not_before) > now:
                return
            piece = data
            if self._chunk:
                piece = piece[: self._chunk]
            if self._rate:
                piece = piece[: max(1, self._rate // 50)]
            cut = self._cut_of(link, flow)
            if cut is not None:
                piece = piece[: max(0, cut.offset - flow.forwarded)]
            sent = flow.target.send(piece) if piece else 0
            flow.forwarded += sent
            flow.buffered -= sent
            self._count(flow, sent)
            if self._rate:
                flow.not_before = now + sent / self._rate
            elif self._chunk:
                flow.not_before = now + 0.0005
            if sent == len(data):
                flow.waiting.popleft()
            else:
                flow.waiting[0] = (due, data[sent:])
            if cut is not None and flow.forwarded >= cut.offset:
                self._perform(link, cut)
                return
        if flow.ended and not flow.closed:
            flow.closed = True
            flow.target.shutdown(socket.SHUT_WR)

    def _cut_of(self, link: Link, flow: Flow) -> Cut | None:
        for cut in (link.cut, self._any_cut):
            if cut is not None and cut.direction == flow.direction:
                return cut
        return None

    def _count(self, flow: Flow, sent: int) -> None:
        if flow.direction == "up":
            self.bytes_up += sent
        else:
            self.bytes_down += sent

    def _perform(self, link: Link, cut: Cut) -> None:
        if cut is self._any_cut:
            self._any_cut = None
        self._close(link, reset=cut.reset)
        cut.happened.set()

    def _close(self, link: Link, *, reset: bool) -> None:
        if link not in self._links:
            return
        self._links.remove(link)
        end: Callable[[socket.socket], None] = _reset if reset else _close
        end(link.client)
        end(link.server)


def _reset(sock: socket.socket) -> None:
    """Close with RST."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def _close(sock: socket.socket) -> None:
    """Close with FIN (the kernel sends RST instead where unread data is left)."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()
