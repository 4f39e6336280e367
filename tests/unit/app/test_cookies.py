"""Which cookie is the visitor's."""

from __future__ import annotations

import pytest

from pycommunicate import CommunicateApp
from pycommunicate.server.app.cookies import our_cookies


def environ(cookie: str, scheme: str = "http", root: str = "") -> dict[str, str]:
    return {"HTTP_COOKIE": cookie, "wsgi.url_scheme": scheme, "SCRIPT_NAME": root}


ALL = "__Host-pycommunicate=host; __Secure-pycommunicate=secure; pycommunicate=plain"


@pytest.mark.parametrize(
    ("scheme", "root", "found"),
    [("http", "", "plain"), ("http", "/app", "plain"), ("https", "", "host"), ("https", "/app", "secure")],
)
def test_only_the_name_of_the_scheme_counts(scheme: str, root: str, found: str) -> None:
    assert our_cookies(environ(ALL, scheme, root)) == [found]


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("", []),
        ("a=b; pycommunicate=x", ["x"]),
        ("pycommunicate=x;pycommunicate=y", ["x", "y"]),
        ('pycommunicate="x"', ["x"]),
        ('pycommunicate="x', ['"x']),
        ("pycommunicate", []),
        ("pycommunicate=", []),
        ("pycommunicate=a=b", ["a=b"]),
        ("xpycommunicate=a; pycommunicate2=b; Pycommunicate=c", []),
        ("pycommunicate=" + "x" * 201, []),
        ("pycommunicate=a; " * 100, ["a"] * 16),
        ('a="; pycommunicate=x; "', ["x"]),
    ],
)
def test_the_header_is_read(header: str, found: list[str]) -> None:
    assert our_cookies(environ(header)) == found


def test_the_first_that_verifies_counts() -> None:
    app = CommunicateApp()
    app.set_secret_key("a key for the tests, used nowhere else")
    ada, bob = app.users.find([]), app.users.find([])
    planted, own = app.users.cookie_for(bob), app.users.cookie_for(ada)
    assert app.users.find(["planted", "x.y", own]) is ada
    assert app.users.find([planted, own]) is bob, "of two that we signed: the first, the more specific path"
    assert app.users.get(["planted"]) is None


@pytest.mark.parametrize(
    ("scheme", "root", "line"),
    [
        ("http", "", ("pycommunicate=", "Path=/;", False)),
        ("https", "", ("__Host-pycommunicate=", "Path=/;", True)),
        ("https", "/app", ("__Secure-pycommunicate=", "Path=/app;", True)),
        ("http", "/app", ("pycommunicate=", "Path=/app;", False)),
    ],
)
def test_the_cookie_is_given_under_the_name_that_is_read(scheme: str, root: str, line: tuple[str, str, bool]) -> None:
    from pycommunicate import ControllerFactory, View

    class Plain(View):
        def render(self) -> str:
            return "plain"

    app = CommunicateApp()
    app.set_secret_key("a key for the tests, used nowhere else")
    app.add_controller("/", ControllerFactory().add_view(Plain).set_default_view(Plain))
    client = app.flask.test_client(use_cookies=False)
    given = client.get("/", base_url=f"{scheme}://localhost{root}").headers["Set-Cookie"]
    name, path, secure = line
    assert given.startswith(name)
    assert path in given
    assert ("Secure;" in given) is secure
    assert "Domain" not in given
    assert "HttpOnly" in given
    users = len(app.users)
    again = client.get("/", base_url=f"{scheme}://localhost{root}", headers={"Cookie": given.partition(";")[0]})
    assert len(app.users) == users
    assert again.headers["Set-Cookie"].partition(";")[0] == given.partition(";")[0]
