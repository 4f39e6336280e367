"""Fixtures that every test may ask for: programs, proxies, one Chromium for the whole run."""

import compileall
import gc
import sys
import zlib
from pathlib import Path

import hypothesis
import pytest

ROOT = str(Path(__file__).resolve().parents[1])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from tests.tools import forkserver  # noqa: E402
from tests.tools.fixtures import (  # noqa: E402 - once it can be found
    chromium,
    console,
    expect_console,
    new_visitor,
    proxy,
    serve,
    serve_module,
    visitor,
)

__all__ = ["chromium", "console", "expect_console", "new_visitor", "proxy", "serve", "serve_module", "visitor"]


def pytest_sessionstart() -> None:
    """Let programs be forked from a process that has imported the library, and compile it for those that are not."""
    forkserver.allow()
    compile_packages()


gc.disable()  # until all tests are collected, which are not garbage
hypothesis.settings.register_profile("few", max_examples=10, derandomize=True, deadline=None)


def pytest_collection_finish() -> None:
    """Keep the collector of garbage from what pytest itself holds: three thousand tests, and the tools."""
    gc.collect()
    gc.freeze()
    gc.enable()


def compile_packages() -> None:
    """Compile the packages: hundreds of processes will import them, none of which writes what it has compiled."""
    for package in ("pycommunicate", "pycommunicate_cli"):
        compileall.compile_dir(Path(ROOT) / package, quiet=2)


def pytest_sessionfinish() -> None:
    """End what served all tests."""
    forkserver.end_all()


LONG = ("scaffolds/test_installing", "cli/test_restart", "lowest/", "scaffolds/", "cli/test_run", "browser/test_safety")
"""The modules that take longest. Begun last, one of them would keep the others waiting at the end of a run of several processes."""


def _turn(item: pytest.Item) -> tuple[int, int]:
    """When an item's module has its turn: the longest first, then those that compute among those that wait."""
    module = item.nodeid.partition("::")[0]
    long = next((number for number, place in enumerate(LONG) if f"tests/{place}" in module), len(LONG))
    return long, zlib.crc32(module.encode())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the modules into an order. Mark what needs Chromium, so that it can be left out where there is none."""
    items.sort(key=_turn)
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
        if "tests/faults/" in item.nodeid and "eventlet" in item.nodeid:
            item.add_marker("soak")  # the same once more: with the soaks, to stay under ten minutes
