"""The client's files: the size of the bundle, and a lock file that leaves the choice of a registry to the machine."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.project import BUNDLE, DEBUG_BUNDLE, ROOT

FOLDERS = ("client", "benchmarks")
LARGEST = {BUNDLE: 22_016, DEBUG_BUNDLE: 28_160}  # as in client/size.mjs
ADDRESS = re.compile(r"(https?|git|ssh|file)(\+\w+)?:", re.IGNORECASE)


def strings(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every string in a JSON value with the way to it, but for links to who would like to be paid."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key != "funding":
                yield from strings(inner, f"{path}/{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner, path)
    elif isinstance(value, str):
        yield path, value


@pytest.mark.parametrize("bundle", LARGEST, ids=lambda bundle: bundle.name)
def test_the_bundle_is_small(bundle: Path) -> None:
    size = len(gzip.compress(bundle.read_bytes(), 9))
    assert size <= LARGEST[bundle], f"{bundle.name} is {size} bytes gzipped, {LARGEST[bundle]} are allowed"


def test_only_the_bundle_of_hot_reload_has_its_parts() -> None:
    assert b"pycommunicate-debug" in DEBUG_BUNDLE.read_bytes()
    assert b"pycommunicate-debug" not in BUNDLE.read_bytes()


def test_the_bundle_is_newer_than_its_sources() -> None:
    newest = max((ROOT / "client" / "src").rglob("*.ts"), key=lambda path: path.stat().st_mtime)
    oldest = min(bundle.stat().st_mtime for bundle in LARGEST)
    assert oldest >= newest.stat().st_mtime, f"{newest} changed since the client was built"


def locked(folder: str) -> dict[str, Any]:
    packages: dict[str, Any] = json.loads((ROOT / folder / "package-lock.json").read_text("utf-8"))["packages"]
    return packages


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_lock_file_has_no_addresses(folder: str) -> None:
    packages = locked(folder)
    assert len(packages) > 1
    assert not [name for name, package in packages.items() if "resolved" in package and not package.get("link")]
    assert not [found for found in strings(packages) if ADDRESS.match(found[1])]


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_locked_package_has_a_checksum(folder: str) -> None:
    packages = locked(folder)
    assert not [
        name for name, package in packages.items() if name and not package.get("link") and "integrity" not in package
    ]


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_setting_of_the_client_names_a_registry(folder: str) -> None:
    settings = ROOT / folder / ".npmrc"
    lines = settings.read_text("utf-8").splitlines() if settings.exists() else []
    assert not [line for line in lines if line.partition("=")[0].strip().endswith("registry") or ADDRESS.search(line)]
