"""Page: one load of one URL in one tab, and everything it owns."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from flask import Flask, has_request_context
from flask import redirect as flask_redirect
from flask import session as flask_session

from pycommunicate.engine import Engine, Event
from pycommunicate.errors import BrowserGone, NotConnected, ProtocolError
from pycommunicate.protocol.limits import Limits
from pycommunicate.protocol.messages import Acknowledgement, Answer, EventMade, Failed, Leave, Message, encode
from pycommunicate.protocol.operations import Op
from pycommunicate.protocol.safety import check_url
from pycommunicate.protocol.values import JSON
from pycommunicate.proxies.channel import Named
from pycommunicate.proxies.dom.element import ElementWrapper
from pycommunicate.proxies.dom.event import Event as DOMEvent
from pycommunicate.proxies.dom.listener import Listener, describe, takes_argument
from pycommunicate.server.bases.controller import Controller, ControllerFactory
from pycommunicate.server.connection.handlers import HandlerPool, HandlerQueue
from pycommunicate.server.connection.inbox import Inbox
from pycommunicate.server.connection.listeners import Listeners
from pycommunicate.server.connection.outbox import Outbox
from pycommunicate.server.connection.reads import Reads
from pycommunicate.server.connection.resume import ResumeTokens, new_id
from pycommunicate.server.connection.timers import PageTimer
from pycommunicate.server.current import run_for, running

if TYPE_CHECKING:
    from pycommunicate.server.bases.views import View

log = logging.getLogger("pycommunicate")

_CREDIT_DELAY = 0.2
_CREDIT_AT_ONCE = 64


class Connection(Protocol):
    """A socket of the browser, as a page sees it."""

    def send(self, packet: str) -> None:
        """Queue a packet. Does not block."""

    def close(self) -> None:
        """Close the socket. Does not block."""


class Runtime(Protocol):
    """What a page needs of the application around it."""

    engine: Engine
    limits: Limits
    flask: Flask
    pool: HandlerPool

    def make_templater(self, page: "Page") -> Any:
        """Return the templater of a page."""

    def mount_token(self, page: "Page") -> str:
        """Return the signed token with which the page can be mounted anew."""

    def subscribe(self, topic: Any, deliver: Callable[[Any], None]) -> Any:
        """Subscribe to a topic."""

    def issue_ticket(self, page: "Page", session: Any) -> str:
        """Return a one-use ticket that the browser exchanges for new cookies."""

    def report(self, error: BaseException, what: str, page: "Page") -> None:
        """Log what application code raised, and tell the error hooks."""

    def page_moved(self, page: "Page") -> None:
        """The page's state or its tokens have changed."""


class State(Enum):
    """Where a page is in its life."""

    WAITING = "served, its socket has not come yet"
    LIVE = "connected"
    LOST = "the connection is lost, it may come back"
    ENDED = "gone"


