"""`pycommunicate doctor`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.cli.conftest import APP, pc, write

if TYPE_CHECKING:
    from pathlib import Path

NAMES = [
    "versions",
    "file limits",
    "file events",
    "application",
    "port",
    "secret key",
    "routes",
    "templates",
    "imports",
    "websocket",
]


def test_a_healthy_project(project: Path) -> None:
    before = sorted(path.name for path in project.iterdir())
    done = pc(project, "doctor", "--json")
    document = json.loads(done.out)
    assert [check["name"] for check in document["checks"]] == NAMES
    assert {check["name"]: check["detail"] for check in document["checks"] if check["status"] != "ok"} == {}
    assert document["version"] == 1
    assert (done.code, done.err) == (0, "")
    assert sorted(path.name for path in project.iterdir()) == before


def test_through_proxies(project: Path) -> None:
    write(
        project, {"app.py": APP.replace("web_port=0", "web_port=0, trusted_proxies=1, allowed_hosts=['shop.example']")}
    )
    done = pc(project, "doctor")
    assert done.code == 0, done.out
    assert "opens through the configured proxies' headers" in done.out


def test_a_sick_project(project: Path) -> None:
    write(
        project,
        {
            "app.py": APP.replace("a key that is long enough, for tests", "secret!"),
            "templates/bad.html": "<p>\n{% if %}",
            "templates/home.html": "{{ 1 }}",
            "views/one.py": "import views.two",
            "views/two.py": "import views.one",
            "controllers/bad.py": "from pycommunicate import View, route\n@route('/b')\nclass V(View):\n"
            "    def render(self): return self.controller.templater.render('none.html')\n",
        },
    )
    done = pc(project, "doctor")
    assert done.code == 6
    found = {line[6:19].strip(): line[:4].strip() for line in done.out.splitlines() if not line.startswith(" ")}
    assert found["secret key"] == found["routes"] == found["templates"] == "fail"
    assert found["imports"] == "warn"
    assert "a circle: views.one -> views.two -> views.one" in done.out
    assert "at templates/bad.html:2" in done.out


def test_a_project_that_does_not_import(project: Path) -> None:
    write(project, {"app.py": "\nrise\n"})
    done = pc(project, "doctor")
    assert done.code == 6
    assert "fail  application" in done.out
    assert "at app.py:2" in done.out
