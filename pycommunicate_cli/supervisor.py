"""The supervisor of `run --debug`: has the listening socket, watches the files, and keeps a worker on the newest code. Without gevent."""

import secrets
import selectors
import signal
import socket
import threading
import time
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, Final

from pycommunicate_cli.door import Door
from pycommunicate_cli.faults import bare_fault, fault_of_problem
from pycommunicate_cli.output import Problem, say, show, show_lines
from pycommunicate_cli.process import HANDS_ON, Worker, how_it_ended
from pycommunicate_cli.project import Project, find_project
from pycommunicate_cli.serving import Job
from pycommunicate_cli.telling import Attempt, Telling
from pycommunicate_cli.watching import Batch, Watcher

_ANSWER: Final = 5.0
"""Seconds in which a worker has applied a change."""
_IMPORT: Final = 2.0
"""Seconds that a start may take, besides three times what the last one took."""
_FIRST_IMPORT: Final = 5.0
"""Seconds after which the first start is said to take long."""
_OVERDUE: Final = 2.0
"""Seconds after which a start that did not end by itself is ended."""
_STARTING: Final = 1.0
"""Seconds for which a start goes on although files have changed again."""
_LEAVING: Final = 12.0
"""Seconds in which a worker that was replaced ends."""
_STANDBY: Final = 0.3
"""Seconds after a start in which the processor is left to the pages."""
_RETIRING: Final = 1.0
"""Seconds in which a worker that is replaced tells of its pages."""


