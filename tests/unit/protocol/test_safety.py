"""What would turn text into code is refused. The client's tests read the same list: tests/wire/safety.json."""

import json
from pathlib import Path
from typing import Any

import pytest

from pycommunicate import RefusedName, UnsafeURL
from pycommunicate.protocol import safety
from pycommunicate.protocol.checked import LONGEST_NAME

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


def test_addresses_in_attributes() -> None:
    for name, value in GOLDEN["addresses"]["allowed"]:
        safety.check_attribute_value(name, value)
    for name, value in GOLDEN["addresses"]["refused"]:
        with pytest.raises(UnsafeURL):
            safety.check_attribute_value(name, value)


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


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: safety.check_tag("<p>hi</p>"), "'<p>hi</p>' is not an element name; write add_child(\"p\", content=\"hi\")"),
        (lambda: safety.check_tag("<p>"), "'<p>' is not an element name; write add_child(\"p\")"),
        (lambda: safety.check_tag("two words"), "'two words' is not the name of an element; expected a name such as 'p' or 'my-element'"),
        (lambda: safety.check_tag("iframe"), "the element 'iframe' would load, lead elsewhere or change the whole page; put <iframe> into the template, or use append_html(Markup(...))"),
        (lambda: safety.check_attribute_value("sandbox", None), "the attribute 'sandbox' may only be read: it decides what may run, or leads elsewhere; write it into the template"),
        (lambda: safety.check_property_value("protocol", "x:"), "the property 'protocol' may only be read: it decides what may run, or leads elsewhere; set href"),
        (lambda: safety.check_attribute_value("action", "https://evil.example/"), "the attribute 'action' can't be 'https://evil.example/': it leads away from this application, or may do so; expected a relative URL such as '/orders'"),
        (lambda: safety.check_property_value("src", ["javascript:x"]), "the property 'src' can't be 'javascript:x': it has the scheme 'javascript'; expected a relative URL or http(s)"),
        (lambda: safety.check_style_value("background", "u\\72l(//evil.example)"), "the style 'background' would load '//evil.example'; expected a relative URL or data:image/png, jpeg, gif, webp or avif. For others write a rule into a style sheet of yours, and set a class"),
    ],
)  # fmt: skip
def test_what_is_said(call: Any, said: str) -> None:
    with pytest.raises((RefusedName, UnsafeURL)) as caught:
        call()
    assert str(caught.value) == said


def test_a_long_value_is_not_repeated_whole() -> None:
    with pytest.raises(UnsafeURL) as caught:
        safety.check_url("javascript:" + "x" * 100_000)
    assert len(str(caught.value)) < 400


def test_an_event_has_a_name_that_a_page_can_tell_of() -> None:
    assert safety.check_event("e" * LONGEST_NAME)
    with pytest.raises(RefusedName):
        safety.check_event("e" * (LONGEST_NAME + 1))
