"""A project of a few modules that is imported, saved and brought up to date, without an application."""

from __future__ import annotations

import importlib
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from pycommunicate.reload import loader
from pycommunicate.reload.update import Changes, Update

if TYPE_CHECKING:
    from collections.abc import Iterator
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
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    try:
        yield Project(tmp_path)
    finally:
        loader.uninstall()
        for name in set(sys.modules) - before:
            if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
                del sys.modules[name]
