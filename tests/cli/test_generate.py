"""`pycommunicate generate`."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import environment, pc

if TYPE_CHECKING:
    from pathlib import Path


def pytest_in(folder: Path, *files: str) -> str:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files]
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    assert pc(tmp_path, "new", "shop", "--template", "blank", "--no-git").code == 0
    return tmp_path / "shop"


def test_what_is_generated_passes_its_tests(shop: Path) -> None:
    done = pc(shop / "static", "generate", "controller", "price-list", "--route", "/prices/<int:year>")
    assert done.code == 0, done.err
    assert [line.split() for line in done.out.splitlines()] == [
        ["create", "controllers/price_list.py"],
        ["create", "views/price_list.py"],
        ["create", "templates/price_list.html"],
        ["create", "tests/test_price_list.py"],
    ]
    assert '@route("/prices/<int:year>")' in (shop / "controllers/price_list.py").read_text("utf-8")
    assert 'extends "base.html"' in (shop / "templates/price_list.html").read_text("utf-8")
    assert pc(shop, "generate", "view", "side_bar").code == 0
    assert not (shop / "controllers/side_bar.py").exists()
    assert pc(shop, "routes", "--check").code == 0
    pytest.importorskip("bs4", reason="the generated tests need pycommunicate[testing]")
    assert "2 passed" in pytest_in(shop, "tests/test_price_list.py", "tests/test_side_bar_view.py")


def test_nothing_is_overwritten(shop: Path) -> None:
    assert pc(shop, "generate", "controller", "about").code == 0
    done = pc(shop, "generate", "controller", "about")
    assert done.code == 0
    assert {line.split()[0] for line in done.out.splitlines()} == {"identical"}
    (shop / "views/about.py").write_text("mine")
    (shop / "controllers/about.py").unlink()
    done = pc(shop, "generate", "controller", "about")
    assert done.code == 4
    assert [line.split()[0] for line in done.out.splitlines()] == ["create", "conflict", "identical", "identical"]
    assert "at views/about.py" in done.lines
    assert (shop / "views/about.py").read_text() == "mine"
    assert not (shop / "controllers/about.py").exists()


def test_dry_run(shop: Path) -> None:
    before = sorted(os.walk(shop))
    done = pc(shop, "generate", "controller", "about", "--dry-run")
    assert done.code == 0
    assert done.out.count("create") == 4
    assert sorted(os.walk(shop)) == before


@pytest.mark.parametrize("name", ["About", "class", "a b", "../x", "1st"])
def test_bad_names(name: str, project: Path) -> None:
    done = pc(project, "generate", "controller", name)
    assert done.code == 2
    assert done.lines[1].startswith("help: pycommunicate generate controller ")


@pytest.mark.parametrize(
    "rule", ["/__pycommunicate/x", "about", '/a"b', "/<foo", "/<int:a>/<int:a>", "/<1>", "/<int:>", "/<nothing:a>"]
)
def test_bad_routes(rule: str, project: Path) -> None:
    done = pc(project, "generate", "controller", "about", "--route", rule)
    assert done.code == 2, done.err
    assert "Traceback" not in done.err
    assert not (project / "views").exists()


@pytest.mark.parametrize("rule", ["/", "/todo/<int:other>", "/folder/"])
def test_a_route_that_is_taken(rule: str, project: Path) -> None:
    done = pc(project, "generate", "controller", "about", "--route", rule)
    assert done.code == 4, done.err
    assert done.lines[0].startswith(f"error: {rule} is taken: ")
    assert done.lines[1].startswith("at controllers/")
    assert done.out == ""
    assert not (project / "views").exists()
    assert pc(project, "routes", "--check").code == 0


def test_in_a_project_that_does_not_import(project: Path) -> None:
    (project / "controllers/home.py").write_text("def (")
    done = pc(project, "generate", "controller", "about")
    assert done.code == 0, done.err
    assert done.lines[0].startswith("the route was not compared with others")


@pytest.mark.parametrize("blocked", ["views", "templates", "tests"])
def test_all_files_or_none(blocked: str, shop: Path) -> None:
    (shop / blocked).rename(shop.parent / "away")
    (shop / blocked).symlink_to("/proc/self/nowhere")  # no folder can be made there, not even by root
    before = sorted(file for file in shop.rglob("*") if file.is_file())
    done = pc(shop, "generate", "controller", "about")
    assert done.code == 1, done.err
    problem = next(line for line in done.lines if line.startswith("error:"))
    assert problem.startswith(f"error: {blocked}/")
    assert problem.endswith("nothing was written")
    assert done.out == ""
    assert sorted(file for file in shop.rglob("*") if file.is_file()) == before
