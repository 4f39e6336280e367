"""What a type checker knows of a program that uses the library."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.contract.project import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
from pycommunicate import CallCTX, Event, View


class Clock(View):
    def load(self) -> None:
        user = self.controller.user
        reveal_type(user)
        reveal_type(user.session)
        reveal_type(user.id_)
        reveal_type(self.add_timer(1, self.tick))
        reveal_type(self.subscribe("news", self.heard))
        reveal_type(self.controller.view)

    def tick(self) -> None:
        self.controller.user.sesion

    def heard(self, value: str) -> None:
        self.html_wrapper.element("#now").content = value

    def clicked(self, event: Event) -> None:
        reveal_type(event.value)


def signed_in(context: CallCTX) -> bool:
    reveal_type(context.user)
    return "name" in context.user.session
"""
KNOWN = ["User", "Session", "str", "Timer", "Subscription", "View", "Any", "User"]


def test_what_a_view_uses_has_a_type(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", str(program)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    revealed = re.findall(r'Revealed type is "(?:[a-z_]+\.)*(\w+)"', done.stdout)
    assert revealed == KNOWN, done.stdout
    assert '"User" has no attribute "sesion"; maybe "session"' in done.stdout
    assert "Found 1 error in 1 file" in done.stdout
