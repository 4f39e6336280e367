"""Other ways to learn of changed files: looking again and again (`--poll`), or what the watchdog package knows of the system."""

import os
import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

INTERVAL: Final = 0.5
_AGAIN: Final = 0.05
"""Seconds after which a file that has changed is looked at again: it may still be written."""

Files = Callable[[Path], Iterator[Path]]


class Polling:
    """Looks for changes twice a second."""

    def __init__(self, folder: Path, files: Files) -> None:
        self._folder = folder
        self._files = files
        self._seen: dict[Path, tuple[int, int, int]] = {}
        self._stopped = threading.Event()

    def start(self) -> None:
        """Look for the first time."""
        self._seen = self._look()

    def stop(self) -> None:
        """Make `read` return at once, now and ever after. Any thread may call this."""
        self._stopped.set()

    def close(self) -> None:
        """Nothing is held."""

    def read(self, seconds: float | None) -> tuple[set[Path], bool]:
        """Wait for changes; return the files."""
        while not self._stopped.wait(INTERVAL if seconds is None else _AGAIN):
            before, self._seen = self._seen, self._look()
            found = {path for path in before.keys() | self._seen.keys() if before.get(path) != self._seen.get(path)}
            if found or seconds is not None:
                return found, False
        return set(), False

    def _look(self) -> dict[Path, tuple[int, int, int]]:
        found = {}
        for path in self._files(self._folder):
            try:
                status = os.stat(path)  # noqa: PTH116 - Path.stat() takes twice as long
            except OSError:
                continue
            found[path] = (status.st_mtime_ns, status.st_size, status.st_ino)
        return found


class Watchdog:
    """What the watchdog package is told by systems other than Linux."""

    def __init__(self, folder: Path) -> None:
        from watchdog.events import FileSystemEventHandler  # noqa: PLC0415 - not needed on Linux
        from watchdog.observers import Observer  # noqa: PLC0415

        paths: queue.SimpleQueue[Path | None] = queue.SimpleQueue()

        class Handler(FileSystemEventHandler):
            def on_any_event(self, event: Any) -> None:
                if event.event_type in {"created", "moved", "deleted", "closed", "modified"}:
                    for path in (event.src_path, event.dest_path):
                        if path:
                            paths.put(Path(str(path)))

        self._paths = paths
        self._observer: Any = Observer()
        self._observer.schedule(Handler(), str(folder), recursive=True)

    def start(self) -> None:
        """Begin."""
        self._observer.start()

    def stop(self) -> None:
        """Make `read` return at once. Any thread may call this."""
        self._paths.put(None)

    def close(self) -> None:
        """End the observer's thread."""
        self._observer.stop()
        self._observer.join(2)

    def read(self, seconds: float | None) -> tuple[set[Path], bool]:
        """Wait for changes; return the files and folders."""
        try:
            path = self._paths.get(timeout=seconds)
        except queue.Empty:
            return set(), False
        return ({path} if path is not None else set()), False
