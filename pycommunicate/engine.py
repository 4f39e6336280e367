"""The concurrency underneath: gevent, or eventlet for a program that imported it first. Nothing else in the library names either, but for `server/serving.py`."""

import sys
from _queue import SimpleQueue  # the original: it blocks a real thread, patched or not
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

Callback = Callable[[], None]


class Timer(Protocol):
    """A call that is due later."""

    def cancel(self) -> None:
        """Drop the call. May be called again, and after the call was made."""


class Event(Protocol):
    """Something to wait for, once."""

    def set(self) -> object:
        """Wake all that wait."""

    def wait(self, timeout: float | None = None) -> object:
        """Block until `set` was called, or for `timeout` seconds."""

    def is_set(self) -> bool:
        """Whether `set` was called."""


class Lock(Protocol):
    """Only one holds it at a time."""

    def acquire(self, blocking: bool = True) -> bool:
        """Wait for it, or, not `blocking`, return whether it was free."""

    def release(self) -> object:
        """Let the next have it."""

    def __enter__(self) -> object:
        """Wait for it."""

    def __exit__(self, *_: object) -> object:
        """Let the next have it."""


class Engine(Protocol):
    """What the library needs of its event loop."""

    name: str
    """python-socketio's name for it: `gevent` or `eventlet`."""

    ident: Callable[[], int]
    """Tells real threads apart, whether the standard library is patched or not."""
    thread: int
    """The loop's own."""

    def spawn(self, function: Callable[..., object], *arguments: Any) -> Any:
        """Run `function` in a greenlet of its own, in the order of the calls to `spawn`."""

    def kill(self, greenlet: Any) -> None:
        """End a greenlet that `spawn` made, without waiting for it."""

    def sleep(self, seconds: float) -> None:
        """Let others run, for `seconds` at least."""

    def give_way(self) -> None:
        """Let all others run that can, including those whose sockets have become ready, before going on."""

    def event(self) -> Event:
        """Make an event."""

    def lock(self) -> Lock:
        """Make a lock, for greenlets."""

    def take_over_response(self) -> None:
        """Tell the HTTP server that the request under way is answered on its socket, past it."""

    def call_soon(self, function: Callback) -> None:
        """Call `function`, which must not block, on the loop's next turn. Calls keep their order. Any thread may call this."""

    def call_later(self, seconds: float, function: Callback) -> Timer:
        """Call `function`, which must not block, after `seconds`. Only for the loop's own thread."""

    def deadline(self, seconds: float) -> AbstractContextManager[Any]:
        """Raise `TimeoutError` in the block where it takes longer than `seconds`."""

    def in_loop_thread(self) -> bool:
        """Whether the caller runs in the thread of the loop (else it must not block on an `event`)."""

    def in_greenlet(self) -> bool:
        """Whether the caller runs in a greenlet of the loop. Only there may it wait: the loop goes on meanwhile."""

    def from_thread(self, function: Callable[[], Any]) -> Any:
        """Run `function`, which may block, in a greenlet of the loop and return what it returns. For other threads."""

    def turn(self) -> int | None:
        """Return the number of the loop's turn, None where the engine doesn't count them."""


