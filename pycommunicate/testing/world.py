"""World: the browsers around one application, and when everything in them has come to rest."""

import time
from collections.abc import Callable
from typing import Any
from weakref import WeakSet

from flask import got_request_exception

from pycommunicate.testing.errors import NotAtRest

_CALM_TURNS = 3
_LONGEST = 30.0
_POLL = 0.001


class World:
    """All simulated browsers of one application. One per application, made with its first browser."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.engine = app.engine
        self.tabs: list[Any] = []
        self.browsers: list[Any] = []
        self.patience = 0.1
        self._tasks = 0
        self._blocked: WeakSet[Any] = WeakSet()
        self._activity = 0
        self._failures: list[BaseException] = []
        self._handlers = app.pool._engine = Handlers(app.engine)
        app.on_error(lambda error, _where: self.failed(error))
        got_request_exception.connect(self._request_failed, app.flask)

    @classmethod
    def of(cls, app: Any) -> "World":
        """Return the world of an application."""
        world: World | None = vars(app).get("_test_world")
        if world is None:
            world = app._test_world = cls(app)
        return world

    # -- running ----------------------------------------------------------------------------------------------------------

    def spawn(self, function: Callable[..., object], *arguments: Any) -> None:
        """Run something of a browser's in a greenlet of its own; everything waits for its end."""
        self._tasks += 1
        self.engine.spawn(self._run, function, arguments)

    def sleep(self, seconds: float) -> None:
        """Let others run."""
        self.engine.sleep(seconds)

    def _run(self, function: Callable[..., object], arguments: tuple[Any, ...]) -> None:
        try:
            function(*arguments)
        except Exception as error:
            self.failed(error)
        finally:
            self._tasks -= 1
            self._activity += 1

    # -- what went wrong ----------------------------------------------------------------------------------------------------

    def failed(self, error: BaseException) -> None:
        """Note what application code (or the simulation) raised."""
        if not any(known is error for known in self._failures):
            self._failures.append(error)
        for browser in self.browsers:
            browser.raised.append(error)

    def _request_failed(self, _sender: Any, exception: BaseException, **_more: Any) -> None:
        self.failed(exception)

    def raise_failure(self) -> None:
        """Raise the first of what went wrong since the last time; the others are in `browser.raised`."""
        failure = self.take_failure()
        if failure is not None and any(browser.raise_errors for browser in self.browsers):
            raise failure

    def take_failure(self) -> BaseException | None:
        """Return the first of what went wrong since the last time, and forget it."""
        failures, self._failures = self._failures, []
        return failures[0] if failures else None

    # -- rest -----------------------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Let the loop run until nothing is on its way and no handler runs.

        A handler that has been blocked for longer than `patience` is not waited for, now or later.
        """
        if not self.engine.in_loop_thread():
            raise RuntimeError("the simulated browser belongs to the thread in which the application was made")
        start = moved = time.monotonic()
        calm, before = 0, (-1, -1, -1)
        while calm < _CALM_TURNS:
            self.engine.sleep(0 if calm or self._activity != before[0] else _POLL)
            now = time.monotonic()
            awaited = self._awaited()
            if (state := (self._activity, awaited, self._tasks)) != before:
                moved, before, calm = now, state, 0
            if self._tasks or self._is_writing():
                calm = 0
            elif not awaited or now - moved > self.patience or now - start > 10 * self.patience:
                calm += 1
            if calm == _CALM_TURNS and self._acknowledge():
                calm = 0
            if now - start > _LONGEST:
                raise NotAtRest(f"the browser and the server did not come to rest within {_LONGEST:g} s")
        self._blocked = WeakSet(self._handlers.alive())

    def _awaited(self) -> int:
        running = sum(greenlet not in self._blocked for greenlet in self._handlers.alive())
        waiting = 0 if len(self._blocked) else sum(len(page.queue) for page in self.app.pages)
        return running + waiting

    def _is_writing(self) -> bool:
        return any(page.is_connected and page.outbox.pending for page in self.app.pages)

    def _acknowledge(self) -> bool:
        told = [tab.acknowledge() for tab in self.tabs]
        return any(told)

    # -- the server ---------------------------------------------------------------------------------------------------------

    def restart_server(self) -> None:
        """Forget what a restarted server has forgotten: pages, users, sessions in memory. The secret key stays."""
        app = self.app
        for tab in self.tabs:
            tab.cut()
        self.settle()
        app.pages.end_all("the server was restarted")
        app.tickets = type(app.tickets)()
        app.users._users.clear()
        app.mounts.forget_newest()
        kept = getattr(app.users._sessions, "_kept", None)
        if isinstance(kept, dict):
            kept.clear()
        self.settle()

    def finish(self) -> None:
        """End what the last browser has left: pages, and handlers that are still blocked."""
        self.app.pages.end_all("the browser was closed")
        self.settle()
        for greenlet in self._handlers.alive():
            self.engine.kill(greenlet)
        self.settle()

    def left(self) -> str:
        """Say what still is there after `finish`; empty where nothing is."""
        pages, running = len(self.app.pages), len(self._handlers.alive())
        said = [f"{pages} pages" if pages else "", f"{running} handlers that run" if running else ""]
        return ", ".join(part for part in said if part)


class Handlers:
    """The engine as the handler pool sees it: remembers the greenlets, so that those which are still blocked can be ended."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._spawned: WeakSet[Any] = WeakSet()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def spawn(self, function: Callable[..., object], *arguments: Any) -> Any:
        """See `Engine.spawn`."""
        greenlet = self._engine.spawn(function, *arguments)
        self._spawned.add(greenlet)
        return greenlet

    def alive(self) -> list[Any]:
        """Return the greenlets of handlers that have not ended."""
        return [greenlet for greenlet in self._spawned if not greenlet.dead]
