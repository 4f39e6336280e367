"""What an application and a view are given wrongly is said where it is given, not at the first visitor."""

from __future__ import annotations

from typing import Any

import pytest

from pycommunicate import CommunicateApp, ConfigurationError, FileSessions, Limits, NotSerializable, View


class Home(View):
    def render(self) -> str:
        return ""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"sessions": "data/sessions"}, r"sessions is 'data/sessions'; expected a store, such as FileSessions\("),
        ({"sessions": FileSessions}, r"sessions is <class .*>; expected a store, such as FileSessions\("),
        ({"limits": {"read_deadline": 5}}, r"limits is \{.*\}; expected Limits\("),
    ],
)
def test_an_option_of_another_kind_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        CommunicateApp(**options)


@pytest.mark.parametrize("value", ["10", None, -1, True, float("nan")])
def test_a_limit_is_a_number(value: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"the limit read_deadline is .*; expected a number, not below 0"):
        Limits(read_deadline=value)


def test_one_allowed_host_needs_no_list() -> None:
    app = CommunicateApp(allowed_hosts="example.org")  # type: ignore[arg-type]
    app.flask.add_url_rule("/", view_func=lambda: "hello")
    assert app.flask.test_client().get("/", headers={"Host": "example.org"}).status_code == 200
    assert app.flask.test_client().get("/", headers={"Host": "x"}).status_code == 400


def test_an_error_hook_is_a_function() -> None:
    with pytest.raises(TypeError, match=r"what on_error\(\) was given is a NoneType; expected a function"):
        CommunicateApp().on_error(None)  # type: ignore[arg-type]


def said_by(view_is_told: Any) -> str:
    with pytest.raises((TypeError, ValueError)) as error:
        view_is_told()
    return str(error.value)


class Nothing:
    html_wrapper = None


def test_a_timer_takes_a_number_and_a_function() -> None:
    view: Any = Home(Nothing())  # type: ignore[arg-type]
    assert "positive number of seconds, not 0" in said_by(lambda: view.add_timer(0, view.load))
    assert "positive number of seconds, not '1'" in said_by(lambda: view.add_timer("1", view.load))
    assert "positive number of seconds, not <bound method" in said_by(lambda: view.add_timer(view.load, 1))
    assert (
        said_by(lambda: view.add_timer(1, view.load()))
        == "the timer's function is a NoneType; expected a function (without its parentheses)"
    )


def test_a_subscription_takes_a_function() -> None:
    view: Any = Home(Nothing())  # type: ignore[arg-type]
    assert (
        said_by(lambda: view.subscribe("news", view.load()))
        == "the handler of the topic 'news' is a NoneType; expected a function (without its parentheses)"
    )


def test_what_json_cannot_carry_is_refused_though_nobody_listens() -> None:
    with pytest.raises(NotSerializable, match="topic 'news'"):
        CommunicateApp().topic("news").publish({1, 2})  # type: ignore[arg-type]
