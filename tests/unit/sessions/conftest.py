"""Every store is held to the same contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pycommunicate.keys import Keys
from pycommunicate.sessions import FileSessions, MemorySessions, Session

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Open = Callable[..., Session]


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> MemorySessions | FileSessions:
    return MemorySessions() if request.param == "memory" else FileSessions(tmp_path / "sessions")


@pytest.fixture
def session_in() -> Open:
    """`session_in(store)`: what `user.session` is in a process that shares this store."""

    def open_(store: object, id_: str = "ada", secret: str = "0123456789abcdef") -> Session:
        session = Session(store, id_, Keys(lambda: (secret,)))  # type: ignore[arg-type]
        session.begin()
        session.refresh()
        return session

    return open_
