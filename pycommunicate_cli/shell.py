"""`pycommunicate shell`: a Python prompt with the app loaded."""

import signal
import sys

import click

from pycommunicate_cli.options import shared_options
from pycommunicate_cli.output import say


@click.command("shell")
@shared_options
def command() -> int:
    """Open a Python prompt with `app` loaded, inside its Flask context. Reads a program from stdin where that is no terminal."""
    import code  # noqa: PLC0415

    from pycommunicate_cli.project import find_project, load_app  # noqa: PLC0415

    signal.signal(signal.SIGINT, signal.default_int_handler)  # at a prompt, Ctrl-C ends what runs, and no more
    project = find_project()
    app = load_app(project)
    names: dict[str, object] = {"__name__": "__console__", "__doc__": None, "app": app}
    with app.flask.app_context():
        if sys.stdin.isatty():
            _complete_names(names)
            say(f"Python {sys.version.split()[0]} · {project.name} · app is {project.app}; Ctrl-D ends it")
            code.interact(banner="", local=names, exitmsg="")
        else:
            exec(compile(sys.stdin.read(), "<stdin>", "exec"), names)  # noqa: S102 - a prompt runs what it is given
    return 0


def _complete_names(names: dict[str, object]) -> None:
    try:
        import readline  # noqa: PLC0415
        import rlcompleter  # noqa: PLC0415
    except ImportError:  # Windows has none
        return
    readline.set_completer(rlcompleter.Completer(names).complete)
    readline.parse_and_bind("tab: complete")
