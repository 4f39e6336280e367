"""@route and @error_handler: what a project declares, and the registry in which declarations are collected."""

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any, Final, NamedTuple, TypeVar, cast

from pycommunicate.errors import ConfigurationError, RouteError
from pycommunicate.protocol.version import PREFIX
from pycommunicate.server.bases.controller import Controller, ControllerFactory
from pycommunicate.server.bases.views import View

Target = TypeVar("Target", bound="type[Controller] | type[View] | Callable[[], ControllerFactory]")

REMEMBERED: Final = "__pycommunicate_routes__"
"""The attribute under which a decorated object keeps its declarations."""


class Place(NamedTuple):
    """Where something is declared."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, eq=False)
class RouteDeclaration:
    """What one `@route` says."""

    rule: str
    methods: tuple[str, ...] | None
    name: str
    target: Any
    place: Place


@dataclass(frozen=True, eq=False)
class ErrorDeclaration:
    """What one `@error_handler` says."""

    code: int
    target: Any
    place: Place


Declaration = RouteDeclaration | ErrorDeclaration


@dataclass
class Registry:
    """What a discovery collects. A value: it can be made, checked and thrown away without touching an application."""

    routes: list[RouteDeclaration] = field(default_factory=list)
    errors: list[ErrorDeclaration] = field(default_factory=list)
    _factories: dict[int, ControllerFactory] = field(default_factory=dict)

    def add(self, declaration: Declaration) -> None:
        """Take a declaration in; one that is here already is not taken twice.

        Of several for the same target the latest comes first: decorators run from the inside out, and are read from the top.
        """
        kept: list[Any] = self.routes if isinstance(declaration, RouteDeclaration) else self.errors
        if declaration not in kept:
            kept.insert(
                next((i for i, one in enumerate(kept) if one.target is declaration.target), len(kept)), declaration
            )

    def adopt(self, module: ModuleType) -> None:
        """Take in what was declared in `module` when it was imported, be it long ago."""
        file = getattr(module, "__file__", None)
        for value in tuple(vars(module).values()):
            for declaration in reversed(getattr(value, "__dict__", {}).get(REMEMBERED, ())):
                if declaration.place.file == file or value.__module__ == module.__name__:
                    # A class that hot reload made anew was merged into the one that lives on.
                    mine = declaration if declaration.target is value else replace(declaration, target=value)
                    self.add(mine)

    def factory(self, declaration: Declaration) -> ControllerFactory:
        """Return the factory of what was decorated; the same one for each of its routes."""
        key = id(declaration.target)
        if key not in self._factories:
            self._factories[key] = make_factory(declaration.target, declaration.place)
        return self._factories[key]

    def factories(self) -> list[ControllerFactory]:
        """Return the factories that were made so far."""
        return list(self._factories.values())

    def declares(self) -> Iterator[tuple[str, str, object, object]]:
        """What is declared, as values to compare: rule or code, name, methods, target."""
        yield from ((one.rule, one.name, one.methods, one.target) for one in self.routes)
        yield from ((f"error {one.code}", "", None, one.target) for one in self.errors)

    def take_over(self, earlier: "Registry") -> None:
        """Go on with the factories of an earlier registry, brought up to date: pages know theirs.

        :raises RouteError: a factory can't be made.
        """
        declared: list[Declaration] = [*self.routes, *self.errors]
        fresh = {id(one.target): self.factory(one) for one in declared}
        for key, factory in fresh.items():
            known = earlier._factories.get(key)
            if known is not None:
                known.__class__ = type(factory)
                known.__dict__ = factory.__dict__
                self._factories[key] = known


_collecting: ContextVar[Registry | None] = ContextVar("pycommunicate_registry", default=None)


@contextmanager
def collecting(registry: Registry | None = None) -> Iterator[Registry]:
    """Collect in `registry` (default: a new one) what is decorated in the meantime."""
    registry = Registry() if registry is None else registry
    token = _collecting.set(registry)
    try:
        yield registry
    finally:
        _collecting.reset(token)


def route(rule: str, *, methods: Iterable[str] | None = None, name: str | None = None) -> Callable[[Target], Target]:
    """Serve what is decorated at `rule`. `app.discover("controllers")` finds it. May be stacked, for several rules.

    It decorates a `Controller` subclass with `views = [...]` (the first is the default), a `View` subclass (a page of one
    view), or a function without parameters that returns a `ControllerFactory`. A `before_connect` of the class is called with
    the `CallCTX` before a page is made: a `@staticmethod` taking `ctx`, or a `@classmethod` taking `cls, ctx`. Since there is
    no instance yet, a plain method counts as the latter.

    :param rule: the path, with variable parts such as `<name>` and `<int:number>` (Flask's URL rules).
    :param methods: the HTTP methods that are answered. Default: GET (with HEAD and OPTIONS).
    :param name: for `url_for(name)`. Default: the class's or function's name in snake_case, without Controller or View.
    :raises RouteError: (a `ConfigurationError`) the rule is reserved, or can't be one.
    """
    place = _caller()
    rule = checked_rule(rule, place)
    wanted = _checked_methods(methods, place)
    if name is not None and not (isinstance(name, str) and name):
        raise RouteError(f"the name of a route is a str and not empty, not {name!r}", places=[place])

    def decorate(target: Target) -> Target:
        _check_target(target, "@route", place)
        return _remember(target, RouteDeclaration(rule, wanted, name or default_name(target), target, place))

    return decorate


def error_handler(code: int) -> Callable[[Target], Target]:
    """Answer requests that end in the HTTP error `code` with a page of what is decorated: the same things as for `@route`.

    The page is shown at the URL that was asked for, with the error's status. `before_connect` is not called for it.

    :raises RouteError: (a `ConfigurationError`) `code` is no HTTP error code.
    """
    place = _caller()
    if type(code) is not int or not 400 <= code <= 599:
        raise RouteError(f"@error_handler() takes an HTTP error code from 400 to 599, not {code!r}", places=[place])

    def decorate(target: Target) -> Target:
        _check_target(target, "@error_handler", place)
        return _remember(target, ErrorDeclaration(code, target, place))

    return decorate


def make_factory(target: Any, place: Place) -> ControllerFactory:
    """Return the factory for what was decorated at `place`.

    :raises RouteError: it has no views, or something that is none; or the function returned no factory.
    """
    if not isinstance(target, type):
        made = target()
        if not isinstance(made, ControllerFactory):
            raise RouteError(f"{target.__qualname__}() returned {made!r}; expected a ControllerFactory", places=[place])
        return _with_default(made, target, place)
    factory = ControllerFactory()
    if issubclass(target, View):
        views: Any = [target]
    else:
        factory.with_controller(cast(type[Controller], target))
        views = getattr(target, "views", None)
        if not views or not isinstance(views, list | tuple):
            raise RouteError(
                f"{target.__qualname__} has no view to show",
                places=[place],
                help=f"give the class its views, the default first: views = [{_stem(target)}View]",
            )
    try:
        for view in views:
            factory.add_view(view)
        factory.set_default_view(views[0])
    except ConfigurationError as error:
        raise RouteError(f"the views of {target.__qualname__}: {error.problem}", places=[place]) from None
    guard = _before_connect(target, place)
    return factory.with_before_connect(guard) if guard else factory


def _with_default(factory: ControllerFactory, function: Any, place: Place) -> ControllerFactory:
    try:
        factory.default_view_index()
    except ConfigurationError:
        message = f"the ControllerFactory that {function.__qualname__}() returns has no default view"
        raise RouteError(message, places=[place], help="call set_default_view() with one of its views") from None
    return factory


def _before_connect(target: type, place: Place) -> Callable[[Any], object] | None:
    found = inspect.getattr_static(target, "before_connect", None)
    if found is None:
        return None
    bound = getattr(target, "before_connect")  # noqa: B009 - not every class has it
    if not inspect.isfunction(found):
        guard: Callable[[Any], object] = bound
        return guard
    # As for __init_subclass__: there is no instance yet, so a plain method is given the class.
    needed = [
        one
        for one in inspect.signature(found).parameters.values()
        if one.kind in {one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD} and one.default is one.empty
    ]
    if len(needed) == 1:
        return found
    if len(needed) == 2:
        return lambda ctx: found(target, ctx)
    raise RouteError(
        f"{target.__qualname__}.before_connect takes {len(needed)} arguments; it is given the ctx",
        places=[Place(found.__code__.co_filename, found.__code__.co_firstlineno), place],
        help="write @staticmethod def before_connect(ctx)",
    )


def checked_rule(rule: Any, place: object = None) -> str:
    """Return a rule with its leading slash. Raises `RouteError` where it is none, or reserved."""
    places = [place] if place else []
    if not isinstance(rule, str):
        raise RouteError(f"a route is a path such as '/todo', not {rule!r}", places=places, help='write @route("/...")')
    path = rule if rule.startswith("/") else f"/{rule}"
    if path == PREFIX or path.startswith((f"{PREFIX}/", f"{PREFIX}<")):
        message = f"the route {rule!r} is reserved: {PREFIX}/ belongs to pycommunicate; choose another"
        raise RouteError(message, places=places)
    return path


def default_name(target: Any) -> str:
    """Return the name of a route without one: `TodoEntryController`, `TodoEntryView`, `todo_entry()` are `todo_entry`."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", target.__name__).lower()
    return re.sub(r"_(controller|view|factory)$", "", name) or name


