"""The group of subcommands, which are imported when they are called, not before."""

from importlib import import_module
from typing import Any, Final, NamedTuple

import click

from pycommunicate_cli.options import shared_options


class Entry(NamedTuple):
    """A subcommand that is not imported yet: the module that defines `command`, and its line in `--help`."""

    module: str
    help: str


COMMANDS: Final[dict[str, Entry]] = {
    "new": Entry("pycommunicate_cli.new", "Write a new project."),
    "run": Entry("pycommunicate_cli.run", "Start the project."),
    "routes": Entry("pycommunicate_cli.routes", "List, match and check the project's routes."),
    "generate": Entry("pycommunicate_cli.generate", "Add a controller or a view, with its template and test."),
    "doctor": Entry("pycommunicate_cli.doctor", "Look for what is wrong with the project or its surroundings."),
    "shell": Entry("pycommunicate_cli.shell", "Open a Python prompt with the app loaded."),
    "completion": Entry("pycommunicate_cli.completion", "Print the completion script for a shell."),
}
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

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find the subcommand; for an unknown one, name the nearest."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches  # noqa: PLC0415

            near = get_close_matches(args[0], COMMANDS, 1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(f"there is no command {args[0]!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the subcommands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])


def _show_version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from pycommunicate import __version__  # noqa: PLC0415

        click.echo(f"pycommunicate {__version__}")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Show the version."
)
@shared_options
def group() -> None:
    """Write web applications whose server code modifies the page."""
