"""The project around the current folder: where it is, its `.env`, its application."""

import os
import re
import sys
import tomllib
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pycommunicate_cli.options import Settings
from pycommunicate_cli.output import NO_PROJECT, USAGE, Problem

if TYPE_CHECKING:
    from pycommunicate import CommunicateApp

DEFAULT_APP = "app:app"


@dataclass(frozen=True)
class Project:
    """A project's folder and the name of its application."""

    folder: Path
    app: str

    @property
    def name(self) -> str:
        """How the project is called."""
        return self.folder.name


def find_project() -> Project:
    """Return the project that the current folder belongs to, or the one of `--app`.

    :raises Problem: there is none, or its pyproject.toml is broken.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        table = _table_of(folder / "pyproject.toml")
        if table is not None:
            app = table.get("app", DEFAULT_APP)
            if not isinstance(app, str):
                message = f"[tool.pycommunicate] app is {app!r}; expected 'module:attribute'"
                raise Problem(message, code=NO_PROJECT, places=[folder / "pyproject.toml"])
            return Project(folder, Settings.app or app)
    if Settings.app:
        return Project(here, Settings.app)
    raise Problem(
        f"{here} is not in a project: neither it nor a folder above has a pyproject.toml with [tool.pycommunicate]",
        code=NO_PROJECT,
        help="pycommunicate new NAME makes one; or name the application: pycommunicate --app module:attribute ...",
    )


def _table_of(file: Path) -> dict[str, Any] | None:
    try:
        text = file.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None
    if "pycommunicate" not in text:
        return None
    try:
        found = tomllib.loads(text).get("tool", {}).get("pycommunicate")
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        place = f"{file}:{line[1]}" if line else str(file)
        raise Problem(f"pyproject.toml can't be read: {error}", code=NO_PROJECT, places=[place]) from None
    return found if isinstance(found, dict) else None


def load_app(project: Project, *, debug: bool | None = None) -> "CommunicateApp":
    """Import the project's application; the environment is set before.

    :param debug: what the application's debug mode is to be. Default: what it says itself.
    :raises Problem: it does not import, or is none.
    """
    module_name, _, attribute = project.app.partition(":")
    attribute = attribute or "app"
    if not all(part.isidentifier() for part in [*module_name.split("."), *attribute.split(".")]):
        raise Problem(f"--app is module:attribute, such as app:app, not {project.app!r}", code=USAGE)
    for key, value in read_env(project.folder / ".env").items():
        os.environ.setdefault(key, value)
    if debug is not None:
        os.environ["PYCOMMUNICATE_DEBUG"] = "1" if debug else "0"
    sys.path.insert(0, str(project.folder))
    return _application(_import(module_name, project), attribute, project)


def _import(name: str, project: Project) -> Any:
    from pycommunicate import CommunicateApp, ConfigurationError  # noqa: PLC0415 - they load the framework

    CommunicateApp.imported_only = True
    try:
        return import_module(name)
    except ConfigurationError as error:
        raise _configuration_problem(error, project) from error.__cause__
    except (Exception, SystemExit) as error:
        if isinstance(error, ModuleNotFoundError) and error.name == name.partition(".")[0]:
            raise Problem(
                f"there is no module {name!r} in {project.folder}",
                code=NO_PROJECT,
                help='name the application in pyproject.toml: [tool.pycommunicate] app = "module:attribute"',
            ) from None
        from pycommunicate.server.discovery import explain  # noqa: PLC0415

        explained = explain(error, name, project.folder)
        raise Problem(
            explained.problem,
            code=NO_PROJECT,
            places=explained.places,
            help=explained.help or "correct it, then run the command again",
            folder=project.folder,
        ) from error
    finally:
        CommunicateApp.imported_only = False


def _configuration_problem(error: Any, project: Project) -> Problem:
    from pycommunicate.tracebacks import place_of  # noqa: PLC0415

    places = error.places or [place for place in [place_of(error, project.folder)] if place]
    help_ = error.help or "correct it, then run the command again"
    return Problem(error.problem, code=NO_PROJECT, places=places, help=help_, folder=project.folder)


def _application(module: Any, attribute: str, project: Project) -> "CommunicateApp":
    from pycommunicate import CommunicateApp  # noqa: PLC0415

    found = module
    for part in attribute.split("."):
        found = getattr(found, part, None)
    if not isinstance(found, CommunicateApp):
        what = "nothing" if found is None else f"a {type(found).__name__}"
        apps = [name for name, value in vars(module).items() if isinstance(value, CommunicateApp)]
        help_ = f"it is called {apps[0]!r}: --app {module.__name__}:{apps[0]}" if apps else "app = CommunicateApp()"
        raise Problem(
            f"{project.app} is {what}; expected a CommunicateApp",
            code=NO_PROJECT,
            places=[module.__file__] if getattr(module, "__file__", None) else [],
            help=help_,
        )
    return found


def read_env(file: Path) -> dict[str, str]:
    """Return the `KEY=VALUE` lines of a file; the first line of a key counts.

    Blank lines and `#` lines are skipped, `export` and quotes around the value are taken off.
    """
    try:
        lines = file.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise Problem(f".env can't be read: {error}", code=NO_PROJECT, places=[file]) from None
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        text = line.strip().removeprefix("export ").strip()
        if not text or text.startswith("#"):
            continue
        key, equals, value = text.partition("=")
        if not equals or not re.fullmatch(r"[A-Za-z_]\w*", key.strip()):
            raise Problem(f".env: {line.strip()!r} is not KEY=VALUE", code=NO_PROJECT, places=[f"{file}:{number}"])
        value = value.strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        found.setdefault(key.strip(), value)
    return found
