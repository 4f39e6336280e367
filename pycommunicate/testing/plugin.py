"""The pytest plugin: `browser`, `new_browser`, and where they find the application.

Loaded by every pytest run where pycommunicate is installed, so it imports nothing of the application's before a fixture is used.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pycommunicate.testing import Browser

_OPTION = "--pycommunicate-app"
_SETTING = "pycommunicate_app"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--pycommunicate-app` and the setting `pycommunicate_app`."""
    said = "the application that `browser` opens: module:attribute; the attribute may be a function that returns it"
    parser.getgroup("pycommunicate").addoption(_OPTION, metavar="MODULE:ATTRIBUTE", default=None, help=said)
    parser.addini(_SETTING, said, default="")


@pytest.fixture
def pycommunicate_app(request: pytest.FixtureRequest) -> Any:
    """The application under test: your fixture `app`, else what `--pycommunicate-app` or the setting `pycommunicate_app` names."""
    try:
        return request.getfixturevalue("app")
    except pytest.FixtureLookupError as error:
        if error.argname != "app":
            raise
    config = request.config
    named = config.getoption(_OPTION) or config.getini(_SETTING)
    if not named:
        pytest.fail(
            "there is no application to open: write a fixture `app` that returns it, "
            f"or name it, by `{_SETTING} = module:attribute` in pytest's settings",
            pytrace=False,
        )
    return _load(str(named), str(config.rootpath))


@pytest.fixture
def new_browser(pycommunicate_app: Any) -> "Iterator[Callable[..., Browser]]":
    """`new_browser()` is another visitor, with cookies of its own; takes what `pycommunicate.testing.Browser` takes.

    All are closed with the test. It fails where a page or a handler of the application outlives them.
    """
    worlds: list[Any] = []
    with ExitStack() as closing:

        def make(**options: Any) -> "Browser":
            browser: Browser = pycommunicate_app.test_browser(**options)
            closing.callback(browser.close)
            worlds.append(browser.world)
            return browser

        yield make
    left = worlds[0].left() if worlds else ""
    if left:
        pytest.fail(f"after the browsers were closed, there still was: {left}", pytrace=False)


@pytest.fixture
def browser(new_browser: "Callable[..., Browser]") -> "Browser":
    """One visitor of the application."""
    return new_browser()


def _load(name: str, root: str) -> Any:
    module, _, attribute = name.partition(":")
    if root not in sys.path:
        sys.path.insert(0, root)
    found = getattr(import_module(module), attribute or "app")
    return found if hasattr(found, "test_browser") else found()