def _stem(target: Any) -> str:
    return re.sub(r"Controller$", "", target.__name__) or "My"


def _checked_methods(methods: Any, place: Place) -> tuple[str, ...] | None:
    if methods is None:
        return None
    given = [] if isinstance(methods, str) else list(methods)
    if not given or not all(isinstance(one, str) and one.isalpha() for one in given):
        raise RouteError(f"methods is a list such as ['GET', 'POST'], not {methods!r}", places=[place])
    return tuple(dict.fromkeys(one.upper() for one in given))


def _check_target(target: Any, decorator: str, place: Place) -> None:
    if isinstance(target, type) and issubclass(target, Controller | View):
        return
    if inspect.isfunction(target):
        return
    raise RouteError(
        f"{decorator} decorates a Controller, a View or a function that returns a ControllerFactory, not {target!r}",
        places=[place],
    )


def _remember(target: Target, declaration: Declaration) -> Target:
    # In the object's own __dict__: a subclass does not inherit the routes of its base.
    known = vars(target).get(REMEMBERED, ())
    setattr(target, REMEMBERED, (declaration, *known))  # decorators run from the inside out
    registry = _collecting.get()
    if registry is not None:
        registry.add(declaration)
    return target


def _caller() -> Place:
    frame = sys._getframe(2)
    return Place(frame.f_code.co_filename, frame.f_lineno)
