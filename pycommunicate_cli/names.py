"""What a project, a controller or a view may be called."""

import keyword
import re
import sys
from importlib import metadata
from pathlib import Path

from pycommunicate_cli.output import USAGE, Problem

_NAME = re.compile(r"[a-z][a-z0-9_-]*")


def what_is_wrong_with(name: str) -> str:
    """Return why a project can't be called that; empty where it can."""
    if not _NAME.fullmatch(name):
        return "a name is made of small letters, digits, - and _, and begins with a letter"
    module = name.replace("-", "_")
    if keyword.iskeyword(module) or keyword.issoftkeyword(module):
        return f"{name} is a word of Python"
    if module in sys.stdlib_module_names:
        return f"{name} is a module of Python's standard library"
    if module in {"pycommunicate", "pycommunicate_cli"}:
        return f"{name} is this library"
    return ""


def _is_a_package(name: str) -> bool:
    """Whether a distribution of that name is installed, or belongs to the framework. Not if it is a project being worked on."""
    try:
        needed = metadata.requires("pycommunicate") or ()
    except metadata.PackageNotFoundError:
        needed = ()
    if _normal(name) in {_normal(found[0]) for one in needed if (found := re.match(r"[\w.-]+", one))}:
        return True
    try:
        installed = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return '"editable": true' not in (installed.read_text("direct_url.json") or "")


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def suggestion_for(name: str) -> str:
    """Return a name like `name` that is none of these."""
    # "MyShop" is "my-shop"; "HTTPThing" is "http-thing".
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()
    found = re.sub(r"[^a-z0-9_]+", "-", split)
    found = re.sub(r"-{2,}", "-", re.sub(r"^[^a-z]+", "", found)).strip("-_")
    if not found:
        return "my-app"
    return f"{found}-app" if what_is_wrong_with(found) else found


def check_project_name(name: str, command: str) -> None:
    """Raise `Problem` where a project can't be called that."""
    wrong = what_is_wrong_with(name)
    if not wrong and _is_a_package(name):
        wrong = f"{name} is a package that is installed, or that pycommunicate needs"
        raise Problem(f"{name!r} can't be the project's name: {wrong}", code=USAGE, help=f"{command} {name}-app")
    if name in {".", "./"}:
        help_ = f"{command} {suggestion_for(Path.cwd().name)} --path ."
        raise Problem(f"{name!r} is a folder; the project needs a name", code=USAGE, help=help_)
    if wrong:
        help_ = f"{command} {suggestion_for(name)}"
        raise Problem(f"{name!r} can't be the project's name: {wrong}", code=USAGE, help=help_)


def check_module_name(name: str, command: str) -> str:
    """Return the module name for a controller or view; raise `Problem` where it can't have that one."""
    module = name.replace("-", "_")
    wrong = what_is_wrong_with(module)
    # A module in a package does not hide the standard library's.
    if wrong and not wrong.endswith("standard library"):
        help_ = f"{command} {suggestion_for(name).replace('-', '_')}"
        raise Problem(f"{name!r} is not a valid name: {wrong}", code=USAGE, help=help_)
    return module
