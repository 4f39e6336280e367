"""`pycommunicate new`: what is written, what is refused, and that nothing half stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import COMMAND, environment, pc
from tests.contract.project import ROOT

SCAFFOLDS = ROOT / "templates_scaffold"


def names(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


@pytest.mark.parametrize("template", ["todo", "blank", "chat"])
def test_a_project_is_written(template: str, tmp_path: Path) -> None:
    done = pc(tmp_path, "new", "my-shop", "--template", template)
    assert done.code == 0, done.err
    folder = tmp_path / "my-shop"
    assert os.listdir(tmp_path) == ["my-shop"]
    assert {"app.py", "config.py", "pyproject.toml", ".gitignore", "Dockerfile"} <= names(folder)
    texts = "".join((folder / name).read_text("utf-8") for name in names(folder))
    assert "__project_name__" not in texts
    assert "__title__" not in texts
    assert 'name = "my-shop"' in (folder / "pyproject.toml").read_text("utf-8")
    assert (folder / ".git").is_dir()
    assert f"my-shop: {len(names(folder))} files" in done.err
    told = [line.strip() for line in done.lines[1:]]
    assert told[0] == "cd my-shop"
    assert told[2].startswith("pycommunicate run --debug")
    assert "http://localhost:8080/" in told[2]
    assert told[3] == "pytest"


def test_the_project_works_from_any_folder_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "mit Leerzeichen äöü"
    folder.mkdir()
    assert pc(folder, "new", "shop", "--no-git").code == 0
    assert not (folder / "shop" / ".git").exists()
    done = pc(folder / "shop" / "static", "routes")
    assert done.code == 0, done.err
    assert "TodoController" in done.out


def test_dry_run_writes_nothing(tmp_path: Path) -> None:
    done = pc(tmp_path, "new", "shop", "--dry-run")
    assert done.code == 0
    assert "app.py" in done.out.splitlines()
    assert ".gitignore" in done.out.splitlines()
    assert os.listdir(tmp_path) == []


def test_path(tmp_path: Path) -> None:
    assert pc(tmp_path, "new", "shop", "--path", "a/b/c", "--no-git").code == 0
    assert (tmp_path / "a/b/c/app.py").is_file()
    assert os.listdir(tmp_path / "a/b") == ["c"]


@pytest.mark.parametrize(
    ("name", "suggested"),
    [
        ("MyShop", "my-shop"),
        ("2fast", "fast"),
        ("class", "class-app"),
        ("match", "match-app"),
        ("json", "json-app"),
        ("pycommunicate", "pycommunicate-app"),
        ("my shop", "my-shop"),
        ("../up", "up"),
        ("größe", "gr-e"),
        ("--", "my-app"),
        ("", "my-app"),
        ("flask", "flask-app"),
        ("flask_socketio", "flask_socketio-app"),
        ("eventlet", "eventlet-app"),  # an extra of ours, installed or not
        ("pytest", "pytest-app"),
    ],
)
def test_bad_names_get_a_suggestion(name: str, suggested: str, tmp_path: Path) -> None:
    done = pc(tmp_path, "new", "--", name)
    assert done.code == 2, done.err
    assert done.lines[0].startswith(f"error: {name!r} can't be the project's name: ")
    assert done.lines[1] == f"help: pycommunicate new {suggested}"
    assert os.listdir(tmp_path) == []


def test_a_folder_for_a_name_gets_a_hint(tmp_path: Path) -> None:
    folder = tmp_path / "My Shop"
    folder.mkdir()
    done = pc(folder, "new", ".")
    assert done.code == 2
    assert done.lines == [
        "error: '.' is a folder; the project needs a name",
        "help: pycommunicate new my-shop --path .",
    ]
    assert os.listdir(folder) == []


def test_an_unknown_template_gets_the_nearest(tmp_path: Path) -> None:
    done = pc(tmp_path, "new", "shop", "--template", "tood")
    assert done.code == 2
    assert "there are todo, blank, chat" in done.lines[0]
    assert done.lines[1] == "help: pycommunicate new shop --template todo"


def test_a_folder_with_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "mine.txt").write_text("mine")
    done = pc(tmp_path, "new", "shop")
    assert done.code == 4
    assert "mine.txt" in done.lines[0]
    assert names(tmp_path / "shop") == {"mine.txt"}
    (tmp_path / "file").write_text("a file")
    assert pc(tmp_path, "new", "file").code == 4
    assert (tmp_path / "file").read_text() == "a file"


def test_a_fresh_repository_is_used_and_its_files_kept(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (folder / "README.md").write_text("mine")
    (folder / "LICENSE").write_text("mine")
    done = pc(tmp_path, "new", "shop")
    assert done.code == 0, done.err
    assert (folder / "app.py").is_file()
    assert (folder / "README.md").read_text() == "mine"
    assert os.listdir(folder / ".git") == ["HEAD"]


def test_force_overwrites_what_it_lists_and_deletes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    (folder / "views").mkdir(parents=True)
    (folder / "app.py").write_text("old")
    (folder / "views" / "mine.py").write_text("mine")
    done = pc(tmp_path, "new", "shop", "--force", "--no-git")
    assert done.code == 0, done.err
    assert [line for line in done.lines if line.startswith("overwrites")] == ["overwrites app.py"]
    assert "CommunicateApp" in (folder / "app.py").read_text("utf-8")
    assert (folder / "views" / "mine.py").read_text() == "mine"


def test_a_folder_that_can_not_be_written_to(tmp_path: Path) -> None:
    # A file where a folder is needed stops root too, which permissions don't.
    (tmp_path / "file").write_text("")
    done = pc(tmp_path, "new", "shop", "--path", "file/shop")
    assert done.code == 1
    assert "can't be written" in done.lines[0]
    if os.geteuid() != 0:
        tmp_path.chmod(0o500)
        done = pc(tmp_path, "new", "shop")
        tmp_path.chmod(0o700)
        assert done.code == 1
        assert "can't be written" in done.lines[0]


def test_a_broken_scaffold_writes_nothing(tmp_path: Path) -> None:
    scaffold = tmp_path / "scaffolds" / "todo"
    scaffold.mkdir(parents=True)
    (scaffold / "app.py").write_text("def (")
    work = tmp_path / "work"
    work.mkdir()
    done = pc(work, "new", "shop", PYCOMMUNICATE_SCAFFOLDS=str(scaffold.parent))
    assert done.code == 1
    assert "app.py:1" in done.err
    assert os.listdir(work) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_at_any_moment_nothing_half_stays(number: signal.Signals, tmp_path: Path) -> None:
    codes = set()
    for step in range(0, 14, 2):
        process = subprocess.Popen(
            [*COMMAND, "new", "shop"],
            cwd=tmp_path,
            env=environment(),
            stderr=subprocess.PIPE,
            text=True,
        )
        time.sleep(step * 0.018)
        process.send_signal(number)
        said = process.communicate(timeout=60)[1]
        codes.add(process.returncode)
        left = os.listdir(tmp_path)
        assert left in ([], ["shop"]), said
        if left:
            assert (tmp_path / "shop" / "app.py").is_file()
            subprocess.run(["rm", "-r", str(tmp_path / "shop")], check=True)
    assert codes <= {0, 130, -number, 1} if number == signal.SIGINT else codes <= {0, 130, -number}


@pytest.mark.slow
def test_a_wheel_has_what_new_needs(tmp_path: Path) -> None:
    """What is unpacked from the wheel writes a project, with nothing of the clone beside it."""
    from tests.contract.test_packaging import build

    _, wheel = build("wheel", ROOT, tmp_path)
    site = tmp_path / "site"
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(wheel), str(site)], check=True)
    made = []
    for path in (site, ROOT):
        folder = tmp_path / f"by-{path.name}"
        folder.mkdir()
        done = subprocess.run(
            [*COMMAND, "new", "shop", "--no-git"],
            cwd=folder,
            env=environment(PYTHONPATH=str(path)),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        made.append({str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()})
    differ = {file for file in made[0].keys() | made[1].keys() if made[0].get(file) != made[1].get(file)}
    # These say where pycommunicate comes from: by its version, from this folder.
    assert differ == {f"shop/{file}" for file in ("Dockerfile", "README.md", "pyproject.toml")}
    assert b'"pycommunicate>=1.' in made[0]["shop/pyproject.toml"]
