"""Sessions in the memory of the process: the default."""

import time
from itertools import count, islice

from pycommunicate.sessions.store import MAX_AGE, MAX_BYTES, MAX_SESSIONS, Kept, Version, check_size


class MemorySessions:
    """Sessions that end with the process."""

    def __init__(
        self, *, max_sessions: int = MAX_SESSIONS, max_age: float = MAX_AGE, max_bytes: int = MAX_BYTES
    ) -> None:
        """Make a store.

        :param max_sessions: how many sessions are kept; past it, the one that was not used for longest is let go.
        :param max_age: after how many seconds without use a session is let go.
        :param max_bytes: how large one session may be.
        """
        self._max_sessions = max_sessions
        self._max_age = max_age
        self._max_bytes = max_bytes
        self._versions = count(1)
        self._kept: dict[str, tuple[Kept, float]] = {}  # used most recently: last
        self.clock = time.monotonic

    def __len__(self) -> int:
        return len(self._kept)

    def load(self, id_: str) -> Kept | None:
        """See `SessionStore.load`."""
        found = self._kept.pop(id_, None)
        now = self.clock()
        if found is None or found[1] < now - self._max_age:
            return None
        self._kept[id_] = (found[0], now)
        return found[0]

    def version(self, id_: str) -> Version | None:
        """See `SessionStore.version`."""
        kept = self.load(id_)
        return kept.version if kept is not None else None

    def save(self, id_: str, text: str, expected: Version | None) -> Version | None:
        """See `SessionStore.save`."""
        check_size(text, self._max_bytes)
        if self.version(id_) != expected:
            return None
        version = next(self._versions)
        self._kept.pop(id_, None)
        self._kept[id_] = (Kept(text, version), self.clock())
        oldest = self.clock() - self._max_age
        for other, (_, used) in tuple(islice(self._kept.items(), 8)):
            if used < oldest or len(self._kept) > self._max_sessions:
                del self._kept[other]
        return version

    def delete(self, id_: str) -> None:
        """See `SessionStore.delete`."""
        self._kept.pop(id_, None)
