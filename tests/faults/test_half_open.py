"""A link that ends without a word: the server notices by its pings, and the page's grace time begins."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from tests.faults.source import SOURCE, TEMPLATES, alive
from tests.tools.polling import PollingPage
from tests.tools.simulated import Page
from tests.tools.waiting import eventually

if TYPE_CHECKING:
    from tests.tools.fixtures import Server
    from tests.tools.programs import Engine, Program

_keys = itertools.count(1)
# The intervals are Engine.IO's (25 s and 20 s); its own monitor, which comes round every 20 s, is off to show that nobody waits for it.
HASTY = """
for name, value in {"ping_interval": 0.3, "ping_timeout": 0.4, "start_service_task": False}.items():
    setattr(app._gateway._eio, name, value)
app.run()
"""


@pytest.fixture
def hasty(serve: Server, engine: Engine) -> Program:
    """The program, which asks its browsers often whether they are there."""
    limits = {"LIMITS": '{"grace": 1.0}'}
    return serve(SOURCE.replace("app.run()", HASTY), engine=engine, templates=TEMPLATES, environment=limits)


@pytest.mark.parametrize("kind", [Page, PollingPage])
def test_a_page_that_never_answers_ends_with_its_grace_time(hasty: Program, kind: type[Page]) -> None:
    page = kind(hasty.port, f"/fault/half-open{next(_keys)}")
    page.connect()
    page.until(lambda: page.loaded > 0)
    assert alive(hasty)["pages"] == 1
    eventually(lambda: alive(hasty)["pages"] == 0, every=0.1, what="the page ends, its socket still open")
    page.cut()
