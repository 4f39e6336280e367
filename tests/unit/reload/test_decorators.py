"""A decorator is a call: what it did can't be done again or undone, unless it is known to leave nothing behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pycommunicate.reload.update import CannotUpdate

if TYPE_CHECKING:
    from tests.unit.reload.conftest import Project

API = """
from flask import Blueprint
bp = Blueprint("api", __name__)

@bp.get("/one")
def one():
    return "one"
"""
PURE = """
import functools
import contextlib as c
from dataclasses import dataclass
from typing import final
from pycommunicate import View, error_handler, route

def size():
    return 1
"""


@pytest.mark.parametrize(
    "saved",
    [
        API + '\n@bp.get("/two")\ndef two():\n    return "two"\n',
        API.replace('@bp.get("/one")', '@bp.get("/uno")'),
        API.replace('@bp.get("/one")\n', ""),
        API.partition("@bp")[0],
        API.replace("def one()", "def one(a=1)"),
        API + '\nclass More:\n    @bp.get("/more")\n    def more(): pass\n',
        API + "\n@bp.app_errorhandler(404)\nclass Wrong: pass\n",
        API + "\n[bp][0].get\n" + "@([bp][0].get)('/x')\ndef x(): pass\n",
    ],
    ids=["new", "other arguments", "without it", "removed", "other defaults", "in a class", "a class", "no name"],
)
def test_what_registers_wants_a_new_process(project: Project, saved: str) -> None:
    api = project.load(api=API)
    one = api.one
    with pytest.raises(CannotUpdate, match="api, line"):
        project.save(api=saved)
    assert api.one is one
    assert api.one() == "one"


def test_a_body_is_swapped_whatever_decorates_it(project: Project) -> None:
    api = project.load(api=API)
    assert project.save(api=API.replace('return "one"', 'return "uno"')).functions == ["one"]
    assert api.one() == "uno"


def test_a_decorator_that_depends_on_what_changed(project: Project) -> None:
    text = API.replace("@bp.get(", 'WHERE = "/a"\n\n@bp.get(WHERE + ')
    project.load(api=text)
    with pytest.raises(CannotUpdate, match=r"bp\.get"):
        project.save(api=text.replace('"/a"', '"/b"'))


def test_a_file_that_is_deleted(project: Project) -> None:
    project.load(api=API)
    project.delete("api")
    with pytest.raises(CannotUpdate, match=r"bp\.get"):
        project.update()


def test_a_file_that_is_new(project: Project) -> None:
    project.load(api=API, user="")
    project.write(more='from api import bp\n\n@bp.get("/two")\ndef two(): pass\n')
    with pytest.raises(CannotUpdate, match=r"more, line 3.*bp\.get"):
        project.save(user="import more\n")
    assert "more" not in project.modules.by_name


@pytest.mark.parametrize(
    "more",
    [
        "@functools.lru_cache(maxsize=3)\ndef f(): pass\n",
        "@c.contextmanager\ndef f(): yield\n",
        "@dataclass\nclass A:\n    n: int = 1\n",
        "@final\nclass A: pass\n",
        "@staticmethod\ndef f(): pass\n",
        '@route("/")\nclass A(View): pass\n',
        "@error_handler(404)\nclass A(View): pass\n",
        "import pycommunicate as p\n@p.route('/')\nclass A(View): pass\n",
        "from functools import cache as kept\n@kept\ndef f(): pass\n",
        "class A:\n    @property\n    def n(self): return 1\n    @n.setter\n    def n(self, value): pass\n",
    ],
)
def test_what_leaves_nothing_behind_is_taken_over(project: Project, more: str) -> None:
    module = project.load(pure=PURE)
    project.save(pure=PURE + more)
    assert vars(module).get("f", vars(module).get("A")) is not None
    project.save(pure=PURE)
    assert not {"f", "A"} & vars(module).keys()


def test_a_name_of_ours_that_leads_elsewhere(project: Project) -> None:
    text = "found = []\ndef route(function):\n    found.append(function)\n    return function\n"
    project.load(own=text)
    with pytest.raises(CannotUpdate, match="@route"):
        project.save(own=text + "@route\ndef f(): pass\n")
