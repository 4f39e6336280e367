"""Real programs, raw clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tools.fixtures import Server, _leaves_nothing, _module_leaves_nothing
from tests.tools.programs import ENGINES, Program
from tests.tools.scripted import SOURCE, TEMPLATES
from tests.tools.simulated import cut_all

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["_leaves_nothing", "_module_leaves_nothing"]


@pytest.fixture(scope="module", params=ENGINES)
def program(request: pytest.FixtureRequest, serve_module: Server) -> Program:
    """The scripted program, on each engine."""
    return serve_module(SOURCE, engine=request.param, templates=TEMPLATES)


@pytest.fixture(autouse=True)
def _pages_are_cut() -> Iterator[None]:
    """A test that fails in the middle leaves no socket open."""
    yield
    cut_all()
