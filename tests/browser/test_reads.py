"""Reads that can't be answered, and what they raise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.bench import Bench, BenchError, source
from tests.tools.raw import request
from tests.tools.waiting import eventually, reaches

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext

    from tests.tools.programs import Program
    from tests.tools.proxy import Proxy

    Make = Callable[..., Bench]

SOURCE = source(
    "told = {}",
    app="""
app = CommunicateApp(web_port=int(os.environ["PORT"]), host="127.0.0.1", limits=Limits(read_deadline=1.0, read_deadline_offline=0.5))
app.set_secret_key("a key for the tests, used nowhere else")
""",
)


def test_an_invalid_selector(bench: Bench) -> None:
    for selector in ("p[", "", "..", "a::b::", "#", ":nope"):
        for call in ("exists", "element"):
            with pytest.raises(BenchError) as caught:
                bench.run(f"{call}({selector!r})")
            assert caught.value.name == "InvalidSelector"
            assert caught.value.code == "invalid_selector"
            assert repr(selector) in caught.value.text
    assert bench.run("result = exists('#place')") is True


def test_a_browser_that_does_not_answer(bench: Bench) -> None:
    bench.js(
        """() => {
          const plain = Document.prototype.querySelector;
          window.restore = () => { Document.prototype.querySelector = plain; };
          Document.prototype.querySelector = function (selector) {
            if (selector !== "p") return plain.call(this, selector);  // what is foreseen is looked up at the click
            const end = Date.now() + 2500;
            while (Date.now() < end);
            return null;
          };
        }"""
    )
    bench.start(
        """
        import time
        begun = time.monotonic()
        try:
            element("p")
            result = "answered"
        except BrowserTimeout as error:
            result = [isinstance(error, TimeoutError), time.monotonic() - begun > 0.8]
        """
    )
    assert bench.wait() == [True, True]
    # The late answer is nobody's; the next read gets its own.
    bench.js("() => window.restore()")
    assert bench.run("result = element('#state').content") == "ready"


def test_a_page_that_is_left(bench_on: Make, visitor: BrowserContext, program: Program) -> None:
    leaving, watching = bench_on(), bench_on()
    leaving.start(
        """
        note("begun")
        while "go" not in told:
            sleep(0.01)
        try:
            element("#asked-when-left")  # for the first time: nothing is foreseen
            told["left"] = "answered"
        except Exception as error:
            told["left"] = type(error).__name__  # at once: at a deadline it would be BrowserTimeout
        """
    )
    reaches(lambda: leaving.notes, ["begun"])
    leaving.page.close()
    watching.run("told['go'] = True")
    eventually(lambda: watching.run("result = 'left' in told"))
    assert watching.run("result = told['left']") == "BrowserGone"


def test_a_page_that_is_left_while_it_is_asked(bench_on: Make) -> None:
    leaving, watching = bench_on(), bench_on()
    # The page that is asked is busy, then goes away.
    leaving.js(
        "() => { document.querySelector = () => { location.href = 'about:blank'; const end = Date.now() + 300; while (Date.now() < end); return null } }"
    )
    leaving.start(
        """
        try:
            element("p")
            told["asked"] = "answered"
        except Exception as error:
            told["asked"] = type(error).__name__
        """
    )
    eventually(lambda: watching.run("result = 'asked' in told"))
    assert watching.run("result = told['asked']") in {"BrowserGone", "answered"}


def test_a_read_while_the_connection_is_lost(
    bench_on: Make, program: Program, proxy: Callable[[int], Proxy], expect_console: Callable[..., None]
) -> None:
    expect_console("WebSocket connection", "ERR_CONNECTION", "Failed to load resource")
    between = proxy(program.port)
    bench = bench_on(url=between.url)
    bench.start(
        """
        import time
        note("begun")
        while "go" not in codes:
            sleep(0.01)
        begun = time.monotonic()
        try:
            element("#asked-while-lost")  # for the first time: nothing is foreseen
            result = "answered"
        except BrowserTimeout:
            result = time.monotonic() - begun > 0.3
        """
    )
    reaches(lambda: bench.notes, ["begun"])
    between.refuse()
    between.drop()
    request(program.port, "/code/go", method="POST", body=b"go")
    assert bench.wait(applied=False) is True
    between.accept()
    reaches(lambda: bench.js("() => document.getElementById('state').innerText"), "ready")
    assert bench.run("result = element('#state').content", timeout=15) == "ready"


def test_a_read_cut_in_the_middle_is_asked_again(
    bench_on: Make, program: Program, proxy: Callable[[int], Proxy], expect_console: Callable[..., None]
) -> None:
    expect_console("WebSocket connection", "ERR_CONNECTION", "Failed to load resource")
    between = proxy(program.port)
    bench = bench_on("<p>text</p>", url=between.url)
    bench.js(
        "() => { window.asked = 0; document.querySelector = s => { window.asked++; return document.querySelectorAll(s)[0] } }"
    )
    cut = between.cut_at(200, "up", connection="any")
    bench.start("result = [element('#place p').content for _ in range(10)]")
    assert bench.wait() == ["text"] * 10
    assert cut.happened.is_set()


def test_elements_are_not_for_render(program: Program, bench: Bench) -> None:
    result = bench.run(
        """
        class Early(View):
            def render(self):
                try:
                    self.html_wrapper.element("p")
                except Exception as error:
                    return type(error).__name__
                return "nothing raised"
        try:
            app.add_controller("/early", page_of(Early))
            result = app.flask.test_client().get("/early").text
        except Exception as error:
            result = "frozen"
        """
    )
    assert result in {"NotConnected", "frozen"}


def test_an_answer_that_does_not_fit(bench_on: Make) -> None:
    bench = bench_on('<textarea id="area"></textarea>')
    bench.js("() => { document.getElementById('area').value = 'x'.repeat(200000) }")
    with pytest.raises(BenchError) as caught:
        bench.run("element('#area').value")
    assert caught.value.code == "too_large"
    bench.js("() => { document.getElementById('area').value = 'y'.repeat(50000) }")
    assert bench.run("result = len(element('#area').value)") == 50000
    # An event whose value does not fit comes without it.
    bench.run("element('#area').add_event_listener('change', lambda event: note([event.type, event.value is None]))")
    bench.js(
        "() => { const a = document.getElementById('area'); a.value = 'z'.repeat(200000); a.dispatchEvent(new Event('change')) }"
    )
    reaches(lambda: bench.notes, [["change", True]])
