"""`pycommunicate routes`: the listing, its JSON, and that `--match` says what the server does."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import pc, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RULES = ["/", "/folder/", "/static/<path:filename>", "/todo/new", "/todo/<int:number>", "/todo/<path:rest>"]


def test_the_listing(project: Path) -> None:
    done = pc(project, "routes")
    assert (done.code, done.err) == (0, "")
    heading, *rows = done.out.splitlines()
    assert heading.split() == ["METHODS", "RULE", "CONTROLLER", "VIEWS", "TEMPLATE", "SOURCE"]
    assert [next(word for word in row.split() if word.startswith("/")) for row in rows] == RULES
    assert rows[0].split() == ["GET", "/", "Controller", "HomeView", "home.html", "controllers/home.py:5"]
    assert rows[4].split() == [
        "GET",
        "/todo/<int:number>",
        "EntryController",
        "EntryView",
        "-",
        "controllers/deep/entry.py:10",
    ]
    assert pc(project, "routes", "listing").out == done.out


def test_the_json(project: Path) -> None:
    done = pc(project, "routes", "listing", "--json")
    document = json.loads(done.out)
    assert list(document) == ["version", "routes", "problems"]
    assert document["version"] == 1
    assert document["problems"] == []
    assert document["routes"][4] == {
        "methods": ["GET"],
        "rule": "/todo/<int:number>",
        "endpoint": "entry",
        "controller": "controllers.deep.entry.EntryController",
        "views": ["controllers.deep.entry.EntryView"],
        "template": None,
        "file": str(project / "controllers/deep/entry.py"),
        "line": 10,
        "arguments": ["number"],
    }
    assert document["routes"][3]["methods"] == ["GET", "POST"]
    assert document["routes"][0]["template"] == "home.html"
    assert document["routes"][2]["controller"] is None


def test_sorting(project: Path) -> None:
    document = json.loads(pc(project, "routes", "--json", "--sort", "endpoint").out)
    assert [route["endpoint"] for route in document["routes"]] == ["entry", "folder", "home", "new", "rest", "static"]
    document = json.loads(pc(project, "routes", "--json", "--sort", "rule").out)
    assert [route["rule"] for route in document["routes"]] == sorted(RULES)


URLS = [
    "/",
    "/todo/3",
    "/todo/03?x=1",
    "/todo/new",
    "/todo/x/y",
    "/todo/%C3%A4",
    "/folder",
    "/folder/",
    "/nowhere",
    "/todo",
]


def test_match_agrees_with_the_server(project: Path, start: Callable) -> None:
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    running = start(project, "run")
    url = running.url.rstrip("/")
    opener = urllib.request.build_opener(Stay)
    for path in URLS:
        try:
            with opener.open(url + path, timeout=30) as response:
                served = (response.status, response.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                served = (error.code, error.headers.get("Location") or "")
        done = pc(project, "routes", "--match", path, "--json")
        matched = json.loads(done.out)
        assert matched["status"] == served[0], path
        assert done.code == (0 if served[0] < 400 else 6)
        if served[0] == 308:
            assert served[1].endswith(matched["location"])
        if served[1].startswith("entry"):
            assert served[1] == f"entry {matched['values']!r}"
    assert running.interrupt() == 0


def test_match_for_people(project: Path) -> None:
    done = pc(project, "routes", "--match", "/todo/3")
    assert "EntryController" in done.out
    assert done.out.endswith("arguments: number = 3\n")
    done = pc(project, "routes", "--match", "/todo/3", "--method", "POST")
    assert (done.code, done.out) == (6, "405: no route answers POST /todo/3\n")


def test_check(project: Path) -> None:
    done = pc(project, "routes", "--check")
    assert (done.code, done.err) == (0, "0 problems in 6 routes\n")
    write(
        project,
        {
            "controllers/wrong.py": "from pycommunicate import View, route\n\n\n"
            "@route('/all/<path:a>/x')\nclass WrongView(View):\n"
            "    def render(self):\n        return self.controller.templater.render('hme.html')\n",
            "app.py": (project / "app.py").read_text("utf-8")
            + "app.flask.add_url_rule('/todo/<path:other>', 'late', lambda other: '')\n",
        },
    )
    done = pc(project, "routes", "--check")
    assert done.code == 6
    assert "did you mean 'home.html'?" in done.err
    assert str(project / "templates") in done.err
    assert "at controllers/wrong.py:7" in done.lines
    duplicate = next(line for line in done.lines if line.startswith("duplicate: "))
    assert "/todo/<path:other>" in duplicate
    assert "at app.py:7" in done.lines
    assert "at controllers/deep/entry.py:20" in done.lines
    problems = json.loads(pc(project, "routes", "--json").out)["problems"]
    assert sorted(problem["kind"] for problem in problems) == ["duplicate", "template"]
    assert set(problems[0]) == {"kind", "message", "places", "help"}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"controllers/bad.py": "x = 1\ndef (\n"}, ["SyntaxError: invalid syntax", "at controllers/bad.py:2"]),
        ({"controllers/bad.py": "\nimport nowhere\n"}, ["No module named 'nowhere'", "at controllers/bad.py:2"]),
        ({"controllers/bad.py": "raise SystemExit(3)\n"}, ["ended the program", "at controllers/bad.py:1"]),
        ({"app.py": "import nowhere\n"}, ["No module named 'nowhere'", "at app.py:1"]),
        ({"app.py": "app = 3\n"}, ["app:app is a int; expected a CommunicateApp", "at app.py"]),
        ({"app.py": "from pycommunicate import CommunicateApp\nsite = CommunicateApp()\n"}, ["it is called 'site'"]),
        ({"app.py": "from pycommunicate import CommunicateApp\napp = CommunicateApp()\napp.run()\n"}, ["app.run() was called", "at app.py:3", "__main__"]),
        ({"pyproject.toml": "[tool.pycommunicate]\napp = 3\n"}, ["expected 'module:attribute'"]),
        ({"pyproject.toml": "[tool.pycommunicate]\napp = \n"}, ["pyproject.toml can't be read", "at pyproject.toml:2"]),
        ({"pyproject.toml": "[tool.pycommunicate]\napp = 'site'\n"}, []),
        ({".env": "A=1\nnonsense\n"}, ["'nonsense' is not KEY=VALUE", "at .env:2"]),
        (
            {"controllers/a1.py": "from controllers import b1\nX = 1\n", "controllers/b1.py": "\nfrom controllers.a1 import X\n"},
            ["circle: controllers.a1 -> controllers.b1 -> controllers.a1", "at controllers/a1.py:1", "at controllers/b1.py:2"],
        ),
        (
            {"controllers/dup.py": "from pycommunicate import View, route\n@route('/todo/<int:other>')\nclass V(View): pass\n"},
            ["/todo/<int:other> and /todo/<int:number>", "at controllers/deep/entry.py:10", "at controllers/dup.py:2"],
        ),
        (
            {"controllers/own.py": "from pycommunicate import View, route\n@route('/__pycommunicate/x')\nclass V(View): pass\n"},
            ["reserved", "at controllers/own.py:2"],
        ),
        (
            {"controllers/none.py": "from pycommunicate import Controller, route\n@route('/x')\nclass NoneController(Controller): pass\n"},
            ["NoneController has no view", "at controllers/none.py:2", "views = [NoneView]"],
        ),
    ],
)  # fmt: skip
def test_what_does_not_load(files: dict[str, str], said: list[str], project: Path) -> None:
    if "site" in files.get("pyproject.toml", ""):
        write(project, {"site.py": "from pycommunicate import View\nrise\n"})
    write(project, files)
    done = pc(project, "routes")
    assert done.code == 3
    assert done.out == ""
    for part in said:
        assert part in done.err
    assert "site-packages" not in done.err
    assert "importlib" not in done.err
    assert sum(line.startswith("error: ") for line in done.lines) == 1


def test_traceback_shows_all(project: Path) -> None:
    write(project, {"controllers/bad.py": "def f():\n    rise\nf()\n"})
    short, whole = pc(project, "routes"), pc(project, "--traceback", "routes")
    assert short.err.count("  File ") == 2
    assert "pycommunicate/server/discovery.py" not in short.err
    assert "pycommunicate/server/discovery.py" in whole.err
    assert pc(project, "routes", "--traceback").err == whole.err


def test_another_application_by_name(project: Path) -> None:
    write(project, {"other.py": "from pycommunicate import CommunicateApp\nsite = CommunicateApp()\n"})
    for arguments in (["--app", "other:site", "routes"], ["routes", "listing", "--app", "other:site"]):
        done = pc(project, *arguments)
        assert done.code == 0, done.err
        assert "EntryController" not in done.out
    assert pc(project, "--app", "not a name", "routes").code == 2
    done = pc(project, "--app", "nowhere:app", "routes")
    assert done.code == 3
    assert "there is no module 'nowhere'" in done.lines[0]
