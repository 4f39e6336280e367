"""`pycommunicate completion`: prints the script that teaches a shell the command's words."""

import click

from pycommunicate_cli.options import traceback_option
from pycommunicate_cli.output import data

PROGRAM = "pycommunicate"


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@traceback_option
def command(*, shell: str) -> int:
    """Print the completion script. It completes commands, options, scaffolds, and the project's routes.

    \b
    bash:  eval "$(pycommunicate completion bash)"        in ~/.bashrc
    zsh:   eval "$(pycommunicate completion zsh)"         in ~/.zshrc
    fish:  pycommunicate completion fish | source         in ~/.config/fish/config.fish
    """  # noqa: D301 - \b is click's
    from click.shell_completion import get_completion_class  # noqa: PLC0415

    from pycommunicate_cli.group import group  # noqa: PLC0415

    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"there is no completion for {shell}")
    completion = found(group, {}, PROGRAM, f"_{PROGRAM.upper()}_COMPLETE")
    data(completion.source_template % completion.source_vars())
    return 0
