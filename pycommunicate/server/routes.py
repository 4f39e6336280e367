"""What an application serves, as data: its routes in the order in which they match, and what is wrong with them."""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from pycommunicate.errors import RouteError
from pycommunicate.protocol.version import PREFIX
from pycommunicate.server.bases.controller import ControllerFactory

_VARIABLE: Final = re.compile(r"<(?:(?P<converter>[a-zA-Z_]\w*)(?P<arguments>\([^>]*?\))?:)?(?P<name>[a-zA-Z_]\w*)>")
_AUTOMATIC: Final = frozenset({"HEAD", "OPTIONS"})
_OWN: Final = "pycommunicate."
"""How the endpoints begin that are the library's own, and no route of the application."""


@dataclass(frozen=True)
class Route:
    """One rule that the application answers: a page, or a plain Flask route (which has no controller)."""

    methods: tuple[str, ...]
    """Sorted, without HEAD and OPTIONS, which come by themselves."""
    rule: str
    endpoint: str
    """The name, for `url_for`."""
    controller: str | None
    """The controller's class, with its module. None: a plain Flask route."""
    views: tuple[str, ...]
    """The views' classes, with their modules, in their order."""
    template: str | None
    """The template that the default view renders, where its `render()` names it."""
    file: str | None
    """Where it was declared; None where that is not known."""
    line: int | None
    arguments: tuple[str, ...]
    """The names of the variable parts, in the order of the rule."""

    @property
    def place(self) -> str:
        """`file:line`, or empty."""
        return f"{self.file}:{self.line}" if self.file else ""


@dataclass(frozen=True)
class RouteProblem:
    """Something that is wrong with the routes. `kind`: `duplicate`, `unreachable` or `template`."""

    kind: str
    message: str
    places: tuple[str, ...]
    help: str = ""


@dataclass(frozen=True)
class TemplateUse:
    """A template that a view's `render()` names."""

    view: str
    template: str
    file: str
    line: int


