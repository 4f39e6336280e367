"""A project of a few modules that is imported, saved and brought up to date, without an application."""

from __future__ import annotations

import importlib
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from pycommunicate.reload import loader
from pycommunicate.reload.update import Changes, Update

if TYPE_CHECKING:
    from pathlib import Path


class Project:
    """The modules of a folder. Attributes are its modules: `project.shop`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.modules = loader.install(folder)
        self.written: list[Path] = []

    def write(self, **files: str) -> None:
        for name, text in files.items():
            file = self.folder / f"{name.replace('__', '/')}.py"
            file.parent.mkdir(exist_ok=True)
            file.write_text(textwrap.dedent(text), "utf-8")
            self.written.append(file)

    def load(self, **files: str) -> Any:
        """Write modules and import them; return the last."""
        self.write(**files)
        self.written.clear()
        importlib.invalidate_caches()
        return [importlib.import_module(name.replace("__", ".")) for name in files][-1]

    def save(self, **files: str) -> Changes:
        """Write modules, and bring what is loaded up to date."""
        self.write(**files)
        return self.update()

    def delete(self, name: str) -> None:
        file = self.folder / f"{name}.py"
        file.unlink()
        self.written.append(file)

    def update(self, **options: Any) -> Changes:
        paths, self.written = self.written, []
        return Update(self.modules, paths, **options).apply()


@pytest.fixture
def project(importable: Path) -> Project:
    return Project(importable)
