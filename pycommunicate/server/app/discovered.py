"""What an application has discovered, and how it is replaced by what is declared now."""

from collections.abc import Callable, Iterable
from pathlib import Path

from pycommunicate.server.app.http import PageServer
from pycommunicate.server.discovery import discover
from pycommunicate.server.routes import RouteTable
from pycommunicate.server.routing import Registry


class Discovered:
    """The registries of the packages that `app.discover()` was called for."""

    def __init__(
        self, folder: Callable[[], Path], table: RouteTable, http: PageServer, register: Callable[[Registry], None]
    ) -> None:
        self._folder = folder
        self._table = table
        self._http = http
        self._register = register
        self.packages: dict[str, Registry] = {}

    def add(self, package: str) -> Registry:
        """Import the modules of `package` and register what they declare."""
        registry = discover(package, self._folder())
        self._register(registry)
        self.packages[package] = registry
        return registry

    def again(self) -> set[str]:
        """Register what the packages declare now, in place of what they declared before: all of it, or nothing.

        For hot reload. Requests under way end with the routes that they began with. Returns the rules that came, went or moved.

        :raises ConfigurationError: as `app.discover()` does; the routes are as they were.
        """
        found = {package: discover(package, self._folder()) for package in self.packages}
        known = [factory for registry in self.packages.values() for factory in registry.factories()]
        states = [(factory, type(factory), factory.__dict__) for factory in known]
        try:
            for package, registry in found.items():
                registry.take_over(self.packages[package])
            before = {declared for registry in self.packages.values() for declared in registry.declares()}
            after = {declared for registry in found.values() for declared in registry.declares()}
            if before != after:
                self._replace(found.values())
        except BaseException:
            for factory, kind, state in states:
                factory.__class__, factory.__dict__ = kind, state
            raise
        self.packages = found
        return {rule for rule, *_ in before ^ after}

    def _replace(self, registries: Iterable[Registry]) -> None:
        known = list(self.packages.values())
        with self._table.replacing({(one.rule, one.name) for registry in known for one in registry.routes}):
            for handler in [one for registry in known for one in registry.errors]:
                self._http.remove_error_page(handler.code)
            for registry in registries:
                self._register(registry)