class RouteTable:
    """The routes of one application: who declared what, where."""

    def __init__(self, flask: Flask) -> None:
        self._flask = flask
        self._declared: dict[tuple[str, str], tuple[ControllerFactory, tuple[str, int] | None]] = {}

    def declare(
        self,
        rule: str,
        endpoint: str,
        factory: ControllerFactory,
        place: tuple[str, int] | None,
        methods: Iterable[str] | None,
    ) -> None:
        """Note a page's route that is about to be added to Flask.

        :raises RouteError: another rule matches the same URLs, or the name is another route's.
        """
        at = _shown(place)
        for other in self._flask.url_map.iter_rules():
            if same_urls(rule, other.rule) and set(other.methods or ()) & set(methods or ("GET",)):
                known = self._place_of(other)
                raise RouteError(
                    f"two routes match the same URLs: {rule} and {other.rule}",
                    places=[one for one in (at, _shown(known)) if one],
                    help=_help_for_twins(place, known),
                )
        if endpoint in self._flask.view_functions and not self._is_another_rule_of(endpoint, factory):
            holders = [_shown(self._place_of(one)) for one in self._flask.url_map.iter_rules(endpoint)]
            raise RouteError(
                f"the name {endpoint!r} belongs to two routes",
                places=[one for one in (at, *holders) if one],
                help='give one of them another: @route("/...", name="...")',
            )
        self._declared[endpoint, rule] = (factory, place)

    def _is_another_rule_of(self, endpoint: str, factory: ControllerFactory) -> bool:
        return any(name == endpoint and known is factory for (name, _), (known, _) in self._declared.items())

    def withdraw(self, rule: str, endpoint: str) -> None:
        """Forget a route that Flask did not take."""
        self._declared.pop((endpoint, rule), None)

    def factory_at(self, path: str) -> ControllerFactory | None:
        """Return the factory whose page answers a GET of `path`; None where no page does."""
        try:
            rule, _ = self._flask.url_map.bind("localhost").match(path, method="GET", return_rule=True)
        except HTTPException:  # not found, or a redirect
            return None
        return self._declared.get((rule.endpoint, rule.rule), (None, None))[0]

    @contextmanager
    def replacing(self, gone: Collection[tuple[str, str]]) -> Iterator[None]:
        """Remove routes, and let others be added though requests have been served. Where the block raises, all are as they were.

        :param gone: the rules with their endpoints that are served no more.

        The block must not yield to other greenlets. The map is a new one: who has begun with the old one ends with it.
        """
        flask, before = self._flask, self._flask.url_map
        functions, declared = dict(flask.view_functions), dict(self._declared)
        handlers = deepcopy(dict(flask.error_handler_spec[None]))
        served, flask._got_first_request = flask._got_first_request, False
        try:
            flask.url_map = _copy(before, lambda rule: (rule.rule, rule.endpoint) not in gone)
            left = {rule.endpoint for rule in flask.url_map.iter_rules()}
            for rule, endpoint in gone:
                self._declared.pop((endpoint, rule), None)
                if endpoint not in left:
                    flask.view_functions.pop(endpoint, None)
            yield
        except BaseException:
            flask.url_map = before
            flask.view_functions.clear()
            flask.view_functions.update(functions)
            self._declared = declared
            flask.error_handler_spec[None].clear()
            flask.error_handler_spec[None].update(handlers)
            raise
        finally:
            flask._got_first_request = served

    def _place_of(self, rule: Rule) -> tuple[str, int] | None:
        if (rule.endpoint, rule.rule) in self._declared:
            return self._declared[rule.endpoint, rule.rule][1]
        return _function_place(self._flask.view_functions.get(rule.endpoint))

    def rules(self) -> list[Rule]:
        """Return Flask's rules but for the library's own, in the order in which they match."""
        return in_match_order(one for one in self._flask.url_map.iter_rules() if not is_own(one))

    def route(self, rule: Rule) -> Route:
        """Describe a rule."""
        factory, place = self._declared.get((rule.endpoint, rule.rule), (None, None))
        place = place or self._place_of(rule)
        uses = template_uses(factory.views[factory.default_view_index()]) if factory else []
        return Route(
            methods=tuple(sorted((rule.methods or set()) - _AUTOMATIC)),
            rule=rule.rule,
            endpoint=rule.endpoint,
            controller=_dotted(factory.controller_class) if factory else None,
            views=tuple(_dotted(view) for view in factory.views) if factory else (),
            template=uses[0].template if uses else None,
            file=place[0] if place else None,
            line=place[1] if place else None,
            arguments=arguments_of(rule.rule),
        )

    def routes(self) -> list[Route]:
        """Describe every route, in the order in which they match."""
        return [self.route(rule) for rule in self.rules()]

    def view_classes(self) -> list[Any]:
        """Return every view of every page, each once."""
        return list(dict.fromkeys(view for factory, _ in self._declared.values() for view in factory.views))

    def problems(self, find_template: Callable[[str], str]) -> list[RouteProblem]:
        """Return what is wrong: routes that can't be reached, templates that are not there.

        :param find_template: returns what is wrong with a template, empty where it can be had.
        """
        found = list(self._unreachable())
        uses = {(use.file, use.line, use.template): use for view in self.view_classes() for use in template_uses(view)}
        for use in uses.values():
            wrong = find_template(use.template)
            if wrong:
                message = f"{use.view} renders {use.template!r}: {wrong}"
                found.append(RouteProblem("template", message, (f"{use.file}:{use.line}",)))
        return found

    def _unreachable(self) -> Iterator[RouteProblem]:
        url_map = self._flask.url_map
        for rule in self.rules():
            winners = _winners(url_map, rule)
            if winners and rule not in winners:
                twin = next((one for one in winners if same_urls(rule.rule, one.rule)), None)
                winner = twin or winners[0]
                yield RouteProblem(
                    "duplicate" if twin else "unreachable",
                    f"{rule.rule} and {winner.rule} match the same URLs"
                    if twin
                    else f"{winner.rule} answers before {rule.rule} can",
                    tuple(one for one in (_shown(self._place_of(rule)), _shown(self._place_of(winner))) if one),
                )


def _copy(url_map: Map, wanted: Callable[[Rule], bool]) -> Map:
    made = type(url_map)(
        default_subdomain=url_map.default_subdomain,
        strict_slashes=url_map.strict_slashes,
        merge_slashes=url_map.merge_slashes,
        redirect_defaults=url_map.redirect_defaults,
        sort_parameters=url_map.sort_parameters,
        sort_key=url_map.sort_key,
        host_matching=url_map.host_matching,
    )
    made.converters = url_map.converters
    for rule in url_map.iter_rules():
        if wanted(rule):
            twin = rule.empty()
            twin.provide_automatic_options = getattr(rule, "provide_automatic_options", True)  # type: ignore[attr-defined]
            made.add(twin)
    return made


