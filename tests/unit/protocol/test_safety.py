"""What would turn text into code is refused. The client's tests read the same list: tests/wire/safety.json."""

import json
from pathlib import Path
from typing import Any

import pytest

from pycommunicate import RefusedName, UnsafeURL
from pycommunicate.protocol import safety

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parents[2] / "wire" / "safety.json").read_text())


@pytest.mark.parametrize(
    ("kind", "check"),
    [("properties", safety.check_property), ("attributes", safety.check_attribute), ("tags", safety.check_tag)],
)
def test_names(kind: str, check: Any) -> None:
    for name in GOLDEN[kind]["allowed"]:
        assert check(name) == name
    for name in GOLDEN[kind]["refused"]:
        with pytest.raises(RefusedName):
            check(name)


def test_urls() -> None:
    for url in GOLDEN["urls"]["allowed"]:
        safety.check_url(url)
    for url in GOLDEN["urls"]["refused"]:
        with pytest.raises(UnsafeURL):
            safety.check_url(url)


def test_the_names_that_hold_urls_are_the_clients() -> None:
    assert set(GOLDEN["url_attributes"]) == set(safety.URL_NAMES)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "mailto:a@b.c", "//evil.example", "/\\evil", "data:text/html,x"]
)
def test_nobody_is_led_there(url: str) -> None:
    with pytest.raises(UnsafeURL):
        safety.check_url(url, navigation=True)


@pytest.mark.parametrize("name", ["onclick", "on click", "", "2x", 5])
def test_event_names(name: object) -> None:
    with pytest.raises(RefusedName):
        safety.check_event(name)  # type: ignore[arg-type]
