"""`pycommunicate routes`: lists, matches and checks the project's routes."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import click

from pycommunicate_cli.options import shared_options
from pycommunicate_cli.output import CHECK_FAILED, data, say, short, show_lines

if TYPE_CHECKING:
    from pycommunicate import CommunicateApp, Route

JSON_VERSION: Final = 1
_HEADINGS: Final = ("METHODS", "RULE", "CONTROLLER", "VIEWS", "TEMPLATE", "SOURCE")


class ListingByDefault(click.Group):
    """`routes --json` is `routes listing --json`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default subcommand in."""
        if not args or (args[0] not in self.commands and args[0] not in {"-h", "--help"}):
            args = ["listing", *args]
        return super().parse_args(ctx, args)


@click.group("routes", cls=ListingByDefault)
def command() -> None:
    """List, match and check the project's routes. Without a subcommand: listing."""


def _complete_rules(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    try:
        return [route.rule for route in _load().routes() if route.rule.startswith(incomplete)]
    except Exception:
        return []


@command.command("listing")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, whose form is documented and stable.")
@click.option("--match", "url", metavar="URL", shell_complete=_complete_rules, help="Which route answers URL?")
@click.option("--method", default="GET", metavar="METHOD", help="With --match: the HTTP method. Default: GET.")
@click.option(
    "--sort",
    type=click.Choice(["match", "rule", "endpoint"]),
    default="match",
    help="The order. Default: that in which they match.",
)
@click.option("--check", is_flag=True, help="Exit with 6 where routes can't be reached or templates are missing.")
@shared_options
def listing(*, as_json: bool, url: str | None, method: str, sort: str, check: bool) -> int:
    """List what the project serves, in the order in which it matches."""
    app = _load()
    if url is not None:
        return _show_match(app, url, method.upper(), as_json=as_json)
    routes = app.routes()
    if sort != "match":
        routes.sort(key=lambda route: (getattr(route, sort), route.rule))
    problems = app.route_problems() if as_json or check else []
    if as_json:
        document = {
            "version": JSON_VERSION,
            "routes": [as_document(route) for route in routes],
            "problems": [asdict(problem) for problem in problems],
        }
        data(json.dumps(document, indent=2, ensure_ascii=False))
    elif check:
        for problem in problems:
            show_lines(problem.kind, problem.message, problem.places, problem.help)
        say(f"{len(problems)} problem{'s' * (len(problems) != 1)} in {len(routes)} routes")
    else:
        data(as_table(routes))
    return CHECK_FAILED if check and problems else 0


def _load() -> "CommunicateApp":
    from pycommunicate_cli.project import find_project, load_app  # noqa: PLC0415

    return load_app(find_project())


def as_document(route: "Route") -> dict[str, Any]:
    """Return a route in its stable JSON form."""
    return {
        "methods": list(route.methods),
        "rule": route.rule,
        "endpoint": route.endpoint,
        "controller": route.controller,
        "views": list(route.views),
        "template": route.template,
        "file": route.file,
        "line": route.line,
        "arguments": list(route.arguments),
    }


def as_table(routes: list["Route"]) -> str:
    """Return routes as a table."""
    rows = [_HEADINGS, *(_row(route) for route in routes)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _row(route: "Route") -> tuple[str, ...]:
    controller = _last(route.controller) if route.controller else f"{route.endpoint}()"
    views = ", ".join(map(_last, route.views))
    return (
        " ".join(route.methods),
        route.rule,
        controller,
        views or "-",
        route.template or "-",
        short(route.place) or "-",
    )


def _last(dotted: str) -> str:
    return dotted.rpartition(".")[2]


def _show_match(app: "CommunicateApp", url: str, method: str, *, as_json: bool) -> int:
    status, route, values, location = match(app, url, method)
    if as_json:
        document: dict[str, Any] = {
            "version": JSON_VERSION,
            "status": status,
            "route": as_document(route) if route else None,
            "values": {name: value if isinstance(value, int | float) else str(value) for name, value in values.items()},
            "location": location,
        }
        data(json.dumps(document, indent=2, ensure_ascii=False))
    elif route:
        data(as_table([route]))
        data("arguments: " + (", ".join(f"{name} = {value!r}" for name, value in values.items()) or "none"))
    elif location:
        data(f"redirects to {location}")
    else:
        data(f"{status}: no route answers {method} {url}")
    return 0 if route or location else CHECK_FAILED


def match(app: "CommunicateApp", url: str, method: str) -> tuple[int, "Route | None", dict[str, Any], str | None]:
    """Return what the server does with a URL: the status if no route answers it, the route, its values, where it redirects to."""
    from urllib.parse import unquote, urlsplit  # noqa: PLC0415

    from werkzeug.exceptions import HTTPException  # noqa: PLC0415
    from werkzeug.routing import RequestRedirect  # noqa: PLC0415

    parts = urlsplit(url)
    path = unquote(parts.path) or "/"
    path = path if path.startswith("/") else f"/{path}"
    adapter = app.flask.url_map.bind(parts.netloc or "localhost")
    try:
        rule, values = adapter.match(path, method=method, query_args=parts.query or None, return_rule=True)
    except RequestRedirect as redirect:
        return 308, None, {}, redirect.new_url.removeprefix("http://localhost")
    except HTTPException as error:
        return error.code or 404, None, {}, None
    return 200, app.route_of(rule), dict(values), None
