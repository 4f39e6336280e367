"""Who runs next: the application code of a page, started in order, bounded for each page and in all."""

from collections import deque
from collections.abc import Callable
from typing import Any

from pycommunicate.engine import Engine

Task = Callable[[], None]
"""Application code with everything around it (contexts, error handling). It never raises."""


class HandlerPool:
    """Bounds the handlers that run at the same time in the whole application (`maximum_handler_threads`)."""

    def __init__(self, engine: Engine, maximum: int) -> None:
        self._engine = engine
        self._maximum = maximum
        self.running = 0
        self.draining = False
        """Whether the server ends: what was taken still runs, nothing more is taken."""
        self._waiting: deque[HandlerQueue] = deque()

    def start(self, queue: "HandlerQueue", task: Task) -> bool:
        """Run `task` in a greenlet of its own, unless the bound is reached: then `queue` is asked again when there is room."""
        if self.running >= self._maximum:
            if queue not in self._waiting:
                self._waiting.append(queue)
            return False
        self.running += 1
        self._engine.spawn(self._run, queue, task)
        return True

    def _run(self, queue: "HandlerQueue", task: Task) -> None:
        try:
            task()
        finally:
            self.running -= 1
            queue.finished()
            while self._waiting and self.running < self._maximum:
                self._waiting.popleft().start_waiting()


class HandlerQueue:
    """The application code of one page that waits to run. Tasks start in the order in which they were put."""

    __slots__ = ("_maximum", "_pool", "_running", "_tasks", "_then")

    def __init__(self, pool: HandlerPool, maximum: int) -> None:
        self._pool = pool
        self._maximum = maximum
        self._running = 0
        self._tasks: deque[Task] = deque()
        self._then: Task | None = None

    def __len__(self) -> int:
        return len(self._tasks)

    @property
    def idle(self) -> bool:
        """Whether nothing runs, nor waits to."""
        return not self._running and not self._tasks

    def put(self, task: Task) -> None:
        """Run `task` as soon as there is room."""
        self._tasks.append(task)
        self.start_waiting()

    def start_waiting(self) -> None:
        """Start what waits, as far as there is room."""
        while self._tasks and self._running < self._maximum:
            self._running += 1
            if not self._pool.start(self, self._tasks[0]):
                self._running -= 1
                return
            self._tasks.popleft()

    def finished(self) -> None:
        """One task has ended."""
        self._running -= 1
        self.start_waiting()
        if self._then is not None and self.idle:
            then, self._then = self._then, None
            then()

    def when_idle(self, then: Task) -> None:
        """Call `then` as soon as nothing runs, nor waits to."""
        if self.idle:
            then()
        else:
            self._then = then

    def clear(self) -> list[Any]:
        """Drop what waits."""
        dropped, self._tasks = list(self._tasks), deque()
        return dropped
