"""`user.session`: a dict, and more than a dict."""

from __future__ import annotations

import copy
import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest

from pycommunicate import NotSerializable, SessionTooLarge
from pycommunicate.keys import Keys
from pycommunicate.sessions import FileSessions, MemorySessions, Session

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.sessions.conftest import Open


def test_it_is_a_dict(store: MemorySessions, session_in: Open) -> None:
    session = session_in(store)
    assert isinstance(session, dict)
    assert session == {}
    session["count"] = 1
    session["count"] += 1
    session.update({"a": 1}, b=2)
    session.update([("c", 3)])
    session |= {"d": 4}
    assert session.setdefault("e", []) == []
    assert session.pop("a") == 1
    assert session.pop("missing", None) is None
    with pytest.raises(KeyError):
        session["missing"]
    assert {**session} == dict(session) == session.copy() == {"count": 2, "b": 2, "c": 3, "d": 4, "e": []}
    assert json.loads(json.dumps(session)) == session
    assert list(session) == list(session.keys()) == ["count", "b", "c", "d", "e"]
    assert (len(session), bool(session), "b" in session) == (5, True, True)
    match session:
        case {"count": count}:
            assert count == 2
    assert session | {"b": 0} == {"count": 2, "b": 0, "c": 3, "d": 4, "e": []}
    for other in (copy.copy(session), copy.deepcopy(session), pickle.loads(pickle.dumps(session))):
        assert type(other) is dict
        assert other == session
    session.clear()
    assert not session


def test_it_is_saved_when_its_user_ends(store: MemorySessions, session_in: Open) -> None:
    session = session_in(store)
    session["cart"] = ["milk"]
    assert session_in(store) == {}
    session.end()
    assert session_in(store) == {"cart": ["milk"]}


def test_changes_inside_of_values_are_saved(store: MemorySessions, session_in: Open) -> None:
    session = session_in(store)
    session["cart"] = {"items": []}
    session.end()
    session.begin()
    cart = session["cart"]
    session.begin()  # a second handler, which ends while the first still holds the list
    session.end()
    cart["items"].append("milk")
    session.end()
    assert session_in(store) == {"cart": {"items": ["milk"]}}


def test_a_session_that_was_not_used_costs_the_store_nothing(session_in: Open) -> None:
    class Never:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError(name)

    session = Session(Never(), "ada", Keys(lambda: ("0123456789abcdef",)))  # type: ignore[arg-type]
    session.begin()
    session.end()


def test_reading_alone_saves_nothing(store: MemorySessions, session_in: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    session = session_in(store)
    session["name"] = "Ada"
    session.end()
    monkeypatch.setattr(store, "save", None)
    session.begin()
    assert session["name"] == "Ada"
    session.end()


def test_two_processes_that_change_different_values_lose_nothing(store: MemorySessions, session_in: Open) -> None:
    first, second = session_in(store), session_in(store)
    first["name"] = "Ada"
    second["theme"] = "dark"
    first.end()
    second.end()
    assert session_in(store) == {"name": "Ada", "theme": "dark"}
    first.begin()
    assert first["theme"] == "dark"
    del first["theme"]
    second.begin()
    second["name"] = "Grace"
    first.end()
    second.end()
    assert session_in(store) == {"name": "Grace"}


def test_update_with_a_function(store: MemorySessions, session_in: Open) -> None:
    first, second = session_in(store), session_in(store)

    def count(session: dict[str, int]) -> int:
        session["count"] = session.get("count", 0) + 1
        return session["count"]

    for number in range(1, 200, 2):
        assert first.update(count) == number
        assert second.update(count) == number + 1
    assert session_in(store) == {"count": 200}
    assert second == {"count": 200}
    assert first.update({"count": 0}) is None
    assert first == {"count": 0}


def test_update_with_a_function_while_somebody_else_changes_it(store: MemorySessions, session_in: Open) -> None:
    session, other = session_in(store), session_in(store)
    calls = []

    def count(values: dict[str, int]) -> None:
        if len(calls) < 2:  # what a blocking call lets happen, here and in another process
            session["here"] = len(calls)
            other.update(lambda theirs: theirs.update(there=len(calls)))
        calls.append(dict(values))
        values["count"] = values.get("count", 0) + 1

    session.update(count)
    assert len(calls) == 3
    assert dict(session) == session_in(store) == {"count": 1, "here": 1, "there": 1}


def test_update_with_a_function_that_raises_changes_nothing(store: MemorySessions, session_in: Open) -> None:
    session = session_in(store)
    session["cart"] = ["milk"]

    def fail(values: dict[str, Any]) -> None:
        values["cart"].append("bread")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        session.update(fail)
    with pytest.raises(NotSerializable, match=r"user\.session\['when'\]: a object"):
        session.update(lambda values: values.update(when=object()))
    assert session == {"cart": ["milk"]}


def test_objects_inside_stay_the_same_objects(store: MemorySessions, session_in: Open) -> None:
    session = session_in(store)
    cart = session["cart"] = ["milk"]
    session.update(lambda values: values.update(count=1))
    session.end()
    session.begin()
    assert session["cart"] is cart


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (object(), r"user.session\['odd'\]: a object has no JSON form"),
        ({"a": [1, {2}]}, r"user.session\['odd'\]\['a'\]\[1\]: a set"),
        ({1: "a"}, r"the dict has a key of type int"),
        (float("nan"), r"user.session\['odd'\]: nan"),
        (b"bytes", r"a bytes"),
    ],
)
def test_a_value_that_json_cannot_carry(store: MemorySessions, session_in: Open, value: object, said: str) -> None:
    session = session_in(store)
    session["name"] = "Ada"
    session["odd"] = value
    with pytest.raises(NotSerializable, match=said):
        session.end()
    assert session_in(store) == {"name": "Ada"}
    assert session["odd"] is value
    session.begin()
    session["name"] = "Grace"
    session.end()  # said once
    assert session_in(store) == {"name": "Grace"}
    with pytest.raises(NotSerializable, match=said):
        session.save()
    session.move("grace")
    assert session["odd"] is value
    del session["odd"]
    session.save()
    circle: list[Any] = []
    circle.append(circle)
    session["circle"] = circle
    with pytest.raises(NotSerializable, match="contains itself"):
        session.save()


