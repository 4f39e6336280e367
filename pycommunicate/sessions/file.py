"""Sessions in files: one per user, replaced whole."""

import contextlib
import os
import secrets
import stat
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from pycommunicate.errors import StoreUnavailable
from pycommunicate.sessions.store import (
    MAX_AGE,
    MAX_BYTES,
    MAX_SESSIONS,
    MAX_TOTAL_BYTES,
    Kept,
    Version,
    check_size,
    size_class,
)

try:
    import fcntl
except ImportError:  # Windows: one process per folder
    fcntl = None  # type: ignore[assignment]

_KEPT = ".session"
_DRAFT = ".new"
_LOCK = "lock"
_SAMPLE = 64
_LOCK_SECONDS = 5.0
_DRAFT_SECONDS = 3600.0
_READ = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_MAKE = os.O_WRONLY | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)


class FileSessions:
    """Sessions that survive a restart. Several processes on one machine may share the folder.

    A session's file has mode 0600 and a name from which the user's id can't be told. It is written beside its place and then
    renamed, so that it is whole at any moment: a full disk or a killed process loses nothing that was saved before.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        max_sessions: int = MAX_SESSIONS,
        max_age: float = MAX_AGE,
        max_bytes: int = MAX_BYTES,
        max_total_bytes: int = MAX_TOTAL_BYTES,
        fsync: bool = False,
    ) -> None:
        """Make a store. Nothing is written before the first session is.

        :param folder: where the files lie, on a local disk. Made where it is missing, readable by nobody else.
        :param max_sessions: how many sessions are kept; past it, one of those that were not used for longest is let go.
        :param max_age: after how many seconds without use a session is let go.
        :param max_bytes: how large one session may be.
        :param max_total_bytes: about how large all sessions together may be; past it, some are let go: of a sample, those of the size that
            takes the most, unused for longest.
        :param fsync: wait for the disk at every save, so that even a power cut loses nothing. The whole server waits.
        """
        self.folder = Path(folder).absolute()
        self._max_sessions = max_sessions
        self._max_age = max_age
        self._max_bytes = max_bytes
        self._max_total_bytes = max_total_bytes
        self._fsync = fsync
        self._unseen: list[str] = []
        self._number = 0
        self._listed = 0
        self._added = 0
        self.clock = time.time

    def pages(self, max_age: float) -> "FileSessions":
        """Return a store beside this one, in the folder `pages`, for what is known of pages: of 10,000, for `max_age` seconds."""
        return FileSessions(
            self.folder / "pages", max_sessions=10_000, max_age=max_age, max_bytes=16 * 1024, fsync=self._fsync
        )

    def load(self, id_: str) -> Kept | None:
        """See `SessionStore.load`."""
        path = self._path(id_)
        with self._told("read"):
            try:
                file = os.open(path, _READ)
            except (FileNotFoundError, NotADirectoryError):
                return None
            except OSError:
                if path.is_symlink():
                    return None  # not ours
                raise
            try:
                found = os.fstat(file)
                if not self._is_valid(found):
                    return None
                data = _read(file, found.st_size)
            finally:
                os.close(file)
        # What is not UTF-8 is not ours: it stays something foreign, which the next save replaces.
        return Kept(data.decode(errors="replace"), self._used(path, found))

    def version(self, id_: str) -> Version | None:
        """See `SessionStore.version`."""
        path = self._path(id_)
        with self._told("read"):
            found = _stat(path)
            return self._used(path, found) if found is not None and self._is_valid(found) else None

    def save(self, id_: str, text: str, expected: Version | None) -> Version | None:
        """See `SessionStore.save`."""
        data = check_size(text, self._max_bytes)
        path = self._path(id_)
        with self._told("write"), self._locked():
            found = _stat(path)
            now = _version(found) if found is not None and self._is_valid(found) else None
            if now != expected:
                return None
            version = self._write(path, data)
            self._added += max(0, len(data) - (found.st_size if found is not None else 0))
            if found is None or self._added > self._max_total_bytes // 16:
                self._make_room(path.name, new=found is None)
            return version

    def delete(self, id_: str) -> None:
        """See `SessionStore.delete`."""
        with self._told("write"):
            self._path(id_).unlink(missing_ok=True)

    # -- files --------------------------------------------------------------------------------------------------------------

    def _path(self, id_: str) -> Path:
        # Whatever the id is, the name is 64 hexadecimal digits.
        return self.folder / (sha256(b"pycommunicate-session:" + id_.encode("utf-8", "replace")).hexdigest() + _KEPT)

    def _write(self, path: Path, data: bytes) -> Version:
        draft = path.with_name(f"{path.stem}.{secrets.token_hex(8)}{_DRAFT}")
        file = os.open(draft, _MAKE | os.O_EXCL, 0o600)
        try:
            try:
                view = memoryview(data)
                while view:
                    view = view[os.write(file, view) :]
                moment = int(self.clock() * 1e9)
                os.utime(draft, ns=(moment, moment))
                if self._fsync:
                    os.fsync(file)
                version = _version(os.fstat(file))
            finally:
                os.close(file)
            draft.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                draft.unlink()
            raise
        if self._fsync:
            _fsync_folder(self.folder)
        return version

    def _is_valid(self, found: os.stat_result) -> bool:
        fits = stat.S_ISREG(found.st_mode) and found.st_size <= self._max_bytes
        return fits and found.st_mtime >= self.clock() - self._max_age

    def _used(self, path: Path, found: os.stat_result) -> Version:
        # Its time is the last use; noted now and then, as reading should not mean writing.
        if self.clock() - found.st_mtime > min(self._max_age / 20, 24 * 3600):
            moment = int(self.clock() * 1e9)
            with contextlib.suppress(OSError):
                os.utime(path, ns=(moment, moment), follow_symlinks=False)
                return (found.st_ino, found.st_size, moment)
        return _version(found)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        lock = self.folder / _LOCK
        try:
            file = os.open(lock, _MAKE, 0o600)
        except FileNotFoundError:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            self.folder.mkdir(mode=0o700, exist_ok=True)
            file = os.open(lock, _MAKE, 0o600)
        try:
            if fcntl is not None:
                _lock(file)
            yield
        finally:
            os.close(file)

    @contextlib.contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except StoreUnavailable:
            raise
        except OSError as error:
            message = f"can't {what} sessions in {self.folder}: {error.strerror or error}"
            raise StoreUnavailable(message) from error

    # -- bounds -------------------------------------------------------------------------------------------------------------

    def _make_room(self, saved: str, *, new: bool) -> None:
        # A few files are looked at: those that have expired go, and some of the others where there is too much.
        self._number += new
        if len(self._unseen) < _SAMPLE:
            self._unseen = [entry.name for entry in os.scandir(self.folder)]
            self._number = self._listed = sum(name.endswith(_KEPT) for name in self._unseen)
            self._added = 0
        sample, self._unseen = self._unseen[:_SAMPLE], self._unseen[_SAMPLE:]
        used: list[tuple[int, str, int]] = []
        own = 0
        now = self.clock()
        for name in sample:
            found = _stat(self.folder / name) if name.endswith((_KEPT, _DRAFT)) else None
            if found is None:
                continue
            if name == saved:
                own = found.st_size
            elif found.st_mtime < now - (self._max_age if name.endswith(_KEPT) else _DRAFT_SECONDS):
                self._let_go(name)
            elif name.endswith(_KEPT):
                used.append((found.st_mtime_ns, name, found.st_size))
        used.sort()
        for _, name, _ in used[: max(0, self._number - self._max_sessions)]:
            self._let_go(name)
        self._bound_bytes(used[max(0, self._number - self._max_sessions) :], own)

    def _bound_bytes(self, used: list[tuple[int, str, int]], own: int) -> None:
        # What all of them take is told from the sample, whose order in the folder has nothing to do with size or age, and from what was added since.
        mean = (sum(size for *_, size in used) + own) / max(1, len(used) + (own > 0))
        excess = mean * min(self._listed, self._number) + self._added - self._max_total_bytes
        taken: dict[int, int] = {}
        for *_, size in used:
            taken[size_class(size)] = taken.get(size_class(size), 0) + size
        while excess > 0 and any(taken.values()):
            paying = max(taken, key=taken.__getitem__)
            place = next(place for place, (*_, size) in enumerate(used) if size_class(size) == paying)
            _, name, size = used.pop(place)
            self._let_go(name)
            taken[paying] -= size
            excess -= size

    def _let_go(self, name: str) -> None:
        with contextlib.suppress(OSError):
            (self.folder / name).unlink()
            self._number -= name.endswith(_KEPT)


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _version(found: os.stat_result) -> Version:
    return (found.st_ino, found.st_size, found.st_mtime_ns)


def _read(file: int, size: int) -> bytes:
    parts = []
    while size > 0 and (part := os.read(file, size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _lock(file: int) -> None:
    end = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                message = "the session store is locked by another process"
                raise StoreUnavailable(message) from None
            time.sleep(0.0005)
        else:
            return


def _fsync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
