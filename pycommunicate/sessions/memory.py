"""Sessions in the memory of the process: the default."""

import time
from itertools import count
from typing import Final, NamedTuple

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

_NEW_SECONDS: Final = 60.0
_SHARE_OF_NEW: Final = 8
_AT_ONCE: Final = 8


class _Entry(NamedTuple):
    kept: Kept
    size: int
    made: float
    used: float
    class_: "_Class"


class _Class:
    """Sessions of about one size that are new, or that are not: their ids, used most recently last."""

    def __init__(self, *, new: bool) -> None:
        self.new = new
        self.ids: dict[str, None] = {}
        self.size = 0


class MemorySessions:
    """Sessions that end with the process.

    Past a bound a session is let go. A flood of new sessions must not cost everybody else theirs, so sessions are in classes: of new ones (not
    used again a minute after they were made) and others, and of sizes that are within a factor of two. While new ones take more than an eighth
    of the bound, the class of new ones pays that takes the most; else the class that takes the most of all. In it, the session unused for longest goes.
    """

    def __init__(
        self,
        *,
        max_sessions: int = MAX_SESSIONS,
        max_age: float = MAX_AGE,
        max_bytes: int = MAX_BYTES,
        max_total_bytes: int = MAX_TOTAL_BYTES,
    ) -> None:
        """Make a store.

        :param max_sessions: how many sessions are kept; past it, one is let go.
        :param max_age: after how many seconds without use a session is let go.
        :param max_bytes: how large one session may be.
        :param max_total_bytes: how large all sessions together may be; past it, some are let go.
        """
        self._max_sessions = max_sessions
        self._max_age = max_age
        self._max_bytes = max_bytes
        self._max_total_bytes = max_total_bytes
        self._versions = count(1)
        self._kept: dict[str, _Entry] = {}
        self._classes: dict[tuple[bool, int], _Class] = {}
        self._size = 0
        self.clock = time.monotonic

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def total_bytes(self) -> int:
        """How large all sessions together are."""
        return self._size

    def load(self, id_: str) -> Kept | None:
        """See `SessionStore.load`."""
        found = self._take(id_)
        now = self.clock()
        if found is None or found.used < now - self._max_age:
            return None
        self._put(id_, found.kept, found.size, found.made, now)
        return found.kept

    def version(self, id_: str) -> Version | None:
        """See `SessionStore.version`."""
        kept = self.load(id_)
        return kept.version if kept is not None else None

    def save(self, id_: str, text: str, expected: Version | None) -> Version | None:
        """See `SessionStore.save`."""
        size = len(check_size(text, self._max_bytes))
        if self.version(id_) != expected:
            return None
        version, now = next(self._versions), self.clock()
        before = self._take(id_)
        self._put(id_, Kept(text, version), size, before.made if before is not None else now, now)
        self._make_room(id_)
        return version

    def delete(self, id_: str) -> None:
        """See `SessionStore.delete`."""
        self._take(id_)

    def _put(self, id_: str, kept: Kept, size: int, made: float, used: float) -> None:
        key = (used - made < _NEW_SECONDS, size_class(size))
        class_ = self._classes.setdefault(key, _Class(new=key[0]))
        class_.ids[id_] = None
        class_.size += size
        self._size += size
        self._kept[id_] = _Entry(kept, size, made, used, class_)

    def _take(self, id_: str) -> _Entry | None:
        entry = self._kept.pop(id_, None)
        if entry is not None:
            del entry.class_.ids[id_]
            entry.class_.size -= entry.size
            self._size -= entry.size
        return entry

    def _make_room(self, saved: str) -> None:
        oldest = self.clock() - self._max_age
        for class_ in self._classes.values():
            for _ in range(_AT_ONCE):
                id_ = next(iter(class_.ids), None)
                if id_ is None or self._kept[id_].used >= oldest:
                    break
                self._take(id_)
        while len(self._kept) > max(1, self._max_sessions):
            self._let_go({class_: len(class_.ids) for class_ in self._classes.values()}, self._max_sessions, saved)
        while len(self._kept) > 1 and self._size > self._max_total_bytes:
            self._let_go({class_: class_.size for class_ in self._classes.values()}, self._max_total_bytes, saved)

    def _let_go(self, taken: dict[_Class, int], bound: int, saved: str) -> None:
        # Some forty classes at most: looking at each takes a few microseconds, past a bound only.
        taken = {class_: much for class_, much in taken.items() if any(id_ != saved for id_ in class_.ids)}
        new = {class_: much for class_, much in taken.items() if class_.new}
        if sum(new.values()) * _SHARE_OF_NEW > bound:
            taken = new
        paying = max(taken, key=taken.__getitem__)
        self._take(next(id_ for id_ in paying.ids if id_ != saved))
