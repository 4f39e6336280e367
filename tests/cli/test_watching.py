"""What the watcher takes for a change, and which changes belong together: real files, real events."""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from pycommunicate_cli.watching import Batch, Pauses, Watcher
from tests.cli.conftest import write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

linux = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")


PATIENT = Pauses(quiet=0.2, back=0.6, longest=20)
"""For saves of several steps, between which a busy machine may pause."""


class Watched:
    """A folder that is watched."""

    def __init__(self, folder: Path, *, poll: bool = False, pauses: Pauses | None = None) -> None:
        self.folder = folder
        self.batches: queue.Queue[Batch] = queue.Queue()
        self.watcher = Watcher(folder, self.batches.put, poll=poll, pauses=pauses)
        self._before: set[str] = set()

    def batch(self, seconds: float = 20) -> set[str]:
        """The files of the next batch."""
        return {path.relative_to(self.folder).as_posix() for path in self.batches.get(timeout=seconds).paths}

    def told(self, *wanted: str) -> bool:
        """Whether these files, and no others, come: in one batch or, where the machine paused in the middle of a save, in several.

        Such a pause may have left something of the save before, too.
        """
        found: set[str] = set()
        while not found >= set(wanted):
            found |= self.batch()
        before, self._before = self._before, set(wanted)
        return found <= before | self._before

    def is_quiet(self, seconds: float = 0.4) -> bool:
        try:
            found = self.batch(seconds)
        except queue.Empty:
            return True
        raise AssertionError(found)


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Callable[..., Watched]]:
    with contextlib.ExitStack() as stack:

        def go(files: dict[str, str], **options: Any) -> Watched:
            folder = tmp_path / "shop"
            folder.mkdir()
            write(folder, files)
            watched = Watched(folder, **options)
            stack.callback(watched.watcher.stop)
            watched.watcher.start()
            return watched

        yield go


VIEW = "views/home.py"


def in_place(file: Path, text: str) -> None:
    file.write_text(text)


def renamed_over(file: Path, text: str) -> None:
    new = file.with_name(".home.tmp")
    new.write_text(text)
    new.replace(file)


def as_vim_does(file: Path, text: str) -> None:
    backup = file.with_name("home.py~")
    file.rename(backup)
    file.write_text(text)
    file.chmod(0o644)
    backup.unlink()


def from_outside(file: Path, text: str) -> None:
    new = file.parents[2] / "elsewhere"
    new.write_text(text)
    new.replace(file)


def deleted_and_written(file: Path, text: str) -> None:
    file.unlink()
    time.sleep(0.05)
    file.write_text(text)


def deleted_and_written_slowly(file: Path, text: str) -> None:
    file.unlink()
    with file.open("w") as new:
        time.sleep(0.1)
        new.write(text)


def linked(file: Path, text: str) -> None:
    new = file.parents[2] / "elsewhere"
    new.write_text(text)
    file.unlink()
    os.link(new, file)


def in_two_halves(file: Path, text: str) -> None:
    with file.open("w") as half:
        half.write(text[:2])
        half.flush()
        time.sleep(0.3)
        half.write(text[2:])


SAVES = [
    in_place,
    renamed_over,
    as_vim_does,
    from_outside,
    deleted_and_written,
    deleted_and_written_slowly,
    linked,
    in_two_halves,
]


@pytest.mark.parametrize("save", [pytest.param(s, marks=[linux] if s is in_two_halves else []) for s in SAVES])
def test_each_way_to_save_is_one_batch(watch: Callable[..., Watched], save: Callable[[Path, str], None]) -> None:
    watched = watch({VIEW: "one", "app.py": ""}, pauses=PATIENT)
    save(watched.folder / VIEW, "two")
    assert watched.batch() == {VIEW}
    assert watched.is_quiet(0.5)
    save(watched.folder / VIEW, "three")
    assert watched.batch() == {VIEW}


def test_the_same_content_is_no_change(watch: Callable[..., Watched]) -> None:
    watched = watch({VIEW: "one"}, pauses=PATIENT)
    for save in (in_place, renamed_over, as_vim_does):
        save(watched.folder / VIEW, "one")
    (watched.folder / VIEW).touch()
    (watched.folder / VIEW).chmod(0o600)
    assert watched.is_quiet(0.5)


