"""The templates of an application: where they are, and when they are read again."""

from collections.abc import Iterable
from typing import Any

from flask import Flask
from jinja2 import ChoiceLoader, FileSystemLoader

from pycommunicate.templating import missing


class Templates:
    """The environment of the templates in some folders, with all that Flask's has."""

    def __init__(self, flask: Flask, folders: list[str], *, auto_reload: bool) -> None:
        self._flask = flask
        self.folders = folders
        own = flask.jinja_env
        loaders = [FileSystemLoader(folders), *([own.loader] if own.loader is not None else [])]
        self.environment: Any = own.overlay(loader=ChoiceLoader(loaders), autoescape=True, auto_reload=auto_reload)

    def missing(self, template: str) -> str:
        """Return why a template can't be had (where it was looked for, the nearest name); empty where it can."""
        return missing(self.environment, template, self.folders)

    def hold(self) -> None:
        """Go on with the templates that were compiled, until `renew()`. For hot reload."""
        for environment in (self.environment, self._flask.jinja_env):
            environment.auto_reload = False

    def renew(self, names: Iterable[str]) -> None:
        """Read all templates anew, after those of `names` were compiled.

        :raises jinja2.TemplateError: one can't be; all are as they were.
        """
        for name in names:
            self.environment.loader.load(self.environment, name, self.environment.make_globals(None))
        for environment in (self.environment, self._flask.jinja_env):
            if environment.cache is not None:
                environment.cache.clear()
