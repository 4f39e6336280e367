"""Serving a project: in this process (`run`), or in the worker of a supervisor (`run --debug`)."""

import logging
import os
import secrets
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final

from pycommunicate_cli.output import APPLICATION, NO_PROJECT, USAGE, Problem, paint, say, show_lines
from pycommunicate_cli.ports import is_loopback, url_of
from pycommunicate_cli.project import Project, load_app

if TYPE_CHECKING:
    from pycommunicate import CommunicateApp

EXAMPLES: Final = frozenset({"secret!!!", "secret!", "todo_secrets!"})
"""Secret keys of the documentation, which everybody knows."""
SHORTEST: Final = 16
MAKE_KEY: Final = 'python -c "import secrets; print(secrets.token_hex())"'


@dataclass(frozen=True)
class Job:
    """What `run` was asked to do."""

    debug: bool
    host: str | None
    port: int | None
    allow_remote: bool
    started: float
    """When the command was started (`time.time()`)."""
    reason: str = ""
    """Why the server is started again; empty for the first time."""
    key: str = ""
    """The secret key in debug, where the application has none."""

    def names_port(self, environ: Mapping[str, str]) -> bool:
        """Whether the port is one that somebody asked for: it does not move up where it is busy."""
        return self.port is not None or "PYCOMMUNICATE_PORT" in environ

    def check_host(self, host: str) -> None:
        """Find out whether `host` may be served on.

        :raises Problem: others can reach it, and debug mode is not for them.
        """
        if self.debug and not self.allow_remote and not is_loopback(host):
            raise Problem(
                f"--debug on {host} would show the program's insides to the network",
                code=USAGE,
                help="leave --debug out; or, in a network that you trust, add --allow-remote-debug",
            )


_NEEDED: Final = ("gevent.pywsgi", "pycommunicate.server.app.communicate")

Listen = Callable[[str, int, bool], socket.socket]
"""Takes a port: host, port, whether it was asked for."""


def serve(project: Project, job: Job, listen: Listen, ready: Callable[[str], None]) -> None:
    """Load the project's application and serve it, until a signal comes.

    :param ready: called with the URL, right before the first request is answered.
    :raises Problem: it does not load, must not be served like this, or no port can be had.
    """
    import_framework()
    app = prepare(project, job)
    listener = listen(app.host, app.web_port, job.names_port(os.environ))
    ready(announce(app, project, job, listener))
    run(app, listener)


def import_framework() -> None:
    """Patch the standard library, and import what every application needs. Quick where that was done before."""
    import gevent.hub  # noqa: PLC0415
    import gevent.monkey  # noqa: PLC0415 - patched before the application, and what it imports, is imported

    if gevent.monkey.is_module_patched("socket"):
        return
    gevent.monkey.patch_all()
    # A Ctrl-C while the application is imported: gevent hands it on, and need not print it.
    gevent.hub.Hub.NOT_ERROR = (*gevent.hub.Hub.NOT_ERROR, KeyboardInterrupt)
    for module in _NEEDED:
        import_module(module)


def prepare(project: Project, job: Job) -> "CommunicateApp":
    """Load the project's application, and configure it. `import_framework()` comes before.

    :raises Problem: it does not load, or must not be served like this.
    """
    if job.host:
        os.environ["PYCOMMUNICATE_HOST"] = job.host
    app = load_app(project, debug=job.debug)
    _configure(app, job)
    return app


def check_ready(app: "CommunicateApp") -> None:
    """Find out now what `run` would find out.

    :raises Problem: the application can't work.
    """
    from pycommunicate import ConfigurationError  # noqa: PLC0415

    try:
        app._check_ready()
    except ConfigurationError as error:
        raise Problem(str(error), code=APPLICATION) from None


def run(app: "CommunicateApp", listener: socket.socket) -> None:
    """Serve until a signal comes.

    :raises Problem: the application can't work.
    """
    check_ready(app)
    app.serve(listener)


def _configure(app: "CommunicateApp", job: Job) -> None:
    if app.engine.name != "gevent":
        raise Problem(
            "the project imports eventlet, and `pycommunicate run` serves with gevent",
            code=NO_PROJECT,
            help="start the program itself (python app.py), or take the import of eventlet out",
        )
    app.host = job.host or app.host
    app.web_port = app.web_port if job.port is None else job.port
    job.check_host(app.host)
    wrong = what_is_wrong_with_keys(app)
    if job.debug:
        if not app.flask.secret_key:
            app.set_secret_key(job.key or secrets.token_hex())
    elif wrong:
        raise Problem(
            f"the {wrong}: anybody could forge sessions",
            code=APPLICATION,
            help=f"make one with {MAKE_KEY} and put it into .env as SECRET_KEY=...; for trying out: pycommunicate run --debug",
        )
    if not logging.getLogger().handlers:
        logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
        logging.getLogger("pycommunicate").setLevel(logging.INFO if job.debug else logging.WARNING)


def what_is_wrong_with(key: str | bytes | None) -> str:
    """Return why a secret key is none to go public with; empty where it is good."""
    if not key:
        return "is not set"
    text = key.decode(errors="replace") if isinstance(key, bytes) else key
    if text in EXAMPLES:
        return "is one of the documentation's examples"
    return f"is short ({len(text)} characters, {SHORTEST} at least)" if len(text) < SHORTEST else ""


def what_is_wrong_with_keys(app: "CommunicateApp") -> str:
    """Return which of the application's secret keys is none to go public with, and why; empty if all are good."""
    keys = (app.flask.secret_key, *(app.flask.config.get("SECRET_KEY_FALLBACKS") or ()))
    for number, key in enumerate(keys):
        wrong = what_is_wrong_with(key)
        if wrong:
            return f"secret key number {number} of SECRET_KEY_FALLBACKS {wrong}" if number else f"secret key {wrong}"
    return ""


def announce(app: "CommunicateApp", project: Project, job: Job, listener: socket.socket) -> str:
    """Say that the project is served, at its first start; return its URL."""
    from pycommunicate import __version__  # noqa: PLC0415

    wanted, app.web_port = app.web_port, int(listener.getsockname()[1])
    url = url_of(app.host, app.web_port)
    if job.reason:
        return url
    if wanted not in {0, app.web_port}:
        say(f"port {wanted} is in use; this is port {app.web_port}")
    pages = [route for route in app.routes() if route.controller]
    views = {view for route in pages for view in route.views}
    parts = [
        f"pycommunicate {__version__}",
        project.name,
        "debug" if job.debug else "production",
        paint(url, "bold"),
        f"{len(pages)} route{'s' * (len(pages) != 1)}",
        f"{len(views)} view{'s' * (len(views) != 1)}",
        f"ready in {round((time.time() - job.started) * 1000)} ms",
    ]
    say(" · ".join(parts))
    if job.debug:
        check_routes(app)
    return url


def check_routes(app: "CommunicateApp") -> None:
    """Warn of routes that no URL reaches, and of templates that are missing."""
    for problem in app.route_problems():
        show_lines("warning", problem.message, problem.places, problem.help)
