"""Applications for the simulated browser, in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pycommunicate import CommunicateApp, ControllerFactory, View
from pycommunicate.protocol.limits import Limits
from pycommunicate.testing.plugin import browser, new_browser, pycommunicate_app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["browser", "new_browser", "pycommunicate_app"]

FRAME = (
    "<!DOCTYPE html><html lang=en><head><title>{title}</title>{{{{ add_includes() }}}}</head><body>{body}</body></html>"
)


PATIENT = Limits(foreseen=1.0, preload=0.5)
"""A pause of the machine is not the application's: what is counted stays the same."""


@pytest.fixture
def app(tmp_path: Path) -> CommunicateApp:
    """An application without pages."""
    app = CommunicateApp(template_directory=str(tmp_path), limits=PATIENT)
    app.set_secret_key("a key for the tests, used nowhere else")
    return app


@pytest.fixture
def add(app: CommunicateApp, tmp_path: Path) -> Callable[..., type[View]]:
    """`add("/", "<p id=a></p>", load)`: a page with this body, whose `load(view)` is that function. Returns the view."""

    def make(
        route: str, body: str, load: Callable[[View], Any] = lambda view: None, title: str = "Test", **parts: Any
    ) -> type[View]:
        name = f"page{len(list(tmp_path.iterdir()))}.html"
        (tmp_path / name).write_text(FRAME.format(title=title, body=body))

        class Made(View):
            def render(self) -> str:
                return self.controller.templater.render(name)

            def load(self) -> None:
                load(self)

        for part, function in parts.items():
            setattr(Made, part, function)
        if route:
            app.add_controller(route, ControllerFactory().add_view(Made).set_default_view(Made))
        return Made

    return make
