"""The way in: a project installs the pycommunicate that made it, though a package index offers an old one.

One environment: pycommunicate is installed into it from a folder, wheel, sdist or repository, writes projects and is taken out again; then each project
is installed by its README. The first builds fetch what they need, as pip does by default. Then that is put into the environment, and the others use it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Final

import pytest

from pycommunicate import __version__
from tests.contract.test_packaging import SAFELY, build
from tests.lowest.test_lowest import UNREACHABLE
from tests.scaffolds.conftest import SCAFFOLDS
from tests.tools.programs import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

OLD: Final = "0.0.7"
BIN: Final = "Scripts" if os.name == "nt" else "bin"


def old_wheel(folder: Path) -> None:
    """Write a wheel of the old version, which has no command."""
    folder.mkdir()
    about = f"pycommunicate-{OLD}.dist-info"
    with zipfile.ZipFile(folder / f"pycommunicate-{OLD}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("pycommunicate/__init__.py", "")
        wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: pycommunicate\nVersion: {OLD}\n")
        wheel.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{about}/RECORD", "")


class Environment:
    """A virtual environment in which the old version can be had, too."""

    def __init__(self, folder: Path) -> None:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        old_wheel(folder / "old")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PYTEST_", "PYCOMM"))}
        links = f"{kept.get('PIP_FIND_LINKS', '')} {folder / 'old'}".strip()
        path = os.pathsep.join([str(folder / BIN), kept["PATH"]])
        self._environment = {**kept, "PIP_FIND_LINKS": links, "PATH": path, "VIRTUAL_ENV": str(folder)}
        self._environment["PIP_NO_COMPILE"] = "1"
        self._isolated = True

    def build_with_what_is_here(self, *projects: Path) -> None:
        """Install what these projects' builds need, and have the builds after this one use it."""
        if self._isolated:
            needs = (tomllib.loads((one / "pyproject.toml").read_text("utf-8"))["build-system"] for one in projects)
            wanted = " ".join(f'"{one}"' for need in needs for one in need["requires"])
            self.run(f"pip install --quiet {wanted}", projects[0])
            self._environment["PIP_NO_BUILD_ISOLATION"] = "0"  # pip's settings of "no-" switches: 0 means no isolation
            self._isolated = False

    def run(self, command: str, folder: Path) -> str:
        """Run a line as a person types it."""
        done = subprocess.run(
            command, shell=True, cwd=folder, env=self._environment, capture_output=True, text=True, check=False
        )
        said = done.stdout + done.stderr
        if done.returncode != 0 and any(sign in said for sign in UNREACHABLE) and not os.environ.get("CI"):
            pytest.skip("the package index can't be reached, so nothing can be installed")
        assert done.returncode == 0, f"{command}\n{said}"
        return said


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return Environment(tmp_path_factory.mktemp("way-in") / "venv")


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What `pip install` can be given, by its kind."""
    folder = tmp_path_factory.mktemp("sources")
    sdist, wheel = (build(kind, ROOT, folder)[1] for kind in ("sdist", "wheel"))
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, **SAFELY)
    clone = next(path for path in folder.iterdir() if path.is_dir())  # with the client in it, so that no Node is needed
    git = ["git", "-C", str(clone), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "--force", "."], ["commit", "-q", "-m", "a"]):
        subprocess.run([*git, *command], check=True)
    return {"folder": str(clone), "wheel": str(wheel), "sdist": str(sdist), "repository": f"git+{clone.as_uri()}"}


def commands_of(readme: str) -> list[str]:
    """The lines of a README's first block: what is to be typed."""
    found = re.search(r"```\n(.+?)```", readme, re.DOTALL)
    assert found is not None
    return found[1].splitlines()


@pytest.mark.parametrize(
    ("kind", "templates"),
    [("folder", SCAFFOLDS), ("wheel", ["blank"]), ("sdist", ["blank"]), ("repository", ["blank"])],
)
def test_a_project_installs_what_made_it(
    environment: Environment, sources: dict[str, str], kind: str, templates: list[str], tmp_path: Path
) -> None:
    environment.run("pip uninstall --quiet -y pycommunicate", tmp_path)  # else pip may find the version satisfied
    environment.run(f'pip install --quiet "{sources[kind]}"', tmp_path)
    for template in templates:
        environment.run(f"pycommunicate new my-{template} --template {template} --no-git", tmp_path)
    for template in templates:
        environment.run("pip uninstall --quiet -y pycommunicate", tmp_path)
        project = tmp_path / f"my-{template}"
        install, run = commands_of((project / "README.md").read_text("utf-8"))
        assert run == "pycommunicate run --debug"
        environment.run(f"{install} --quiet", project)
        assert f"pycommunicate {__version__}" in environment.run("pycommunicate --version", project)
        assert " passed" in environment.run("pytest -q -p no:cacheprovider", project)
        environment.run("pycommunicate routes --check", project)
        environment.build_with_what_is_here(ROOT, project)
