"""The lowest versions that `pyproject.toml` declares can be had together, and work.

They are installed into an environment of their own, `.venv/lowest`, once for each state of `pyproject.toml`. The tools that run the tests
(pytest, hypothesis, Playwright) and the entry in the list of pytest's plugins are those of `.venv`: its folder comes after the environment's own,
so what is declared lowest goes first. The library itself is imported from the working tree.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from typing import Final

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.tools.fixtures import chromium_path
from tests.tools.programs import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

LOWEST: Final = ROOT / ".venv" / "lowest"
PYTHON: Final = LOWEST / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
UNREACHABLE: Final = (
    "Failed to establish",
    "NewConnectionError",
    "NameResolutionError",
    "Max retries exceeded",
    "Connection refused",
)
EXTRAS: Final = ("eventlet", "testing")
TELL: Final = (
    "import importlib.metadata as m, json, sys; print(json.dumps({name: m.version(name) for name in sys.argv[1:]}))"
)


def lowest() -> dict[str, str]:
    """Each dependency's lowest version, of the library and of what can be installed along with it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *(one for extra in EXTRAS for one in project["optional-dependencies"][extra])]
    found: dict[str, str] = {}
    for requirement in map(Requirement, wanted):
        versions = [one.version for one in requirement.specifier if one.operator == ">="]
        assert len(versions) == 1, f"{requirement} has no lowest version"
        found[requirement.name] = versions[0]
    return found


def run(*command: str, **more: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "PYTHONPATH"))}
    return subprocess.run(
        command, cwd=ROOT, env={**kept, **more}, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    """The environment with the lowest versions, made where it is missing. Returns the versions."""
    versions = lowest()
    state = hashlib.sha256(f"{sys.version}{(ROOT / 'pyproject.toml').read_text('utf-8')}".encode()).hexdigest()
    stamp = LOWEST / "state"
    if stamp.is_file() and stamp.read_text("utf-8") == state:
        return versions
    shutil.rmtree(LOWEST, ignore_errors=True)
    made = run(sys.executable, "-m", "venv", "--without-pip", str(LOWEST))
    assert made.returncode == 0, made.stderr
    # Given what is declared, not the project, pip has nothing to build. What is never imported need not be compiled.
    pip = [sys.executable, "-m", "pip", "--python", str(PYTHON), "--disable-pip-version-check"]
    wanted = [f"{name}=={version}" for name, version in versions.items()]
    done = run(*pip, "install", "--quiet", "--no-compile", *wanted)
    if done.returncode != 0 and any(sign in done.stderr for sign in UNREACHABLE) and not os.environ.get("CI"):
        pytest.skip("the package index can't be reached, so the lowest versions can't be installed")
    assert done.returncode == 0, f"the lowest versions can't be installed together\n{done.stdout}{done.stderr}"
    scheme = "nt" if os.name == "nt" else "posix_prefix"
    packages = sysconfig.get_path("purelib", scheme, {"base": str(LOWEST)})
    tools = sysconfig.get_path("purelib")
    with open(os.path.join(packages, "tools_of_the_tests.pth"), "w", encoding="utf-8") as after:
        after.write(tools + "\n")
    stamp.write_text(state, "utf-8")
    return versions


def test_the_lowest_versions_are_what_is_imported(environment: dict[str, str]) -> None:
    told = run(str(PYTHON), "-c", TELL, *environment)
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assert {name: Version(version) for name, version in found.items()} == {name: Version(version) for name, version in environment.items()}  # fmt: skip


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("tests/unit", id="unit tests"),
        pytest.param(
            "tests/documentation/test_tutorial.py::test_the_tutorial_works",
            marks=pytest.mark.browser,
            id="the tutorial in a browser, on both engines",
        ),
    ],
)
def test_the_lowest_versions_work(environment: dict[str, str], tests: str) -> None:
    # A few examples of each property: what is looked for here are dependencies, not inputs.
    options = [
        "-q",
        "-p",
        "no:cacheprovider",
        "--hypothesis-profile",
        "few",
        "-m",
        "not soak and not slow and not alone",
    ]
    done = run(str(PYTHON), "-m", "pytest", *options, tests, PYCOMMUNICATE_CHROMIUM=chromium_path() or "")
    assert done.returncode == 0, done.stdout[-10_000:] + done.stderr[-2000:]
    assert re.search(r"\d+ passed", done.stdout)
    assert "failed" not in done.stdout
