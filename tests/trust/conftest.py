"""Real programs, raw clients."""

from __future__ import annotations

import pytest

from tests.tools.fixtures import Server, _leaves_nothing, _module_leaves_nothing, _pages_are_cut
from tests.tools.programs import ENGINES, Program
from tests.tools.scripted import SOURCE, TEMPLATES

__all__ = ["_leaves_nothing", "_module_leaves_nothing", "_pages_are_cut"]


@pytest.fixture(scope="module", params=ENGINES)
def program(request: pytest.FixtureRequest, serve_module: Server) -> Program:
    """The scripted program, on each engine."""
    return serve_module(SOURCE, engine=request.param, templates=TEMPLATES)
