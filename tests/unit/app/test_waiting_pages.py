"""Pages that were served and never connected: what is let go is freed there and then, not when the garbage collector comes round."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING

import pytest

from pycommunicate import CommunicateApp, ControllerFactory, Limits, View

if TYPE_CHECKING:
    from collections.abc import Iterator


class Shown(View):
    def render(self) -> str:
        return self.controller.templater.render_string("<title>t</title>{{ add_includes() }}")


class Plain(View):
    def render(self) -> str:
        return "<title>no client</title>"


@pytest.fixture
def app() -> CommunicateApp:
    app = CommunicateApp(limits=Limits(waiting_pages=1))
    app.set_secret_key("a secret that is long enough")
    app.add_controller("/", ControllerFactory().add_view(Shown).set_default_view(Shown))
    app.add_controller("/plain", ControllerFactory().add_view(Plain).set_default_view(Plain))
    return app


@pytest.fixture(autouse=True)
def _no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def test_a_page_whose_place_is_taken_is_freed_at_once(app: CommunicateApp) -> None:
    app.flask.test_client().get("/")
    (page,) = app.pages
    gone = weakref.ref(page.controller.view)
    del page
    app.flask.test_client().get("/")
    assert len(app.pages) == 1
    assert gone() is None


def test_a_page_without_the_client_is_freed_at_once(app: CommunicateApp, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[weakref.ref[View]] = []
    monkeypatch.setattr(Plain, "__init__", lambda view, controller: (View.__init__(view, controller), made.append(weakref.ref(view)))[0])  # fmt: skip
    app.flask.test_client().get("/plain")
    assert [view() for view in made] == [None]
