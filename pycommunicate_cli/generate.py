"""`pycommunicate generate`: adds a controller or a view to the project, with its template and a passing test."""

import re
from pathlib import Path

import click

from pycommunicate_cli.names import check_module_name
from pycommunicate_cli.options import shared_options
from pycommunicate_cli.output import USAGE, WOULD_OVERWRITE, Problem, data, say
from pycommunicate_cli.project import Project, find_project, load_app
from pycommunicate_cli.scaffold import (
    check_source,
    interruptible,
    temporary_folder,
    title_of,
    uninterrupted,
    write_files,
)

_SUCH_AS = "a route is a path such as /todo/<int:number>"
CONTROLLER = """from pycommunicate import Controller, route
from views.{module} import {stem}View


@route("{rule}")
class {stem}Controller(Controller):
    views = [{stem}View]
"""
VIEW = '''from pycommunicate import View


class {stem}View(View):
    def render(self):
        return self.controller.templater.render("{module}.html")

    def load(self):
        """Called when the browser is connected: fill the page, add listeners."""
'''
TEMPLATE = """<!DOCTYPE html>
<html lang="en">
<head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>{title}</title>
    {{{{ add_includes() }}}}
</head>
<body>
<main>
    <h1>{title}</h1>
</main>
</body>
</html>
"""
EXTENDING = """{{% extends "{base}" %}}
{title_block}{{% block {block} %}}
{body}
{{% endblock %}}
"""
HEADING = "<h1>{title}</h1>"
PAGE_TEST = """from {app_module} import {app_name}


def test_the_{module}_page():
    with {app_name}.test_browser() as browser:
        page = browser.open("{url}")
        assert page.status == 200
        assert page.text("h1") == ["{title}"]
"""
VIEW_TEST = """from pathlib import Path

from pycommunicate import CommunicateApp, ControllerFactory
from views.{module} import {stem}View

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"


def test_the_{module}_view():
    app = CommunicateApp(template_directory=str(TEMPLATES))
    app.set_secret_key("a key for this test alone")
    app.add_controller("/", ControllerFactory().add_view({stem}View).set_default_view({stem}View))
    with app.test_browser() as browser:
        page = browser.open("/")
        assert page.status == 200
        assert page.text("h1") == ["{title}"]
"""


@click.group("generate")
def command() -> None:
    """Add a controller or a view, with its template and a passing test. Overwrites nothing."""


@command.command("controller")
@click.argument("name")
@click.option("--route", "rule", metavar="RULE", help="Where it is served. Default: /NAME.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, do nothing.")
@shared_options
def controller(*, name: str, rule: str | None, dry_run: bool) -> int:
    """Add a page: a controller, its view, template and test."""
    module = check_module_name(name, "pycommunicate generate controller")
    return _generate(module, rule or "/" + module.replace("_", "-"), dry_run=dry_run)


@command.command("view")
@click.argument("name")
@click.option("--route", "rule", metavar="RULE", help="Serve it there, by a controller of its own.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, do nothing.")
@shared_options
def view(*, name: str, rule: str | None, dry_run: bool) -> int:
    """Add a view with its template and test, to put into a controller's `views`."""
    module = check_module_name(name, "pycommunicate generate view")
    return _generate(module, rule, dry_run=dry_run)


def _generate(module: str, rule: str | None, *, dry_run: bool) -> int:
    project = find_project()
    if rule is not None:
        _check_rule(rule)
    files = files_for(project, module, rule)
    if rule is not None and not (project.folder / f"controllers/{module}.py").exists():
        _check_in_application(project, rule)
    for path, content in files.items():
        if path.endswith(".py"):
            check_source(content, path)
    states = {path: _state(project.folder / path, content) for path, content in files.items()}
    conflicts = [path for path, state in states.items() if state == "conflict"]
    if not dry_run and not conflicts:
        with interruptible(), uninterrupted():
            _place(project.folder, {path: files[path] for path, state in states.items() if state == "create"})
    for path, state in states.items():
        data(f"{state:<9}  {path}")
    if conflicts:
        count = "1 file already exists" if len(conflicts) == 1 else f"{len(conflicts)} files already exist"
        raise Problem(
            f"{count} with different content; nothing was written",
            code=WOULD_OVERWRITE,
            places=[project.folder / path for path in conflicts],
            help="choose another name, or move them away",
        )
    return 0


def _place(folder: Path, files: dict[str, bytes]) -> None:
    """Write files into the project: all, or none."""
    moved: list[Path] = []
    path = ""
    try:
        with temporary_folder(folder) as draft:
            for path, content in files.items():
                write_files(draft, {path: content})
            for path in files:
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                (draft / path).replace(target)
                moved.append(target)
    except OSError as error:
        for target in moved:
            target.unlink(missing_ok=True)
        message = f"{path or folder} can't be written: {error.strerror or error}; nothing was written"
        raise Problem(
            message, places=[folder / path], help="make room or change the permissions, then try again"
        ) from None


