"""Real programs, a real Chromium."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.bench import TEMPLATES, Bench, source
from tests.tools.fixtures import _leaves_nothing, _module_leaves_nothing

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext

    from tests.tools.fixtures import Server
    from tests.tools.programs import Program

__all__ = ["_leaves_nothing", "_module_leaves_nothing"]


@pytest.fixture(scope="module")
def program(request: pytest.FixtureRequest, serve_module: Server) -> Program:
    """The module's program: its `SOURCE` and `PAGES`, where it has them, with a bench.

    On gevent; the whole suite runs on eventlet with `PYCOMMUNICATE_TEST_ENGINE=eventlet`.
    """
    module = request.module
    return serve_module(
        getattr(module, "SOURCE", None) or source(),
        engine=os.environ.get("PYCOMMUNICATE_TEST_ENGINE", "gevent"),
        templates={**TEMPLATES, **getattr(module, "PAGES", {})},
    )


@pytest.fixture
def bench_on(visitor: BrowserContext, program: Program) -> Callable[..., Bench]:
    """`bench_on(html)`: a bench with this HTML in it."""

    def make(html: str = "", **options: Any) -> Bench:
        return Bench(program, options.pop("visitor", visitor), html=html, **options)

    return make


@pytest.fixture
def bench(bench_on: Callable[..., Bench]) -> Bench:
    """An empty bench."""
    return bench_on()
