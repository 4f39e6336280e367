"""Applications for the simulated browser, in this process."""

from tests.testing.conftest import add, app, browser, new_browser, pycommunicate_app

__all__ = ["add", "app", "browser", "new_browser", "pycommunicate_app"]
