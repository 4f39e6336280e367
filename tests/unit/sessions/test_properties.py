"""Random operations in random order, held against a plain dict; with restarts in between, in both stores."""

from __future__ import annotations

import copy
import tempfile
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pycommunicate.keys import Keys
from pycommunicate.sessions import FileSessions, MemorySessions, Session, SessionStore

KEYS = st.text(max_size=3)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)


class SessionMachine(RuleBasedStateMachine):
    """The session of one user, and what it should be."""

    @initialize(on_disk=st.booleans())
    def begin(self, on_disk: bool) -> None:
        self.folder = tempfile.TemporaryDirectory() if on_disk else None
        self.store: SessionStore = FileSessions(self.folder.name) if self.folder else MemorySessions()
        self.id = "0"
        self.session = self.open()
        self.model: dict[str, Any] = {}

    def open(self) -> Session:
        session = Session(self.store, self.id, Keys(lambda: ("0123456789abcdef",)))
        session.begin()
        session.refresh()
        return session

    @rule(key=KEYS, value=VALUES)
    def set(self, key: str, value: Any) -> None:
        self.session[key] = copy.deepcopy(value)
        self.model[key] = copy.deepcopy(value)

    @rule(key=KEYS)
    def pop(self, key: str) -> None:
        assert self.session.pop(key, None) == self.model.pop(key, None)

    @rule(values=st.dictionaries(KEYS, VALUES, max_size=3))
    def update(self, values: dict[str, Any]) -> None:
        self.session.update(copy.deepcopy(values))
        self.model.update(copy.deepcopy(values))

    @rule(key=KEYS, value=VALUES)
    def change_inside(self, key: str, value: Any) -> None:
        for one in (self.session, self.model):
            inner = one.setdefault(key, [])
            if isinstance(inner, list):
                inner.append(copy.deepcopy(value))

    @rule(key=KEYS, value=VALUES)
    def update_in_one_step(self, key: str, value: Any) -> None:
        def change(session: dict[str, Any]) -> int:
            session[key] = [session.get(key), copy.deepcopy(value)]
            return len(session)

        assert self.session.update(change) == change(self.model)

    @rule(key=KEYS, value=VALUES)
    def another_process_changes_something(self, key: str, value: Any) -> None:
        self.end_of_handler()
        other = self.open()
        other[key] = copy.deepcopy(value)
        other.end()
        self.model[key] = copy.deepcopy(value)

    @rule()
    def clear(self) -> None:
        self.session.clear()
        self.model.clear()

    @rule()
    def end_of_handler(self) -> None:
        self.session.end()
        self.session.begin()

    @rule()
    def restart(self) -> None:
        self.session.end()
        if self.folder:
            self.store = FileSessions(self.folder.name)
        self.session = self.open()

    @rule()
    def renew(self) -> None:
        self.id = str(int(self.id) + 1)
        self.session.move(self.id)

    @invariant()
    def agrees(self) -> None:
        if hasattr(self, "session"):
            self.session.refresh()
            assert self.session == self.model

    def teardown(self) -> None:
        if getattr(self, "folder", None):
            self.folder.cleanup()


SessionMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestSession = SessionMachine.TestCase
