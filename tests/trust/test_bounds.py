"""Each visitor has bounds of their own: what one of them exhausts is taken from that visitor, and from nobody else."""

from __future__ import annotations

import json
import resource
from typing import TYPE_CHECKING

import pytest

from tests.tools.programs import ENGINES
from tests.tools.raw import get
from tests.tools.scripted import visit
from tests.tools.waiting import eventually
from tests.trust.beside import ATTACKED, TEMPLATES, state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.tools.fixtures import Server
    from tests.tools.programs import Engine, Program
    from tests.tools.proxy import Proxy


@pytest.fixture
def descriptors() -> Iterator[None]:
    """As many file descriptors as the system allows: a program that is started here inherits that."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= hard < 20_000:
        pytest.skip(f"needs 20,000 file descriptors; the system allows {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65_536) if hard > 0 else 65_536, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def cut_at_once(program: Program, proxy: Callable[[int], Proxy], count: int) -> list[str]:
    """Open so many pages, each of another visitor, through a proxy; restart it; return those that did not come back as they were."""
    through = [proxy(program.port) for _ in range(0, count, 100)]  # as one; ours is slow with thousands of connections
    ports = [through[number // 100].port for number in range(count)]
    pages = [visit(program, f"behind{number}", through=port, timeout=120) for number, port in enumerate(ports)]
    assert state(program)["pages"] == count
    for one in through:
        one.reset()
    for page in pages:
        page.cut()
    eventually(lambda: state(program)["lost"] == count, timeout=60, every=0.2, what="the server knows of all of them")
    for page in pages:
        page.reconnect(timeout=120)
    lost = [page.path for page in pages if (page.resumes, page.remounts) != (1, [])]
    for page in pages:
        page.cut()
    return lost


@pytest.mark.parametrize("engine", ENGINES)
def test_a_proxy_that_restarts_loses_no_page(serve: Server, proxy: Callable[[int], Proxy], engine: Engine) -> None:
    """Each page of another visitor, all from one address: more pages than one visitor may have."""
    program = serve(ATTACKED, engine=engine, templates=TEMPLATES, environment={"LIMITS": '{"lost_pages_per_user": 5}'})
    assert cut_at_once(program, proxy, 40) == []


@pytest.mark.soak
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_proxy_that_restarts_with_two_thousand_pages_behind_it_loses_none(
    serve: Server, proxy: Callable[[int], Proxy], descriptors: None, engine: Engine
) -> None:
    patient = {
        "LIMITS": '{"grace": 900}'
    }  # a busy machine takes minutes to open and to resume them; our pages answer no pings meanwhile
    program = serve(ATTACKED, engine=engine, templates=TEMPLATES, environment=patient)
    assert cut_at_once(program, proxy, 2000) == []


@pytest.mark.parametrize("engine", ENGINES)
def test_who_opens_and_drops_pages_ends_their_own(serve: Server, engine: Engine) -> None:
    most = 5
    limits = json.dumps({"lost_pages_per_user": most, "lost_pages": 2 * most})
    program = serve(ATTACKED, engine=engine, templates=TEMPLATES, environment={"LIMITS": limits})
    honest = visit(program, "honest")
    honest.cut()
    cookie = get(program.port, "/page/x").cookie_after()
    for number in range(4 * most):
        visit(program, f"dropped{number}", cookie=cookie).cut(reset=True)
    eventually(lambda: state(program)["pages"] <= most + 2, what="the visitor's pages are bounded")
    honest.reconnect()
    assert (honest.resumes, honest.remounts) == (1, [])
    honest.leave()
