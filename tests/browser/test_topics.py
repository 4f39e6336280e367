"""Topics: what one page publishes reaches the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.bench import Bench
from tests.tools.waiting import reaches

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext

    from tests.tools.programs import Program

SUBSCRIBE = """
def heard(value):
    note(value)
    element("#place").add_child("p").content = str(value)
kept["subscription"] = view.subscribe("room", heard)
"""


def test_between_visitors(program: Program, new_visitor: Callable[..., BrowserContext]) -> None:
    one, two, outside = (Bench(program, new_visitor()) for _ in range(3))
    for bench in (one, two):
        bench.run(SUBSCRIBE)
    one.run("for number in range(50): app.topic('room').publish(number)")
    for bench in (one, two):
        reaches(lambda bench=bench: bench.notes, list(range(50)))
        expect(bench.page.locator("#place p")).to_have_count(50)
        assert bench.page.locator("#place p").all_inner_texts() == [str(number) for number in range(50)]
    assert outside.notes == []
    two.run("app.topic('room').publish({'text': '<b>bold</b>'})")
    expect(one.page.locator("#place p").last).to_have_text("{'text': '<b>bold</b>'}")

    # A subscription ends when it is cancelled, and with its page.
    two.run("kept['subscription'].cancel()\nkept['subscription'].cancel()")
    one.run("app.topic('room').publish('after')")
    reaches(lambda: one.notes[-1], "after")
    two.run("result = None")
    assert two.notes[-1] == {"text": "<b>bold</b>"}
    one.page.close()
    outside.run("app.topic('room').publish('nobody')\nsleep(0.2)")
    assert one.notes[-1] == "after"


def test_one_that_raises_does_not_keep_it_from_the_others(
    program: Program, new_visitor: Callable[..., BrowserContext]
) -> None:
    one, two = (Bench(program, new_visitor()) for _ in range(2))
    one.run(
        """
        def fails(value):
            note(value)
            raise RuntimeError("a subscriber failed on purpose")
        view.subscribe("other", fails)
        """
    )
    two.run("view.subscribe('other', note)")
    one.run("app.topic('other').publish(1)\napp.topic('other').publish(2)")
    reaches(lambda: two.notes, [1, 2])
    reaches(lambda: one.notes, [1, 2])
    assert "a subscriber failed on purpose" in program.err
    assert one.run("result = 'alive'") == "alive"


def test_publishing_from_a_foreign_thread(program: Program, new_visitor: Callable[..., BrowserContext]) -> None:
    bench = Bench(program, new_visitor())
    bench.run("view.subscribe('threads', lambda value: (note(value), element('#place').add_child('i')))")
    bench.run(
        """
        import threading
        def publish():
            for number in range(20):
                app.topic("threads").publish(number)
        thread = threading.Thread(target=publish)  # a real one: nothing is patched in this program
        thread.start()
        while thread.is_alive():
            sleep(0.01)
        """
    )
    reaches(lambda: bench.notes, list(range(20)))
    expect(bench.page.locator("#place i")).to_have_count(20)
