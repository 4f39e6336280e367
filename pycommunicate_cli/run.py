"""`pycommunicate run`: starts the project."""

import socket
import time

import click

from pycommunicate_cli.options import shared_options
from pycommunicate_cli.output import say

_STARTED = time.time()


@click.command("run")
@click.option(
    "--debug", is_flag=True, help="Follow changes of files in the open pages, show errors. Never in production."
)
@click.option("--host", metavar="ADDRESS", help="The address to serve on. Default: the application's, localhost.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="The port to serve on; 0: any free one. Default: the application's, 8080, or one of the next ten.",
)
@click.option("--open", "open_browser", is_flag=True, help="Open the browser when the project is ready.")
@click.option("--poll", is_flag=True, help="With --debug: look for changes instead of being told (network drives).")
@click.option("--allow-remote-debug", is_flag=True, help="Allow --debug on an address that others can reach.")
@shared_options
def command(
    *, debug: bool, host: str | None, port: int | None, open_browser: bool, poll: bool, allow_remote_debug: bool
) -> int:
    """Start the project, until Ctrl-C.

    Without --debug this is the server for production: it wants a real secret key.
    """
    from pycommunicate_cli.project import find_project  # noqa: PLC0415
    from pycommunicate_cli.serving import Job  # noqa: PLC0415

    job = Job(debug=debug, host=host, port=port, allow_remote=allow_remote_debug, started=_STARTED)
    if host:
        job.check_host(host)
    project = find_project()
    if debug:
        from pycommunicate_cli.process import HANDS_ON  # noqa: PLC0415
        from pycommunicate_cli.supervisor import Supervisor  # noqa: PLC0415

        if not HANDS_ON:
            say("this system can't hand a socket to another process: for moments of a restart nobody answers")
        return Supervisor(project, job, poll=poll, open_browser=open_browser).run()

    from pycommunicate_cli.serving import serve  # noqa: PLC0415

    serve(project, job, _listen, _open if open_browser else _nothing)
    return 0


def _listen(host: str, port: int, asked: bool) -> socket.socket:
    from pycommunicate_cli.ports import listen  # noqa: PLC0415

    return listen(host, port, asked=asked)


def _open(url: str) -> None:
    import webbrowser  # noqa: PLC0415

    import gevent  # noqa: PLC0415

    gevent.get_hub().threadpool.spawn(webbrowser.open, url)


def _nothing(_url: str) -> None:
    pass
