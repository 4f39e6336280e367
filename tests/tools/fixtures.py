"""Fixtures for tests that drive real programs, with a raw client or with Chromium. A conftest.py imports the ones it wants."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.tools.leaks import Footprint
from tests.tools.programs import Engine, Program
from tests.tools.proxy import Proxy
from tests.tools.simulated import cut_all
from tests.tools.waiting import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, WebError

CHROMIUM_ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
BROKEN_CONNECTIONS: Final = (
    "WebSocket connection to",
    "ERR_CONNECTION",
    "ERR_EMPTY_RESPONSE",
    "Failed to load resource: net::",
)
"""What Chromium's console says where a connection breaks, for `expect_console`."""
CHROMIUM_NAMES: Final = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)


# -- leaks


@pytest.fixture(autouse=True)
def _pages_are_cut() -> Iterator[None]:
    """A test that fails in the middle leaves no socket open."""
    yield
    cut_all()


@pytest.fixture(autouse=True)
def _leaves_nothing() -> Iterator[None]:
    """Fail a test that leaves a child process, a thread or a listening socket behind."""
    before = Footprint.now()
    yield
    left = Footprint.now().left_since(before)
    if left:
        pytest.fail(f"the test left behind: {left}")


@pytest.fixture(scope="module", autouse=True)
def _module_leaves_nothing(request: pytest.FixtureRequest) -> Iterator[None]:
    """The same for what a whole module started; the session's browser may stay."""
    if "chromium" in _needed_by(request):
        request.getfixturevalue("chromium")
    before = Footprint.now()
    yield
    left = Footprint.now().left_since(before)
    if left:
        pytest.fail(f"{request.node.name} left behind: {left}")


def _needed_by(request: pytest.FixtureRequest) -> set[str]:
    module = request.node
    names: set[str] = set()
    for item in request.session.items:
        if item.getparent(pytest.Module) is module:
            names.update(getattr(item, "fixturenames", ()))
    return names


# -- programs and proxies


class Server:
    """Starts programs and ends them together."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._programs: list[Program] = []

    def __call__(self, source: str | Path, *, engine: Engine = "gevent", **options: Any) -> Program:
        options.setdefault("folder", self._folder / f"program{len(self._programs)}")
        program = Program(source, engine=engine, **options)
        self._programs.append(program)
        return program

    def end(self) -> None:
        for program in self._programs:
            program.kill()  # how a program ends has tests of its own


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Server]:
    """`serve(source, engine=…, templates=…)` starts a program; it ends with the test."""
    server = Server(tmp_path)
    yield server
    server.end()


@pytest.fixture(scope="module")
def serve_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """As `serve`, for a program that the whole module shares."""
    server = Server(tmp_path_factory.mktemp("programs"))
    yield server
    server.end()


@pytest.fixture
def proxy() -> Iterator[Callable[[int], Proxy]]:
    """`proxy(port)` starts a proxy before this port; it ends with the test."""
    proxies: list[Proxy] = []

    def start(port: int) -> Proxy:
        proxies.append(Proxy(port).start())
        return proxies[-1]

    yield start
    for one in proxies:
        one.stop()


# -- Chromium


def chromium_path() -> str | None:
    """Where Chromium is: `PYCOMMUNICATE_CHROMIUM`, else on the path, else None (Playwright's own)."""
    named = os.environ.get("PYCOMMUNICATE_CHROMIUM")
    if named:
        return named
    return next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None)


_running: list[Browser] = []


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for the whole run, however many conftests import this fixture."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE * 1000)
    if _running:
        yield _running[0]
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(), headless=True, args=list(CHROMIUM_ARGUMENTS)
        )
        _running.append(browser)
        yield browser
        _running.clear()
        browser.close()


@dataclass  # no slots: Playwright keeps its wrappers on the object
class Console:
    """Console errors and uncaught errors of every page in the test."""

    errors: list[str] = field(default_factory=list)
    # Chromium asks every site for an icon; a program that has none is none the worse for it.
    expected: list[re.Pattern[str]] = field(default_factory=lambda: [re.compile(r"404 .*/favicon\.ico")])

    def on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            place = message.location
            self.errors.append(f"{message.text} ({place.get('url', '')})")

    def on_error(self, error: WebError) -> None:
        self.errors.append(f"uncaught: {error.error}")

    @property
    def unexpected(self) -> list[str]:
        return [error for error in self.errors if not any(pattern.search(error) for pattern in self.expected)]


@pytest.fixture
def console() -> Iterator[Console]:
    """What the pages of this test complained about; the test fails on what it did not expect."""
    seen = Console()
    yield seen
    if seen.unexpected:
        pytest.fail("the page logged errors:\n" + "\n".join(seen.unexpected))


@pytest.fixture
def expect_console(console: Console) -> Callable[..., None]:
    """`expect_console(pattern, …)` allows console errors that match."""

    def expect(*patterns: str) -> None:
        console.expected += [re.compile(pattern) for pattern in patterns]

    return expect


@pytest.fixture
def new_visitor(chromium: Browser, console: Console) -> Iterator[Callable[..., BrowserContext]]:
    """`new_visitor()` is somebody else: a browser context with its own cookies."""
    contexts: list[BrowserContext] = []

    def visitor(**options: Any) -> BrowserContext:
        context = chromium.new_context(**options)
        context.set_default_timeout(PATIENCE * 1000)
        context.on("console", console.on_console)
        context.on("weberror", console.on_error)
        contexts.append(context)
        return context

    yield visitor
    for context in contexts:
        for page in context.pages:
            page.close()  # which tells the server; closing all of them at once does not
        context.close()


@pytest.fixture
def visitor(new_visitor: Callable[..., BrowserContext]) -> BrowserContext:
    """The one visitor that most tests need."""
    return new_visitor()


@dataclass(slots=True)
class Frames:
    """WebSocket frames of a page, both directions."""

    sent: list[str] = field(default_factory=list)
    received: list[str] = field(default_factory=list)
    sockets: int = 0
    both: list[str] = field(default_factory=list)
    """Both directions, in order."""

    def count_until(self, text: str) -> int:
        """How many frames there were up to the first received one that contains `text`."""
        return next((number for number, frame in enumerate(self.both, 1) if text in frame), 0)

    @property
    def count(self) -> int:
        return len(self.sent) + len(self.received)

    @property
    def size(self) -> int:
        return sum(len(text.encode()) for text in (*self.sent, *self.received))

    def clear(self) -> None:
        self.sent.clear()
        self.received.clear()
        self.both.clear()


def count_frames(page: Page) -> Frames:
    """Count the frames of every WebSocket that this page opens from now on."""
    frames = Frames()

    def note(direction: list[str], payload: str | bytes) -> None:
        text = payload if isinstance(payload, str) else payload.decode("latin-1")
        direction.append(text)
        frames.both.append(text)

    def opened(socket: Any) -> None:
        frames.sockets += 1
        socket.on("framesent", lambda payload: note(frames.sent, payload))
        socket.on("framereceived", lambda payload: note(frames.received, payload))

    page.on("websocket", opened)
    return frames