class _GeventTimer:
    __slots__ = ("_timer",)

    def __init__(self, timer: Any) -> None:
        self._timer = timer

    def cancel(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.stop()
            timer.close()

    def fire(self, function: Callback) -> None:
        self.cancel()
        function()


def _run_for_thread(engine: Engine, function: Callable[[], Any]) -> Any:
    answers: Any = SimpleQueue()

    def run() -> None:
        try:
            answers.put((function(), None))
        except Exception as error:
            answers.put((None, error))

    engine.call_soon(lambda: engine.spawn(run))
    value, error = answers.get()
    if error is not None:
        raise error
    return value


class GeventEngine:
    """The default."""

    name = "gevent"

    def __init__(self) -> None:
        import gevent  # noqa: PLC0415 - importing the library must not load it
        import gevent.event  # noqa: PLC0415
        import gevent.lock  # noqa: PLC0415
        import gevent.monkey  # noqa: PLC0415

        self._spawn = gevent.spawn
        self._current = gevent.getcurrent
        self._sleep = gevent.sleep
        self._timeout: Any = gevent.Timeout
        self._event: Any = gevent.event.Event
        self._lock: Any = gevent.lock.Semaphore
        self._hub = gevent.get_hub()
        self._loop: Any = self._hub.loop
        # Patched, get_ident tells greenlets apart; the original tells threads apart.
        self.ident: Callable[[], int] = gevent.monkey.get_original("_thread", "get_ident")
        self.thread = self.ident()

    def spawn(self, function: Callable[..., object], *arguments: Any) -> Any:
        return self._spawn(function, *arguments)

    def kill(self, greenlet: Any) -> None:
        greenlet.kill(block=False)

    def sleep(self, seconds: float) -> None:
        self._sleep(seconds)

    def give_way(self) -> None:
        # sleep(0) would go on up to 50 times before the sockets are looked at again.
        with self._loop.timer(0) as turn:
            self._hub.wait(turn)

    def event(self) -> Event:
        event: Event = self._event()
        return event

    def lock(self) -> Lock:
        lock: Lock = self._lock()
        return lock

    def take_over_response(self) -> None:
        """Do nothing: gevent's server writes nothing where nothing is returned."""

    def call_soon(self, function: Callback) -> None:
        if self.ident() == self.thread:
            self._loop.run_callback(function)
        else:
            self._loop.run_callback_threadsafe(function)

    def call_later(self, seconds: float, function: Callback) -> Timer:
        watcher = self._loop.timer(seconds)
        timer = _GeventTimer(watcher)
        watcher.start(timer.fire, function)
        return timer

    def deadline(self, seconds: float) -> AbstractContextManager[Any]:
        block: AbstractContextManager[Any] = self._timeout(seconds, TimeoutError)
        return block

    def in_loop_thread(self) -> bool:
        return bool(self.ident() == self.thread)

    def in_greenlet(self) -> bool:
        return self.in_loop_thread() and self._current().parent is not None

    def from_thread(self, function: Callable[[], Any]) -> Any:
        return _run_for_thread(self, function)

    def turn(self) -> int | None:
        turn: int | None = getattr(self._loop, "iteration", None)
        return turn


class EventletEngine:
    """For programs that imported eventlet before they made their application."""

    name = "eventlet"

    def __init__(self) -> None:
        import eventlet  # noqa: PLC0415
        import eventlet.event  # noqa: PLC0415
        import eventlet.hubs  # noqa: PLC0415
        import eventlet.patcher  # noqa: PLC0415
        import eventlet.semaphore  # noqa: PLC0415

        self._eventlet: Any = eventlet
        self._current: Any = eventlet.getcurrent
        self._hubs: Any = eventlet.hubs
        self.ident: Callable[[], int] = eventlet.patcher.original("_thread").get_ident
        self.thread = self.ident()
        self._foreign: deque[Callback] = deque()
        self._wake: Any = None

    def spawn(self, function: Callable[..., object], *arguments: Any) -> Any:
        return self._eventlet.spawn(function, *arguments)

    def kill(self, greenlet: Any) -> None:
        self._hubs.get_hub().schedule_call_global(0, greenlet.kill)

    def sleep(self, seconds: float) -> None:
        self._eventlet.sleep(seconds)

    def give_way(self) -> None:
        self._eventlet.sleep(0)

    def event(self) -> Event:
        return _EventletEvent(self._eventlet)

    def lock(self) -> Lock:
        lock: Lock = self._eventlet.semaphore.Semaphore()
        return lock

    def take_over_response(self) -> None:
        import eventlet.wsgi  # noqa: PLC0415

        eventlet.wsgi.WSGI_LOCAL.already_handled = True

    def call_soon(self, function: Callback) -> None:
        if self.ident() == self.thread:
            self._hubs.get_hub().schedule_call_global(0, function)
        else:
            self._foreign.append(function)
            if self._wake is not None:
                self._wake.send(b"\0")

    def call_later(self, seconds: float, function: Callback) -> Timer:
        timer: Timer = self._hubs.get_hub().schedule_call_global(seconds, function)
        return timer

    def deadline(self, seconds: float) -> AbstractContextManager[Any]:
        block: AbstractContextManager[Any] = self._eventlet.Timeout(seconds, TimeoutError)
        return block

    def in_loop_thread(self) -> bool:
        return bool(self.ident() == self.thread)

    def in_greenlet(self) -> bool:
        return self.in_loop_thread() and self._current().parent is not None

    def from_thread(self, function: Callable[[], Any]) -> Any:
        return _run_for_thread(self, function)

    def turn(self) -> int | None:
        return None

    def listen_to_threads(self) -> None:
        """Make `call_soon` work from other threads: a greenlet waits on a pair of sockets. Called by the server when it starts."""
        if self._wake is not None:
            return
        original: Any = self._eventlet.patcher.original("socket")
        reading, writing = original.socketpair()
        reading.setblocking(False)
        writing.setblocking(False)
        self._wake = writing
        self._eventlet.spawn(self._serve_threads, self._eventlet.greenio.GreenSocket(reading))

    def _serve_threads(self, reading: Any) -> None:
        while True:
            while self._foreign:
                self._foreign.popleft()()
            reading.recv(4096)


class _EventletEvent:
    __slots__ = ("_done", "_eventlet", "_set")

    def __init__(self, eventlet: Any) -> None:
        self._eventlet = eventlet
        self._done: Any = eventlet.event.Event()
        self._set = False

    def set(self) -> None:
        if not self._set:
            self._set = True
            self._done.send()

    def wait(self, timeout: float | None = None) -> bool:
        if not self._set:
            with self._eventlet.Timeout(timeout, False):
                self._done.wait()
        return self._set

    def is_set(self) -> bool:
        return self._set


def choose_engine() -> Engine:
    """Return the engine for this program: eventlet where the program imported it, else gevent."""
    if "eventlet" in sys.modules:
        return EventletEngine()
    return GeventEngine()
