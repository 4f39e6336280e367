"""The options that every command takes, before the subcommand or after it."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


class Settings:
    """What they were set to, for this process."""

    app: str | None = None
    traceback: bool = False


def _set_app(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    if value is not None:
        Settings.app = value


def _set_traceback(_ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
    Settings.traceback = Settings.traceback or value


def shared_options(command: Command) -> Command:
    """Add `--app` and `--traceback`."""
    app = click.option(
        "--app",
        metavar="MODULE:ATTRIBUTE",
        expose_value=False,
        callback=_set_app,
        help="The application, where no pyproject.toml names it.",
    )
    return app(traceback_option(command))


def traceback_option(command: Command) -> Command:
    """Add `--traceback`."""
    decorate = click.option(
        "--traceback",
        is_flag=True,
        expose_value=False,
        callback=_set_traceback,
        help="Show whole tracebacks.",
    )
    return decorate(command)
