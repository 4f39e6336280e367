"""Session: the dict that `user.session` is."""

import logging
import random
import time
from collections.abc import Callable
from contextlib import suppress
from threading import RLock
from typing import Any

from pycommunicate.errors import NotSerializable, SessionTooLarge, StoreUnavailable
from pycommunicate.keys import Keys
from pycommunicate.sessions.contents import Texts, seal, texts_of, unseal, values_of
from pycommunicate.sessions.store import SessionStore, Version

log = logging.getLogger("pycommunicate")

_TRIES = 200
_LONGEST_PAUSE = 0.005


class Session(dict[str, Any]):
    """A dict that is kept in a store. Not created by hand: it is `user.session`.

    It is read when it is first used, and saved when the request or the handler that used it ends, if it has changed: values
    inside of its values too. Where two processes change different keys of one session, both changes stay.
    """

    # `self` has the values as the program has them, `_base` as the store has them (in the state `_version`), as far as we know.
    # `_outdated`: the store's text was sealed with an older key, so it is saved once more although nothing has changed.
    # No application code runs, and no other greenlet, while `_lock` is held: it is there for threads.

    __slots__ = (
        "_base",
        "_fresh",
        "_id",
        "_keys",
        "_lock",
        "_outdated",
        "_owed",
        "_store",
        "_told",
        "_touched",
        "_users",
        "_version",
    )

    def __init__(self, store: SessionStore, id_: str, keys: Keys) -> None:
        super().__init__()
        self._store = store
        self._id = id_
        self._keys = keys
        self._base: Texts = {}
        self._version: Version | None = None
        self._lock = RLock()
        self._users = 0
        self._touched = False
        self._owed = False
        self._fresh = False
        self._outdated = False
        self._told: frozenset[Any] = frozenset()

    # -- for the program ------------------------------------------------------------------------------------------------

    def update(self, *arguments: Any, **values: Any) -> Any:
        """With a mapping, pairs or keywords: what a dict's `update` does. With a function: change the session in one step.

        `session.update(change)` calls `change(session)` with a copy, saves the copy as the session, and returns what
        `change` returned. Whoever else changes the same session meanwhile, in another tab or another process: no change is
        lost. For that, `change` may be called more than once. If it raises, nothing is changed.

        :raises NotSerializable: `change` left a value that JSON can't carry. Nothing is changed.
        :raises StoreUnavailable: (an `OSError`) the store can't be reached. Nothing is changed.
        """
        if len(arguments) == 1 and not values and callable(arguments[0]) and not hasattr(arguments[0], "keys"):
            return self._change(arguments[0])
        self._touch()
        super().update(*arguments, **values)
        return None

    def save(self) -> None:
        """Save now. Needed in code that is neither a request nor a handler, and in long handlers; all others do it at their end.

        :raises NotSerializable: a value that JSON can't carry; it stays in memory alone, all others were saved.
        :raises StoreUnavailable: (an `OSError`) the store can't be reached. The next save makes up for it.
        """
        wrong = self._save()
        if wrong:
            raise NotSerializable("; ".join(wrong.values()))

    # -- for the user it belongs to -----------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Note that a request or a handler begins."""
        self._users += 1
        self._fresh = False

    def end(self) -> None:
        """Save, if the session was used since `begin`. Raises what `save` raises; of a value that JSON can't carry, once."""
        self._users -= 1
        if self._touched:
            self._touched, self._owed = self._users > 0, True
            self._save_at_the_end()
        elif self._owed:  # by another handler, which was told
            with suppress(StoreUnavailable, SessionTooLarge, NotSerializable):
                self._save_at_the_end()

    def refresh(self) -> None:
        """Take over what others have changed in the store. What was changed here and has not been saved stays as it is."""
        if self._fresh:
            self._touched = True
            return
        with self._lock:
            self._take_over()
            self._fresh = self._users > 0
            self._touched = True

    @property
    def is_in_memory_only(self) -> bool:
        """Whether something in it would be lost with this object: not saved yet, or nothing that JSON can carry."""
        return self._owed or bool(self._told)

    def move(self, id_: str) -> None:
        """Keep the session under another id, and nothing under the one it had. Changes nothing where it raises."""
        with self._lock:
            self._take_over()
            texts, _ = texts_of(self)
            version = None
            if texts:
                self._store.delete(id_)
                version = self._store.save(id_, seal(texts, id_, self._keys), None)
                if version is None:
                    raise StoreUnavailable("the session store keeps something under a new id")
            try:
                self._store.delete(self._id)
            except StoreUnavailable:
                self._store.delete(id_)
                raise
            self._id, self._base, self._version, self._outdated = id_, texts, version, False

    # -- reading and saving -------------------------------------------------------------------------------------------------

    def _take_over(self) -> None:
        version = self._store.version(self._id)
        if version == self._version:
            return
        kept = self._store.load(self._id)
        theirs: Texts = {}
        newest = True
        if kept is not None:
            found = unseal(kept.text, self._id, self._keys)
            theirs, newest = found or (theirs, newest)
            if found is None:
                log.warning(
                    "the session store holds something that was not written by this program (or with another secret key); it is ignored"
                )
        mine, wrong = texts_of(self)
        for key in (self._base.keys() | theirs.keys()) - wrong.keys():
            if mine.get(key) == self._base.get(key) != theirs.get(key):
                self._put(key, theirs)
        self._base, self._outdated = theirs, not newest
        self._version = kept.version if kept is not None else None

    def _put(self, key: str, texts: Texts) -> None:
        if key in texts:
            super().__setitem__(key, values_of({key: texts[key]})[key])
        else:
            super().pop(key, None)

    def _save(self) -> dict[Any, str]:
        with self._lock:
            for attempt in range(_TRIES):
                texts, wrong = texts_of(self)
                if (texts == self._base and not self._outdated) or self._replace(texts):
                    self._touched, self._owed = self._users > 0, False
                    return wrong
                self._take_over()
                _pause(attempt)
        raise StoreUnavailable("the session was changed by others all the time; it could not be saved")

    def _replace(self, texts: Texts) -> bool:
        version = self._store.save(self._id, seal(texts, self._id, self._keys), self._version)
        if version is None:
            return False
        self._base, self._version, self._outdated = texts, version, False
        return True

    def _save_at_the_end(self) -> None:
        wrong = self._save()
        new = {key: text for key, text in wrong.items() if key not in self._told}
        self._told = frozenset(wrong)
        if new:
            raise NotSerializable(
                "; ".join(new.values()) + " (it stays in memory and is not kept; all other values were saved)"
            )

    def _change(self, change: Callable[[dict[str, Any]], Any]) -> Any:
        for attempt in range(_TRIES):
            with self._lock:
                self._take_over()
                before, wrong = texts_of(self)
            copy = values_of(before) | {key: self[key] for key in wrong}
            result = change(copy)
            after, still_wrong = texts_of(copy)
            if still_wrong.keys() - wrong.keys():
                raise NotSerializable("; ".join(still_wrong[key] for key in still_wrong if key not in wrong))
            with self._lock:
                if texts_of(self)[0] == before and (after == self._base or self._replace(after)):
                    for key in before.keys() | after.keys():
                        if before.get(key) != after.get(key):
                            self._put(key, after)
                    return result
            _pause(attempt)
        raise StoreUnavailable("the session was changed by others all the time; it could not be updated")

    # -- what a dict does, noting that it was used ------------------------------------------------------------------------------

    def _touch(self) -> None:
        if not self._fresh and self._users:
            self.refresh()
        self._touched = True

    def __getitem__(self, key: str) -> Any:
        self._touch()
        return super().__getitem__(key)

    def __setitem__(self, key: str, value: Any) -> None:
        self._touch()
        super().__setitem__(key, value)

    def __delitem__(self, key: str) -> None:
        self._touch()
        super().__delitem__(key)

    def __contains__(self, key: object) -> bool:
        self._touch()
        return super().__contains__(key)

    def __ior__(self, other: Any) -> "Session":  # type: ignore[override,misc]
        self._touch()
        super().update(other)
        return self

    def get(self, key: str, default: Any = None) -> Any:
        """As a dict's."""
        self._touch()
        return super().get(key, default)

    def setdefault(self, key: str, default: Any = None) -> Any:
        """As a dict's."""
        self._touch()
        return super().setdefault(key, default)

    def pop(self, key: str, *default: Any) -> Any:
        """As a dict's."""
        self._touch()
        return super().pop(key, *default)

    def popitem(self) -> tuple[str, Any]:
        """As a dict's."""
        self._touch()
        return super().popitem()

    def clear(self) -> None:
        """As a dict's."""
        self._touch()
        super().clear()

    def values(self) -> Any:
        """As a dict's."""
        self._touch()
        return super().values()

    def items(self) -> Any:
        """As a dict's."""
        self._touch()
        return super().items()

    def __reduce__(self) -> Any:  # copies and pickles are plain dicts
        return dict, (dict(self),)


def _pause(attempt: int) -> None:
    if attempt > 2:
        time.sleep(random.uniform(0, min(_LONGEST_PAUSE, 0.0001 * attempt)))
