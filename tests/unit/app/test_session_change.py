"""How a run's change of `flask.session` is merged onto what the browser has by then."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycommunicate.server.app.sessionchange import SessionChange, merge, same

Values = dict[str, Any]


@pytest.mark.parametrize(
    ("what", "base", "mine", "theirs", "merged"),
    [
        (
            "a route added the cart, the handler chose a theme",
            {"who": "a"},
            {"who": "a", "theme": 1},
            {"who": "a", "cart": [1]},
            {"who": "a", "theme": 1, "cart": [1]},
        ),
        ("a route signed out", {"who": "a"}, {"who": "a", "theme": 1}, {"x": 1}, {"x": 1}),
        ("a route signed out", {"who": "a", "n": 1}, {"who": "a", "n": 2}, {"n": 1}, {"n": 2}),
        ("and the handler signs another in", {"who": "a", "n": 1}, {"who": "b", "n": 1}, {"n": 1}, {"n": 1}),
        ("a route cleared it all", {"who": "a"}, {"who": "a", "theme": 1}, {}, {}),
        ("permanent is not enough to live", {"who": "a", "_permanent": True}, {"who": "b"}, {"_permanent": True}, {"_permanent": True}),
        ("nor is a goodbye", {"who": "a"}, {"who": "a", "n": 1}, {"_flashes": ["bye"]}, {"_flashes": ["bye"]}),
        ("nor the token of the sign-in form", {"who": "a", "csrf_token": "s"}, {"who": "a", "csrf_token": "s", "n": 1}, {"csrf_token": "t"}, {"csrf_token": "t"}),
        ("its own sign-out is carried out", {"who": "a"}, {"_remember": "clear"}, {}, {"_remember": "clear"}),
        ("both set one key", {"n": 1}, {"n": 2}, {"n": 3}, {"n": 2}),
        ("the handler took it away", {"n": 1, "m": 1}, {"m": 1}, {"n": 3, "m": 1}, {"m": 1}),
        ("a list is not merged", {"c": [1]}, {"c": [1, 9]}, {"c": [1, 2]}, {"c": [1, 9]}),
        ("both added a key", {}, {"cart": [1]}, {"cart": [2]}, {"cart": [1]}),
        ("both made a token", {}, {"csrf_token": "mine"}, {"csrf_token": "theirs"}, {"csrf_token": "theirs"}),
        ("only the handler made one", {}, {"csrf_token": "mine"}, {}, {"csrf_token": "mine"}),
        ("a sign-in while a route made a token", {}, {"who": "a"}, {"csrf_token": "t"}, {"csrf_token": "t", "who": "a"}),
        ("messages of both", {}, {"_flashes": ["b"]}, {"_flashes": ["a"]}, {"_flashes": ["a", "b"]}),
        ("shown by a route meanwhile", {"_flashes": ["a"]}, {"_flashes": ["a", "b"]}, {}, {"_flashes": ["b"]}),
        ("shown by the handler", {"_flashes": ["a"]}, {}, {"_flashes": ["a", "c"]}, {"_flashes": ["c"]}),
        ("shown by both", {"_flashes": ["a"]}, {}, {}, {}),
        ("shown by the handler, another said", {"_flashes": ["a"]}, {"_flashes": ["b"]}, {"_flashes": ["a"]}, {"_flashes": ["b"]}),
    ],
)  # fmt: skip
def test_the_rule(what: str, base: Values, mine: Values, theirs: Values, merged: Values) -> None:
    assert merge(SessionChange(base, mine), theirs) == merged, what


def test_a_session_with_a_new_id_builds_on_what_it_was() -> None:
    change = SessionChange({"n": 1}, {"n": 1, "who": "a"}, renewed=True)
    assert merge(change, {}) == {"n": 1, "who": "a"}
    assert merge(change, {"n": 2}) == {"n": 2, "who": "a"}


def test_what_is_the_same() -> None:
    assert same({"a": [1, (2, "x")]}, {"a": [1, (2, "x")]})
    assert not same(True, 1)
    assert not same([1, 2], (1, 2))
    assert not same({"a": [1]}, {"a": [1.0]})
    assert not same({"a": 1}, {"b": 1})


_keys = st.sampled_from(["who", "cart", "theme", "n", "csrf_token", "_permanent"])
_values: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(0, 2), st.lists(st.integers(0, 1), max_size=2)
)
_sessions = st.dictionaries(_keys, _values, max_size=5)  # fmt: skip
_MISSING = object()


@given(_sessions, _sessions, _sessions)
def test_the_clauses(base: Values, mine: Values, theirs: Values) -> None:
    before = repr((base, mine, theirs))
    merged = merge(SessionChange(base, mine), theirs)
    assert repr((base, mine, theirs)) == before, "nothing that was handed over is changed"
    lasting = base.keys() - {"_permanent", "csrf_token"}
    if lasting and not lasting & theirs.keys():
        assert merged == theirs, "the session has ended, and with it all that the run did"
        return
    for key in {*base, *mine, *theirs}:
        was, now, there = (values.get(key, _MISSING) for values in (base, mine, theirs))
        got = merged.get(key, _MISSING)
        if same(was, now):
            assert same(got, there), "what the run did not change is the browser's"
        elif was is not _MISSING and there is _MISSING:
            assert got is _MISSING, "what was taken away meanwhile stays away"
        elif key == "csrf_token" and there is not _MISSING and not same(was, there):
            assert same(got, there), "of tokens the browser's counts"
        else:
            assert same(got, now), "else what the run did"


@given(_sessions, _sessions)
def test_nobody_else_has_changed_anything(base: Values, mine: Values) -> None:
    assert same(merge(SessionChange(base, mine), base), mine)


@given(_sessions, _sessions)
def test_a_run_that_changed_nothing_changes_nothing(base: Values, theirs: Values) -> None:
    assert same(merge(SessionChange(base, base), theirs), theirs)


@given(_sessions, _sessions, _sessions)
def test_delivered_twice_is_delivered_once(base: Values, mine: Values, theirs: Values) -> None:
    """The answer to a ticket may be lost; the browser has the merged session all the same."""
    once = merge(SessionChange(base, mine), theirs)
    assert same(merge(SessionChange(base, mine), once), once)


_messages = st.lists(st.sampled_from("abc"), max_size=3)


@given(_messages, _messages, _messages, st.booleans())
def test_a_message_is_neither_lost_nor_shown_twice(before: list[str], added: list[str], other: list[str], shown: bool) -> None:  # fmt: skip
    base = {"who": 1, "_flashes": before}
    mine = {"who": 1, "_flashes": added if shown else before + added}
    if shown and before and mine["_flashes"][: len(before)] == before:
        return  # it looks as if nothing had been shown
    theirs = {"who": 1, "_flashes": before + other}
    merged = merge(SessionChange(base, mine), theirs)
    assert merged.get("_flashes", []) == ([] if shown else before) + other + added
