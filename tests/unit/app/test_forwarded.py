"""What proxies say is believed where the program asks for it, and is never more than a scheme, a host, an address, a path."""

from __future__ import annotations

import pytest
from flask import request, url_for

from pycommunicate import CommunicateApp, ConfigurationError
from pycommunicate.server.app.forwarded import address_of


def answer(headers: dict[str, str], **options: object) -> tuple[int, dict[str, str]]:
    """What a request with these headers is taken for."""
    app = CommunicateApp(allowed_hosts=["good.example"], **options)  # type: ignore[arg-type]

    @app.flask.get("/reset")
    def reset() -> dict[str, str]:
        return {
            "link": url_for("reset", _external=True),
            "peer": request.remote_addr or "",
            "root": request.script_root,
        }

    response = app.flask.test_client().get(
        "/reset", headers={"Host": "good.example", **headers}, environ_base={"REMOTE_ADDR": "10.0.0.9"}
    )
    return response.status_code, response.get_json(silent=True) or {}


def test_without_proxies_nothing_is_believed() -> None:
    headers = {
        "X-Forwarded-For": "1.2.3.4",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Prefix": "//evil",
    }
    assert answer(headers) == (200, {"link": "http://good.example/reset", "peer": "10.0.0.9", "root": ""})


@pytest.mark.parametrize("prefix", ["/app", "//evil.example", "/x;Domain=evil.example"])
def test_a_prefix_is_believed_only_if_asked_for(prefix: str) -> None:
    status, seen = answer({"X-Forwarded-Prefix": prefix}, trusted_proxies=1)
    assert (status, seen["root"], seen["link"]) == (200, "", "http://good.example/reset")


@pytest.mark.parametrize(
    ("prefix", "root"), [("/app", "/app"), ("/a/b-c_d.e~f", "/a/b-c_d.e~f"), ("/app/", "/app"), ("/", ""), ("", "")]
)
def test_a_prefix_that_was_asked_for(prefix: str, root: str) -> None:
    status, seen = answer({"X-Forwarded-Prefix": prefix}, trusted_proxies=1, trusted_prefix=True)
    assert (status, seen["root"], seen["link"]) == (200, root, f"http://good.example{root}/reset")


@pytest.mark.parametrize(
    "prefix",
    ["//evil.example", "/a//b", "//", "https://evil.example", "evil", "/x;Domain=evil.example", "/a\\b", "/..", "/a/../b", "/./a", "/%2f", "/a b", "/a?b", "/a#b", "/ä", "/" + "a" * 200],
)  # fmt: skip
def test_a_prefix_is_never_more_than_a_path(prefix: str) -> None:
    assert answer({"X-Forwarded-Prefix": prefix}, trusted_proxies=1, trusted_prefix=True)[0] == 400


@pytest.mark.parametrize("host", ["evil.example", "6.6.6.6", "localhost:1@evil.example", "good.example/x"])
def test_a_forwarded_host_is_held_to_the_same_rule(host: str) -> None:
    assert answer({"X-Forwarded-Host": host}, trusted_proxies=1)[0] == 400


@pytest.mark.parametrize(
    ("scheme", "status"), [("http", 200), ("https", 200), ("javascript", 400), ("HTTPS ", 400), ("ftp", 400)]
)
def test_a_scheme_is_http_or_https(scheme: str, status: int) -> None:
    assert answer({"X-Forwarded-Proto": scheme}, trusted_proxies=1)[0] == status


@pytest.mark.parametrize(
    ("said", "peer"),
    [
        ("1.2.3.4", "1.2.3.4"), ("9.9.9.9, 1.2.3.4", "1.2.3.4"), ("1.2.3.4:5678", "1.2.3.4"), ("[2001:db8::1]:5678", "2001:db8::1"),
        ("2001:DB8::1", "2001:db8::1"), ("unknown", "10.0.0.9"), ("<script>", "10.0.0.9"), ("a" * 500, "10.0.0.9"), ("fe80::1%eth0", "10.0.0.9"),
    ],
)  # fmt: skip
def test_the_peer_is_an_address(said: str, peer: str) -> None:
    assert answer({"X-Forwarded-For": said}, trusted_proxies=1)[1]["peer"] == peer


@pytest.mark.parametrize("text", ["", " ", "1.2.3.4\n\n5", "1.2.3.4\x00", "[", "[]", ":", "::1]", "1" * 60])
def test_what_is_no_address(text: str) -> None:
    assert address_of(text) is None


@pytest.mark.parametrize(
    "options", [{"trusted_prefix": True}, {"trusted_proxies": -1}, {"trusted_proxies": True}, {"trusted_proxies": "1"}]
)
def test_what_makes_no_sense_is_refused(options: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError, match="trusted_proxies"):
        CommunicateApp(**options)  # type: ignore[arg-type]
