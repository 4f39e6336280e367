"""What a page keeps of its request: headers up to a bound, and the cookies that the browser has after the answer."""

from __future__ import annotations

import time
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING

from flask import request
from hypothesis import given
from hypothesis import strategies as st

from pycommunicate import CommunicateApp, ControllerFactory, View
from pycommunicate.server.app.browsercookies import cookies_after
from pycommunicate.testing import Browser

if TYPE_CHECKING:
    from pathlib import Path


def test_which_headers_a_handler_sees(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<head>{{ add_includes() }}</head><button id=go>Go</button>")
    app = CommunicateApp(template_directory=str(tmp_path))
    app.set_secret_key("a key for the tests, used nowhere else")
    seen: list[object] = []

    class Seeing(View):
        def render(self) -> str:
            return str(self.controller.templater.render("page.html"))

        def load(self) -> None:
            self.html_wrapper.element("#go").add_event_listener("click", self.look)

        def look(self) -> None:
            names = ("X-Remote-User", "Accept-Language", "X-Large", "X-Later", "Content-Type", "Host")
            seen.append([len(request.headers.get(name, "")) for name in names])

    app.add_controller("/", ControllerFactory().add_view(Seeing).set_default_view(Seeing))
    headers = {"X-Remote-User": "ada", "Accept-Language": "de", "X-Large": "y" * 9000, "X-Later": "z" * 5000}
    with app.test_browser(headers=headers) as browser:
        browser.open().click("#go")
    assert isinstance(browser, Browser)
    assert seen == [[3, 2, 0, 5000, 0, len("localhost")]]


# -- cookies


def test_the_cookies_after_an_answer() -> None:
    before = 'a=1; b="x y"; a=other;; junk ;c='
    assert cookies_after(before, []) == 'a=1; b="x y"; c='
    answered = ["a=2; Path=/; HttpOnly", "d=4", "b=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/"]
    assert cookies_after(before, answered) == "a=2; c=; d=4"
    assert cookies_after("", []) == ""


_names = st.text("abcxyz_-", min_size=1, max_size=5)
_values = st.text("abc019=%\\\"' ", max_size=8).map(str.strip)


@given(st.dictionaries(_names, _values, max_size=5), st.dictionaries(_names, _values, max_size=5))
def test_what_was_set_is_there_and_the_rest_stays(before: dict[str, str], answered: dict[str, str]) -> None:
    header = "; ".join(f"{name}={value}" for name, value in before.items())
    after = cookies_after(header, [f"{name}={value}; Path=/" for name, value in answered.items()])
    assert after == "; ".join(f"{name}={value}" for name, value in {**before, **answered}.items())


def test_it_takes_linear_time() -> None:
    """The standard library's parser takes 15 seconds for the first on some versions of Python."""
    begun = time.perf_counter()
    for header in ('a="' + "\\" * 40_000 + '"', "a=b; " * 100_000, "=" * 400_000, '"' * 400_000, " " * 400_000):
        cookies_after(header, ["x=y"] * 100)
    assert time.perf_counter() - begun < 3


def test_what_flask_sets_is_kept_as_the_browser_would() -> None:
    jar: SimpleCookie = SimpleCookie()
    jar["session"] = 'with "quotes"; and more'
    line = jar.output(header="").strip()
    assert SimpleCookie(cookies_after("", [line]))["session"].value == 'with "quotes"; and more'