def is_own(rule: Rule) -> bool:
    """Whether a rule belongs to the library itself."""
    return rule.endpoint.startswith(_OWN) or rule.rule.startswith(f"{PREFIX}/")


def same_urls(one: str, other: str) -> bool:
    """Whether two rules match the same URLs: they differ in the names of their variable parts at most."""
    return _normal(one) == _normal(other)


def _normal(rule: str) -> str:
    def place(match: re.Match[str]) -> str:
        converter = match["converter"] or "string"
        return f"<{'string' if converter == 'default' else converter}{(match['arguments'] or '').replace(' ', '')}>"

    return _VARIABLE.sub(place, rule)


def arguments_of(rule: str) -> tuple[str, ...]:
    """Return the names of a rule's variable parts, in their order."""
    return tuple(match["name"] for match in _VARIABLE.finditer(rule))


def in_match_order(rules: Iterable[Rule]) -> list[Rule]:
    """Return rules, given in the order in which they were added, in the order in which Werkzeug's matcher tries them."""
    added: dict[tuple[str, ...], int] = {}

    def key(rule: Rule) -> list[Any]:
        found: list[Any] = []
        way: tuple[str, ...] = ()
        for part in getattr(rule, "_parts", ()):
            way = (*way, part.content)
            static = (0, (), part.content)
            found.append(static if part.static else (1, _tuples(part.weight), added.setdefault(way, len(added))))
        return found

    return [rule for _, rule in sorted(((key(rule), rule) for rule in rules), key=lambda pair: pair[0])]


def _tuples(value: Any) -> Any:
    return tuple(_tuples(one) for one in value) if isinstance(value, list | tuple) else value


_SAMPLES: Final = ("1", "7", "42", "2026", "0", "1.5", "a", "entry", "some-name", "En_7", "a/b", "b/c.txt", "no1/x/y2")
_UUID: Final = "6f1c2a34-0b5e-4d3c-9a8b-7c6d5e4f3a2b"


def _winners(url_map: Map, rule: Rule) -> list[Rule]:
    """Return who answers the URLs that a rule is made for, tried on samples."""
    adapter = url_map.bind("localhost")
    methods = sorted((rule.methods or {"GET"}) - _AUTOMATIC) or ["GET"]
    found = []
    for path in _sample_paths(rule):
        for method in methods:
            try:
                winner, _ = adapter.match(path, method=method, return_rule=True)
            except Exception:  # noqa: S112 - redirects, and samples that a converter refuses
                continue
            found.append(winner)
    return found


def _sample_paths(rule: Rule) -> list[str]:
    choices: dict[str, list[str]] = {}
    for name, converter in rule._converters.items():
        samples = [*_SAMPLES, _UUID, *getattr(converter, "items", ())]
        choices[name] = [one for one in samples if re.fullmatch(converter.regex, one)]
        if not choices[name]:
            return []
    most = max([1, *map(len, choices.values())])

    def fill(n: int) -> str:
        return _VARIABLE.sub(lambda match: choices[match["name"]][n % len(choices[match["name"]])], rule.rule)

    return [fill(n) for n in range(most)]


def template_uses(view: Any) -> list[TemplateUse]:
    """Return the templates that a view's `render()` names, as literals."""
    function = inspect.unwrap(getattr(view, "render", None) or (lambda: None))
    try:
        lines, first = inspect.getsourcelines(function)
        tree = ast.parse(textwrap.dedent("".join(lines)))
        file = inspect.getsourcefile(function) or ""
    except (OSError, SyntaxError, TypeError):
        return []
    return [
        TemplateUse(view.__qualname__, node.args[0].value, file, first + node.lineno - 1)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "render"
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    ]


def _help_for_twins(one: tuple[str, int] | None, other: tuple[str, int] | None) -> str:
    if one and one == other:
        return "its module is imported twice, under two names; import it by the same name everywhere"
    return "change one of the rules, or tell them apart by a converter or by methods"


def _function_place(function: Any) -> tuple[str, int] | None:
    code = getattr(inspect.unwrap(function), "__code__", None) if function else None
    if code is None or function.__module__.partition(".")[0] in {"flask", "pycommunicate"}:
        return None
    return (code.co_filename, code.co_firstlineno)


def _shown(place: tuple[str, int] | None) -> str:
    return f"{place[0]}:{place[1]}" if place else ""


def _dotted(one: Any) -> str:
    return f"{getattr(one, '__module__', '?')}.{getattr(one, '__qualname__', repr(one))}"
