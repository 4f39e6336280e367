"""Tracebacks, cut to the frames that a project's author can change. The standard library alone."""

import traceback
from pathlib import Path


def in_project(file: str, folder: Path) -> bool:
    """Whether `file` is one of the project's own: in its folder, and in no environment within it."""
    if file.startswith("<"):  # "<frozen importlib>", "<string>"
        return False
    if not Path(file).is_absolute() and not Path(file).is_file():
        return False  # "src/gevent/_waiter.py": where a package was compiled
    try:
        parts = Path(file).resolve().relative_to(folder.resolve()).parts
    except (ValueError, OSError):
        return False
    return not any(part in {"site-packages", "dist-packages"} or part.startswith(".") for part in parts[:-1])


def project_frames(error: BaseException, folder: Path) -> list[traceback.FrameSummary]:
    """Return the frames of `error` that run the project's own code, the outermost first."""
    return [frame for frame in traceback.extract_tb(error.__traceback__) if in_project(frame.filename, folder)]


def place_of(error: BaseException, folder: Path) -> str:
    """Return where in the project `error` comes from, as `file:line`; empty where no frame of it is the project's."""
    if isinstance(error, SyntaxError) and error.filename and in_project(error.filename, folder):
        return f"{error.filename}:{error.lineno}"
    frames = project_frames(error, folder)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""


def describe(error: BaseException) -> str:
    """Return an exception in one line: `NameError: name 'x' is not defined`."""
    first = error.msg if isinstance(error, SyntaxError) else (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


def cut(error: BaseException, folder: Path) -> str:
    """Return the traceback of `error` and its causes, with the project's frames only. Empty where there are none."""
    parts = []
    link: BaseException | None = error
    while link is not None:
        frames = project_frames(link, folder)
        if frames or (isinstance(link, SyntaxError) and place_of(link, folder)):
            text = "".join(traceback.format_list(frames)) + "".join(traceback.format_exception_only(link))
            parts.append(f"Traceback (the project's part):\n{text}")
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return "\nThat came of:\n\n".join(parts)
