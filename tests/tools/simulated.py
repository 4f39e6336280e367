"""A page without a browser: keeps what the client keeps (`applied`, unacknowledged events, the resume token) and counts what must never happen.

No DOM. Operations are recorded in the order applied; reads are answered by `answer`, a function of the operation. Made for thousands of reconnects.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, Self
from weakref import WeakSet

from pycommunicate.protocol.repeats import unfold
from tests.tools.raw import VERSION, Channel, Closed, Response, get

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

(
    ADD_CHILD,
    ADD_BEFORE,
    ADD_AFTER,
    DELETE,
    CONTENT,
    SET_PROPERTY,
    SET_STYLE,
    SET_ATTRIBUTE,
    SET_CLASSES,
    LISTEN,
    UNLISTEN,
) = range(1, 12)
BIND: Final = 14
NAVIGATE: Final = 15
LOADED: Final = 16
FIND, EXISTS, GET_PROPERTY = 30, 31, 32
FIRST_READ: Final = 30

Answer = tuple[int, Any]
connected: WeakSet[Page] = WeakSet()
"""Pages that were connected, so that a test that fails in the middle leaves no socket behind (see `cut_all`)."""


def cut_all() -> None:
    """Cut every page that is still connected."""
    for page in list(connected):
        page.cut()
    connected.clear()


class Refused(AssertionError):
    """The server refused the join. `code` is the stable code."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code


