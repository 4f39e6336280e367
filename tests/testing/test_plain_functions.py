"""What would not run when it is called is refused where it is given: `async def`, functions with `yield`."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

import pytest

from pycommunicate import View

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycommunicate import CommunicateApp
    from pycommunicate.testing import Browser


async def later(*_: Any) -> None: ...


def generated(*_: Any) -> Any:
    yield


async def both(*_: Any) -> Any:
    yield


class Waits:
    async def __call__(self) -> None: ...

    async def method(self) -> None: ...


DEFERRED = {
    "async def": (later, "an `async def`"),
    "generator": (generated, "a function with `yield`"),
    "asynchronous generator": (both, "a function with `yield`"),
    "partial": (functools.partial(later, 1), "an `async def`"),
    "method": (Waits().method, "an `async def`"),
    "object": (Waits(), "an `async def`"),
}
GIVEN: dict[str, Callable[[View, Any], object]] = {
    "the handler of 'click'": lambda view, function: view.html_wrapper.element("p").add_event_listener(
        "click", function
    ),
    "the timer's function": lambda view, function: view.add_timer(1, function),
    "the handler of the topic 'news'": lambda view, function: view.subscribe("news", function),
}


INSTEAD = "write a plain `def`: it may block, other pages and handlers go on meanwhile"


@pytest.mark.parametrize("what", GIVEN)
@pytest.mark.parametrize("kind", DEFERRED)
def test_it_is_refused_where_it_is_given(add: Any, browser: Browser, what: str, kind: str) -> None:
    function, said = DEFERRED[kind]
    seen: list[str] = []

    def load(view: View) -> None:
        with pytest.raises(TypeError) as error:
            GIVEN[what](view, function)
        seen.append(str(error.value))

    add("/page", "<p></p>", load)
    browser.open("/page")
    assert seen == [f"{what} is {said}, which does not run when it is called; {INSTEAD}"]


@pytest.mark.parametrize("name", ["render", "load", "teardown"])
@pytest.mark.parametrize("kind", ["async def", "generator", "asynchronous generator"])
def test_a_view_is_refused_when_its_class_is_made(name: str, kind: str) -> None:
    function, said = DEFERRED[kind]
    with pytest.raises(TypeError, match=rf"Page\.{name} is {re.escape(said)}"):
        type("Page", (View,), {name: function})


def test_what_a_decorator_hides_is_reported_when_it_has_run(app: CommunicateApp, add: Any, browser: Browser) -> None:
    told: list[str] = []
    app.on_error(lambda error, where: told.append(str(error)))
    browser.raise_errors = False

    def load(view: View) -> None:
        view.html_wrapper.element("#a").add_event_listener("click", lambda: later(1))
        view.html_wrapper.element("#b").add_event_listener("click", lambda: generated(1))

    add("/page", "<button id=a></button><button id=b></button>", load)
    page = browser.open("/page")
    page.click("#a")
    page.click("#b")
    assert told == [
        f"the click handler returned a coroutine, of which nothing has run; {INSTEAD}",
        f"the click handler returned a generator, of which nothing has run; {INSTEAD}",
    ]


@pytest.mark.parametrize("given", [later, generated])
def test_hooks_of_the_application_are_refused_too(app: CommunicateApp, given: Any) -> None:
    with pytest.raises(TypeError, match=r"what on_error\(\) was given is"):
        app.on_error(given)
    with pytest.raises(TypeError, match=r"what before_handler\(\) was given is"):
        app.before_handler(given)


HIDING = {
    "keep": (
        lambda self: None,
        "Page.keep hides the `keep` of every view, which is the names of what a remount puts back",
    ),
    "preload": (property(lambda self: True), "Page.preload hides the `preload` of every view, which is True or False"),
    "controller": (lambda self: None, "Page.controller hides the `controller` of every view, which is its controller"),
    "render": ("page.html", "Page.render is a str; expected a function"),
    "add_timer": (None, "Page.add_timer is a NoneType; expected a function"),
}


@pytest.mark.parametrize("name", HIDING)
def test_what_hides_one_of_ours_with_another_kind_is_refused(name: str) -> None:
    value, said = HIDING[name]
    with pytest.raises(TypeError, match=re.escape(said)):
        type("Page", (View,), {name: value})


@pytest.mark.parametrize("names", ["count", ["a", 1]])
def test_keep_names_attributes(names: Any) -> None:
    with pytest.raises(TypeError, match=r"Page.keep is .*; expected a tuple of the names of attributes"):
        type("Page", (View,), {"keep": names})


def test_teardown_follows_a_load_that_has_begun(app: CommunicateApp, add: Any, browser: Browser) -> None:
    ended: list[str] = []

    def fail(view: View) -> None:
        raise LookupError("as asked")

    browser.raise_errors = False
    add("/loaded", "<p></p>", lambda view: None, teardown=lambda view: ended.append("loaded"))
    add("/failed", "<p></p>", fail, teardown=lambda view: ended.append("failed"))
    add("/never", "<p></p>", lambda view: None, teardown=lambda view: ended.append("never"))
    browser.open("/loaded").close()
    browser.open("/failed").close()
    app.flask.test_client().get("/never")
    for page in list(app.pages):
        page.end("the test has ended")
    assert ended == ["loaded", "failed"]