def test_the_time_is_that_of_the_first_save(watch: Callable[..., Watched]) -> None:
    watched = watch({VIEW: "one"})
    before = time.time()
    write(watched.folder, {VIEW: "two"})
    after = time.time()
    batch = watched.batches.get(timeout=20)
    assert before <= batch.saved < after + 5


def test_what_the_program_writes_is_no_change(watch: Callable[..., Watched]) -> None:
    watched = watch({VIEW: "one", "data/a.py": "", "media/a.png": ""})
    data = (
        "data/entries.py",
        "instance/db.toml",
        "media/a.png",
        ".hidden/x.py",
        "__pycache__/y.py",
        "node_modules/z.js",
    )
    write(watched.folder, dict.fromkeys(data, "x"))
    write(
        watched.folder,
        {"notes.txt": "x", "shop.db": "x", "views/.#home.py": "x", "views/home.py~": "x", "home.pyc": "x"},
    )
    (watched.folder / "late").mkdir()
    write(watched.folder, {"late/pyvenv.cfg": ""})
    assert watched.is_quiet()


def test_static_files_images_and_the_environment_count(watch: Callable[..., Watched]) -> None:
    names = [f"static/a.{kind}" for kind in ("css", "js", "svg", "png", "jpg", "gif", "webp", "avif", "ico", "woff2")]
    watched = watch(dict.fromkeys([*names, ".env"], "1"))
    write(watched.folder, dict.fromkeys([*names, ".env"], "2"))
    assert watched.told(*names, ".env")
    with (watched.folder / "static/a.png").open("wb") as large:
        large.truncate(3 << 20)
    assert watched.batch() == {"static/a.png"}
    (watched.folder / "static/a.png").unlink()
    assert watched.batch() == {"static/a.png"}


def test_many_files_saved_together_are_one_batch(watch: Callable[..., Watched]) -> None:
    before = {f"views/v{n}.py": "one" for n in range(10)}
    watched = watch(before, pauses=PATIENT)
    for n in range(10):
        (watched.folder / f"views/v{n}.py").unlink()
        write(watched.folder, {f"views/v{n}.py" if n else "views/new.py": "two"})
    assert watched.batch() == {*before, "views/new.py"}
    assert watched.is_quiet(0.5)


def test_a_style_sheet_waits_for_nothing_but_for_what_runs(watch: Callable[..., Watched]) -> None:
    watched = watch({"static/a.css": "one", VIEW: "one"}, pauses=Pauses(quiet=60, looks=0.2, longest=60))
    write(watched.folder, {"static/a.css": "two"})
    assert watched.batch() == {"static/a.css"}
    write(watched.folder, {VIEW: "two", "static/a.css": "three"})
    assert watched.is_quiet(0.5)


@pytest.mark.parametrize("linked", [False, True])
def test_a_branch_switch_is_one_batch_however_long_it_takes(
    watch: Callable[..., Watched], tmp_path: Path, linked: bool
) -> None:
    git = tmp_path / ("else/where" if linked else ".git")
    write(git, {"HEAD": "ref: refs/heads/main"})
    if linked:
        write(tmp_path, {".git": "gitdir: else/where\n"})
    watched = watch({"views/a.py": "one", "views/b.py": "one"}, pauses=Pauses(longest=0.02, git=30))
    write(git, {"index.lock": ""})
    write(watched.folder, {"views/a.py": "two"})
    assert watched.is_quiet()
    write(watched.folder, {"views/b.py": "two"})
    (git / "index.lock").unlink()
    assert watched.batch() == {"views/a.py", "views/b.py"}


def test_a_lock_that_git_forgot_holds_nothing_up_for_long(watch: Callable[..., Watched], tmp_path: Path) -> None:
    write(tmp_path, {".git/index.lock": ""})
    watched = watch({VIEW: "one"}, pauses=Pauses(git=0.1))
    write(watched.folder, {VIEW: "two"})
    assert watched.batch() == {VIEW}


