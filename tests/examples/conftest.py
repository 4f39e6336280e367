"""What the tests of the examples share: an example as a running program, and pages that look at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.examples.opening import EXAMPLES, NOTICE_LIVE, StartExample, Visit, wait_until_live
from tests.tools.fixtures import _leaves_nothing, _module_leaves_nothing

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Page

    from tests.tools.fixtures import Server
    from tests.tools.programs import Program

__all__ = ["_leaves_nothing", "_module_leaves_nothing"]


@pytest.fixture
def example(serve: Server) -> StartExample:
    """`example("todo", TODO_FILE=…)` starts it with this environment; it ends with the test."""

    def start(name: str, **environment: str) -> Program:
        environment.setdefault("SECRET_KEY", "a key for the tests of the examples, long enough")
        return serve(EXAMPLES / name / "app.py", environment=environment)

    return start


@pytest.fixture
def visit(new_visitor: Callable[..., BrowserContext]) -> Visit:
    """`visit(url)` opens a page in a browser of its own and waits until it is live."""

    def open_page(url: str, *, live: bool = True) -> Page:
        page = new_visitor().new_page()
        page.add_init_script(NOTICE_LIVE)
        page.goto(url)
        if live:
            wait_until_live(page)
        return page

    return open_page