class Page:
    """One page of one visitor. `visit()` loads and joins it."""

    def __init__(
        self,
        port: int,
        path: str = "/",
        *,
        cookie: str = "",
        timeout: float = 20,
        through: int | None = None,
        **options: Any,
    ) -> None:
        self.port = port
        self.through = through or port
        """The port to connect the socket to: a proxy's, where the page itself is loaded directly."""
        self.timeout = timeout
        self.options = options
        """For the `Channel`: `receive_buffer`, `headers`."""
        self.response: Response = get(port, path, cookie)
        self.cookie = self.response.cookie_after(cookie)
        values = self.response.page
        self.request: str = values["request"]
        self.mount: str = values["mount"]
        self.channel: Channel | None = None
        self.epoch: str | None = None
        self.resume: str | None = None
        self.applied = 0
        self.made = 0
        self.received = 0
        self.allowed = 0
        self.unsent: list[list[Any]] = []
        """Events above `received`: [number, listener, payload]."""
        self.sent_to = 0
        """The last event sent on this connection."""
        self.operations: list[tuple[int, list[Any]]] = []
        """Every operation applied in this epoch, with its number."""
        self.names: dict[int, str] = {0: ""}
        """Handle to the selector or tag that it was named by."""
        self.listeners: dict[int, tuple[int, str]] = {}
        self.properties: dict[tuple[int, str], Any] = {}
        self.contents: dict[int, str] = {}
        self.loaded = 0
        self.joins = 0
        self.resumes = 0
        self.remounts: list[dict[str, Any]] = []
        self.tokens: list[str] = []
        """The mount tokens that came between two joins: what the view keeps has changed."""
        self.navigated: list[str] = []
        self.doubled = 0
        """Operations that came again though they had been applied (they are skipped: this is allowed, and counted)."""
        self.notices: list[str] = []
        """What its person was told."""
        self.wrong: list[str] = []
        """What must never happen: gaps, messages of an unknown kind."""
        self.acknowledge = True
        self.answer: Callable[[list[Any]], Answer] = self.usual_answer

    # -- connection

    @classmethod
    def visit(cls, port: int, path: str = "/", **options: Any) -> Self:
        """Load, connect, wait until `load()` has ended."""
        page = cls(port, path, **options)
        page.connect()
        page.until(lambda: page.loaded > 0)
        return page

    def auth(self) -> dict[str, Any]:
        """What CONNECT carries now."""
        first = self.resume is None
        return {
            "version": VERSION,
            "request": self.request if first else None,
            "resume": self.resume,
            "mount": self.mount,
            "epoch": self.epoch,
            "applied": self.applied,
            "made": self.made,
        }

    def connect(self, *, wait: bool = True) -> None:
        """Open a connection and join, or resume; the one before is dropped without a word if it is still there."""
        self.cut()
        connected.add(self)
        before = self.joins + self.resumes + len(self.remounts)
        self._open()
        if wait:
            self.until(lambda: self.joins + self.resumes + len(self.remounts) > before)

    def _open(self) -> None:
        self.channel = Channel(self.through, cookie=self.cookie, timeout=self.timeout, join=self.auth(), **self.options)

    def reconnect(self, *, timeout: float = 20) -> None:
        """Connect again, trying until it works."""
        end = time.monotonic() + timeout
        while True:
            try:
                self.connect()
            except (OSError, TimeoutError):
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)
            else:
                return

    def cut(self, *, reset: bool = False) -> None:
        """Lose the connection."""
        channel, self.channel = self.channel, None
        if channel is not None:
            if reset:
                channel.abort()
            else:
                channel.close()

    def leave(self) -> None:
        """Leave the page as a browser does, and close."""
        if self.channel is not None:
            self.send(["leave", self.epoch])
        self.cut()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()

    # -- sending

    def send(self, message: list[Any]) -> None:
        if self.channel is None:
            message_text = "not connected"
            raise Closed(message_text)
        self.channel.send(message)

    def fire(self, listener: int, payload: Any = None) -> None:
        """Make an event; it is sent when there is a connection and credit, and again after a reconnect until the server has it."""
        self.made += 1
        self.unsent.append([self.made, listener, payload])
        if self.channel is not None:
            self.flush()

    def flush(self) -> None:
        """Send the events that are due."""
        for number, listener, payload in self.unsent:
            if self.sent_to < number <= self.allowed:
                self.sent_to = number
                self.send(["event", self.epoch, number, self.applied, listener, payload])

    def click(self, selector: str, payload: Any = None) -> None:
        """Fire the click listener of the element that was named by `selector`."""
        self.fire(self.listener(selector, "click"), payload)

    def listener(self, selector: str, event: str = "click") -> int:
        """The number of the latest listener for this event on this element."""
        for number, (element, name) in reversed(self.listeners.items()):
            if name == event and self.names.get(element) == selector:
                return number
        message = f"nobody listens to {event} on {selector}; listeners: {self.listeners}, names: {self.names}"
        raise AssertionError(message)

    # -- receiving

    def until(self, ask: Callable[[], object], *, timeout: float | None = None) -> None:
        """Take in messages until `ask()` is true."""
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        while not ask():
            if self.channel is None:
                message = "not connected"
                raise Closed(message)
            self.take(self.channel.receive(max(0.0, deadline - time.monotonic())))

    def settle(self, quiet: float = 0.1) -> None:
        """Take in messages until nothing came for `quiet` seconds."""
        try:
            while self.channel is not None:
                self.take(self.channel.receive(quiet))
        except TimeoutError:
            return

    def take(self, message: list[Any]) -> None:
        """Take in one message, as the client does."""
        kind = message[0]
        if kind == "operations":
            _, epoch, first, operations, received, allowed = message
            if epoch == self.epoch:
                self._apply(first, operations)
                self._credit(received, allowed)
        elif kind == "credit":
            if message[1] == self.epoch:
                self._credit(message[2], message[3])
        elif kind in {"joined", "resumed", "remount"}:
            self._welcome(kind, message[1])
        elif kind == "token":
            if message[1] == self.epoch:
                self.mount = message[2]
                self.tokens.append(self.mount)
        elif kind == "notice":
            self.notices.append(message[1])
        elif kind == "refused":
            self.cut()
            raise Refused(message[1], message[2])
        else:
            self.wrong.append(f"unknown message {kind!r}")

    def _welcome(self, kind: str, values: dict[str, Any]) -> None:
        if kind == "joined":
            self.joins += 1
        elif kind == "resumed":
            self.resumes += 1
        if kind != "resumed" and values["epoch"] != self.epoch:
            self._forget()
        if kind == "remount":
            self.remounts.append(values)
            self._forget()
        self.epoch = values["epoch"]
        self.resume = values["resume"] or self.resume
        self.mount = values["mount"]
        self.sent_to = 0
        self._credit(values["received"], values["allowed"])

    def _forget(self) -> None:
        """A new epoch: all numbers begin again."""
        self.applied = self.made = self.received = self.sent_to = 0
        self.unsent.clear()
        self.operations.clear()
        self.names = {0: ""}
        self.listeners.clear()
        self.properties.clear()
        self.contents.clear()

    def _credit(self, received: int, allowed: int) -> None:
        self.received, self.allowed = received, allowed
        self.unsent = [event for event in self.unsent if event[0] > received]
        self.flush()

    def _apply(self, first: int, operations: list[list[Any]]) -> None:
        for number, operation in enumerate(unfold(operations), first):
            if number <= self.applied:
                self.doubled += 1
                continue
            if number != self.applied + 1:
                self.wrong.append(f"operation {number} after {self.applied}")
            self.applied = number
            self.operations.append((number, operation))
            self._carry_out(operation)
        if self.acknowledge and self.channel is not None:
            self.send(["ack", self.epoch, self.applied, []])

    def _carry_out(self, operation: list[Any]) -> None:
        code, *arguments = operation
        if code in {ADD_CHILD, ADD_BEFORE, ADD_AFTER, 17}:
            self.names[arguments[1]] = arguments[2]
        elif code == BIND:
            self.names[arguments[0]] = arguments[1]
        elif code == CONTENT:
            self.contents[arguments[0]] = arguments[1]
        elif code == SET_PROPERTY:
            self.properties[arguments[0], arguments[1]] = arguments[2]
            if arguments[1] == "id":
                self.names[arguments[0]] = f"#{arguments[2]}"
        elif code == SET_ATTRIBUTE and arguments[1] == "id":
            self.names[arguments[0]] = f"#{arguments[2]}"
        elif code == LISTEN:
            self.listeners[arguments[0]] = (arguments[1], arguments[2])
        elif code == UNLISTEN:
            self.listeners.pop(arguments[0], None)
        elif code == LOADED:
            self.loaded += 1
        elif code == NAVIGATE:
            self.navigated.append(arguments[0])
        if code >= FIRST_READ:
            if code == FIND:
                self.names[arguments[1]] = arguments[2]
            status, value = self.answer(operation)
            if status >= 0:
                self.send(["answer", self.epoch, self.applied, arguments[0], status, value])

    def usual_answer(self, operation: list[Any]) -> Answer:
        """Everything that is looked for is there; a property is what was last written to it, else None. A status below 0 leaves the question unanswered."""
        code = operation[0]
        if code in {FIND, EXISTS}:
            return 0, True
        if code == GET_PROPERTY:
            return 0, self.properties.get((operation[2], operation[3]))
        return 0, None

    def texts(self, selector: str) -> list[str]:
        """Every text that was set on the element named by `selector`, in order."""
        return [
            operation[2]
            for _, operation in self.operations
            if operation[0] == CONTENT and self.names.get(operation[1]) == selector
        ]

    def settings(self, name: str) -> list[Any]:
        """Every value that was set for the property `name` on any element, in order."""
        return [
            operation[3] for _, operation in self.operations if operation[0] == SET_PROPERTY and operation[2] == name
        ]
