"""The program around an application: whose code makes it, and where its files are."""

import sys
from pathlib import Path
from types import FrameType

_PACKAGE = Path(__file__).resolve().parents[2]


def caller_place() -> tuple[str, int] | None:
    """Return file and line of the first caller outside of this package; None where it has no file."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        file = frame.f_globals.get("__file__")
        if file is None:
            break
        if _PACKAGE not in Path(file).resolve().parents:
            return file, frame.f_lineno
        frame = frame.f_back
    return None


def program_folder() -> Path:
    """Return the folder of the code that makes the application."""
    place = caller_place()
    return Path(place[0]).resolve().parent if place else Path.cwd()


def template_folders(program: Path, name: str) -> list[str]:
    """Return where templates are searched: below the program's folder, else below the working directory."""
    folder = Path(name)
    return [str(folder)] if folder.is_absolute() else [str(program / folder), str(Path.cwd() / folder)]
