"""The policy of pages: what is composed of the default and of what an application gives, and how an application's own header is read."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycommunicate import CommunicateApp, ConfigurationError, ControllerFactory, View
from pycommunicate.server.app.policy import OwnPolicy, Policy, new_nonce

DEFAULT = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "media-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; "
    "frame-ancestors 'self'"
)


def directives(header: str) -> dict[str, list[str]]:
    return {name: values for name, *values in (part.split() for part in header.split("; "))}


def test_the_default() -> None:
    assert Policy().header() == Policy({}).header() == DEFAULT


@pytest.mark.parametrize(
    ("added", "directive", "expected"),
    [
        ({"script-src": ["https://cdn.example"]}, "script-src", "'self' https://cdn.example"),
        ({"script-src": ["'self'"]}, "script-src", "'self'"),
        ({"object-src": ["'self'"]}, "object-src", "'self'"),
        ({"frame-ancestors": ["'none'"]}, "frame-ancestors", "'none'"),
        ({"form-action": ["'self'"]}, "form-action", "'self'"),
        ({"frame-src": ["https://maps.example"]}, "frame-src", "'self' https://maps.example"),
        (
            {"worker-src": ["blob:"], "script-src": ["https://cdn.example"]},
            "worker-src",
            "'self' https://cdn.example blob:",
        ),
        ({"upgrade-insecure-requests": []}, "upgrade-insecure-requests", ""),
    ],
)
def test_a_dict_adds_to_the_lists(added: dict[str, list[str]], directive: str, expected: str) -> None:
    composed = directives(Policy(added).header())
    assert " ".join(composed[directive]) == expected
    rest = {name: values for name, values in composed.items() if name not in added}
    assert rest == {name: values for name, values in directives(DEFAULT).items() if name not in added}


def test_a_str_replaces_it_and_none_leaves_the_frames() -> None:
    assert Policy("default-src 'none' ;img-src 'self'").header() == "default-src 'none'; img-src 'self'"
    assert Policy(None).header("n1", report_uri="/r") == "frame-ancestors 'self'"


@pytest.mark.parametrize(
    ("policy", "script", "style"),
    [
        ({}, "'self' 'nonce-n1'", "'self' 'unsafe-inline'"),
        ({"script-src": ["'unsafe-inline'"]}, "'self' 'unsafe-inline'", "'self' 'unsafe-inline'"),
        ("default-src 'self'", "'self' 'nonce-n1'", None),
        ("script-src 'strict-dynamic'; style-src 'self'", "'strict-dynamic' 'nonce-n1'", "'self' 'nonce-n1'"),
        ("script-src 'none'", "'none'", None),
        ("img-src 'self'", None, None),
    ],
)
def test_the_nonce_stands_where_it_means_something(policy: Any, script: str | None, style: str | None) -> None:
    composed = directives(Policy(policy).header("n1"))
    for name, expected in (("script-src", script), ("style-src", style)):
        assert composed.get(name) == (None if expected is None else expected.split())


def test_in_debug_the_browser_reports_with_the_beginning_of_the_text() -> None:
    composed = directives(Policy().header("n1", report_uri="/door"))
    assert composed["script-src"] == ["'self'", "'nonce-n1'", "'report-sample'"]
    assert composed["style-src"][-1] == "'report-sample'"
    assert composed["report-uri"] == ["/door"]
    own = directives(Policy({"report-uri": ["/mine"]}).header(report_uri="/door"))
    assert own["report-uri"] == ["/mine"]


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ({"scriptsrc": []}, "did you mean 'script-src'?"),
        ({"Script-Src": []}, "did you mean 'script-src'?"),
        ({5: []}, "5 is not a directive"),
        ({"script-src": "https://cdn.example"}, "expected a list of sources"),
        ({"script-src": 5}, "expected a list of sources"),
        ({"script-src": [5]}, "expected one source for each str"),
        ({"script-src": ["https://a.example https://b.example"]}, "without spaces"),
        ({"script-src": ["https://a.example;"]}, "semicolons"),
        ({"script-src": ["https://a.example,"]}, "commas"),
        ({"script-src": ["a\r\nSet-Cookie: x"]}, "line ends"),
        ({"script-src": ["https://ä.example"]}, "ASCII"),
        ({"script-src": [""]}, "expected one source"),
        ({"script-src": ["self"]}, "\"'self'\""),
        ({"script-src": ["UNSAFE-INLINE"]}, "\"'unsafe-inline'\""),
        ("default-src self", "\"'self'\""),
        ("default-src 'self'\nimg-src *", "one line of ASCII"),
        ("default-src 'self', img-src *", "without commas"),
        ("default-src 'self'; default-src *", "twice"),
        ("defaultsrc 'self'", "did you mean 'default-src'?"),
        ("", "policy=None"),
        (" ; ", "policy=None"),
        (5, "policy is 5; expected a dict of directives"),
        (["script-src"], "expected a dict"),
        (True, "expected a dict"),
    ],
)
def test_what_is_not_a_policy_is_said(policy: Any, said: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(said)):
        CommunicateApp(policy=policy)


@given(
    st.dictionaries(st.sampled_from(["script-src", "img-src", "form-action", "sandbox"]), st.lists(st.text()))
    | st.text()
)
def test_whatever_is_given_the_header_is_one_line_of_directives(policy: Any) -> None:
    try:
        header = Policy(policy).header("n1", report_uri="/r")
    except ConfigurationError:
        return
    assert re.fullmatch(r"[ -+\--~]+", header)
    assert all(re.match("[a-z-]+", part) for part in header.split("; "))


def test_nonces_are_new_and_fit() -> None:
    nonces = {new_nonce() for _ in range(100)}
    assert len(nonces) == 100
    assert all(re.fullmatch(r"[\w-]{22}", nonce) for nonce in nonces)


@pytest.mark.parametrize(
    ("enforced", "report_only", "nonces", "strict"),
    [
        (["script-src 'nonce-abc' 'strict-dynamic'"], [], ["abc"], True),
        (["default-src 'nonce-abc'; img-src 'nonce-no'"], [], ["abc"], False),
        (["default-src 'nonce-no'; script-src 'nonce-abc'"], [], ["abc"], False),
        (["Script-Src 'nonce-abc'; script-src 'nonce-no'"], [], ["abc"], False),
        (["script-src-elem 'nonce-abc'; script-src 'nonce-no'"], [], ["abc"], False),
        (
            ["script-src 'nonce-a'", "script-src 'nonce-b', script-src 'nonce-c'"],
            ["script-src 'nonce-d'"],
            ["a", "b", "c", "d"],
            False,
        ),
        (["script-src 'nonce-\"><script>'"], [], [], False),
        (["script-src 'self'"], ["script-src 'strict-dynamic'"], [], False),
        (["", ";;,", "script-src"], [], [], False),
    ],
)
def test_an_own_header_is_read(enforced: list[str], report_only: list[str], nonces: list[str], strict: bool) -> None:
    own = OwnPolicy(enforced, report_only)
    assert own.nonces == nonces
    assert own.is_strict is strict


# -- on its way out


class Home(View):
    """A page with a script of its own."""

    def render(self) -> Any:
        """Return it."""
        return self.controller.templater.render_string(
            "<head>{{ add_includes() }}</head><script nonce='{{ csp_nonce() }}'></script>"
        )


class Still(View):
    """A page without the client."""

    def render(self) -> Any:
        """Return it."""
        return "<h1>still</h1>"


def app_with(view: type[View] = Home, **options: Any) -> CommunicateApp:
    app = CommunicateApp(**options)
    app.set_secret_key("k" * 40)
    app.add_controller("/", ControllerFactory().add_view(view).set_default_view(view))
    return app


def answer(app: CommunicateApp, path: str = "/") -> Any:
    return app.flask.test_client().get(path, base_url="http://localhost")


def test_each_load_has_a_nonce_of_its_own_in_header_script_and_page() -> None:
    app = app_with()
    seen = set()
    for _ in range(2):
        response = answer(app)
        (nonce,) = re.findall(r"'nonce-([\w-]+)'", response.headers["Content-Security-Policy"])
        assert re.findall(r"nonce=[\"']([^\"']+)[\"']", response.text) == [nonce, nonce]
        seen.add(nonce)
    assert len(seen) == 2


def test_a_page_without_the_client_has_the_policy_and_no_nonce() -> None:
    response = answer(app_with(Still))
    assert response.headers["Content-Security-Policy"] == DEFAULT
    assert "Cache-Control" not in response.headers


def test_error_pages_have_it_and_plain_routes_files_and_doors_have_not() -> None:
    app = app_with(Still)
    app.add_error_handler(404, ControllerFactory().add_view(Still).set_default_view(Still))
    app.flask.add_url_rule("/plain", "plain", lambda: "<h1>plain</h1>")
    app.flask.add_url_rule("/broken", "broken", lambda: 1 // 0)
    app.flask.config["PROPAGATE_EXCEPTIONS"] = False
    assert answer(app, "/nothing").headers["Content-Security-Policy"] == DEFAULT
    script = re.search(r'src="([^"]+)"', answer(app_with()).text)
    assert script is not None
    for path in ("/plain", "/broken", script.group(1)):
        assert "Content-Security-Policy" not in answer(app, path).headers


def test_a_page_that_leads_elsewhere_has_none() -> None:
    class Away(View):
        def render(self) -> Any:
            self.controller.redirect("/there")

    response = answer(app_with(Away))
    assert response.status_code == 302
    assert "Content-Security-Policy" not in response.headers


@pytest.mark.parametrize("name", ["Content-Security-Policy", "Content-Security-Policy-Report-Only"])
def test_a_header_that_is_set_after_the_request_wins(name: str) -> None:
    """Also one that is set by the last of all functions, in an answer of its own."""
    app = app_with()

    def replace(response: Any) -> Any:
        other = app.flask.response_class(response.get_data())
        other.headers[name] = "default-src 'self'"
        return other

    app.flask.after_request_funcs.setdefault(None, []).insert(0, replace)  # the last that runs
    headers = answer(app).headers
    ours = "default-src 'self'" if name == "Content-Security-Policy" else "frame-ancestors 'self'"
    assert headers.getlist("Content-Security-Policy") == [ours]
    assert headers[name] == "default-src 'self'"


@pytest.mark.parametrize("body", ["whole", "read"])
def test_a_nonce_in_an_own_header_is_given_to_our_script(body: str) -> None:
    app = app_with(Home)

    @app.flask.after_request
    def _own(response: Any) -> Any:
        if body == "read":
            response.get_data()
        response.headers["Content-Security-Policy"] = "script-src 'nonce-bW9ua2V5' 'strict-dynamic'"
        return response

    assert '.js" nonce="bW9ua2V5" defer>' in answer(app).text


def test_a_nonce_that_a_template_names_is_checked() -> None:
    class Bad(View):
        def render(self) -> Any:
            return self.controller.templater.render_string("{{ add_includes(nonce=text) }}", text='x" onload="y')

    app = app_with(Bad)
    app.flask.testing = True
    with pytest.raises(ValueError, match="is not a valid nonce; expected base64"):
        answer(app)


def test_in_debug_only_the_browser_reports() -> None:
    headers = [answer(app_with(debug=debug)).headers["Content-Security-Policy"] for debug in (True, False)]
    assert ["report-uri /__pycommunicate/violations" in header for header in headers] == [True, False]
    assert ["'report-sample'" in header for header in headers] == [True, False]