class Page:
    """The channel of its elements, the owner of its listeners, timers, reads, subscriptions and handlers."""

    def __init__(
        self,
        runtime: Runtime,
        user: Any,
        factory: ControllerFactory,
        route_data: dict[str, Any],
        environ: dict[str, Any],
    ) -> None:
        limits = runtime.limits
        self.runtime = runtime
        self.engine = runtime.engine
        self.user = user
        self.factory = factory
        self.route_data = route_data
        self.path: str = environ.get("PATH_INFO", "")
        self.query: str = environ.get("QUERY_STRING", "")
        self.request_id = new_id()
        self.epoch = new_id()
        self.state = State.WAITING
        self.has_client = False
        self.heard = False
        self.tokens = ResumeTokens()
        self.ignored = 0
        self.outbox = Outbox(self.engine, limits, self._tail)
        self.outbox.begin(self.epoch)
        self.reads = Reads(self.engine, limits)
        self.inbox = Inbox(limits.events_queued)
        self.listeners = Listeners()
        self.queue = HandlerQueue(runtime.pool, limits.running_handlers)
        self.templater = runtime.make_templater(self)
        self._environ = environ
        self._limits = limits
        self._connection: Connection | None = None
        self._timers: set[PageTimer] = set()
        self._subscriptions: list[Any] = []
        self._room: Event | None = None
        self._overflowed = False
        self._mount_packet: tuple[str, bool] | None = None
        self._told = (0, self.inbox.allowed)
        self._credit_due = False
        self.controller: Controller = factory.build(self)

    # -- life ---------------------------------------------------------------------------------------------------------

    @property
    def is_connected(self) -> bool:
        """Whether the browser is connected now."""
        return self.state is State.LIVE

    def render(self) -> Any:
        """Render the active view. Runs in the request context of the HTTP request."""
        with run_for(self):
            return self.controller.view.render()

    def join(self, connection: Connection) -> None:
        """Go live: the first connection has come. May be repeated while nothing followed."""
        first = self.state is State.WAITING
        self._connect(connection)
        connection.send(encode("joined", self._welcome()))
        self.outbox.attach(connection.send, 0)
        if first:
            self._begin_view()

    def mount_into(self, connection: Connection, html: str, *, keep: bool) -> None:
        """Go live in a browser that shows an earlier page at this URL: a mount anew."""
        self._connect(connection)
        self._mount_packet = (html, keep)
        self._send_mount()
        self._begin_view()

    def resume(self, connection: Connection, token: str, epoch: str | None, applied: int) -> None:
        """Go on over another connection, after the browser has applied `applied` operations of `epoch`."""
        if self._connection is not None:
            self._connection.close()
        self.tokens.rotate(token)
        self._connect(connection)
        if self._overflowed or (epoch != self.epoch and self._mount_packet is None) or applied > self._written(epoch):
            self._mount_again()
        elif epoch != self.epoch:
            self._send_mount()
        else:
            connection.send(encode("resumed", self._welcome()))
            for read in self.reads.went_online(applied):
                read.number = self._send_read(read.operation)
            self.outbox.attach(connection.send, applied)
            self._make_room()

    def lost(self, connection: Connection) -> None:
        """Note that `connection` is closed."""
        if connection is not self._connection or self.state is State.ENDED:
            return
        self._connection = None
        self.state = State.LOST
        self.outbox.detach()
        self.reads.went_offline()
        self.runtime.page_moved(self)

    def reload(self, reason: str) -> None:
        """Have the browser load the page again, and end this one."""
        if self._connection is not None:
            self._connection.send(encode("refused", "reload", reason))
        self.end(reason)

    def close_connection(self) -> None:
        """Close the socket; the browser comes back with another."""
        if self._connection is not None:
            self._connection.close()

    def end(self, reason: str) -> None:
        """End everything this page owns. May be called again."""
        if self.state is State.ENDED:
            return
        mounted = self.state is not State.WAITING
        self.state = State.ENDED
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
        self.outbox.detach()
        self.outbox.begin("")
        self._end_view(reason)
        self._make_room()
        self.runtime.page_moved(self)
        if mounted:
            self.engine.spawn(self._teardown, self.controller.view)

    # -- what the browser says ------------------------------------------------------------------------------------------

    def receive(self, message: Message) -> None:
        """Take a message from the browser. Raises `ProtocolError` for what an honest one does not send. Does not block."""
        if message.epoch != self.epoch:
            self.ignored += 1
            return
        self.heard = True
        self._mount_packet = None
        if isinstance(message, Leave):
            self.end("the person has left the page")
            return
        if message.applied > self.outbox.sent_up_to:
            raise ProtocolError("acknowledged what was not sent")
        self.outbox.acknowledge(message.applied)
        if self._overflowed:
            self._mount_again()
            return
        self._make_room()
        match message:
            case EventMade():
                self._take_event(message)
            case Answer():
                self.reads.take(message)
            case Acknowledgement():
                for number in message.released:
                    self.listeners.remove(number)
            case Failed():
                log.warning("%s: operation %d could not be carried out: %s", self.path, message.number, message.error)

    def _take_event(self, message: EventMade) -> None:
        if not self.inbox.take(message.number):
            return
        self._credit_soon()
        listener = self.listeners.get(message.listener)
        if listener is None:
            self.ignored += 1
            self.inbox.finish()
            return
        if listener.once:
            self.listeners.remove(listener.number)
        if listener.running and listener.while_running == "drop":
            self.inbox.finish()
        elif listener.running and listener.while_running == "queue":
            listener.waiting.append(message.payload)
        else:
            self._start(listener, message.payload)

    def _start(self, listener: Listener, payload: dict[str, JSON] | None) -> None:
        listener.running += 1
        arguments = (self._make_event(payload),) if listener.takes_event else ()
        done = partial(self._handled, listener, self.epoch)
        self._put(listener.handler, arguments, f"the {listener.event} handler", done)

    def _handled(self, listener: Listener, epoch: str) -> None:
        listener.running -= 1
        if epoch != self.epoch:
            return
        self.inbox.finish()
        self._credit_soon()
        if listener.waiting and not listener.running:
            self._start(listener, listener.waiting.popleft())

    def _make_event(self, payload: dict[str, JSON] | None) -> DOMEvent:
        payload = payload or {}
        handle = payload.get("target")
        return DOMEvent(payload, ElementWrapper(self, handle) if isinstance(handle, int) else None)

    # -- Channel: what elements do with it --------------------------------------------------------------------------------

    def write(self, operation: list[Any]) -> None:
        """Append an operation. See `Channel.write`."""
        if not self.engine.in_loop_thread():
            self.engine.call_soon(partial(self._write, operation))
            return
        if self.state is State.WAITING or self.state is State.ENDED:
            self._refuse()
        if not self._overflowed and (self.outbox.write(operation) or self.outbox.is_full()):
            self._slow_down()

    def ask(self, code: int, *arguments: object) -> JSON:
        """Ask the browser. See `Channel.ask`."""
        answer = self.ask_for_element(code, *arguments)
        return None if isinstance(answer, Named) else answer

    def ask_for_element(self, code: int, *arguments: object) -> JSON | Named:
        """Ask the browser. See `Channel.ask_for_element`."""
        if not self.engine.in_loop_thread():
            return self._ask_from_thread(code, arguments)
        if self.state is State.WAITING or self.state is State.ENDED:
            self._refuse()
        if self._overflowed:
            raise BrowserGone("the page is being mounted anew")
        answer: JSON | Named = self.reads.ask(code, arguments, self._send_read)
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

    # -- what controllers and views do with it ------------------------------------------------------------------------------

    def change_view(self, index: int) -> None:
        """Mount another view into the living page."""
        if self.state is State.WAITING or self.state is State.ENDED:
            self._refuse()
        self._mount(index, keep=index == self.controller.view_index)

    def redirect(self, location: str) -> Callable[[], Any] | None:
        """Lead the browser elsewhere."""
        url = check_url(location, navigation=True)
        if self.state is State.WAITING:
            return lambda: flask_redirect(url)
        self.write([int(Op.NAVIGATE), url])
        return None

    def add_timer(self, view: "View", seconds: float, function: Callable[[], object]) -> PageTimer:
        """Start a timer that ends with the view that is active now."""

        def run(timer: PageTimer) -> None:
            if len(self.queue) < self._limits.events_queued:
                self._put(function, (), "the timer", timer.start)
            else:
                timer.start()

        if self.state is State.ENDED or self.controller_view_is_not(view):
            raise BrowserGone("the view has ended; its timers have too")
        timer = PageTimer(self.engine, seconds, run, self._timers)
        if self.state is not State.WAITING:
            timer.start()
        return timer

    def subscribe(self, view: "View", topic: Any, handler: Callable[..., object]) -> Any:
        """Start a subscription that ends with the view that is active now."""
        if self.state is State.ENDED or self.controller_view_is_not(view):
            raise BrowserGone("the view has ended; its subscriptions have too")
        with_value = takes_argument(handler, "value")

        def deliver(value: Any) -> None:
            if not self.engine.in_loop_thread():
                self.engine.call_soon(partial(deliver, value))
                return
            if self.state is State.WAITING or self.state is State.ENDED or self._overflowed:
                return
            if len(self.queue) >= self._limits.events_queued:
                self._overflow()
            else:
                self._put(handler, (value,) if with_value else (), "the subscription", None)

        subscription = self.runtime.subscribe(topic, deliver)
        self._subscriptions.append(subscription)
        return subscription

    def controller_view_is_not(self, view: "View") -> bool:
        """Whether the active view is known and another one than `view`."""
        controller = getattr(self, "controller", None)
        return controller is not None and bool(controller.views) and controller.view is not view

    def deliver_cookies(self, session: Any = None) -> None:
        """Have the browser fetch its new cookies, and wait until it has them."""
        if self.state is State.WAITING:
            return
        ticket = self.runtime.issue_ticket(self, session)
        if self.ask(Op.REDEEM, ticket) is not True:
            log.warning("%s: the browser did not take its new cookie", self.path)

    # -- mounting ---------------------------------------------------------------------------------------------------------

    def _mount(self, index: int, *, keep: bool) -> None:
        controller = self.controller
        before = controller.view_index
        controller.view_index = index
        try:
            with self._context():
                html = self.render()
            if not isinstance(html, str):
                if html is not None:  # None: render() has led the browser elsewhere
                    message = f"{type(controller.view).__qualname__}.render() returned a {type(html).__name__}; expected a str"
                    raise TypeError(message)
                controller.view_index = before
                return
        except BaseException:
            controller.view_index = before
            raise
        self._teardown(controller.views[before])
        self._end_view("the view that asked has ended")
        self._mount_packet = (html, keep)
        self._send_mount()
        self._begin_view()

    def _mount_again(self) -> None:
        # The browser is too far behind: what it shows is brought to what the view renders now.
        self._overflowed = False
        self._end_view("the page is being mounted anew")
        self.engine.spawn(self._mount_same_view)

    def _mount_same_view(self) -> None:
        try:
            self._mount(self.controller.view_index, keep=True)
        except Exception as error:
            self.runtime.report(error, "render()", self)
            self.reload("the page could not be mounted anew")

    def _send_mount(self) -> None:
        if self._connection is None or self._mount_packet is None:
            return
        html, keep = self._mount_packet
        self._connection.send(encode("remount", {**self._welcome(), "html": html, "keep": keep, "url": None}))
        self.outbox.attach(self._connection.send, 0)

    def _begin_view(self) -> None:
        self._put(self._load, (), "load()", None, loading=True, named=self.controller.view.load)
        for timer in tuple(self._timers):
            timer.start()

    def _load(self) -> None:
        self.controller.view.load()
        if self.state is not State.ENDED:
            self.write([int(Op.LOADED)])

    def _end_view(self, reason: str) -> None:
        self.epoch = new_id()
        self.outbox.flush()
        self.outbox.begin(self.epoch)
        self.inbox.begin()
        self._told = (0, self.inbox.allowed)
        self.listeners.begin()
        self.queue.clear()
        self.reads.end(reason)
        for timer in tuple(self._timers):
            timer.cancel()
        subscriptions, self._subscriptions = self._subscriptions, []
        for subscription in subscriptions:
            subscription.cancel()

    def _teardown(self, view: "View") -> None:
        self._guarded(view.teardown, "teardown()", view.teardown)

    # -- running application code -------------------------------------------------------------------------------------------

    def _put(
        self,
        function: Callable[..., object],
        arguments: tuple[Any, ...],
        what: str,
        done: Callable[[], None] | None,
        *,
        loading: bool = False,
        named: Callable[..., object] | None = None,
    ) -> None:
        epoch = self.epoch

        def task() -> None:
            if epoch != self.epoch:
                return
            try:
                self._guarded(
                    partial(function, *arguments) if arguments else function, what, named or function, loading=loading
                )
            finally:
                if done is not None and self.state is not State.ENDED:
                    done()

        self.queue.put(task)

    def _guarded(
        self, function: Callable[[], object], what: str, named: Callable[..., object] | None, *, loading: bool = False
    ) -> None:
        try:
            with self._context(loading=loading):
                function()
        except BrowserGone as error:
            log.debug("%s: %s ended early: %s", self.path, what, error)
        except Exception as error:
            self.runtime.report(error, f"{what} {describe(named)}" if named is not None else what, self)

    @contextmanager
    def _context(self, *, loading: bool = False) -> Iterator[None]:
        current = running()
        if current is not None and current.page is self and has_request_context():
            with run_for(self, loading=loading) if loading else nullcontext():
                yield
            return
        environ = dict(self._environ)
        if self.user.cookies is not None:
            environ["HTTP_COOKIE"] = self.user.cookies
        with self.runtime.flask.request_context(environ), run_for(self, loading=loading):
            yield
            if flask_session.modified and self.state is not State.ENDED:
                self.deliver_cookies(dict(flask_session))

    # -- details ----------------------------------------------------------------------------------------------------------

    def _connect(self, connection: Connection) -> None:
        self._connection = connection
        self.state = State.LIVE
        self.reads.online = True
        self.runtime.page_moved(self)

    def _welcome(self) -> dict[str, Any]:
        received, allowed = self._tail()
        return {
            "epoch": self.epoch,
            "resume": self.tokens.newest,
            "mount": self.runtime.mount_token(self),
            "received": received,
            "allowed": allowed,
            "limits": {"message": self._limits.inbound_message},
        }

    def _written(self, epoch: str | None) -> int:
        return self.outbox.sent_up_to if epoch == self.epoch else 2**53

    def _tail(self) -> tuple[int, int]:
        self._told = (self.inbox.received, self.inbox.allowed)
        return self._told

    def _credit_soon(self) -> None:
        if (
            self.inbox.received - self._told[0] >= _CREDIT_AT_ONCE
            or self.inbox.allowed - self._told[1] >= _CREDIT_AT_ONCE
        ):
            self._send_credit()
        elif not self._credit_due:
            self._credit_due = True
            self.engine.call_later(_CREDIT_DELAY, self._credit_is_due)

    def _credit_is_due(self) -> None:
        self._credit_due = False
        if self._told != (self.inbox.received, self.inbox.allowed):
            self._send_credit()

    def _send_credit(self) -> None:
        if self._connection is not None:
            self._connection.send(encode("credit", self.epoch, *self._tail()))

    def _send_read(self, operation: list[Any]) -> int:
        self.outbox.write(operation)
        self.outbox.flush()
        return self.outbox.sent_up_to

    def _write(self, operation: list[Any]) -> None:
        if self.state in (State.LIVE, State.LOST) and not self._overflowed:
            self.outbox.write(operation)
            if self.outbox.is_full():
                self._overflow()

    def _slow_down(self) -> None:
        current = running()
        own = current is not None and current.page is self
        if not self.outbox.is_full():
            if own and current is not None and current.loading:
                self.engine.sleep(0)  # so that the browser works on the first rows while the rest is being built
        elif own:
            self._wait_for_room()
        else:
            self._overflow()

    def _wait_for_room(self) -> None:
        epoch = self.epoch
        self.outbox.flush()
        while self.outbox.is_full() and self.epoch == epoch:
            if self._room is None:
                self._room = self.engine.event()
            room = self._room
            room.wait(self._limits.overflow_deadline)
            if not room.is_set():
                self._overflow()
                raise BrowserGone("the browser has stopped applying what is written")

    def _make_room(self) -> None:
        if self._room is not None and not self.outbox.is_full():
            room, self._room = self._room, None
            room.set()

    def _overflow(self) -> None:
        if self._overflowed:
            return
        self._overflowed = True
        log.warning(
            "%s: the browser is more than %d bytes behind; it will be mounted anew",
            self.path,
            self.outbox.unacknowledged,
        )
        self.outbox.drop()
        self.engine.call_later(self._limits.overflow_deadline, self._still_overflowed)

    def _still_overflowed(self) -> None:
        if self._overflowed:
            self.end("the browser has stopped applying what is written")

    def _ask_from_thread(self, code: int, arguments: tuple[object, ...]) -> JSON | Named:
        from _queue import SimpleQueue  # noqa: PLC0415 - blocks a real thread, patched or not

        answers: Any = SimpleQueue()

        def ask() -> None:
            try:
                answers.put((self.ask_for_element(code, *arguments), None))
            except Exception as error:
                answers.put((None, error))

        self.engine.call_soon(lambda: self.engine.spawn(ask))
        value: JSON | Named
        value, error = answers.get()
        if error is not None:
            raise error
        return value

    def _refuse(self) -> None:
        if self.state is State.ENDED:
            raise BrowserGone("the person has left the page")
        message = (
            "there is no page in the browser yet: elements, change_view() and reads work from load() on, "
            "and only where the page's HTML contains add_includes()"
        )
        raise NotConnected(message)
