"""MemorySessions and FileSessions: bounds, time, files, faults."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import textwrap
import threading
from typing import TYPE_CHECKING

import pytest

from pycommunicate import StoreUnavailable
from pycommunicate.sessions import FileSessions, MemorySessions
from pycommunicate.sessions import file as file_module
from tests.tools.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.sessions.conftest import Open

Store = MemorySessions | FileSessions


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def both(folder: Path, **options: float) -> list[tuple[Store, Clock]]:
    made = []
    for store in (MemorySessions(**options), FileSessions(folder, **options)):  # type: ignore[arg-type]
        clock = store.clock = Clock()
        made.append((store, clock))
    return made


def test_save_compares_and_replaces(store: Store) -> None:
    assert store.load("ada") is None
    assert store.version("ada") is None
    assert store.save("ada", "one", "not there") is None
    first = store.save("ada", "one", None)
    assert first is not None
    assert store.version("ada") == first
    assert store.load("ada") == ("one", first)
    assert store.save("ada", "two", None) is None
    second = store.save("ada", "two", first)
    assert second not in {None, first}
    assert store.save("ada", "three", first) is None
    assert store.load("ada") == ("two", second)
    assert store.load("eve") is None
    store.delete("ada")
    store.delete("ada")
    assert store.load("ada") is None


def test_sessions_expire(tmp_path: Path) -> None:
    for store, clock in both(tmp_path, max_age=1000):
        store.save("ada", "one", None)
        for _ in range(5):
            clock.now += 900
            assert store.load("ada") is not None  # used: the time begins anew
        clock.now += 1001
        assert store.version("ada") is None
        assert store.load("ada") is None
        assert store.save("ada", "two", None) is not None


def test_the_number_is_bounded(tmp_path: Path) -> None:
    for store, clock in both(tmp_path, max_sessions=3):
        for id_ in "abc":
            clock.now += 1
            assert store.save(id_, id_, None)
        assert all(store.load(id_) for id_ in "abc")
        clock.now += 100_000
        assert store.load("a")
        clock.now += 1
        store.save("d", "d", None)
        assert [id_ for id_ in "abcd" if store.load(id_)] == ["a", "c", "d"]


def test_expired_files_and_left_drafts_are_removed(tmp_path: Path) -> None:
    store = FileSessions(tmp_path, max_age=10_000)
    clock = store.clock = Clock()
    for number in range(20):
        store.save(str(number), "x", None)
    draft = tmp_path / "abc.def.new"
    draft.write_text("half")
    os.utime(draft, (clock.now, clock.now))
    clock.now += 20_000
    store.save("new", "x", None)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == ["", ".session"]


def test_many_files_stay_within_the_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_module, "_SAMPLE", 8)
    store = FileSessions(tmp_path, max_sessions=100)
    clock = store.clock = Clock()
    for number in range(400):
        clock.now += 1
        store.save(str(number), "x", None)
    kept = [number for number in range(400) if store.load(str(number))]
    assert 90 <= len(kept) <= 100
    assert sum(kept) / len(kept) > 250  # mostly the newer ones


def test_modes_and_names(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "sessions"
    store = FileSessions(folder)
    assert not folder.exists()
    ids = ["../../evil", "/etc/passwd", "", ".", "..", "a/b", "a\0b", "x" * 10_000, "\ud800", "é", "lock"]
    for id_ in ids:
        assert store.save(id_, f"text of {id_!r}", None)
    for id_ in ids:
        kept = store.load(id_)
        assert kept is not None
        assert kept.text == f"text of {id_!r}"
    assert {path.name for path in tmp_path.rglob("*") if path.parent != folder} == {"a", "sessions"}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = list(folder.iterdir())
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    names = [path.stem for path in files if path.suffix == ".session"]
    assert len(names) == len(ids)
    assert all(len(name) == 64 and set(name) <= set("0123456789abcdef") for name in names)


def test_what_is_no_file_of_ours_is_not_read(tmp_path: Path) -> None:
    store = FileSessions(tmp_path / "s", max_bytes=1000)
    store.save("ada", "one", None)
    [path] = (tmp_path / "s").glob("*.session")
    secret = tmp_path / "secret"
    secret.write_text("one")

    path.unlink()
    path.symlink_to(secret)
    assert store.load("ada") is None
    assert store.save("ada", "two", None)
    assert secret.read_text() == "one"
    assert not path.is_symlink()

    path.unlink()
    os.mkfifo(path)
    assert store.load("ada") is None
    assert store.save("ada", "two", None)

    path.write_bytes(b"x" * 1001)
    assert store.load("ada") is None
    path.write_bytes(b"\xff\xfe")  # no text, but something that the next save replaces
    kept = store.load("ada")
    assert kept is not None
    assert store.save("ada", "three", kept.version)


def test_a_full_disk_loses_nothing(tmp_path: Path, session_in: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FileSessions(tmp_path)
    session = session_in(store)
    session["name"] = "Ada"
    session.save()
    write = os.write

    def full(file: int, data: memoryview) -> int:
        if len(data) > 5:
            return write(file, bytes(data[:5]))
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    session["name"] = "Grace"
    with pytest.raises(StoreUnavailable, match="No space left"):
        session.end()
    with pytest.raises(OSError, match="No space left"):
        session.update(lambda values: values.update(name="Eve"))
    with pytest.raises(StoreUnavailable):
        session.move("another")
    assert session["name"] == "Grace"  # goes on in memory
    session.begin()
    with pytest.raises(StoreUnavailable):  # that handler used it
        session.end()
    session.begin()
    session.end()  # this one did not
    assert sorted(path.suffix for path in tmp_path.iterdir()) == ["", ".session"]
    monkeypatch.undo()
    assert session_in(store) == {"name": "Ada"}
    session.begin()
    session.end()
    assert session_in(store) == {"name": "Grace"}


def test_a_folder_that_cannot_be(tmp_path: Path, session_in: Open) -> None:
    (tmp_path / "file").write_text("")
    store = FileSessions(tmp_path / "file" / "sessions")
    session = session_in(store)  # nothing is kept there
    session["name"] = "Ada"
    with pytest.raises(StoreUnavailable, match="can't write sessions in"):
        session.end()


def test_a_store_that_cannot_be_read(tmp_path: Path, session_in: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FileSessions(tmp_path)
    session = session_in(store)
    session["name"] = "Ada"
    session.end()

    def broken(*_: object, **__: object) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "open", broken)
    with pytest.raises(StoreUnavailable, match="Input/output error"):
        session_in(store)
    monkeypatch.undo()
    assert session_in(store) == {"name": "Ada"}


def test_a_locked_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fcntl = pytest.importorskip("fcntl")
    monkeypatch.setattr(file_module, "_LOCK_SECONDS", 0.05)
    store = FileSessions(tmp_path)
    store.save("ada", "one", None)
    with (tmp_path / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(StoreUnavailable, match="locked"):
            store.save("eve", "two", None)
    assert store.save("eve", "two", None)


def test_the_folder_is_emptied(tmp_path: Path, session_in: Open) -> None:
    store = FileSessions(tmp_path / "s")
    session = session_in(store)
    session["name"] = "Ada"
    session.save()
    for path in (tmp_path / "s").iterdir():
        path.unlink()
    (tmp_path / "s").rmdir()
    session["count"] = 1
    session.end()
    assert session_in(store) == {"count": 1}


INCREMENT = textwrap.dedent("""
    import sys
    from pycommunicate.keys import Keys
    from pycommunicate.sessions import FileSessions, Session

    def count(values):
        values["count"] = values.get("count", 0) + 1

    session = Session(FileSessions(sys.argv[1]), "ada", Keys(lambda: ("0123456789abcdef",)))
    for _ in range(int(sys.argv[2])):
        session.update(count)
