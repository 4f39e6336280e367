"""Watching a project's files, for `run --debug`. Used in a process without gevent: watchdog's thread dies in a patched one."""

import hashlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.polling import PollingObserver

from pycommunicate.reload.graph import is_skipped

SUFFIXES: Final = frozenset({".py", ".html", ".htm", ".jinja", ".jinja2", ".j2", ".css", ".js", ".svg", ".toml"})
"""What a project is written in. Other files are its data, which it may write itself."""
NAMES: Final = frozenset({".env"})
SKIPPED: Final = frozenset({"tests", "data", "instance"})
_QUIET: Final = 0.02
_LONGEST: Final = 0.2

# It tells of its own race when it is stopped; nobody can do anything about it.
logging.getLogger("watchdog").addHandler(logging.NullHandler())
logging.getLogger("watchdog").propagate = False


class Watcher(FileSystemEventHandler):
    """Calls `changed(paths)`, in a thread of its own, after files of the project have changed their content."""

    def __init__(self, folder: Path, changed: Callable[[list[Path]], None], *, poll: bool = False) -> None:
        self._folder = folder
        self._changed = changed
        self._observer: Any = PollingObserver(timeout=0.5) if poll else Observer()
        # Only inotify says when a file is complete; elsewhere a change is all there is.
        self._kinds = {"created", "moved", "deleted", "closed"}
        if poll or type(self._observer).__name__ != "InotifyObserver":
            self._kinds.add("modified")
        self._paths: queue.Queue[Path | None] = queue.Queue()
        self._known: dict[Path, str] = {}
        self._watched: set[Path] = set()
        self._thread = threading.Thread(target=self._collect, daemon=True)

    def start(self) -> None:
        """Start watching. Raises `OSError` where the system's limits are reached."""
        self._known = {file: _digest(file) for file in project_files(self._folder)}
        self._observer.schedule(self, str(self._folder), recursive=False)
        for entry in sorted(self._folder.iterdir()):
            self._watch(entry)
        self._observer.start()
        self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        if self._thread.is_alive():
            self._paths.put(None)
            self._observer.stop()
            self._observer.join(2)

    def _watch(self, entry: Path) -> None:
        if entry.is_dir() and entry not in self._watched and not is_ignored(entry):
            self._watched.add(entry)
            self._observer.schedule(self, str(entry), recursive=True)

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Note a change (watchdog's thread calls this)."""
        if event.event_type not in self._kinds:
            return
        for raw in (event.src_path, event.dest_path):
            path = Path(str(raw)) if raw else None
            if path is None:
                continue
            if event.is_directory and path.parent == self._folder and event.event_type in {"created", "moved"}:
                self._watch(path)
            for file in project_files(path) if path.is_dir() and event.event_type != "modified" else [path]:
                self._paths.put(file)

    def _collect(self) -> None:
        while True:
            first = self._paths.get()
            if first is None:
                return
            batch = {first}
            end = time.monotonic() + _LONGEST
            while time.monotonic() < end:
                try:
                    path = self._paths.get(timeout=_QUIET)
                except queue.Empty:
                    break
                if path is None:
                    return
                batch.add(path)
            changed = [path for path in sorted(batch) if self._has_changed(path)]
            if changed:
                self._changed(changed)

    def _has_changed(self, path: Path) -> bool:
        if not is_watched(path) or any(is_ignored(parent) for parent in _parents(path, self._folder)):
            return False
        before, now = self._known.get(path, ""), _digest(path)
        self._known[path] = now
        return before != now


def is_watched(path: Path) -> bool:
    """Whether the project is written in files of this name."""
    return path.suffix in SUFFIXES or path.name in NAMES


def is_ignored(folder: Path) -> bool:
    """Whether a change in `folder` is no change of the program."""
    return folder.name in SKIPPED or is_skipped(folder)


def project_files(folder: Path) -> Iterator[Path]:
    """Return every file below `folder` that is watched."""
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    for entry in entries:
        if entry.is_dir():
            if not is_ignored(entry):
                yield from project_files(entry)
        elif is_watched(entry):
            yield entry


def _parents(path: Path, root: Path) -> list[Path]:
    return [parent for parent in path.parents if root in parent.parents]


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
