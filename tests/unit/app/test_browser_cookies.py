"""Which cookies a browser has now: as its requests say, but for what an answer replaced while they were under way."""

from __future__ import annotations

from typing import Any

import pytest

from pycommunicate.server.app import browsercookies
from pycommunicate.server.app.browsercookies import BrowserCookies, changes_nothing, cookies_after


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(browsercookies, "time", clock)
    return clock


def test_nothing_is_known_at_first() -> None:
    cookies = BrowserCookies()
    assert cookies.header is None
    cookies.sent("")
    assert cookies.header == ""
    cookies.forget()
    assert cookies.header is None


def test_a_request_says_what_there_is() -> None:
    cookies = BrowserCookies()
    cookies.sent("a=1; b=2")
    cookies.sent("b=3")
    assert cookies.header == "b=3"


def test_an_answer_counts_at_once() -> None:
    cookies = BrowserCookies()
    cookies.sent("a=1; b=2")
    cookies.answered(["a=5; Path=/; HttpOnly", "b=; Max-Age=0; Path=/", "c=6"])
    assert cookies.header == "a=5; c=6"


def test_a_request_that_was_under_way_takes_nothing_back(clock: Clock) -> None:
    cookies = BrowserCookies()
    cookies.sent("session=in; theme=dark")
    cookies.answered(["session=; Max-Age=0", "cart=1"])
    cookies.sent("session=in; theme=light")
    assert cookies.header == "theme=light; cart=1"
    clock.now += 31
    cookies.sent("session=in; theme=light")  # by now the browser would have our answer
    assert cookies.header == "session=in; theme=light"


def test_a_value_that_comes_back_counts() -> None:
    cookies = BrowserCookies()
    cookies.sent("a=1")
    cookies.answered(["a=2"])
    cookies.answered(["a=1"])
    cookies.sent("a=1")
    assert cookies.header == "a=1"


def test_another_value_than_the_replaced_one_counts() -> None:
    cookies = BrowserCookies()
    cookies.sent("a=1")
    cookies.answered(["a=2"])
    cookies.sent("a=3")
    assert cookies.header == "a=3"


def test_another_sites_navigation_takes_nothing_away() -> None:
    """It brings no cookies that are `SameSite=Strict`."""
    cookies = BrowserCookies()
    cookies.sent("strict=1; lax=1")
    cookies.sent("lax=2", whole=False)
    assert cookies.header == "lax=2; strict=1"
    cookies.sent("lax=2")
    assert cookies.header == "lax=2"


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("a=2; Path=/", "a=2"),
        ("a=2; Path=/shop", "a=2"),
        ("a=2; Path=/sho", "a=1"),
        ("a=2; Path=/shop/admin", "a=1"),
        ("a=; Path=/shop/admin; Max-Age=0", "a=1"),
        ("a=2; Path=relative", "a=2"),
        ("a=2", "a=2"),
    ],
)
def test_a_cookie_for_a_part_of_the_application(line: str, after: str) -> None:
    cookies = BrowserCookies()
    cookies.sent("a=1")
    cookies.answered([line], "/shop")
    assert cookies.header == after


@pytest.mark.parametrize(
    ("attributes", "gone"),
    [
        ("Max-Age=0", True),
        ("max-age=-1", True),
        ("Max-Age=00", True),
        ("Max-Age=10; Expires=Thu, 01 Jan 1970 00:00:00 GMT", False),
        ("Expires=Thu, 01 Jan 1970 00:00:00 GMT", True),
        ("Expires=Thu, 01 Jan 2970 00:00:00 GMT", False),
        ("Expires=nonsense; Max-Age=nonsense", False),
        ("", False),
    ],
)
def test_what_takes_a_cookie_away(attributes: str, gone: bool) -> None:
    assert cookies_after("a=1", [f"a=2; {attributes}"]) == ("" if gone else "a=2")


def test_what_changes_nothing() -> None:
    assert changes_nothing("a=1; Max-Age=5", "b=2; a=1")
    assert changes_nothing("a=; Max-Age=0", "b=2")
    assert not changes_nothing("a=2", "a=1")
    assert not changes_nothing("a=; Max-Age=0", "a=1")


def test_what_is_remembered_is_bounded() -> None:
    cookies: Any = BrowserCookies()
    for number in range(1000):
        cookies.answered([f"a={number}"])
    assert len(cookies._replaced) <= 64
    assert cookies.header == "a=999"
