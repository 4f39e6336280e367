"""Watching a project's files, for `run --debug`: what counts as a change, and which changes belong together."""

import hashlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from pycommunicate.reload.graph import is_skipped
from pycommunicate_cli.polling import Polling, Watchdog

LOOKS: Final = frozenset(
    {
        *(".css", ".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".ico"),
        *(".woff", ".woff2", ".ttf", ".otf"),
    }
)
"""What changes how a page looks and nothing else."""
RUNS: Final = frozenset({".py", ".html", ".htm", ".jinja", ".jinja2", ".j2", ".toml", ".js", ".mjs", ".webmanifest"})
SUFFIXES: Final = RUNS | LOOKS
"""What a project is written in. Other files are its data, which it may write itself."""
NAMES: Final = frozenset({".env"})
SKIPPED: Final = frozenset({"tests", "data", "instance", "media", "uploads"})
_LARGE: Final = 1 << 20


@dataclass(frozen=True)
class Pauses:
    """How long the watcher waits for more files of the same save, in seconds."""

    quiet: float = 0.02
    """Nothing was heard for so long: it was all."""
    looks: float = 0.005
    """The same where nothing but looks has changed: half of a change of those does no harm."""
    back: float = 0.1
    """The same while a file is gone: many programs save by deleting and writing."""
    longest: float = 0.2
    """In all, however much goes on."""
    git: float = 5.0
    """In all while git changes the working tree, as in a change of branch."""


@dataclass(frozen=True)
class Batch:
    """Files that were changed, created or deleted together."""

    paths: tuple[Path, ...]
    saved: float
    """When the first of them was (`time.time()`)."""


class Source(Protocol):
    """What tells of files."""

    def start(self) -> None:
        """Begin. Raises `OSError` where the system's limits are reached."""

    def stop(self) -> None:
        """Make `read` return at once. Any thread may call this."""

    def close(self) -> None:
        """Let go of what the system holds."""

    def read(self, seconds: float | None) -> tuple[set[Path], bool]:
        """Wait for changes, `seconds` at most; return files and folders, and whether others were missed."""


class Watcher:
    """Calls `changed(batch)`, in a thread of its own, after files of the project have changed their content."""

    def __init__(
        self, folder: Path, changed: Callable[[Batch], None], *, poll: bool = False, pauses: Pauses | None = None
    ) -> None:
        self._folder = folder
        self._changed = changed
        self._pauses = pauses or Pauses()
        self._git_lock = _git_lock(folder)
        self._source = _source(folder, poll=poll)
        self._known: dict[Path, str] = {}
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    def start(self) -> None:
        """Start watching. Raises `OSError` where the system's limits are reached."""
        self._source.start()
        self._known = {file: _digest(file) for file in project_files(self._folder)}
        self._thread.start()

    def stop(self) -> None:
        """Stop watching. May be called again."""
        if not self._stopping:
            self._stopping = True
            self._source.stop()
            if self._thread.is_alive():
                self._thread.join(2)
            self._source.close()

    def _run(self) -> None:
        while not self._stopping:
            found, missed = self._source.read(None)
            paths = {file for path in found for file in self._files(path)}
            if missed:
                paths.update(self._all())
            if paths:
                self._collect(paths, time.time())

    def _collect(self, paths: set[Path], saved: float) -> None:
        pauses, now = self._pauses, time.monotonic()
        begun, quiet_ends = now, now + self._quiet(paths)
        while not self._stopping:
            switching = self._git_lock is not None and self._git_lock.exists()
            ends = begun + (pauses.git if switching else pauses.longest)
            found, missed = self._source.read(max(0, min(quiet_ends, ends) - now))
            paths.update(file for path in found for file in self._files(path))
            if missed:
                paths.update(self._all())
            now = time.monotonic()
            if found or missed or switching:
                quiet_ends = now + self._quiet(paths)
            # A source may return early and without a change, as when a file is there again that is still being written.
            if now >= min(quiet_ends, ends):
                break
        changed = tuple(path for path in sorted(paths) if self._has_changed(path))
        if changed and not self._stopping:
            self._changed(Batch(changed, saved))

    def _quiet(self, paths: set[Path]) -> float:
        if not all(path.exists() for path in paths):
            return self._pauses.back
        return self._pauses.looks if all(path.suffix in LOOKS for path in paths) else self._pauses.quiet

    def _files(self, path: Path) -> Iterator[Path]:
        """Return the watched files that `path` is, or that are or were below it."""
        parents = [parent for parent in path.parents if self._folder in parent.parents]
        if any(is_ignored(parent) for parent in parents):
            return
        if is_watched(path):
            yield path
        if path.is_dir():
            if not is_ignored(path):
                yield from project_files(path)
        elif not path.exists():
            yield from [known for known in self._known if path in known.parents]

    def _all(self) -> set[Path]:
        return {*self._known, *project_files(self._folder)}

    def _has_changed(self, path: Path) -> bool:
        before, now = self._known.pop(path, ""), _digest(path)
        if now:
            self._known[path] = now
        return before != now


def _git_lock(folder: Path) -> Path | None:
    """Return the file that git keeps while it changes the working tree that `folder` is in."""
    for parent in (folder, *folder.parents):
        place = parent / ".git"
        if place.is_dir():
            return place / "index.lock"
        if place.is_file():  # of a linked working tree, or of a submodule
            named = place.read_text("utf-8", "replace").strip().removeprefix("gitdir: ")
            return parent / named / "index.lock"
    return None


def _source(folder: Path, *, poll: bool) -> Source:
    if poll:
        return Polling(folder, project_files)
    if sys.platform == "linux":
        from pycommunicate_cli.inotify import Inotify  # noqa: PLC0415 - there is none elsewhere

        return Inotify(folder, is_ignored)
    return Watchdog(folder)


def is_watched(path: Path) -> bool:
    """Whether the project is written in files of this name. Hidden ones are editors' own."""
    return path.name in NAMES or (path.suffix.lower() in SUFFIXES and not path.name.startswith("."))


def is_ignored(folder: Path) -> bool:
    """Whether a change in `folder` is no change of the program."""
    return folder.name in SKIPPED or is_skipped(folder) or _leads_round(folder)


def _leads_round(folder: Path) -> bool:
    return folder.is_symlink() and folder.resolve() in (folder.parent / "_").resolve().parents


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


def _digest(path: Path) -> str:
    """Return what tells one content from another; empty where there is no file."""
    try:
        status = path.stat()
        if status.st_size > _LARGE:
            return f"{status.st_size} {status.st_mtime_ns} {status.st_ino}"
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
