"""Pages that another site's page shows in a frame."""

from __future__ import annotations

import pytest

from pycommunicate import CommunicateApp, ControllerFactory, View
from pycommunicate.errors import ConfigurationError


class Plain(View):
    def render(self) -> str:
        return "plain"


def answer_of(scheme: str, root: str = "", **options: object) -> dict[str, str]:
    app = CommunicateApp(**options)  # type: ignore[arg-type]
    app.set_secret_key("a key for the tests, used nowhere else")
    app.add_controller("/", ControllerFactory().add_view(Plain).set_default_view(Plain))
    client = app.flask.test_client(use_cookies=False)
    return dict(client.get("/", base_url=f"{scheme}://localhost{root}").headers)


@pytest.mark.parametrize(
    ("scheme", "root", "attributes"),
    [
        ("https", "", {"__Host-pycommunicate", "Secure", "SameSite=None", "Partitioned", "HttpOnly", "Path=/"}),
        (
            "https",
            "/app",
            {"__Secure-pycommunicate", "Secure", "SameSite=None", "Partitioned", "HttpOnly", "Path=/app"},
        ),
        ("http", "", {"pycommunicate", "SameSite=Lax", "HttpOnly", "Path=/"}),
    ],
)
def test_the_cookie_is_given_in_frames_too(scheme: str, root: str, attributes: set[str]) -> None:
    cookie = answer_of(scheme, root, embedded_in=["https://shop.example"])["Set-Cookie"]
    name, *rest = cookie.split("; ")
    assert {
        name.partition("=")[0],
        *(part for part in rest if not part.startswith(("Max-Age", "Expires"))),
    } == attributes


def test_the_policy_lets_them_in() -> None:
    sites = ["https://shop.example", "https://*.example:8443"]
    named = "frame-ancestors 'self' https://shop.example https://*.example:8443"
    header = "Content-Security-Policy"
    assert named in answer_of("https", embedded_in=sites)[header].split("; ")
    assert answer_of("https", embedded_in=sites, policy=None)[header] == named
    assert answer_of("https", embedded_in=sites, policy="default-src 'self'")[header] == "default-src 'self'"
    assert "frame-ancestors 'self'" in answer_of("https")[header].split("; ")


@pytest.mark.parametrize(
    "wrong",
    [
        "https://shop.example",
        ["shop.example"],
        ["https://a.example; x"],
        ["http://a.example"],
        [1],
        5,
        ["https://a.example/path"],
    ],
)
def test_what_is_no_list_of_origins(wrong: object) -> None:
    with pytest.raises(ConfigurationError, match=r"embedded_in is .* expected a list of origins"):
        CommunicateApp(embedded_in=wrong)  # type: ignore[arg-type]
