"""The pytest plugin, in projects of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from tests.contract.project import ROOT

if TYPE_CHECKING:
    from pathlib import Path

APP = """
from pycommunicate import CommunicateApp, ControllerFactory, View

class Home(View):
    def render(self):
        return f"<head>{self.controller.templater.render('head.html')}</head><p id=said></p><button>Go</button>"

    def load(self):
        self.html_wrapper.element("button").add_event_listener("click", self.go)

    def go(self):
        self.html_wrapper.element("#said").content = "gone"

    def teardown(self):
        teardowns.append(1)

teardowns = []
app = CommunicateApp()
app.set_secret_key("a key for the tests, used nowhere else")
app.add_controller("/", ControllerFactory().add_view(Home).set_default_view(Home))

def make():
    return app
"""
TESTS = """
def test_one(browser):
    page = browser.open("/")
    page.click("button")
    assert page.text("#said") == ["gone"]

def test_two(new_browser):
    import shop
    assert len(shop.teardowns) == 1  # the first test's page has ended
    assert new_browser() is not new_browser()
"""


def project(folder: Path, *options: str, tests: str = TESTS, **files: str) -> subprocess.CompletedProcess[str]:
    (folder / "templates").mkdir()
    (folder / "templates" / "head.html").write_text("{{ add_includes() }}")
    (folder / "shop.py").write_text(APP)
    (folder / "test_shop.py").write_text(tests)
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    installed = any(point.value == "pycommunicate.testing.plugin" for point in entry_points(group="pytest11"))
    plugin = () if installed else ("-p", "pycommunicate.testing.plugin")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugin, *options],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
    )


def test_an_app_fixture(tmp_path: Path) -> None:
    conftest = "import pytest\nfrom shop import app as shop\n@pytest.fixture\ndef app():\n    return shop\n"
    done = project(tmp_path, conftest_py=conftest)
    assert "2 passed" in done.stdout, done.stdout


def test_an_option(tmp_path: Path) -> None:
    done = project(tmp_path, "--pycommunicate-app", "shop:app")
    assert "2 passed" in done.stdout, done.stdout


def test_a_setting(tmp_path: Path) -> None:
    done = project(tmp_path, pytest_ini="[pytest]\npycommunicate_app = shop:make\n")
    assert "2 passed" in done.stdout, done.stdout


def test_no_app(tmp_path: Path) -> None:
    done = project(tmp_path)
    assert "there is no application to open: write a fixture `app`" in done.stdout


def test_what_is_raised_after_the_last_call(tmp_path: Path) -> None:
    tests = "import shop\nshop.Home.teardown = lambda view: 1 / 0\ndef test(browser):\n    browser.open()\n"
    done = project(tmp_path, "--pycommunicate-app", "shop:app", tests=tests)
    assert "1 passed, 1 error" in done.stdout, done.stdout
    assert "ZeroDivisionError" in done.stdout


def test_loading_the_plugin_loads_no_framework(tmp_path: Path) -> None:
    code = "import sys, pycommunicate.testing.plugin\nprint(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert not set(done.stdout.split()) & {"flask", "gevent", "werkzeug", "bs4", "html5lib", "jinja2", "socketio"}


def test_without_the_extra(tmp_path: Path) -> None:
    code = "import sys; sys.modules['html5lib'] = None\nfrom pycommunicate.testing import Browser"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert 'needs html5lib; install it with: pip install "pycommunicate[testing]"' in done.stderr


def test_eventlet(tmp_path: Path) -> None:
    tests = f"import eventlet\n{TESTS}"
    done = project(tmp_path, "--pycommunicate-app", "shop:app", "-W", "ignore", tests=tests)
    assert "2 passed" in done.stdout, done.stdout