class Supervisor:
    """Keeps a worker running on the newest files."""

    def __init__(self, project: Project, job: Job, *, poll: bool, open_browser: bool) -> None:
        self._project = project
        self._job = replace(job, key=secrets.token_hex())
        self._open_browser = open_browser
        self._selector = selectors.DefaultSelector()
        self._door = Door(self._selector)
        self._active: Worker | None = None
        self._coming: Worker | None = None
        self._standby: Worker | None = None
        self._leaving: list[Worker] = []
        self._standby_due: float | None = None
        self._attempt = Attempt("", "", job.started)
        """The start that is under way, or the last one."""
        self._batch = Attempt("", "", job.started)
        """What the active worker was last told of."""
        self._telling = Telling()
        self._pending: list[Batch] = []
        self._missed: tuple[Path, ...] = ()
        """Files of a start that failed: the active worker was told of none of them."""
        self._outdated = False
        """Whether the files hold something that the active worker has not: only a new one has it all."""
        self._took = 0.0
        self._served = False
        self._ending = False
        self._wake_reading, self._wake_writing = socket.socketpair()
        self._lock = threading.Lock()
        self._noted: list[Batch] = []
        self._watcher = Watcher(project.folder, self._note, poll=poll)

    # -- the loop ---------------------------------------------------------------------------------------------------------

    def run(self) -> int:
        """Serve until Ctrl-C or SIGTERM; return the exit code."""
        handlers: dict[signal.Signals, Callable[[int, FrameType | None], None]]
        handlers = {signal.SIGINT: self._end, signal.SIGTERM: self._end}
        if hasattr(signal, "SIGCHLD"):
            handlers[signal.SIGCHLD] = self._wake
        previous = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        for end in (self._wake_reading, self._wake_writing):
            end.setblocking(False)
        self._selector.register(self._wake_reading, selectors.EVENT_READ, self._woken)
        try:
            self._start_watching()
            self._start(Attempt("", "", time.time()))
            while not self._ending:
                self._turn()
        finally:
            self._watcher.stop()
            self._end_all()
            self._door.close()
            for number, handler in previous.items():
                signal.signal(number, handler)
        return 0 if self._served else 130

    def _start_watching(self) -> None:
        try:
            self._watcher.start()
        except OSError as error:
            message = f"the project's files can't be watched: {error.strerror}"
            raise Problem(message, help="pycommunicate run --debug --poll; or see: pycommunicate doctor") from None

    def _end(self, number: int, frame: FrameType | None) -> None:
        self._ending = True
        self._wake(number, frame)

    def _wake(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        with suppress(BlockingIOError):  # it is awake
            self._wake_writing.send(b"\0")

    def _woken(self) -> None:
        self._wake_reading.recv(4096)

    def _note(self, batch: Batch) -> None:
        with self._lock:
            self._noted.append(batch)
        self._wake()

    def _turn(self) -> None:
        due = self._due()
        for key, _ in self._selector.select(None if due is None else max(0.0, due - time.monotonic())):
            if not self._ending:
                key.data()
        for worker in self._workers():
            if (
                worker.process.poll() is not None
            ):  # without its connection's end: a child of its own may still hold that
                self._hear(worker)
                self._gone(worker)
        with self._lock:
            noted, self._noted = self._noted, []
        self._pending += noted
        if not self._ending:
            self._check_deadlines()
            self._move()

    def _workers(self) -> list[Worker]:
        return [w for w in (self._active, self._coming, self._standby, *self._leaving) if w is not None]

    def _due(self) -> float | None:
        telling = self._telling.due if self._active is not None else None
        times = [self._standby_due, telling, *(worker.deadline for worker in self._workers())]
        if self._pending and self._coming is not None:
            times.append(self._coming.began + _STARTING)
        return min((due for due in times if due is not None), default=None)

    def _check_deadlines(self) -> None:
        now = time.monotonic()
        for worker in self._workers():
            if worker.deadline is not None and worker.deadline <= now:
                worker.deadline = None
                self._late(worker)
        if self._standby_due is not None and self._standby_due <= now:
            self._standby_due = None
            if self._standby is None:
                self._standby = self._add(Worker(standby=True))
        if self._active is not None and self._telling.due is not None and self._telling.due <= now:
            self._telling.tell(self._attempt)

    def _late(self, worker: Worker) -> None:
        if worker is self._active:
            self._outdated = True
            if self._coming is None:
                say(f"{self._batch.what}: the server did not take it within {_ANSWER:.0f} s; it is replaced")
                self._start(replace(self._batch, why=f"the server did not answer within {_ANSWER:.0f} s"))
        elif worker is self._coming:
            seconds = time.monotonic() - worker.began
            self._explain(worker, f"the import was ended after {seconds:.0f} s", "an endless loop?")
            worker.kill()
        else:
            worker.kill()

    def _end_all(self) -> None:
        workers = self._workers()
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait()
            worker.socket.close()

    # -- changes ----------------------------------------------------------------------------------------------------------

    def _move(self) -> None:
        """Do what the changes ask for, if now is the time."""
        if not self._pending:
            return
        if self._coming is not None:
            if time.monotonic() < self._coming.began + _STARTING:
                return  # it may have read them already, and is told of them when it serves
            self._let_go(self._coming)
            self._coming, self._outdated = None, True
        # After a start that failed, the active worker says whether the files are again what it serves.
        if self._active is not None and not self._outdated and (self._missed or not self._need_restart()):
            if not self._active.waits_for_answer:
                self._hand_on(self._active)
            return
        self._start(self._take())

    def _need_restart(self) -> bool:
        folder, module = self._project.folder, self._project.app.partition(":")[0].replace(".", "/")
        names = (f"{module}.py", f"{module}/__init__.py", "config.py", ".env", "pyproject.toml")
        special = {folder / name for name in names}
        return any(path in special for batch in self._pending for path in batch.paths)

    def _take(self) -> Attempt:
        """Return what changed; it is pending no longer."""
        paths = list(dict.fromkeys(path for batch in self._pending for path in batch.paths))
        saved = min(batch.saved for batch in self._pending)
        files = tuple(dict.fromkeys([*self._missed, *paths]))
        self._pending, self._missed = [], ()
        return Attempt(_in_words(paths, self._project.folder), "", saved, files)

    def _hand_on(self, worker: Worker) -> None:
        self._batch = self._take()
        worker.waits_for_answer = True
        worker.deadline = time.monotonic() + _ANSWER
        worker.send({"changed": [str(file) for file in self._batch.files], "saved": self._batch.saved})

    # -- starting ---------------------------------------------------------------------------------------------------------

    def _start(self, attempt: Attempt) -> None:
        """Let the standby load the project (a new process, where there is none), while the active one serves on."""
        self._telling.tell(self._attempt)
        self._attempt = attempt
        if self._served or attempt.what:
            try:
                self._project = find_project()
            except Problem as problem:
                show(problem)
                self._failed(fault_of_problem(problem, self._project.folder), "")
                return
        # Until it was served once, every start is the first one.
        job = replace(self._job, started=attempt.saved, reason=attempt.what) if self._served else self._job
        worker, self._standby = self._standby or self._add(Worker()), None
        patience = round(_IMPORT + 3 * self._took, 1) if self._served else _FIRST_IMPORT
        self._coming = worker
        worker.order(self._project, asdict(job), patience)
        if self._served:
            worker.deadline = worker.began + patience + _OVERDUE + (0 if worker.warm else _IMPORT)

    def _add(self, worker: Worker) -> Worker:
        self._selector.register(worker.socket, selectors.EVENT_READ, partial(self._hear, worker))
        return worker

    def _let_go(self, worker: Worker, seconds: float = 1.0) -> None:
        worker.terminate()
        worker.deadline = time.monotonic() + seconds
        self._leaving.append(worker)

    def _hear(self, worker: Worker) -> None:
        if worker not in self._workers():
            return
        while messages := worker.messages():
            for message in messages:
                for key, value in message.items():
                    self._on(worker, key, value)
        if messages is None:
            self._gone(worker)

    def _on(self, worker: Worker, key: str, value: Any) -> None:
        if key == "warm":
            worker.warm = True
        elif key == "failed":
            worker.fault = value
        elif key == "retired" and worker in self._leaving:
            self._count(value)
        elif worker is self._coming:
            if key == "loaded":
                self._hand_over(worker, *value)
            elif key == "ready":
                self._serves(worker, value)
            elif key == "slow" and self._active is None:
                say(f"the project is still being imported{_at(value)}")
                self._door.show(value, self._job)
        elif worker is self._active:
            if key == "done":
                self._done(worker, value)
            elif key == "come":
                self._telling.tell(self._attempt, value)

    def _hand_over(self, worker: Worker, host: str, port: int, asked: bool) -> None:
        """Give the listening socket to a worker that has loaded the project; the one before makes room."""
        try:
            self._door.open(host, port, asked=asked, hands_on=HANDS_ON)
        except Problem as problem:
            if not self._served:
                raise
            show(problem)
            self._coming = None
            self._let_go(worker)
            self._failed(fault_of_problem(problem, self._project.folder), "")
            return
        self._took = time.monotonic() - worker.began
        worker.deadline = worker.began + self._took + _IMPORT + _OVERDUE
        old, self._active = self._active, None
        if not HANDS_ON and old is not None:
            old.send({"retire": True})
            self._leaving.append(old)
            old.wait(_LEAVING)
        worker.send({"socket": self._door.port}, self._door.descriptor)
        if HANDS_ON and old is not None:
            old.send({"retire": True})
            self._leaving.append(old)
            old.deadline = time.monotonic() + _LEAVING
            if old.waits_for_answer and self._outdated:
                old.kill()  # it does not listen
        if self._served:
            self._telling.begin(_RETIRING if old is not None else 0.0)

    def _serves(self, worker: Worker, url: str) -> None:
        self._coming, self._active = None, worker
        worker.deadline = None
        self._served, self._outdated, self._missed = True, False, ()
        self._door.serves(url)
        self._attempt.served = time.time()
        self._standby_due = time.monotonic() + _STANDBY
        if self._open_browser:
            self._open_browser = False
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()

    # -- what came of it --------------------------------------------------------------------------------------------------

    def _done(self, worker: Worker, reason: str) -> None:
        worker.waits_for_answer = False
        worker.deadline = None
        if reason and self._coming is None:
            self._start(replace(self._batch, why="" if reason == self._batch.what else reason))

    def _count(self, pages: int) -> None:
        """The worker before has told how many pages it had: say it when they have come."""
        new = self._active or self._coming
        if pages and new is not None and self._telling.due is not None:
            new.send({"expect": pages})
            self._telling.wait(2 * _STARTING)
        else:
            self._telling.wait(0.0)

    def _gone(self, worker: Worker) -> None:
        """A process has ended, whatever the reason."""
        if worker not in self._workers():
            return
        self._selector.unregister(worker.socket)
        worker.socket.close()
        ended = how_it_ended(worker.wait(1.0))
        if worker is self._coming:
            self._coming = None
            if worker.fault is None:
                self._explain(worker, "the server can't start", f"its process has ended ({ended})")
            self._failed(worker.fault or {}, ended)
        elif worker is self._active:
            self._active = None
            self._outdated = True
            self._door.show(bare_fault("the server has ended", ended), self._job)
            say(f"the server has ended ({ended}); waiting for a change")
        elif worker is self._standby:
            self._standby = None
        else:
            self._leaving.remove(worker)
            self._telling.wait(_RETIRING)

    @staticmethod
    def _explain(worker: Worker, title: str, message: str) -> None:
        """Say what a worker can't say itself."""
        worker.fault = bare_fault(title, message)
        show_lines("error", f"{title}: {message}", [], "")

    def _failed(self, fault: dict[str, Any], ended: str) -> None:
        """The newest code does not start. The next change tries again."""
        self._telling.drop()
        self._standby_due = time.monotonic() + _STANDBY
        active = self._active
        if active is not None and active.waits_for_answer and active.deadline is None:
            self._active = None  # it hangs, so it can't serve on
            self._let_go(active)
            active = None
        if active is not None:
            self._missed = self._attempt.files
            say(f"{self._attempt.what}: it does not start, the old code serves on; waiting for a change")
            active.send({"fault": fault})
        else:
            say(f"the server can't start{f' ({ended})' if ended else ''}; waiting for a change")
            self._door.show(fault, self._job)


def _in_words(paths: list[Path], folder: Path) -> str:
    names = [str(path.relative_to(folder)) for path in paths]
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{names[0]}{more} changed"


def _at(fault: dict[str, Any]) -> str:
    return f" (at {fault['file']}:{fault['line']})" if fault.get("file") else ""
