"""A handshake joins by itself: what an old one may do that arrives late, and who sees what it carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.tools.raw import Channel
from tests.tools.scripted import handled, payload, visit

if TYPE_CHECKING:
    from tests.tools.programs import Program


def test_a_handshake_that_was_given_up_and_arrives_late(program: Program) -> None:
    """Something on the way held it. The browser tried anew meanwhile, and goes on."""
    with visit(program, "late") as page:
        given_up = page.auth()
        page.connect()
        page.click("#add", payload(1))
        page.until(lambda: page.texts("#count") == ["1"])
        with Channel(program.port, cookie=page.cookie, join=given_up) as late:
            assert late.receive()[:2] == ["refused", "not_yours"]
        page.click("#add", payload(2))
        page.until(lambda: page.texts("#count")[-1:] == ["2"])
        page.connect()
        page.click("#add", payload(3))
        page.until(lambda: page.texts("#count")[-1:] == ["3"])
        assert handled(program, "late") == [1, 2, 3]
        assert (page.resumes, page.remounts, page.wrong) == (2, [], [])
        page.leave()


def test_a_handshake_that_arrives_late_before_anything_was_heard(program: Program) -> None:
    """It takes the page; the browser's next connection takes it back."""
    with visit(program, "early") as page:
        given_up = page.auth()
        page.acknowledge = False
        page.connect()
        with Channel(program.port, cookie=page.cookie, join=given_up) as late:
            assert late.receive()[0] == "resumed"
            page.connect()
        page.acknowledge = True
        page.click("#add", payload(1))
        page.until(lambda: page.texts("#count")[-1:] == ["1"])
        assert handled(program, "early") == [1]
        assert (page.resumes, page.remounts, page.wrong) == (2, [], [])
        page.leave()