def test_keys_are_texts(store: MemorySessions, session_in: Open) -> None:
    session = session_in(store)
    session[7] = 1  # type: ignore[index]
    with pytest.raises(NotSerializable, match="a session's keys are str"):
        session.save()


@pytest.mark.parametrize("value", [2**70, "\ud800", "\x00 \u2028", (1, 2), {"": None}, 1e300, True])
def test_what_json_can_carry_comes_back(store: MemorySessions, session_in: Open, value: object) -> None:
    session = session_in(store)
    session["value"] = value
    session.end()
    back = session_in(store)["value"]
    assert back == (list(value) if isinstance(value, tuple) else value)


def test_a_new_id_keeps_the_session(store: MemorySessions, session_in: Open) -> None:
    session = session_in(store)
    session["name"] = "Ada"
    session.end()
    again = session_in(store)
    again.move("grace")
    assert again["name"] == "Ada"
    assert session_in(store) == {}
    assert session_in(store, "grace") == {"name": "Ada"}
    again["name"] = "Grace"
    again.end()
    assert session_in(store, "grace") == {"name": "Grace"}


def test_the_size_is_bounded(session_in: Open, tmp_path: Path) -> None:
    for store in (MemorySessions(max_bytes=400), FileSessions(tmp_path, max_bytes=400)):
        session = session_in(store)
        session["text"] = "x" * 100
        session.save()
        session["text"] = "x" * 500
        with pytest.raises(SessionTooLarge, match="400 are allowed"):
            session.save()
        assert session_in(store) == {"text": "x" * 100}


def test_somebody_elses_bytes_are_no_session(
    store: MemorySessions, session_in: Open, caplog: pytest.LogCaptureFixture
) -> None:
    session = session_in(store)
    session["name"] = "Ada"
    session.save()
    kept = store.load("ada")
    assert kept is not None
    for text in (
        kept.text[:-20] + kept.text[-10:] + kept.text[-20:-10],
        "{}",
        "",
        kept.text.replace("Ada", "Eve"),
        "[" * 100_000,
    ):
        store.delete("eve")
        if len(text) < 50_000:
            store.save("eve", text, None)
        assert session_in(store, "eve") == {}
    store.delete("eve")
    store.save("eve", kept.text, None)  # Ada's session in Eve's place
    assert session_in(store, "eve") == {}
    assert session_in(store, secret="another key 0123") == {}
    assert "not written by this program" in caplog.text
    eve = session_in(store, "eve")
    eve["name"] = "Eve"
    eve.save()
    assert session_in(store, "eve") == {"name": "Eve"}


def test_a_session_that_was_let_go_is_empty(store: MemorySessions, session_in: Open) -> None:
    session = session_in(store)
    session["name"] = "Ada"
    session.end()
    store.delete("ada")
    session.begin()
    session.refresh()
    assert session == {}
    session["count"] = 1
    session.end()
    assert session_in(store) == {"count": 1}


def test_a_session_is_sealed_again_after_a_change_of_the_key(store: MemorySessions | FileSessions) -> None:
    """Where it is used, even if nothing in it changes; else it would be lost with the old key."""

    def used(*secrets: str) -> dict[str, int]:
        session = Session(store, "ada", Keys(lambda: secrets))
        session.begin()
        session.refresh()
        seen = dict(session)
        session.end()
        return seen

    before = Session(store, "ada", Keys(lambda: ("the old key",)))
    before["count"] = 1
    before.save()
    assert used("the new key", "the old key") == {"count": 1}
    first = store.version("ada")
    assert used("the new key", "the old key") == {"count": 1}
    assert store.version("ada") == first, "once"
    assert used("the new key") == {"count": 1}
    assert used("another key") == {}
