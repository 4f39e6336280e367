"""Reports of what a policy stopped: whatever is in them, the door stays standing, and each place is told once."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pycommunicate.server.app.violations import Violations

if TYPE_CHECKING:
    from pathlib import Path

OURS = "default-src 'self'; report-uri /under/__pycommunicate/violations"


@pytest.fixture
def violations(tmp_path: Path) -> Violations:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "a.html").write_text(
        "<p>\n<script>\n  go(1);\n</script>\n<b onclick='go(1);'>\n" + "\n" * 20 + "<b onclick='go(1);'>"
    )
    return Violations([str(folder)], tmp_path)


def report(**values: Any) -> dict[str, Any]:
    return {
        "effectiveDirective": "script-src-elem",
        "blockedURL": "inline",
        "documentURL": "http://localhost:8080/orders?page=2",
        "originalPolicy": OURS,
        "sample": "\n  go(1);\n",
        "lineNumber": 3,
        **values,
    }


def said(violations: Violations, **values: Any) -> str:
    told = violations.take(json.dumps([report(**values)]).encode())
    assert told is not None
    text: str = told["text"]
    return text


def test_of_several_places_the_nearest_is_named(violations: Violations) -> None:
    assert said(violations).startswith("templates/a.html line 2: an inline script")
    attribute = {"effectiveDirective": "script-src-attr", "sample": "go(1);"}
    assert said(violations, **attribute, lineNumber=6).startswith("templates/a.html line 5: an event handler attribute")
    assert said(violations, **attribute, lineNumber=30).startswith(
        "templates/a.html line 26: an event handler attribute"
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"sample": ""}, "the page /orders, line 3 of its HTML: an inline script"),
        ({"sample": "", "lineNumber": None}, "the page /orders: an inline script"),
        (
            {"blockedURL": "eval", "sourceFile": "http://localhost:8080/static/a.js", "lineNumber": 9},
            "/static/a.js line 9: a text that was to run",
        ),
        ({"blockedURL": "wasm-eval", "sample": ""}, '`policy={"script-src": ["\'wasm-unsafe-eval\'"]}`'),
        ({"blockedURL": "data", "effectiveDirective": "font-src"}, '`policy={"font-src": ["data:"]}` allows it'),
        (
            {"blockedURL": "https://a.example/x", "effectiveDirective": "style-src-elem"},
            '`policy={"style-src": ["https://a.example"]}` allows it',
        ),
        (
            {"blockedURL": "https://a.example/x", "originalPolicy": "script-src x"},
            "the application's own policy allows it with `https://a.example`",
        ),
        ({"sample": "javascript:go()"}, "a `javascript:` address"),
        ({"effectiveDirective": "style-src-attr"}, "an inline style"),
        ({"blockedURL": "trusted-types-sink"}, "a Trusted Types policy"),
        ({"blockedURL": "http://[", "documentURL": "http://["}, "the page /, line 3"),
    ],
)
def test_it_says_what_to_write(violations: Violations, values: dict[str, Any], expected: str) -> None:
    assert expected in said(violations, **values)


def test_each_place_is_told_once_in_either_form(violations: Violations, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        uri = {
            "effective-directive": "script-src-elem",
            "blocked-uri": "inline",
            "script-sample": "\n  go(1);\n",
            "line-number": 3,
        }
        assert violations.take(json.dumps({"csp-report": uri}).encode()) is None
        assert violations.take(json.dumps([report(), report()]).encode()) is not None
        assert violations.take(json.dumps([report()]).encode()) is None
    assert len(caplog.messages) == 1


def test_no_more_than_so_many_places_are_told(violations: Violations, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for number in range(30):
            batch = [report(blockedURL=f"https://{number}.{one}.example/") for one in range(30)]
            violations.take(json.dumps(batch).encode())
    assert len(caplog.messages) == 200


def test_a_line_of_the_log_stays_one_line(violations: Violations, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        said(violations, blockedURL="https://a.example/\r\nforged\x1b[2J" + "x" * 5_000)
    (line,) = caplog.messages
    assert line.isprintable()
    assert len(line) < 600


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([*report(), "csp-report", "blocked-uri"]), inner, max_size=5)
    ),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(VALUES.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60))
def test_whatever_comes_is_taken(violations: Violations, body: bytes) -> None:
    told = violations.take(body)
    assert told is None or json.dumps(told)


def test_nesting_without_end_is_taken(violations: Violations) -> None:
    assert violations.take(b"[" * 60_000) is None
