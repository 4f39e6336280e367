"""What is known of the newest states, and within which bounds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from pycommunicate import FileSessions, MemorySessions, StoreUnavailable
from pycommunicate.keys import Keys
from pycommunicate.server.app import newest
from pycommunicate.server.app.newest import NOTHING, InMemory, Newest, newest_states

if TYPE_CHECKING:
    from pathlib import Path

KEYS = Keys(lambda: ("0123456789abcdef",))
DAY = 24 * 3600.0


def state(number: int, kept: str | None = "{}") -> Newest:
    return Newest(number, 0, kept)


def test_the_newest_is_found_for_its_visitor_only() -> None:
    known = InMemory(DAY)
    known.note("ada", "page", state(1, '{"n":1}'))
    known.note("ada", "page", state(2, '{"n":2}'))
    assert known.find("ada", "page", 0) == state(2, '{"n":2}')
    assert known.find("bob", "page", 0) is None
    assert known.find("ada", "other", 0) is None
    known.note("ada renewed", "page", state(3))
    assert known.find("ada", "page", 0) is None
    assert known.find("ada renewed", "page", 0) == state(3)
    known.forget_all()
    assert known.find("ada renewed", "page", 0) is None


def test_past_its_bound_a_visitor_loses_the_oldest_and_nobody_else_does() -> None:
    known = InMemory(DAY)
    known.note("bob", "his", state(1))
    for number in range(newest.PAGES_OF_A_VISITOR + 1):
        known.note("ada", f"page {number}", state(1))
    now = time.time()
    assert known.find("ada", "page 0", now - 1) is NOTHING, "a token that may be older than what was let go"
    assert known.find("ada", "unknown", now - 1) is NOTHING
    assert known.find("ada", "unknown", now + 1) is None, "made later: it can't be"
    assert known.find("ada", "page 1", now - 1) == state(1)
    assert known.find("bob", "his", 0) == state(1)
    assert known.find("bob", "unknown", 0) is None
    assert len(known) == newest.PAGES_OF_A_VISITOR + 1


def test_past_the_bound_in_all_the_oldest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newest, "PAGES", 100)
    known = InMemory(DAY)
    for number in range(1000):
        known.note(f"visitor {number}", f"page {number}", state(1))
    assert len(known) == 100
    assert known.find("visitor 899", "page 899", 0) is None
    assert known.find("visitor 900", "page 900", 0) == state(1)


def test_past_the_bytes_only_the_number_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newest, "TEXTS", 1000)
    known = InMemory(DAY)
    for number in range(30):
        known.note("ada", f"page {number}", state(number, "x" * 100))
    assert known.find("ada", "page 19", 0) == state(19, None)
    assert known.find("ada", "page 20", 0) == state(20, "x" * 100)
    known.note("ada", "page 19", state(20, "y" * 100))
    assert known.find("ada", "page 20", 0) == state(20, None)
    assert known.find("ada", "page 19", 0) == state(20, "y" * 100)


def test_what_no_token_can_ask_for_is_let_go() -> None:
    known = InMemory(-1)
    for number in range(5):
        known.note("ada", f"page {number}", state(number))
    assert len(known) == 0


# -- in a store


def test_a_store_in_memory_is_not_asked() -> None:
    assert isinstance(newest_states(MemorySessions(), KEYS, DAY), InMemory)


def test_files_know_after_a_restart(tmp_path: Path) -> None:
    before = newest_states(FileSessions(tmp_path), KEYS, DAY)
    before.note("ada", "page", state(1))
    before.note("ada", "page", state(2, '{"credit":"é"}'))
    after = newest_states(FileSessions(tmp_path), KEYS, DAY)
    assert after.find("ada", "page", 0) == state(2, '{"credit":"é"}')
    assert after.find("bob", "page", 0) is None
    assert after.find("ada", "other", 0) is None
    assert len(list((tmp_path / "pages").glob("*.session"))) == 1
    assert not list(tmp_path.glob("*.session")), "no session is one of a page"


def test_a_file_of_another_page_or_another_key_says_nothing(tmp_path: Path) -> None:
    known = newest_states(FileSessions(tmp_path), KEYS, DAY)
    known.note("ada", "one", state(1))
    known.note("ada", "two", state(2))
    one, two = (tmp_path / "pages").glob("*.session")
    texts = one.read_text(), two.read_text()
    one.write_text(texts[1])
    two.write_text(texts[0])
    after = newest_states(FileSessions(tmp_path), KEYS, DAY)
    assert after.find("ada", "one", 0) is after.find("ada", "two", 0) is None
    one.write_text(texts[0])
    two.write_text(texts[1])
    assert newest_states(FileSessions(tmp_path), Keys(lambda: ("another",)), DAY).find("ada", "one", 0) is None
    assert after.find("ada", "one", 0) == state(1)


def test_a_store_that_fails_ends_no_page(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    known = newest_states(FileSessions(tmp_path), KEYS, DAY)
    (tmp_path / "pages").write_text("no folder")
    for number in (1, 2):
        known.note("ada", "page", state(number))
    assert len(caplog.records) == 1, "told once"

    class Down(FileSessions):
        def pages(self, max_age: float) -> Down:
            return self

        def load(self, id_: str) -> None:
            raise StoreUnavailable(id_)

    assert newest_states(Down(tmp_path), KEYS, DAY).find("ada", "page", 0) is NOTHING, (
        "nothing that a token says counts"
    )
