"""The browser's side of the conversation: numbers, epochs, acknowledgements. The same as `client/src/session.ts`."""

import json
from collections import deque
from dataclasses import dataclass
from typing import Any, Protocol

from pycommunicate.protocol.operations import FIRST_READ, Op
from pycommunicate.protocol.repeats import unfold
from pycommunicate.protocol.values import dumps
from pycommunicate.protocol.version import NAMESPACE, PROTOCOL_VERSION
from pycommunicate.testing.dom.errors import OperationError
from pycommunicate.testing.dom.events import DOMEvent, Listener, payload_of
from pycommunicate.testing.dom.node import Element
from pycommunicate.testing.dom.operations import Later, Scope, apply, foresee

_ACK_BYTES = 262_144
_FORESEEN = 16_384
_RELEASED = 1_000
_VALUE, _HANDLE, _ERROR = 0, 1, 2
_HEAD = f"42{NAMESPACE},"


@dataclass
class Counts:
    """What a page and its server have told each other."""

    messages_sent: int = 0
    messages_received: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
    round_trips: int = 0


class Delegate(Protocol):
    """The tab around a session."""

    counts: Counts

    def transmit(self, frame: str) -> None:
        """Send a frame over the connection, if there is one."""

    def replace_connection(self) -> None:
        """Give the connection up and open another."""

    def remount(self, html: str, *, keep: bool) -> None:
        """The document becomes `html`; the scope's handles begin anew."""

    def applied(self) -> None:
        """A message's operations are done."""

    def refused(self, code: str, sentence: str) -> None:
        """The server ends the connection."""

    def warn(self, sentence: str) -> None:
        """Log a line to the console."""