def test_new_folders_are_watched(watch: Callable[..., Watched], tmp_path: Path) -> None:
    watched = watch({"app.py": ""})
    write(watched.folder, {"deep/er/a.py": "one"})
    assert watched.told("deep/er/a.py")
    write(watched.folder, {"deep/er/a.py": "two"})
    assert watched.told("deep/er/a.py")

    write(tmp_path, {"outside/in/b.py": "one", "outside/c.html": "one"})
    (tmp_path / "outside").rename(watched.folder / "inside")
    assert watched.told("inside/in/b.py", "inside/c.html")
    write(watched.folder, {"inside/in/b.py": "two"})
    assert watched.told("inside/in/b.py")

    (watched.folder / "inside").rename(watched.folder / "renamed")
    assert watched.told("inside/in/b.py", "inside/c.html", "renamed/in/b.py", "renamed/c.html")
    write(watched.folder, {"renamed/in/b.py": "three"})
    assert watched.told("renamed/in/b.py")

    (watched.folder / "renamed").rename(tmp_path / "gone")
    assert watched.told("renamed/in/b.py", "renamed/c.html")
    write(tmp_path, {"gone/in/b.py": "four"})
    assert watched.is_quiet()
    (tmp_path / "gone").rename(watched.folder / "renamed")
    assert watched.told("renamed/in/b.py", "renamed/c.html")
    shutil.rmtree(watched.folder / "renamed")
    assert watched.told("renamed/in/b.py", "renamed/c.html")


def test_links_in_a_circle(watch: Callable[..., Watched], tmp_path: Path) -> None:
    write(tmp_path, {"library/l.py": "one"})
    watched = watch({"app.py": ""})
    (watched.folder / "round").symlink_to(watched.folder)
    (watched.folder / "linked").symlink_to(tmp_path / "library")
    assert watched.told("linked/l.py")
    write(watched.folder, {"app.py": "two"})
    assert watched.told("app.py")
    write(tmp_path, {"library/l.py": "two"})
    assert watched.told("linked/l.py")


@linux
def test_after_an_overflow_everything_is_looked_at_once(
    watch: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = watch({VIEW: "one", "app.py": ""})
    source = watched.watcher._source
    read, missed = source.read, []

    def late(seconds: float | None) -> tuple[set[Path], bool]:
        if not missed:
            overflow(watched.folder)  # while nobody reads
        found = read(seconds)
        missed.append(found[1])
        return found

    monkeypatch.setattr(source, "read", late)
    write(watched.folder, {VIEW: "two"})  # the read that is under way ends
    found = watched.batch(30)
    if found == {VIEW}:  # making so many events took longer than a batch may
        found |= watched.batch(30)
    assert found == {VIEW, "late/new.py"}
    assert missed.count(True) == 1
    write(watched.folder, {"late/new.py": "two"})
    assert watched.batch() == {"late/new.py"}
    assert watched.is_quiet()


def overflow(folder: Path) -> None:
    """Make more events than the kernel keeps, then a folder of which it says nothing."""
    with open("/proc/sys/fs/inotify/max_queued_events") as limit:
        count = int(limit.read())
    names = [folder / "a.txt", folder / "b.txt"]
    for n in range(count + 100):
        os.close(os.open(names[n % 2], os.O_WRONLY | os.O_CREAT))
    write(folder, {"late/new.py": "one"})


def test_polling(watch: Callable[..., Watched]) -> None:
    watched = watch({VIEW: "one", "gone.py": "", "data/d.py": ""}, poll=True)
    for save in (in_place, renamed_over, as_vim_does):
        save(watched.folder / VIEW, save.__name__)
        assert watched.told(VIEW)
    (watched.folder / "gone.py").unlink()
    write(watched.folder, {"new/n.html": "x", "data/d.py": "x"})
    assert watched.told("gone.py", "new/n.html")
    assert watched.is_quiet(1.2)


def test_a_stopped_watcher_says_nothing(tmp_path: Path) -> None:
    for poll in (False, True):
        folder = tmp_path / str(poll)
        write(folder, {VIEW: "one"})
        watched = Watched(folder, poll=poll)
        watched.watcher.start()
        watched.watcher.stop()
        watched.watcher.stop()
        write(watched.folder, {VIEW: "two"})
        assert watched.is_quiet(0.7)
