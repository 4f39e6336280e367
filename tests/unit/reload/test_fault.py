"""What an exception is described as."""

from __future__ import annotations

import importlib.util
import json
from typing import TYPE_CHECKING, Any

import jinja2
import pytest

from pycommunicate.errors import DiscoveryError, RouteError
from pycommunicate.reload.fault import describe_fault

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

VIEW = """\
import json


def outer(text):
\tname = "ä"; return inner(text)


def inner(text):
    return json.loads(text)


def late():
    try:
        outer("no JSON")
    except ValueError as error:
        raise RuntimeError("<b>too late</b>") from error


def endless():
    return endless()
"""


@pytest.fixture
def met(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """`met(source, "call()")`: the description of what a module of a project, or a call of it, raises."""

    def describe(source: str, call: str = "", **options: Any) -> dict[str, Any]:
        file = tmp_path / "views" / "todo.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(source, "utf-8")
        spec = importlib.util.spec_from_file_location("views_todo", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        with pytest.raises(BaseException) as caught:
            spec.loader.exec_module(module)
            eval(call, vars(module))
        fault = describe_fault(caught.value, tmp_path, **options)
        assert json.loads(json.dumps(fault)) == fault
        return fault

    return describe


def test_the_innermost_frame_of_the_project_is_the_place(met: Callable[..., dict[str, Any]]) -> None:
    fault = met(VIEW, "outer('no JSON')", title="views/todo.py: outer() raised")
    assert fault["title"] == "views/todo.py: outer() raised"
    assert (fault["kind"], fault["message"]) == ("JSONDecodeError", "Expecting value: line 1 column 1 (char 0)")
    assert (fault["file"], fault["line"], fault["column"], fault["end_column"]) == ("views/todo.py", 9, 12, 28)
    assert [number for number, _ in fault["code"]] == [6, 7, 8, 9, 10, 11, 12]
    assert fault["code"][3] == [9, "    return json.loads(text)"]
    assert fault["causes"] == []


def test_frames_of_the_project_come_first_and_the_innermost_of_them_leads(met: Callable[..., dict[str, Any]]) -> None:
    frames = met(VIEW, "outer('no JSON')")["frames"]
    own = [(frame["function"], frame["line"], frame["column"], frame["end_column"]) for frame in frames[:2]]
    assert own == [("inner", 9, 12, 28), ("outer", 5, 21, 32)], "columns count characters, also after an ä"
    assert [frame["project"] for frame in frames] == [True, True] + [False] * (len(frames) - 2)
    library = frames[2]
    assert (library["file"], library["function"], library["code"]) == ("json/decoder.py", "JSONDecoder.raw_decode", [])


def test_causes_are_told_in_their_order(met: Callable[..., dict[str, Any]]) -> None:
    fault = met(VIEW, "late()")
    assert (fault["kind"], fault["line"], fault["message"]) == ("RuntimeError", 16, "<b>too late</b>")
    cause = fault["causes"][0]
    assert (cause["kind"], cause["relation"], cause["line"]) == ("JSONDecodeError", "caused by", 9)
    assert "causes" not in cause
    assert len(fault["causes"]) == 1


def test_the_text_can_be_read_alone(met: Callable[..., dict[str, Any]]) -> None:
    lines = met(VIEW, "outer('')", title="A title")["text"].splitlines()
    assert lines[:4] == [
        "A title",
        "",
        "JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
        "at views/todo.py:9:12",
    ]
    at = lines.index(">    9 |     return json.loads(text)")
    assert lines[at + 1] == "       |            ^^^^^^^^^^^^^^^^"
    assert lines[-2:] == ["  in inner, views/todo.py:9", "  in outer, views/todo.py:5"]


def test_a_syntax_error_points_into_its_own_file(met: Callable[..., dict[str, Any]]) -> None:
    fault = met("good = 1\nbad = = 2\n")
    assert (fault["kind"], fault["message"]) == ("SyntaxError", "invalid syntax")
    assert (fault["file"], fault["line"], fault["column"], fault["end_column"]) == ("views/todo.py", 2, 7, 8)
    assert fault["code"] == [[1, "good = 1"], [2, "bad = = 2"]]
    assert fault["title"] == "SyntaxError in views/todo.py"


def test_an_indentation_error_at_the_end_of_the_file(met: Callable[..., dict[str, Any]]) -> None:
    fault = met("def f():\n")
    assert (fault["kind"], fault["line"], fault["code"][0]) == ("IndentationError", 1, [1, "def f():"])


def test_a_recursion_without_end_stays_small(met: Callable[..., dict[str, Any]]) -> None:
    fault = met(VIEW, "endless()")
    assert fault["kind"] == "RecursionError"
    assert len(fault["frames"]) == 30
    assert len(json.dumps(fault)) < 30_000


def test_exceptions_that_name_each_other(met: Callable[..., dict[str, Any]]) -> None:
    circle = "a, b = ValueError('a'), KeyError('b')\na.__cause__, b.__context__ = b, a\nraise a"
    assert [cause["kind"] for cause in met(circle)["causes"]] == ["KeyError"]
    group = "raise ExceptionGroup('all', [ValueError('a'), TypeError('b')])"
    assert [(c["kind"], c["relation"]) for c in met(group)["causes"]] == [
        ("ValueError", "one of the group"),
        ("TypeError", "one of the group"),
    ]


def test_an_exception_that_cannot_say_what_it_is(met: Callable[..., dict[str, Any]]) -> None:
    source = "class Odd(Exception):\n def __str__(self): raise TypeError\nraise Odd"
    assert met(source)["message"] == "(its message can't be had)"
    assert len(met("raise ValueError('x' * 100_000)")["message"]) < 5_000


@pytest.mark.parametrize(
    ("template", "line", "kind"),
    [
        ("<p>\n{% if x %}\n", 2, "TemplateSyntaxError"),
        ("<p>\n\n{{ nothing.at_all }}", 3, "UndefinedError"),
        ("<p>\n{{ 1 / 0 }}", 2, "ZeroDivisionError"),
        ("{% include 'lost.html' %}", 1, "TemplateNotFound"),
    ],
)
def test_an_error_in_a_template_points_into_the_template(tmp_path: Path, template: str, line: int, kind: str) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(template)
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(tmp_path / "templates"), autoescape=True)
    with pytest.raises(Exception) as caught:
        environment.get_template("page.html").render()
    fault = describe_fault(caught.value, tmp_path)
    assert (fault["kind"], fault["file"], fault["line"]) == (kind, "templates/page.html", line)
    assert fault["column"] is None
    assert [line, template.split("\n")[line - 1]] in fault["code"]


def test_our_own_errors_point_where_they_say(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("one\ntwo\n")
    places = [f"{tmp_path}/a.py:2", f"{tmp_path}/b.py:7"]
    fault = describe_fault(RouteError("the route is taken", places=places, help="rename one"), tmp_path)
    assert (fault["file"], fault["line"], fault["code"]) == ("a.py", 2, [[1, "one"], [2, "two"]])
    assert fault["message"] == "the route is taken\nalso at b.py:7\nrename one"


def test_a_failed_discovery_is_what_the_module_raised(tmp_path: Path) -> None:
    error = DiscoveryError("the module 'views.a' does not import")
    error.__cause__ = NameError("name 'x' is not defined")
    fault = describe_fault(error, tmp_path)
    assert (fault["kind"], fault["causes"]) == ("NameError", [])
    assert (fault["file"], fault["line"], fault["code"]) == (None, None, [])


def test_a_file_that_is_gone_has_no_code(met: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    fault = met("import os\nos.remove(__file__)\n1 / 0")
    assert not list((tmp_path / "views").glob("*.py"))
    assert (fault["file"], fault["line"], fault["code"], fault["column"]) == ("views/todo.py", 3, [], None)
