"""The `pycommunicate` command: a group whose subcommands are imported when they are called, not before."""

from importlib import import_module
from typing import Final, NamedTuple

import click


class Entry(NamedTuple):
    """A subcommand that is not imported yet: the module that defines `command`, and its line in `--help`."""

    module: str
    help: str


COMMANDS: Final[dict[str, Entry]] = {}
"""Every subcommand by its name, in the order of `--help`."""


class LazyGroup(click.Group):
    """Takes its subcommands from `COMMANDS`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Name the subcommands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a subcommand."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command: click.Command = import_module(entry.module).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the subcommands without importing any."""
        if COMMANDS:
            with formatter.section("Commands"):
                formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pycommunicate", message="%(prog)s %(version)s")
def main() -> None:
    """Write web applications whose server code modifies the page."""
