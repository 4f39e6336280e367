"""`pycommunicate doctor`: looks for what is wrong with the project or its surroundings."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

import click

from pycommunicate_cli.options import shared_options
from pycommunicate_cli.output import CHECK_FAILED, Problem, data, say, short

if TYPE_CHECKING:
    from pycommunicate import CommunicateApp
    from pycommunicate_cli.project import Project

JSON_VERSION: Final = 1
OK, WARN, FAIL = "ok", "warn", "fail"


@dataclass(frozen=True)
class Check:
    """What was found out about one thing."""

    name: str
    status: str
    """`ok`, `warn` or `fail`."""
    detail: str
    places: tuple[str, ...] = ()
    help: str = ""


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@shared_options
def command(*, as_json: bool) -> int:
    """Check versions, file events, port, secret key, routes, templates, imports and WebSockets. Exit 6 where something fails."""
    checks = []
    for check in examine():
        checks.append(check)
        if not as_json:
            _show(check)
    failed = [check for check in checks if check.status == FAIL]
    if as_json:
        data(json.dumps({"version": JSON_VERSION, "checks": [asdict(check) for check in checks]}, indent=2))
    else:
        warned = sum(check.status == WARN for check in checks)
        say(f"{len(checks)} checks: {len(failed)} failed, {warned} with a warning")
    return CHECK_FAILED if failed else 0


def _show(check: Check) -> None:
    data(f"{check.status:<4}  {check.name:<13}  {check.detail}")
    for place in check.places:
        data(f"      at {short(place)}")
    if check.help:
        data(f"      help: {check.help}")


def examine() -> Iterator[Check]:
    """Make every check, one after the other."""
    from pycommunicate_cli.checks import environment, websocket  # noqa: PLC0415
    from pycommunicate_cli.project import find_project, load_app  # noqa: PLC0415

    project = find_project()
    yield environment.versions()
    yield environment.event_limits(project.folder)
    yield environment.file_events(project.folder)
    try:
        app = load_app(project)
    except Problem as problem:
        yield Check("application", FAIL, str(problem), tuple(problem.places), problem.help)
        return
    yield Check("application", OK, f"{project.app} loads")
    yield from _examine_app(project, app)
    yield websocket.reachable(project, app)


def _examine_app(project: "Project", app: "CommunicateApp") -> Iterator[Check]:
    from pycommunicate_cli.checks import application  # noqa: PLC0415

    yield application.port(app)
    yield application.secret_key(app)
    yield application.routes(app)
    yield application.templates(app)
    yield application.import_cycles(project.folder)