class Session:
    """One page's conversation, over as many connections as it takes."""

    def __init__(self, page: dict[str, Any], scope: Scope, delegate: Delegate) -> None:
        self._request: str = page["request"]
        self._mount: str = page["mount"]
        self._ask: list[Any] | None = page.get("ask")
        self._scope = scope
        self._delegate = delegate
        self._epoch: str | None = None
        self._resume: str | None = None
        self._limit = 65_536
        self._applied = 0
        self._acknowledged = 0
        self._unacknowledged_bytes = 0
        self._released: list[int] = []
        self._events: deque[tuple[int, int, dict[str, Any] | None]] = deque()
        self._held: dict[int, list[tuple[int, dict[str, Any] | None]]] = {}
        self._made = 0
        self._sent = 0
        self._allowed = 0
        self.joined = False

    # -- to the server ----------------------------------------------------------------------------------------------------

    def connect(self) -> str:
        """Return the first frame of a connection."""
        self.joined = False
        auth: dict[str, Any] = {
            "version": PROTOCOL_VERSION,
            "request": self._request if self._resume is None else None,
            "resume": self._resume,
            "mount": self._mount,
            "epoch": self._epoch,
            "applied": self._applied,
            "made": self._made,
        }
        if self._resume is None and self._ask is not None:
            version, asked = self._ask
            auth["answers"] = self._foresee(version, asked, [], None)
        return f"40{NAMESPACE},{dumps(auth)}"

    def preload(self, messages: list[Any]) -> None:
        """Apply what the page itself carries, before there is a connection."""
        for name, *rest in messages:
            self._epoch = rest[0]
            if name == "operations":
                self._operations(0, *rest)

    def fire(self, listener: Listener, event: DOMEvent, matched: Element) -> None:
        """A listener heard an event."""
        scope = self._scope
        wanted = bool(listener.options.get("event"))
        payload = payload_of(scope.document, event, matched, scope.handles) if wanted else None
        habit, *operands = listener.options.get("ask", [0])
        foretold = scope.foretold.get(habit)
        answers = None if foretold is None else self._foresee(*foretold, operands, matched)
        self._add(listener.number, payload)
        self._pump(answers)

    def _add(self, listener: int, payload: dict[str, Any] | None) -> None:
        held = self._held.get(listener)
        if held is not None:
            held.append((listener, payload))
            return
        self._made += 1
        self._events.append((self._made, listener, payload))

    def _hold(self, listener: int, *, held: bool) -> None:
        """Keep a listener's events here, or send them."""
        events = self._held.pop(listener, [])
        if held:
            self._held[listener] = events
            unsent = [event for event in self._events if event[0] > self._sent]
            for _ in unsent:
                self._events.pop()
            self._made -= len(unsent)
            events = [(number, payload) for _, number, payload in unsent]
        for event in events:
            self._add(*event)

    def _foresee(self, version: int, asked: list[Any], operands: list[Any], matched: Element | None) -> list[Any]:
        return [version, *foresee(self._scope, asked, operands, matched)]

    def answer(self, tag: int, status: int, value: Any) -> None:
        """Answer a read."""
        frame = self._encode("answer", self._applied, tag, status, value)
        if len(frame.encode()) >= self._limit:
            self.answer(tag, _ERROR, "too_large")
        else:
            self._send(frame)

    def acknowledge(self) -> bool:
        """Tell the server what is done, where it does not know. Return whether there was anything to tell."""
        released = self._scope.listeners.released
        if not self.joined or (self._acknowledged == self._applied and not released):
            return False
        told = released[:_RELEASED]
        del released[:_RELEASED]
        self._send(self._encode("ack", self._applied, told))
        self._released = (self._released + told)[-_RELEASED:]
        if released:
            self.acknowledge()
        return True

    def leave(self) -> None:
        """The page is being left."""
        if self.joined:
            self._send(self._encode("leave"))
        self.joined = False

    # -- from the server --------------------------------------------------------------------------------------------------

    def receive(self, frame: str) -> None:
        """Take a frame."""
        if not frame.startswith(_HEAD):
            if frame.startswith(("41", "44")):
                self._delegate.replace_connection()
            return
        size = len(frame.encode())
        self._delegate.counts.messages_received += 1
        self._delegate.counts.bytes_received += size
        name, *rest = json.loads(frame[len(_HEAD) :])
        match name:
            case "joined":
                self.begin(rest[0], named=self._epoch is None)
                self._settled()
            case "resumed":
                self._resumed(rest[0])
            case "remount":
                self._remount(rest[0])
            case "operations":
                self._operations(size, *rest)
            case "credit":
                self._credit(*rest)
            case "debug" if rest[0] == "stale":  # nobody hides a simulated page
                self._send(self._encode("visible", self._applied))
            case "refused":
                self.joined = False
                self._delegate.refused(rest[0], rest[1])

    def begin(self, terms: dict[str, Any], *, named: bool = False) -> None:
        """Adopt the terms of a join or a mount; a new epoch begins.

        `named`: the handles are those of the answers that went along with the join.
        """
        if terms["epoch"] != self._epoch:
            self._epoch = terms["epoch"]
            self._applied = self._acknowledged = self._unacknowledged_bytes = 0
            self._made = self._sent = self._allowed = 0
            self._events.clear()
            self._held.clear()
            self._released = []
            self._scope.loaded = False
            self._scope.listeners.clear()
            self._scope.foretold.clear()
            if not named:
                self._scope.handles.begin(self._scope.document.root)
        self._adopt(terms)

    def _adopt(self, terms: dict[str, Any]) -> None:
        self._resume = terms["resume"] or self._resume
        self._mount = terms["mount"]
        self._limit = terms["limits"]["message"]
        self._sent = terms["received"]
        self._take_credit(terms["received"], terms["allowed"])

    def _settled(self) -> None:
        self.joined = True
        self._pump()

    def _resumed(self, terms: dict[str, Any]) -> None:
        if terms["epoch"] != self._epoch:
            self._delegate.refused("reload", "")
            return
        self._adopt(terms)
        self._scope.listeners.released[:0] = self._released
        self._released = []
        self._acknowledged = 0
        self._settled()

    def _remount(self, mount: dict[str, Any]) -> None:
        lost = not self.joined and bool(self._events or any(self._held.values()))
        self._delegate.remount(mount["html"], keep=mount["keep"])
        self.begin(mount)
        self._settled()
        if lost:
            self._delegate.warn("the page was renewed; the last action may not have been carried out")
        self._delegate.applied()

    def _operations(
        self, size: int, epoch: str, first: int, operations: list[list[Any]], received: int, allowed: int
    ) -> None:
        if epoch != self._epoch:
            return
        if first > self._applied + 1:
            self._delegate.replace_connection()
            return
        fresh = unfold(operations)[self._applied + 1 - first :]
        if any(operation[0] >= FIRST_READ for operation in fresh):
            self._delegate.counts.round_trips += 1
        for operation in fresh:
            self._applied += 1
            self._apply(operation)
        self._delegate.applied()
        self._unacknowledged_bytes += size
        if self._unacknowledged_bytes >= _ACK_BYTES:
            self.acknowledge()
        self._credit(epoch, received, allowed)

    def _apply(self, operation: list[Any]) -> None:
        is_read = operation[0] >= FIRST_READ
        try:
            value = apply(self._scope, operation)
            if operation[0] == Op.HOLD:
                self._hold(operation[1], held=operation[2])
        except OperationError as error:
            if is_read:
                self.answer(operation[1], _ERROR, error.code)
                return
            name = Op(operation[0]).name.lower() if operation[0] in set(Op) else "operation"
            self._delegate.warn(f"{name} failed: {error.code} {dumps(operation)}")
            self._send(self._encode("failed", self._applied, self._applied, error.code))
            return
        if isinstance(value, Element):
            self.answer(operation[1], _HANDLE, self._scope.handles.of(value))
        elif is_read and value is not Later:
            self.answer(operation[1], _VALUE, value)

    def _credit(self, epoch: str, received: int, allowed: int) -> None:
        if epoch == self._epoch:
            self._take_credit(received, allowed)
            self._pump()

    def _take_credit(self, received: int, allowed: int) -> None:
        while self._events and self._events[0][0] <= received:
            self._events.popleft()
        self._sent = max(self._sent, received)
        self._allowed = allowed

    # -- details ----------------------------------------------------------------------------------------------------------

    def _pump(self, answers: list[Any] | None = None) -> None:
        """Send what may be sent. `answers`: to what is foreseen to be asked after the last event, which was made just now."""
        group: list[tuple[int, int, dict[str, Any] | None]] = []
        room = 0
        for event in tuple(self._events):
            number, listener, payload = event
            if not self.joined or not self._sent < number <= self._allowed:
                continue
            self._sent = number
            size = 3 * len(dumps([listener, payload])) + 1
            if size > room:
                self._send_group(group)
                group, room = [], self._limit - 256
            group.append(event)
            room -= size
        self._send_group(group, answers)

    def _send_group(
        self, group: list[tuple[int, int, dict[str, Any] | None]], answers: list[Any] | None = None
    ) -> None:
        if group and group[-1][0] != self._made:
            answers = None
        if len(group) == 1:
            self._send(self._fitting(*group[0], answers))
        elif group:
            events: list[list[Any]] = [
                [listener] if payload is None else [listener, payload] for _, listener, payload in group
            ]
            if answers is not None:
                events[-1] = [group[-1][1], group[-1][2], answers]
            self._send(self._encode("events", group[0][0], self._applied, events))

    def _fitting(self, number: int, listener: int, payload: dict[str, Any] | None, answers: list[Any] | None) -> str:
        if answers is not None:
            frame = self._encode("event", number, self._applied, listener, payload, answers)
            if len(frame) < _FORESEEN:
                return frame
        told = dict(payload) if payload is not None else None
        for name in ("value", "data", "detail", "id", None):
            frame = self._encode("event", number, self._applied, listener, told)
            if told is None or name is None or len(frame.encode()) < self._limit:
                return frame
            told.pop(name, None)
        raise AssertionError

    def _encode(self, name: str, *arguments: Any) -> str:
        return f"{_HEAD}{dumps([name, self._epoch, *arguments])}"

    def _send(self, frame: str) -> None:
        if not self.joined:
            return
        self._delegate.counts.messages_sent += 1
        self._delegate.counts.bytes_sent += len(frame.encode())
        self._delegate.transmit(frame)
        self._acknowledged = self._applied
        self._unacknowledged_bytes = 0