def _check_rule(rule: str) -> None:
    from werkzeug.routing import Map, Rule  # noqa: PLC0415 - they load the framework

    from pycommunicate import ConfigurationError  # noqa: PLC0415
    from pycommunicate.server.routing import checked_rule  # noqa: PLC0415

    try:
        checked_rule(rule)
    except ConfigurationError as error:
        raise Problem(error.problem, code=USAGE, help="choose another with --route /...") from None
    if not rule.startswith("/") or not re.fullmatch(r"[^\s\"\\]+", rule):
        raise Problem(f"{rule!r} is not a valid route", code=USAGE, help=_SUCH_AS)
    try:
        Map([Rule(rule, endpoint="page")])
    except LookupError:
        pass  # a converter that the application may have
    except (ValueError, SyntaxError, re.error) as error:  # a name that stands twice is a SyntaxError of Werkzeug's
        raise Problem(f"{rule!r} is not a valid route: {error}", code=USAGE, help=_SUCH_AS) from None


def _check_in_application(project: Project, rule: str) -> None:
    """Raise `Problem` if the application answers the rule's URLs already, or does not know its converters."""
    from werkzeug.routing import Map, Rule  # noqa: PLC0415 - they load the framework

    from pycommunicate.server.routes import same_urls  # noqa: PLC0415

    try:
        app = load_app(project)
    except Problem as problem:
        say(f"the route was not compared with others, since the application can't be imported: {problem}")
        return
    for route in app.routes():
        if "GET" in route.methods and same_urls(rule, route.rule):
            raise Problem(
                f"{rule} is taken: {route.rule} matches the same URLs; nothing was written",
                code=WOULD_OVERWRITE,
                places=[route.place] if route.place else [],
                help="choose another with --route /...",
            )
    try:
        Map([Rule(rule, endpoint="page")], converters=app.flask.url_map.converters)
    except LookupError as error:
        raise Problem(f"{rule!r} is not a valid route: {error}", code=USAGE, help=_SUCH_AS) from None


def files_for(project: Project, module: str, rule: str | None) -> dict[str, bytes]:
    """Return the files of a page (or, without a rule, of a view), by their paths in the project."""
    stem = "".join(word.capitalize() for word in module.split("_"))
    app_module, _, app_name = project.app.partition(":")
    values = {
        "module": module,
        "stem": stem,
        "title": title_of(module),
        "rule": rule or "",
        "url": _sample_url(rule or ""),
        "app_module": app_module,
        "app_name": app_name or "app",
    }
    texts = {f"controllers/{module}.py": CONTROLLER} if rule else {}
    texts[f"views/{module}.py"] = VIEW
    texts[f"templates/{module}.html"] = _template(project.folder, alone=rule is None)
    texts[f"tests/test_{module}{'' if rule else '_view'}.py"] = PAGE_TEST if rule else VIEW_TEST
    return {path: text.format(**values).encode() for path, text in texts.items()}


def _template(folder: Path, *, alone: bool) -> str:
    """Return the template's pattern: it extends the project's base, where there is one that can be extended."""
    for base in ("base.html", "layout.html"):
        text = _text(folder / "templates" / base)
        blocks = re.findall(r"{%-?\s*block\s+(\w+)", text)
        block = next((name for name in ("content", "main", "body") if name in blocks), None)
        needs_routes = re.search(r"url_for\(\s*[\"'](?!static)", text)
        if block and "<h1" not in text and not (alone and needs_routes):
            title = "{{% block title %}}{title}{{% endblock %}}\n" if "title" in blocks else ""
            sheet = ' class="sheet"' if ".sheet" in _text(folder / "static" / "base.css") else ""
            body = f"<main{sheet}>\n  {HEADING}\n</main>" if block == "body" else HEADING
            pattern = EXTENDING.replace("{body}", body).replace("{title_block}", title)
            return pattern.replace("{base}", base).replace("{block}", block)
    return TEMPLATE


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _state(file: Path, content: bytes) -> str:
    try:
        return "identical" if file.read_bytes() == content else "conflict"
    except FileNotFoundError:
        return "create"
    except OSError:
        return "conflict"


def _sample_url(rule: str) -> str:
    samples = {"int": "1", "float": "1.5", "uuid": "6f1c2a34-0b5e-4d3c-9a8b-7c6d5e4f3a2b"}

    def sample(match: re.Match[str]) -> str:
        return samples.get((match[1] or "").split("(")[0], "a")

    return re.sub(r"<(?:([^:<>]+):)?\w+>", sample, rule)
