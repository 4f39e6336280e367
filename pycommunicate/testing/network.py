"""The network between a simulated browser and the application: in-process, in order, and as bad as a test wants it."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

_CLOSED = "closed"


class Loop(Protocol):
    """What runs a wire."""

    def spawn(self, function: Callable[..., object], *arguments: Any) -> None:
        """Run something in a greenlet of its own."""

    def sleep(self, seconds: float) -> None:
        """Let others run."""


@dataclass
class Network:
    """How the network of one browser behaves."""

    latency: float = 0.0
    """Seconds that a message, a request or a response takes."""
    drop_next: int = 0
    """How many of the next messages are lost, each with its connection."""
    offline: bool = False
    """Whether no connection can be had."""


class Wire:
    """One direction of a connection. What is put in comes out in order, after the latency."""

    def __init__(self, loop: Loop, network: Network, deliver: Callable[[str], None]) -> None:
        self._loop = loop
        self._network = network
        self._deliver = deliver
        self._frames: deque[tuple[float, str]] = deque()
        self._running = False

    def put(self, frame: str) -> None:
        """Send a frame. Does not block."""
        self._frames.append((time.monotonic() + self._network.latency, frame))
        if not self._running:
            self._running = True
            self._loop.spawn(self._run)

    def clear(self) -> None:
        """Lose what is on its way."""
        self._frames.clear()

    def _run(self) -> None:
        try:
            while self._frames:
                due = self._frames[0][0] - time.monotonic()
                if due > 0:
                    self._loop.sleep(due)
                    continue
                self._deliver(self._frames.popleft()[1])
        finally:
            self._running = False


class ServerEnd:
    """The server's end of a connection: what Engine.IO takes for one of its sockets."""

    upgraded = True

    def __init__(self, link: "Link") -> None:
        self._link = link
        self.closed = False
        self.session: dict[str, Any] = {}

    def send(self, packet: Any) -> None:
        """Send an Engine.IO packet."""
        if not self.closed:
            self._link.carry_down(packet.encode())

    def close(self, wait: bool = True, abort: bool = False, reason: str | None = None) -> None:  # noqa: ARG002
        """Close the connection, after what was sent before."""
        if not self.closed:
            self.closed = True
            self._link.closed_by_server(reason or "server disconnect")


class Link:
    """One connection, from CONNECT to its end."""

    def __init__(
        self,
        loop: Loop,
        network: Network,
        gateway: Any,
        *,
        received: Callable[[str], None],
        lost: Callable[[], None],
    ) -> None:
        self._network = network
        self._gateway = gateway
        self._received = received
        self._lost = lost
        self._up = Wire(loop, network, self._to_server)
        self._down = Wire(loop, network, self._to_browser)
        self._end = ServerEnd(self)
        self._sid = ""
        self._open = False

    def open(self, environ: dict[str, Any]) -> None:
        """Open the connection."""
        self._open = True
        self._sid = self._gateway.attach(environ, self._end)

    def send(self, frame: str) -> None:
        """Send an Engine.IO frame to the server. Does not block."""
        if self._open and not self._breaks(frame):
            self._up.put(frame)

    def carry_down(self, frame: str) -> None:
        """Send an Engine.IO frame to the browser. Does not block."""
        if self._open and not self._breaks(frame):
            self._down.put(frame)

    def close(self) -> None:
        """Close the connection, from the browser's side, after what was sent before."""
        self._open = False
        self._up.put(_CLOSED)

    def cut(self) -> None:
        """Lose the connection with all that is on its way; both ends learn of it."""
        if not self._open:
            return
        self._open = False
        self._up.clear()
        self._down.clear()
        self._up.put(_CLOSED)
        self._down.put(_CLOSED)

    def closed_by_server(self, reason: str) -> None:
        """Note that the server has closed the connection."""
        self._gateway.detach(self._sid, reason)
        if self._open:
            self._down.put(_CLOSED)

    def _breaks(self, frame: str) -> bool:
        if not frame.startswith("42") or self._network.drop_next <= 0:
            return False
        self._network.drop_next -= 1
        self.cut()
        return True

    def _to_server(self, frame: str) -> None:
        if frame == _CLOSED:
            self._end.closed = True
            self._gateway.detach(self._sid, "transport close")
        elif not self._end.closed:
            self._gateway.take(self._sid, frame)

    def _to_browser(self, frame: str) -> None:
        if frame == _CLOSED:
            self._open = False
            self._lost()
        else:
            self._received(frame)
