"""Row "handler raises; handler loops on the CPU; `load()` raises; `teardown()` raises": the page lives on, the log and the hook know where."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING

from tests.faults.source import ended, raised
from tests.tools.raw import get
from tests.tools.scripted import payload
from tests.tools.simulated import Page
from tests.tools.waiting import eventually

if TYPE_CHECKING:
    from tests.tools.programs import Program

_keys = itertools.count(1)


def page_on(program: Program, name: str) -> Page:
    page = Page.visit(program.port, f"/fault/{name}{next(_keys)}")
    page.until(lambda: page.texts("#state") == ["ready"])
    return page


def works(page: Page) -> None:
    count = len(page.texts("#place"))
    page.click("#add")
    page.until(lambda: len(page.texts("#place")) > count)
    assert page.wrong == []


def test_a_handler_that_raises(program: Program) -> None:
    page = page_on(program, "raises")
    said, known = len(program.err), len(raised(program))
    page.click("#fail")
    works(page)
    assert (page.remounts, page.resumes) == ([], 0)
    [(name, where)] = raised(program)[known:]
    assert name == "ZeroDivisionError"
    assert "click handler" in where
    assert "on_fail" in where
    assert "program.py" in where or "line" in where
    assert "as asked" in program.err[said:]
    assert program.err[said:].count("Traceback") == 1
    page.leave()


def test_a_handler_that_calls_exit_ends_nobody_elses_page(program: Program) -> None:
    page, other = page_on(program, "exits"), page_on(program, "beside")
    said, known = len(program.err), len(raised(program))
    page.click("#exit")
    for one in (page, other):
        works(one)
        assert (one.remounts, one.resumes) == ([], 0)
        one.leave()
    [(name, where)] = raised(program)[known:]
    assert name == "SystemExit"
    assert "on_exit" in where
    assert "SystemExit: as asked" in program.err[said:]


def test_a_render_that_calls_exit_is_a_500(program: Program) -> None:
    other, said = page_on(program, "beside"), len(program.err)
    assert get(program.port, "/fault/exits").status == 500
    assert "SystemExit: in render()" in program.err[said:]
    works(other)
    assert (other.remounts, other.resumes) == ([], 0)
    other.leave()


def test_a_handler_that_loops(program: Program) -> None:
    page, other = page_on(program, "loops"), page_on(program, "beside")
    said, spun = len(program.err), program.out.count("spinning")
    begun = time.monotonic()
    page.click("#spin", payload("1.8"))
    eventually(lambda: program.out.count("spinning") > spun)
    other.click("#add")
    other.until(lambda: other.texts("#place") == ["1"])
    assert time.monotonic() - begun > 1.7
    page.until(lambda: page.texts("#place") == ["spun"])
    works(page)
    works(other)
    for one in (page, other):  # nobody was thrown out meanwhile
        assert (one.remounts, one.resumes) == ([], 0)
        one.leave()
    if program.engine == "gevent":
        assert "on_spin" in program.err[said:]
        assert "held up all pages" in program.err[said:]


def test_a_load_that_raises(program: Program) -> None:
    page = page_on(program, "bad-load")
    known = len(raised(program))
    page.click("#two")
    page.until(lambda: len(page.remounts) == 1)
    eventually(lambda: raised(program)[known:])
    [(name, where)] = raised(program)[known:]
    assert name == "OSError"
    assert "load()" in where
    assert page.channel is not None
    page.settle()
    page.leave()


def test_a_render_that_raises_leaves_the_view_as_it_was(program: Program) -> None:
    page = page_on(program, "bad-render")
    known = len(raised(program))
    page.click("#bad")
    works(page)
    assert [name for name, _ in raised(program)[known:]] == ["KeyError"]
    assert page.remounts == []
    page.leave()


def test_a_teardown_that_raises(program: Program) -> None:
    page, other = page_on(program, "bad-teardown"), page_on(program, "beside")
    known, gone = len(raised(program)), len(ended(program))
    # It does not keep the view from being changed …
    page.click("#two")
    page.until(lambda: page.texts("#state") == ["two is ready"])
    page.click("#back")
    page.until(lambda: page.texts("#state") == ["ready"])
    works(page)
    # … nor the page from ending.
    page.leave()
    eventually(lambda: len(raised(program)[known:]) == 2)
    assert {name for name, _ in raised(program)[known:]} == {"LookupError"}
    assert all("teardown()" in where for _, where in raised(program)[known:])
    assert len(ended(program)) == gone + 2
    works(other)
    other.leave()
