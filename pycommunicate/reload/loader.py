"""The import hook of a project in debug: runs its modules statement by statement, and remembers what it ran."""

import importlib.machinery
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from pycommunicate.reload.recording import Recorder
from pycommunicate.reload.statements import Statement, parse


@dataclass(eq=False)
class Loaded:
    """A module of the project, as it was last run."""

    name: str
    file: str
    module: ModuleType
    source: bytes
    statements: list[Statement] = field(default_factory=list)

    def run(self, statement: Statement, recorder: Recorder) -> None:
        """Run one statement in the module's namespace."""
        ran: set[CodeType] = set()
        if statement.kind == "import":
            exec(statement.code, vars(self.module))  # noqa: S102
        else:
            with recorder.recording(ran):
                exec(statement.code, vars(self.module))  # noqa: S102
        ran.discard(statement.code)
        statement.ran = ran


class Modules:
    """The modules of one project that are loaded now. The owner of what is known of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.recorder = Recorder(folder)
        self.by_name: dict[str, Loaded] = {}
        self.ask: Callable[[Loaded, Statement], None] = lambda *_: None
        """Called before a statement of a module that is imported runs; what it raises ends the import."""

    @contextmanager
    def asking(self, ask: Callable[[Loaded, Statement], None]) -> Iterator[None]:
        """Let `ask` decide on the statements of modules that are imported meanwhile."""
        before, self.ask = self.ask, ask
        try:
            yield
        finally:
            self.ask = before

    def __iter__(self) -> Iterator[Loaded]:
        return iter(tuple(self.by_name.values()))

    def by_file(self, file: str) -> Loaded | None:
        """Return the module of that file."""
        return next((loaded for loaded in self if loaded.file == file), None)

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        """Find the project's own modules (called by the import system)."""
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or not isinstance(spec.loader, importlib.machinery.SourceFileLoader) or not spec.origin:
            return None
        if not self.recorder.owns(spec.origin):
            return None
        spec.loader = _Loader(name, spec.origin, self)
        return spec


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, file: str, modules: Modules) -> None:
        super().__init__(name, file)
        self._modules = modules

    def exec_module(self, module: ModuleType) -> None:
        file = self.path
        source = self.get_data(file)
        loaded = Loaded(module.__name__, file, module, source, parse(source, file))
        self._modules.by_name[loaded.name] = loaded
        try:
            with self._modules.recorder.apart():
                for statement in loaded.statements:
                    self._modules.ask(loaded, statement)
                    loaded.run(statement, self._modules.recorder)
        except BaseException:
            self._modules.by_name.pop(loaded.name, None)
            raise


_installed: Modules | None = None


def install(folder: Path) -> Modules:
    """Remember the code of what is imported from `folder` from now on. Call it before the project is imported."""
    global _installed
    if _installed is None or _installed.folder != folder.resolve():
        uninstall()
        _installed = Modules(folder)
        sys.meta_path.insert(0, _installed)
    return _installed


def installed() -> Modules | None:
    """Return what `install()` made."""
    return _installed


def uninstall() -> None:
    """Take the hook out again."""
    global _installed
    if _installed in sys.meta_path:
        sys.meta_path.remove(_installed)
    _installed = None
