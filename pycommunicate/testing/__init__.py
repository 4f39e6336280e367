"""Testing tools: a browser that speaks the real protocol to the real application, in-process, without a socket and without Chromium.

    browser = app.test_browser()
    page = browser.open("/")
    page.fill("#next", "milk")
    page.click("#add")
    assert page.text("#todo p") == ["- milk"]

Needs the extra: `pip install "pycommunicate[testing]"`. Importing this module loads nothing else.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pycommunicate.testing.browser import Browser as Browser
    from pycommunicate.testing.element import Element as Element
    from pycommunicate.testing.errors import InvalidTestSelector as InvalidTestSelector
    from pycommunicate.testing.errors import NoSuchElement as NoSuchElement
    from pycommunicate.testing.errors import NotAtRest as NotAtRest
    from pycommunicate.testing.errors import NotPossible as NotPossible
    from pycommunicate.testing.page import Page as Page

_HOMES = {
    "Browser": "pycommunicate.testing.browser",
    "Element": "pycommunicate.testing.element",
    "InvalidTestSelector": "pycommunicate.testing.errors",
    "NoSuchElement": "pycommunicate.testing.errors",
    "NotAtRest": "pycommunicate.testing.errors",
    "NotPossible": "pycommunicate.testing.errors",
    "Page": "pycommunicate.testing.page",
}

__all__ = [*_HOMES]  # noqa: PLE0604 - the names of _HOMES are str


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        message = f"module 'pycommunicate.testing' has no attribute {name!r}"
        raise AttributeError(message)
    try:
        import_module("bs4")
        import_module("html5lib")
        value = globals()[name] = getattr(import_module(home), name)
    except ModuleNotFoundError as error:
        if error.name not in {"bs4", "html5lib", "soupsieve"}:
            raise
        message = f'pycommunicate.testing needs {error.name}; install it with: pip install "pycommunicate[testing]"'
        raise ModuleNotFoundError(message, name=error.name) from None
    return value
