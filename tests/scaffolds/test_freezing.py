"""PyInstaller packs a program without being told anything about the library."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.tools.programs import HOST, ROOT, answers, free_port
from tests.tools.waiting import reaches

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

PROGRAM = """
from pycommunicate import CommunicateApp, ControllerFactory, View


class Home(View):
    def render(self):
        return self.controller.templater.render("home.html")

    def load(self):
        self.count = 0
        self.html_wrapper.element("#more").add_event_listener("click", self.more)

    def more(self):
        self.count += 1
        self.html_wrapper.element("#count").content = str(self.count)


app = CommunicateApp()
app.set_secret_key("a key for the tests, used nowhere else")
app.add_controller("/", ControllerFactory().add_view(Home).set_default_view(Home))
app.run()
"""
PAGE = "<!doctype html><html><head>{{ add_includes() }}</head><body><button id=more>more</button><p id=count></p></body></html>"


def test_pyinstaller_is_told_where_the_hook_is() -> None:
    (ours,) = (one for one in entry_points(group="pyinstaller40") if one.value.startswith("pycommunicate."))
    (folder,) = ours.load()()
    assert Path(folder, "hook-pycommunicate.py").is_file()


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_a_packed_program_lives(tmp_path: Path, visitor: BrowserContext) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "home.html").write_text(PAGE, "utf-8")
    (tmp_path / "program.py").write_text(PROGRAM, "utf-8")
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", str(ROOT), "pyinstaller>=6"], check=True)
    packing = ["-m", "PyInstaller", "--log-level", "ERROR", "--add-data", "templates:templates", "program.py"]
    subprocess.run([str(python), *packing], cwd=tmp_path, check=True)
    port = free_port()
    environment = {**os.environ, "PYCOMMUNICATE_PORT": str(port), "PYCOMMUNICATE_HOST": HOST}
    with subprocess.Popen([str(tmp_path / "dist" / "program" / "program")], env=environment) as program:
        try:
            reaches(lambda: answers(port), True)
            page = visitor.new_page()
            page.goto(f"http://{HOST}:{port}/")
            page.click("#more")
            expect(page.locator("#count")).to_have_text("1")
            page.close()
        finally:
            program.terminate()