""")


@pytest.mark.slow
def test_processes_lose_no_increment(tmp_path: Path, session_in: Open) -> None:
    command = [sys.executable, "-c", INCREMENT, str(tmp_path), "1500"]
    processes = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait(50) for process in processes] == [0, 0, 0]
    assert session_in(FileSessions(tmp_path)) == {"count": 4500}


def test_threads_lose_no_increment(store: Store, session_in: Open) -> None:
    session = session_in(store)

    def count(values: dict[str, int]) -> None:
        values["count"] = values.get("count", 0) + 1

    def work() -> None:
        for _ in range(200):
            session.update(count)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert session_in(store) == {"count": 800}


@pytest.mark.slow
def test_killed_at_any_moment_the_session_is_whole(tmp_path: Path, session_in: Open) -> None:
    for delay in range(8):
        process = subprocess.Popen([sys.executable, "-c", INCREMENT, str(tmp_path), "1000000"])
        before = session_in(FileSessions(tmp_path)).get("count", 0)
        eventually(lambda before=before: session_in(FileSessions(tmp_path)).get("count", 0) > before)
        threading.Event().wait(delay / 100)
        process.kill()
        process.wait()
        assert session_in(FileSessions(tmp_path)).get("count", 0) >= before
    assert session_in(FileSessions(tmp_path)).get("count", 0) > 0


def test_fsync(tmp_path: Path) -> None:
    store = FileSessions(tmp_path, fsync=True)
    assert store.save("ada", "one", None)
    assert store.load("ada") is not None


KIB = 1024


def kept_of(store: Store, ids: list[str]) -> list[str]:
    return [id_ for id_ in ids if store.load(id_) is not None]


def test_all_sessions_together_are_bounded_by_bytes(tmp_path: Path) -> None:
    for store, clock in both(tmp_path, max_total_bytes=256 * KIB):
        ids = [str(number) for number in range(40)]
        for id_ in ids:
            clock.now += 1
            assert store.save(id_, "x" * 32 * KIB, None)
        assert kept_of(store, ids) == ids[-8:]
        clock.now += 1
        assert store.save("39", "y" * 60 * KIB, store.version("39")), "a session that grows is saved, and others go"
        assert store.load("39") is not None
    total = sum(path.stat().st_size for path in tmp_path.glob("*.session"))
    assert total <= 256 * KIB + 60 * KIB


def test_what_is_saved_is_kept_even_if_it_alone_is_more_than_all_may_be(tmp_path: Path) -> None:
    for store, clock in both(tmp_path, max_total_bytes=1000):
        for id_ in "ab":
            clock.now += 1
            assert store.save(id_, id_ * 2000, None)
        assert store.load("b") is not None
        assert store.load("a") is None


def test_large_sessions_made_in_numbers_push_out_large_sessions(tmp_path: Path) -> None:
    """Not the small ones of people who did not come by for a while."""
    for store, clock in both(tmp_path, max_total_bytes=512 * KIB):
        people = [f"person{number}" for number in range(20)]
        for id_ in people:
            assert store.save(id_, "signed in", None)
        clock.now += 3600
        for number in range(100):
            clock.now += 1
            assert store.save(f"flood{number}", "x" * 60 * KIB, None)
        assert kept_of(store, people) == people


def test_new_sessions_made_in_numbers_push_out_new_sessions() -> None:
    """Not those of people who have come back once, however small the new ones are."""
    store = MemorySessions(max_sessions=1000)
    clock = store.clock = Clock()
    people = [f"person{number}" for number in range(800)]
    for id_ in people:
        store.save(id_, "signed in", None)
    clock.now += 3600
    assert kept_of(store, people) == people
    clock.now += 3600
    for number in range(5000):
        store.save(f"flood{number}", "hello", None)
    assert len(store) == 1000
    assert kept_of(store, people) == people


def test_a_total_is_kept_not_summed_up() -> None:
    store = MemorySessions()
    for number in range(100):
        version = store.save(str(number), "x" * number, None)
        store.save(str(number), "y" * 2 * number, version)
    assert store.total_bytes == sum(2 * number for number in range(100))
    for number in range(100):
        store.delete(str(number))
    assert (store.total_bytes, len(store)) == (0, 0)


def test_expired_sessions_of_every_size_go() -> None:
    store = MemorySessions(max_age=100)
    clock = store.clock = Clock()
    for number in range(16):
        store.save(str(number), "x" * 2**number, None)
    clock.now += 101
    store.save("new", "x", None)
    assert len(store) == 1
