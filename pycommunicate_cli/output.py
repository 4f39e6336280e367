"""What the command says: data on stdout, narration on stderr, errors in three lines."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from pycommunicate_cli.options import Settings

APPLICATION, USAGE, NO_PROJECT, WOULD_OVERWRITE, PORT, CHECK_FAILED = 1, 2, 3, 4, 5, 6
"""The exit codes, besides 0 and 130."""


class Problem(Exception):
    """Something that ends the command: what happened, where, and what to do next."""

    def __init__(
        self,
        message: str,
        *,
        code: int = APPLICATION,
        places: Iterable[object] = (),
        help: str = "",
        folder: Path | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.places = [str(place) for place in places]
        self.help = help
        self.folder = folder
        """The project's folder, to which the traceback of the cause is cut."""


def paint(text: str, style: str) -> str:
    """Return `text` in a style (`bold`, `dim`, `red`, `green`, `yellow`, `cyan`), where stderr is a terminal that wants it."""
    codes = {"bold": "1", "dim": "2", "red": "31;1", "green": "32", "yellow": "33", "cyan": "36"}
    wanted = sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return f"\x1b[{codes[style]}m{text}\x1b[0m" if wanted else text


def say(text: str) -> None:
    """Narrate, on stderr."""
    print(text, file=sys.stderr, flush=True)


def data(text: str) -> None:
    """Print a result, on stdout."""
    print(text)


def short(place: str) -> str:
    """Return `file:line` with the file relative to the current folder, where it is in it."""
    file, colon, line = place.rpartition(":")
    if not colon or not line.isdigit():
        file, colon, line = place, "", ""
    try:
        return f"{Path(file).relative_to(Path.cwd())}{colon}{line}"
    except (ValueError, OSError):
        return place


def show_lines(kind: str, message: str, places: Iterable[str], help: str) -> None:
    """Print the three lines."""
    say(f"{paint(f'{kind}:', 'red' if kind == 'error' else 'yellow')} {message}")
    for place in dict.fromkeys(places):
        say(f"{paint('at', 'dim')} {short(place)}")
    if help:
        say(f"{paint('help:', 'cyan')} {help}")


def show(problem: Problem) -> int:
    """Print a problem; return its exit code."""
    cause = problem.__cause__
    if cause is not None:
        show_traceback(cause, problem.folder)
    show_lines("error", str(problem), problem.places, problem.help)
    return problem.code


def show_traceback(error: BaseException, folder: Path | None) -> None:
    """Print a traceback: all of it with `--traceback`, else the project's part."""
    import traceback  # noqa: PLC0415 - only errors need it

    from pycommunicate.tracebacks import cut  # noqa: PLC0415

    if Settings.traceback:
        say("".join(traceback.format_exception(error)).rstrip())
    elif folder is not None:
        text = cut(error, folder).rstrip()
        if text:
            say(paint(text, "dim"))


def show_usage(error: click.ClickException) -> int:
    """Print what click has to say, in our three lines."""
    if type(error).__name__ == "NoArgsIsHelpError":  # newer clicks raise it; its message is the help
        error.show()
        return USAGE
    context = getattr(error, "ctx", None)
    name = context.command_path if context else "pycommunicate"
    message = error.format_message()
    show_lines("error", message[:1].lower() + message[1:], [], f"{name} --help")
    return USAGE if isinstance(error, click.UsageError) else APPLICATION


def show_unexpected(error: Exception) -> int:
    """Print an exception that nobody expected; return the exit code for it."""
    from pycommunicate.tracebacks import describe  # noqa: PLC0415

    if Settings.traceback:
        show_traceback(error, None)
    help_ = "" if Settings.traceback else "run it again with --traceback to see where it comes from"
    if isinstance(error, OSError) and error.filename:
        show_lines("error", f"{error.filename}: {error.strerror}", [], help_)
    else:
        show_lines("error", describe(error), [], help_)
    return APPLICATION
