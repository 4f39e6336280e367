"""What a worker does for its supervisor while it serves: changes, overlays, and making room for the next worker."""

import contextlib
import gc
import logging
import os
import signal
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from pycommunicate_cli.link import Link
from pycommunicate_cli.output import say
from pycommunicate_cli.project import Project

if TYPE_CHECKING:
    from pycommunicate import CommunicateApp

log = logging.getLogger("pycommunicate")

_COUNTING: Final = 1.0
"""Seconds in which the pages of the worker before may come."""
_COUNTED_EVERY: Final = 0.005
_TIDIED_AFTER: Final = 0.03
"""Seconds without a change after which garbage is looked for."""
_ANSWERING: Final = 10.0
"""Seconds in which requests that were taken are still answered here, though the next worker serves."""


class Attendant:
    """Takes the supervisor's messages in a thread, and carries them out in greenlets."""

    def __init__(self, link: Link) -> None:
        import gevent  # noqa: PLC0415 - not before it has patched
        import gevent.queue  # noqa: PLC0415

        self._link = link
        self._spawn: Any = gevent.spawn
        self._arrived: deque[Any] = deque()
        self._arrival: Any = gevent.get_hub().loop.async_()
        self._arrival.start(self._take)
        self._queue: Any = gevent.queue.Queue()
        self._empty = gevent.queue.Empty
        self._app: CommunicateApp | None = None
        self._reloader: Any = None
        link.listen(self._receive)

    def attach(self, app: "CommunicateApp", project: Project) -> None:
        """Apply changes to this application from now on."""
        from pycommunicate.server.app.reloading import Reloader  # noqa: PLC0415

        self._app = app
        module = project.app.partition(":")[0]
        self._reloader = Reloader(app, project.folder, app_module=module, say=say)

    def wait_for(self, key: str) -> Any:
        """Return the next message, which has `key`; go on with the others in a greenlet."""
        message = self._queue.get()
        assert key in message, message  # noqa: S101 - the supervisor is ours
        self._spawn(self._work)
        return message

    def _receive(self, message: Any) -> None:
        self._arrived.append(message)
        self._arrival.send()

    def _take(self) -> None:
        """Take what has come, in the loop. What can't wait does not queue up."""
        while self._arrived:
            message = self._arrived.popleft()
            if "retire" in message:
                self._spawn(self._retire)
            elif "expect" in message:
                self._spawn(self._count, message["expect"])
            else:
                self._queue.put(message)

    def _work(self) -> None:
        while True:
            message = self._next()
            if "changed" in message:
                self._link.send({"done": self._change(message["changed"], message["saved"])})
            elif "fault" in message:
                self._reloader.show_fault(message["fault"])

    def _next(self) -> Any:
        try:
            return self._queue.get(timeout=_TIDIED_AFTER)
        except self._empty:
            # Now, when nobody waits for a change to be shown: with many pages open it takes longer than a change does.
            gc.collect()
            return self._queue.get()

    def _change(self, paths: list[str], saved: float) -> str:
        try:
            return str(self._reloader.changed(paths, saved))
        except Exception as error:
            log.exception("the change could not be applied")
            return f"applying it raised {type(error).__name__}"

    def _retire(self) -> None:
        pages = 0
        with contextlib.suppress(Exception):  # whatever happens, the next one serves
            if self._app is not None:
                pages = sum(page.is_connected for page in self._app.pages)
                self._app.ending.answer_seconds = _ANSWERING
                self._reloader.restarting()
        os.kill(os.getpid(), signal.SIGINT)  # the pages come back to who serves next; handlers end in this process
        until = time.monotonic() + _COUNTING
        while self._app is not None and not self._app.ending.begun and time.monotonic() < until:
            self._app.engine.sleep(_COUNTED_EVERY)  # who is told of the restart must not meet this process any more
        self._link.send({"retired": pages})

    def _count(self, expected: int) -> None:
        """Tell how many pages have come, as soon as all have."""
        app = self._app
        assert app is not None  # noqa: S101 - the supervisor asks who is ready
        until = time.monotonic() + _COUNTING
        while (come := sum(page.is_connected for page in app.pages)) < expected and time.monotonic() < until:
            app.engine.sleep(_COUNTED_EVERY)
        self._link.send({"come": come})
