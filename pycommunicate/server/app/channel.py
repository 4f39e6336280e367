"""The channel of a page: what its elements do with it. Writes are gathered, reads are asked, listeners are kept."""

from functools import partial
from typing import Any

from pycommunicate.engine import Engine
from pycommunicate.errors import BrowserGone, NotConnected
from pycommunicate.protocol.limits import Limits
from pycommunicate.protocol.operations import Op
from pycommunicate.protocol.values import JSON
from pycommunicate.proxies.channel import Named
from pycommunicate.proxies.dom.listener import Listener
from pycommunicate.server.connection.credit import Credit
from pycommunicate.server.connection.inbox import Inbox
from pycommunicate.server.connection.listeners import Listeners
from pycommunicate.server.connection.outbox import Outbox
from pycommunicate.server.connection.pressure import Pressure
from pycommunicate.server.connection.reads import Reads
from pycommunicate.server.connection.resume import new_id
from pycommunicate.server.connection.runtime import State
from pycommunicate.server.current import running

_WAITING, _ENDED = State.WAITING, State.ENDED  # looked up for each operation


class PageChannel:
    """Implements `Channel`. The one sender of its page, and the owner of what is on its way in either direction."""

    def __init__(self, engine: Engine, limits: Limits) -> None:
        self.engine = engine
        self.limits = limits
        self._ident, self._thread = engine.ident, engine.thread
        self.state = State.WAITING
        self.epoch = new_id()
        self.inbox = Inbox(limits.events_queued)
        self.credit = Credit(engine, self.inbox)
        self.credit.begin(self.epoch)
        self.outbox = Outbox(engine, limits, self.credit.tell)
        self.outbox.begin(self.epoch)
        self.pressure = Pressure(engine, self.outbox, limits.overflow_deadline)
        self.reads = Reads(engine, limits)
        self.listeners = Listeners()
        self.overflowed = False

    # -- Channel ----------------------------------------------------------------------------------------------------------

    def write(self, operation: list[Any]) -> None:
        """Append an operation. See `Channel.write`."""
        if self._ident() != self._thread:
            self.engine.call_soon(partial(self._write_from_thread, operation))
            return
        if self.state is _WAITING or self.state is _ENDED:
            self.refuse()
        if not self.overflowed and (self.outbox.write(operation) or self.outbox.full):
            self._slow_down()

    def ask(self, code: int, *arguments: object) -> JSON:
        """Ask the browser. See `Channel.ask`."""
        answer = self.ask_for_element(code, *arguments)
        return None if isinstance(answer, Named) else answer

    def ask_for_element(self, code: int, *arguments: object) -> JSON | Named:
        """Ask the browser. See `Channel.ask_for_element`."""
        answer: JSON | Named
        if not self.engine.in_loop_thread():
            answer = self.engine.from_thread(partial(self.ask_for_element, code, *arguments))
            return answer
        if self.state is State.WAITING or self.state is State.ENDED:
            self.refuse()
        if self.overflowed:
            raise BrowserGone("the page is being mounted anew")
        answer = self.reads.ask(code, arguments, self.send_read)
        return answer

    def new_handle(self, parent: int = 0) -> int:
        """Return the next handle."""
        return self.listeners.new_handle(parent)

    def parent_of(self, handle: int) -> int:
        """Return the handle of the element around `handle`, 0 where it is not known."""
        return self.listeners.parent_of(handle)

    def listen(self, listener: Listener) -> None:
        """Keep a listener until it is removed or its view ends."""
        self.listeners.add(listener)

    def forget(self, listener: Listener) -> None:
        """Let a listener go."""
        if self.listeners.get(listener.number) is listener:
            self.listeners.remove(listener.number)
            self.write([int(Op.UNLISTEN), listener.number])

    def forget_element(self, handle: int, *, inside: bool = False) -> None:
        """Let go of the listeners in and on an element that is being deleted."""
        self.listeners.remove_within(handle, inside=inside)

    # -- for the page -------------------------------------------------------------------------------------------------------

    def begin_epoch(self, reason: str) -> None:
        """Start a new epoch: what is on its way belongs to the one before and ends, with `reason`."""
        self.epoch = new_id()
        self.outbox.flush()
        self.outbox.begin(self.epoch)
        self.inbox.begin()
        self.credit.begin(self.epoch)
        self.listeners.begin()
        self.reads.end(reason)

    def send_read(self, operation: list[Any]) -> int:
        """Send a read with everything before it; return its number."""
        self.outbox.write(operation)
        self.outbox.flush()
        return self.outbox.sent_up_to

    def overflow(self) -> None:
        """Give up what the browser has not applied."""
        raise NotImplementedError

    def refuse(self) -> None:
        """Raise what tells why there is nobody to write to."""
        if self.state is State.ENDED:
            raise BrowserGone("the person has left the page")
        message = (
            "there is no page in the browser yet: elements, change_view() and reads work from load() on, "
            "and only where the page's HTML contains add_includes()"
        )
        raise NotConnected(message)

    def _write_from_thread(self, operation: list[Any]) -> None:
        if self.state in (State.LIVE, State.LOST) and not self.overflowed:
            self.outbox.write(operation)
            if self.outbox.full:
                self.overflow()

    def _slow_down(self) -> None:
        current = running()
        own = current is not None and current.page is self
        if not self.outbox.full:
            if own and current is not None and current.loading:
                self.engine.sleep(0)  # so that the browser works on the first rows while the rest is being built
        elif not own:
            self.overflow()
        else:
            epoch = self.epoch
            if not self.pressure.wait(lambda: self.epoch == epoch):
                self.overflow()
                raise BrowserGone("the browser has stopped applying what is written")
