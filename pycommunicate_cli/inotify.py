"""Linux's own word on changed files: complete files only, no thread of its own, and it says when it has lost count."""

import ctypes
import os
import select
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

_CLOSE_WRITE, _MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = 0x8, 0x40, 0x80, 0x100, 0x200
_OVERFLOW, _IGNORED, _ONLYDIR, _ISDIR = 0x4000, 0x8000, 0x1000000, 0x40000000
_MASK: Final = _CLOSE_WRITE | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE | _ONLYDIR
_HEADER: Final = struct.Struct("iIII")
_BUFFER: Final = 1 << 16


class Inotify:
    """Tells of files below a folder: those that were closed after writing, moved, linked or deleted."""

    def __init__(self, folder: Path, is_ignored: Callable[[Path], bool]) -> None:
        self._folder = folder
        self._is_ignored = is_ignored
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._folders: dict[int, Path] = {}
        self._descriptor = -1
        self._waking, self._wake = os.pipe()

    def start(self) -> None:
        """Begin. Raises `OSError` where the system's limits are reached."""
        self._descriptor = self._checked(self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        self._poll = select.poll()
        for descriptor in (self._descriptor, self._waking):
            self._poll.register(descriptor, select.POLLIN)
        for _ in self._add(self._folder):
            pass

    def stop(self) -> None:
        """Make `read` return at once, now and ever after. Any thread may call this."""
        os.write(self._wake, b"\0")

    def close(self) -> None:
        """Let go of what the system holds."""
        for descriptor in (self._descriptor, self._waking, self._wake):
            if descriptor >= 0:
                os.close(descriptor)
        self._descriptor = -1

    def read(self, seconds: float | None) -> tuple[set[Path], bool]:
        """Wait for changes; return the files and folders, and whether others were missed.

        A folder that is returned has come or gone, with all that is (or was) in it.
        """
        if not self._poll.poll(None if seconds is None else seconds * 1000):
            return set(), False
        try:
            read = os.read(self._descriptor, _BUFFER)
        except BlockingIOError:
            return set(), False
        found: set[Path] = set()
        missed = False
        place = 0
        while place < len(read):
            watch, mask, _, length = _HEADER.unpack_from(read, place)
            place += _HEADER.size + length
            name = os.fsdecode(read[place - length : place].rstrip(b"\0"))
            if mask & _OVERFLOW:
                missed = True
            elif mask & _IGNORED:
                self._folders.pop(watch, None)
            elif watch in self._folders:
                found.update(self._take(self._folders[watch] / name, mask))
        if missed:
            for _ in self._add(self._folder):  # folders that came meanwhile
                pass
        return found, missed

    def _take(self, path: Path, mask: int) -> Iterator[Path]:
        if mask & _ISDIR or (mask & _CREATE and path.is_symlink() and path.is_dir()):
            if self._is_ignored(path):
                return
            if mask & _MOVED_FROM:
                self._drop(path)
            if mask & (_CREATE | _MOVED_TO):
                yield from self._add(path)
            yield path
        elif not mask & _CREATE or _is_link(path):
            # Another new file is still being written, and will be closed.
            yield path

    def _add(self, folder: Path) -> Iterator[Path]:
        """Watch a folder and those below it; return those that are new."""
        watch = self._libc.inotify_add_watch(self._descriptor, os.fsencode(folder), _MASK)
        if watch < 0:
            if ctypes.get_errno() in {2, 20}:  # it is gone again, or was never a folder
                return
            self._checked(watch)
        known = self._folders.get(watch)
        self._folders[watch] = folder
        if known != folder:
            yield folder
        try:
            inner = [Path(entry.path) for entry in os.scandir(folder) if entry.is_dir()]
        except OSError:
            return
        for path in inner:
            if not self._is_ignored(path):
                yield from self._add(path)

    def _drop(self, folder: Path) -> None:
        for watch, path in tuple(self._folders.items()):
            if path == folder or folder in path.parents:
                self._libc.inotify_rm_watch(self._descriptor, watch)
                del self._folders[watch]

    @staticmethod
    def _checked(result: int) -> int:
        if result < 0:
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error))
        return result


def _is_link(path: Path) -> bool:
    try:
        return path.is_symlink() or path.stat().st_nlink > 1
    except OSError:
        return False
