"""Real programs that are made to fail, raw clients; and the simulated browser for the state machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.source import SOURCE, TEMPLATES
from tests.tools.fixtures import Server, _leaves_nothing, _module_leaves_nothing, _pages_are_cut
from tests.tools.programs import ENGINES, Engine, Program

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["_leaves_nothing", "_module_leaves_nothing", "_pages_are_cut"]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine."""
    return request.param


@pytest.fixture
def start(serve: Server) -> Callable[..., Program]:
    """`start(engine, …)`: the program of these tests, for one that ends or is limited."""

    def begin(engine: Engine, source: str = SOURCE, **options: object) -> Program:
        return serve(source, engine=engine, templates=TEMPLATES, **options)

    return begin


@pytest.fixture(scope="module", params=ENGINES)
def program(request: pytest.FixtureRequest, serve_module: Server) -> Program:
    """The program of these tests, on each engine, shared by a module."""
    return serve_module(SOURCE, engine=request.param, templates=TEMPLATES)
