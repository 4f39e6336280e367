"""Text as any encoding of Unicode can carry it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pycommunicate.protocol.usv import usv_string

any_text = st.text(st.characters(codec=None) | st.sampled_from("\ud800\udbff\udc00\udfff\ufffd"))


@given(any_text)
def test_it_can_be_encoded_and_nothing_else_has_changed(text: str) -> None:
    whole = usv_string(text)
    assert whole.encode().decode() == whole
    assert usv_string(whole) is whole
    if not any("\ud800" <= character <= "\udfff" for character in text):
        assert whole is text


def test_as_the_standard_has_it() -> None:
    assert usv_string("a\ud800b") == "a\ufffdb"
    assert usv_string("\udc00\ud800") == "\ufffd\ufffd"
    assert usv_string("\ud83d\ude00") == "\U0001f600", "two halves that meet are one character"
