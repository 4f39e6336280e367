"""Where the running pycommunicate came from, and what `new` makes of it."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from pycommunicate_cli.origin import Origin, origin_of
from pycommunicate_cli.scaffold import render
from tests.cli.conftest import pc
from tests.contract.project import ROOT

if TYPE_CHECKING:
    from pathlib import Path

VERSION = "1.4.0"
GIT = {"vcs": "git", "commit_id": "4f42", "requested_revision": "main"}


@pytest.mark.parametrize(
    ("noted", "url"),
    [
        ({}, ""),
        (
            {"url": "https://example.org/pycommunicate.git", "vcs_info": GIT},
            "git+https://example.org/pycommunicate.git@4f42",
        ),
        (
            {"url": "https://example.org/all.git", "vcs_info": GIT, "subdirectory": "py"},
            "git+https://example.org/all.git@4f42#subdirectory=py",
        ),
        (
            {"url": "https://example.org/p-1.4.0-py3-none-any.whl", "archive_info": {}},
            "https://example.org/p-1.4.0-py3-none-any.whl",
        ),
    ],
)
def test_what_is_not_on_this_machine(noted: dict[str, Any], url: str) -> None:
    origin = origin_of(noted, VERSION)
    assert origin.requirement() == (f"pycommunicate @ {url}" if url else "pycommunicate>=1.4.0,<2")
    assert origin.requirement("testing").startswith("pycommunicate[testing]")
    assert origin.files() == {}


def test_a_folder_is_required_where_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "a clone, größer"
    folder.mkdir()
    origin = origin_of({"url": folder.as_uri(), "dir_info": {}}, VERSION)
    (folder / "pyproject.toml").touch()
    assert origin == origin_of({"url": folder.as_uri(), "vcs_info": GIT}, VERSION)  # pip refuses git+file:
    assert origin.requirement() == f"pycommunicate @ {folder.as_uri()}"
    files = {path: content.decode() for path, content in render("blank", "shop", origin).items()}
    assert f'dependencies = ["pycommunicate @ {folder.as_uri()}"]' in files["pyproject.toml"]
    assert f"comes from {folder}" in files["README.md"]
    assert f"docker build --build-context pycommunicate='{folder}' -t shop ." in files["README.md"]
    assert f"COPY --from=pycommunicate {json.dumps(['.', str(folder)])}\n" in files["Dockerfile"]


@pytest.mark.parametrize("file", ["pycommunicate-1.4.0-py3-none-any.whl", "pycommunicate-1.4.0.tar.gz"])
def test_a_file_is_copied_into_the_project(tmp_path: Path, file: str) -> None:
    (tmp_path / file).write_bytes(b"PK\0")
    origin = origin_of({"url": (tmp_path / file).as_uri(), "archive_info": {}}, VERSION)
    files = render("blank", "shop", origin)
    assert files[f"vendor/{file}"] == b"PK\0"
    assert 'dependencies = ["pycommunicate==1.4.0"]' in files["pyproject.toml"].decode()
    assert 'pip install --find-links vendor -e ".[test]"' in files["README.md"].decode()
    assert "pip install --no-cache-dir --find-links vendor ." in files["Dockerfile"].decode()
    assert f"vendor/{file}" in files["README.md"].decode()
    assert "COPY vendor vendor\n" in files["Dockerfile"].decode()


def test_what_is_gone_is_said(tmp_path: Path) -> None:
    for name in ("gone", "gone.whl"):
        origin = origin_of({"url": (tmp_path / name).as_uri()}, VERSION)
        assert origin.requirement() == "pycommunicate>=1.4.0,<2"
        assert origin.lost == tmp_path / name


def test_from_a_package_index_a_project_says_nothing_more() -> None:
    files = {path: content.decode() for path, content in render("todo", "shop", Origin(VERSION)).items()}
    settings = tomllib.loads(files["pyproject.toml"])["project"]
    assert settings["dependencies"] == ["pycommunicate>=1.4.0,<2"]
    assert settings["optional-dependencies"]["test"] == ["pycommunicate[testing]>=1.4.0,<2"]
    assert "#" not in files["pyproject.toml"].partition("[project.optional")[0]
    assert "docker build -t shop ." in files["README.md"]
    assert not [path for path, text in files.items() if "__origin" in text or "__docker" in text or "vendor" in text]


def test_this_working_copy_requires_itself(tmp_path: Path) -> None:
    assert pc(tmp_path, "new", "shop", "--no-git").code == 0
    settings = tomllib.loads((tmp_path / "shop" / "pyproject.toml").read_text("utf-8"))["project"]
    assert settings["dependencies"] == [f"pycommunicate @ {ROOT.as_uri()}"]
