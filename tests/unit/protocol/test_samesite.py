"""An address that came from outside is followed only if it is a path of this application."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycommunicate.protocol.samesite import LONGEST, same_site_path

FOLLOWED = [
    "/",
    "/todo",
    "/todo?page=2#last",
    "/a//b",
    "/a?next=https://evil.example",
    "/ä/日本",
    "/a%20b",
    "/a@b:c",
    "/...",
    "/a/..b?../..",
]
ELSEWHERE = [
    None, "", "todo", "//evil.example", "///evil", "/\\evil.example", "\\\\evil", "/a\\b", "https://evil.example", "https:evil", "javascript:alert(1)",
    " /a", "/\t/evil", "/\n/evil", "/a b", "/a\x00", "/a\x7f", "/..//evil", "/a/../b", "/a/%2e%2E/b", "/.%2e/x", "/./x", "/\ud800", "/" + "a" * LONGEST, 7, b"/a",
]  # fmt: skip


@pytest.mark.parametrize("location", FOLLOWED)
def test_a_path_is_followed(location: str) -> None:
    assert same_site_path(location, "") == location


@pytest.mark.parametrize("location", ELSEWHERE)
def test_anything_else_is_not(location: object) -> None:
    assert same_site_path(location, "") is None


@pytest.mark.parametrize(
    ("location", "below"),
    [("/app", True), ("/app/", True), ("/app/x", True), ("/app?x", True), ("/application", False), ("/", False), ("/app/../x", False), ("/app/%2e%2e/x", False)],
)  # fmt: skip
def test_it_stays_below_the_root(location: str, below: bool) -> None:
    assert (same_site_path(location, "/app") is not None) is below


@given(st.text(max_size=30) | st.text("/\\.:@?#%2eE\t a", max_size=12))
def test_what_is_followed_stays_on_the_host(location: str) -> None:
    for text in (location, f"/{location}"):
        if same_site_path(text, "") is not None:
            assert urlsplit(urljoin("https://ours.example/sign-in", text)).netloc == "ours.example"
            assert not urlsplit(text).netloc
