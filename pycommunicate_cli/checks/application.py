"""The application: port, secret key, routes, templates, imports."""

from pathlib import Path
from typing import TYPE_CHECKING

from pycommunicate_cli.doctor import FAIL, OK, WARN, Check

if TYPE_CHECKING:
    from pycommunicate import CommunicateApp


def port(app: "CommunicateApp") -> Check:
    """Whether the application's port is free."""
    from pycommunicate_cli.output import Problem  # noqa: PLC0415
    from pycommunicate_cli.ports import listen  # noqa: PLC0415

    try:
        listen(app.host, app.web_port, asked=True).close()
    except Problem as problem:
        return Check("port", WARN, str(problem), help=problem.help)
    return Check("port", OK, f"{app.host}, port {app.web_port} is free")


def secret_key(app: "CommunicateApp") -> Check:
    """Whether the secret key is good enough to go public with."""
    from pycommunicate_cli.serving import MAKE_KEY, what_is_wrong_with_keys  # noqa: PLC0415

    key = app.flask.secret_key
    wrong = what_is_wrong_with_keys(app)
    if not wrong:
        return Check("secret key", OK, "set, and long enough")
    # Without any, debug makes one up and production does not start: nobody can be harmed.
    return Check("secret key", FAIL if key else WARN, f"the {wrong}; `pycommunicate run` will refuse", help=MAKE_KEY)


def routes(app: "CommunicateApp") -> Check:
    """Whether every route can be reached, and has its templates."""
    problems = app.route_problems()
    if problems:
        first = problems[0]
        more = f" (and {len(problems) - 1} more: pycommunicate routes --check)" if len(problems) > 1 else ""
        return Check("routes", FAIL, first.message + more, first.places, first.help)
    return Check("routes", OK, f"{len(app.routes())}, none out of reach")


def templates(app: "CommunicateApp") -> Check:
    """Whether every template can be compiled."""
    from jinja2 import TemplateSyntaxError  # noqa: PLC0415

    environment = app.templates.environment
    names = environment.list_templates(filter_func=lambda name: not name.rpartition("/")[2].startswith("."))
    for name in names:
        try:
            environment.get_template(name)
        except TemplateSyntaxError as error:
            place = f"{error.filename or name}:{error.lineno}"
            return Check("templates", FAIL, f"{name}: {error.message}", (place,))
        except UnicodeDecodeError:
            continue  # an image, say
    return Check("templates", OK, f"{len(names)}, all compile")


def import_cycles(folder: Path) -> Check:
    """Whether modules of the project import each other in a circle."""
    from pycommunicate.reload.graph import cycles, import_graph, shown  # noqa: PLC0415

    found = cycles(import_graph(folder))
    if found:
        places = tuple(map(str, found[0]))
        help_ = "move what both need into a module of its own"
        return Check("imports", WARN, f"a circle: {shown(found[0])}", places, help_)
    return Check("imports", OK, "no circles")
