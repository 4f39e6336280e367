"""Scaffolds: where they are, and how one is rendered and moved into place."""

import os
import re
import secrets
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pycommunicate_cli.output import APPLICATION, Problem

if TYPE_CHECKING:
    from pycommunicate_cli.origin import Origin

TOKEN: Final = "__project_name__"  # noqa: S105 - no password
"""What the project's name takes the place of, in paths and contents. No Jinja, which the scaffolds' own templates are in."""
TITLE: Final = "__title__"
"""What the project's title takes the place of."""
COMMON: Final = "_common"
"""What all scaffolds have. A file of the scaffold's own counts more."""
DEFAULT: Final = "todo"
_LEFT_OUT: Final = frozenset({"__pycache__", ".pytest_cache", ".ruff_cache", ".mypy_cache"})


def scaffold_folder() -> Path:
    """Return the folder that holds the scaffolds: beside this package, in a wheel and in a working copy alike."""
    named = os.environ.get("PYCOMMUNICATE_SCAFFOLDS")
    return Path(named) if named else Path(__file__).resolve().parent.parent / "templates_scaffold"


def scaffold_names() -> list[str]:
    """Return the scaffolds' names, the default first."""
    try:
        found = sorted(
            entry.name for entry in scaffold_folder().iterdir() if entry.is_dir() and entry.name[0] not in "._"
        )
    except OSError:
        found = []
    return sorted(found, key=lambda name: name != DEFAULT)


def render(scaffold: str, name: str, origin: "Origin") -> dict[str, bytes]:
    """Return a project's files, by their paths, for the project's `name`. Every .py has been compiled.

    :param origin: where pycommunicate was installed from, and so what the project requires.
    :raises Problem: the scaffold is broken.
    """
    found: dict[str, bytes] = {}
    for root in (scaffold_folder() / COMMON, scaffold_folder() / scaffold):
        for file in sorted(root.rglob("*")):
            relative = file.relative_to(root)
            if not file.is_file() or _LEFT_OUT & set(relative.parts) or file.suffix == ".pyc":
                continue
            path = relative.with_name(re.sub("^dot-", ".", relative.name)).as_posix().replace(TOKEN, name)
            content = file.read_bytes()
            found[path] = content if b"\0" in content else _filled(content, name, origin)
    for path, content in found.items():
        if path.endswith(".py"):
            check_source(content, path)
    return found | origin.files()


def _filled(content: bytes, name: str, origin: "Origin") -> bytes:
    text = content.decode("utf-8", "surrogateescape").replace(TOKEN, name).replace(TITLE, title_of(name))
    return origin.fill(text, name).encode("utf-8", "surrogateescape")


def title_of(name: str) -> str:
    """Return a project's name as people write it: `my-list` is "My list"."""
    words = re.sub("[-_]+", " ", name).strip()
    return words[:1].upper() + words[1:]


def check_source(content: bytes, path: str) -> None:
    """Raise `Problem` where Python can't compile a file that is about to be written."""
    try:
        compile(content, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise Problem(
            f"the file {path} that would be written is no Python: {error.msg}",
            code=APPLICATION,
            places=[f"{path}:{error.lineno}"],
        ) from None


@contextmanager
def temporary_folder(beside: Path) -> Iterator[Path]:
    """Make a folder in `beside`, from which files can be moved into place. It is gone afterwards, whatever happens."""
    folder = beside / f".pycommunicate-{secrets.token_hex(6)}"
    try:
        folder.mkdir()
        yield folder
    finally:
        with uninterrupted():
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let Ctrl-C wait until a few short steps are through."""
    came: list[int] = []
    previous = {number: signal.signal(number, lambda number, _: came.append(number)) for number in _signals()}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        if came:
            raise KeyboardInterrupt


@contextmanager
def interruptible() -> Iterator[None]:
    """Treat SIGTERM and SIGHUP like Ctrl-C: what was begun is put away."""
    numbers = [number for number in _signals() if number != signal.SIGINT]
    previous = {number: signal.signal(number, signal.default_int_handler) for number in numbers}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _signals() -> list[signal.Signals]:
    names = ("SIGINT", "SIGTERM", "SIGHUP")
    return [getattr(signal, name) for name in names if hasattr(signal, name)]


def write_files(folder: Path, files: dict[str, bytes]) -> None:
    """Write files below `folder`."""
    for path, content in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        if content.startswith(b"#!"):
            file.chmod(0o755)
