"""@route and @error_handler, the registry, discovery in a program without the command line."""

from __future__ import annotations

import itertools
import sys
from typing import TYPE_CHECKING

import pytest
from werkzeug.routing import BuildError

from pycommunicate import (
    CommunicateApp,
    ConfigurationError,
    Controller,
    ControllerFactory,
    DiscoveryError,
    ImportCycle,
    RouteError,
    View,
    error_handler,
    route,
)
from pycommunicate.server.app.notfound import not_found_page
from pycommunicate.server.routes import Route, in_match_order, same_urls
from pycommunicate.server.routing import REMEMBERED, Registry, collecting, default_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_numbers = itertools.count()


class Shows(View):
    def render(self) -> str:
        return f"{type(self).__name__} {self.controller.route_data}"


class Other(Shows):
    pass


def make_app(folder: Path | None = None, **options: object) -> CommunicateApp:
    app = CommunicateApp(**options)
    app.set_secret_key("a key that is long enough")
    if folder is not None:
        app.folder = folder
    return app


def served(registry: Registry, path: str, method: str = "GET", **options: object) -> tuple[int, str]:
    app = make_app(**options)
    app.register(registry)
    response = app.flask.test_client().open(path, method=method)
    return response.status_code, response.text


@pytest.fixture
def package(tmp_path: Path) -> Iterator[Callable[[dict[str, str]], str]]:
    """Writes the modules of a package with a name of its own; returns that name."""
    path, modules = list(sys.path), set(sys.modules)

    def write(files: dict[str, str]) -> str:
        name = f"controllers_{next(_numbers)}"
        for file, text in files.items():
            place = tmp_path / name / file
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text.replace("PACKAGE", name), "utf-8")
        return name

    yield write
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if name.startswith(("controllers_", "views_")):
            del sys.modules[name]


# -- decorators


def test_a_controller_a_view_and_a_function() -> None:
    with collecting() as registry:

        @route("/controller")
        class TwoController(Controller):
            views = [Shows, Other]  # noqa: RUF012 - as it is documented

        @route("view/<int:number>", name="by_number")
        class OneView(Shows):
            pass

        @route("/function", methods=["post"])
        def made_controller() -> ControllerFactory:
            return ControllerFactory().add_view(Other).set_default_view(Other)

    assert [(one.rule, one.name, one.methods) for one in registry.routes] == [
        ("/controller", "two", None),
        ("/view/<int:number>", "by_number", None),
        ("/function", "made", ("POST",)),
    ]
    assert served(registry, "/controller") == (200, "Shows {}")
    assert served(registry, "/view/3") == (200, "OneView {'number': 3}")
    assert served(registry, "/function", "POST") == (200, "Other {}")
    assert served(registry, "/function")[0] == 405


def test_several_rules_for_one_controller() -> None:
    with collecting() as registry:

        @route("/")
        @route("/home")
        class HomeController(Controller):
            views = [Shows]  # noqa: RUF012 - as it is documented

        class SubController(HomeController):
            pass

    assert [one.rule for one in registry.routes] == ["/", "/home"]
    assert registry.factory(registry.routes[0]) is registry.factory(registry.routes[1])
    assert served(registry, "/home") == served(registry, "/")
    app = make_app()
    app.register(registry)
    assert app.url_for("home") == "/"
    assert REMEMBERED not in vars(SubController)


def test_what_was_decorated_early_is_not_lost() -> None:
    @route("/early")
    class EarlyView(Shows):
        pass

    registry = Registry()
    module = type(sys)(EarlyView.__module__)
    module.EarlyView = EarlyView
    registry.adopt(module)
    registry.adopt(module)
    assert [one.rule for one in registry.routes] == ["/early"]


@pytest.mark.parametrize("kind", ["static", "class", "ctx", "self"])
def test_before_connect(kind: str) -> None:
    def refuse(ctx: object) -> None:
        ctx.abort(403)

    def refuse_as_method(cls: type, ctx: object) -> None:
        assert cls is GuardedController
        ctx.abort(403)

    with collecting() as registry:

        @route("/")
        class GuardedController(Controller):
            views = [Shows]  # noqa: RUF012 - as it is documented
            before_connect = {
                "static": staticmethod(refuse),
                "class": classmethod(refuse_as_method),
                "ctx": refuse,
                "self": refuse_as_method,
            }[kind]

        @error_handler(403)
        class RefusedView(Shows):
            pass

    assert served(registry, "/") == (403, "RefusedView {}")


def test_names() -> None:
    def todo_entry_controller() -> None: ...

    class HTTPStatusView: ...

    class View2Controller: ...

    class Controller: ...

    found = [default_name(one) for one in (todo_entry_controller, HTTPStatusView, View2Controller, Controller)]
    assert found == ["todo_entry", "http_status", "view2", "controller"]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: route("/__pycommunicate/x"), "reserved"),
        (lambda: route("/__pycommunicate<x>"), "reserved"),
        (lambda: route(Shows), "a route is a path"),
        (lambda: route("/")(3), "decorates a Controller, a View or a function"),
        (lambda: route("/")(str), "decorates a Controller, a View or a function"),
        (lambda: route("/", methods="GET"), "methods is a list"),
        (lambda: route("/", methods=[]), "methods is a list"),
        (lambda: route("/", name=""), "name of a route"),
        (lambda: error_handler(200), "HTTP error code"),
        (lambda: error_handler("404"), "HTTP error code"),
    ],
)
def test_what_is_refused_at_once(make: Callable, said: str) -> None:
    with pytest.raises(RouteError, match=said) as error:
        make()
    assert error.value.places[0].startswith(__file__)
    assert isinstance(error.value, ConfigurationError)
    assert said in error.value.problem


def no_factory() -> None:
    return None


def no_default() -> ControllerFactory:
    return ControllerFactory().add_view(Shows)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (type("EmptyController", (Controller,), {}), "EmptyController has no view to show"),
        (type("EmptyController", (Controller,), {"views": []}), "EmptyController has no view to show"),
        (type("WrongController", (Controller,), {"views": [str]}), "takes a subclass of View"),
        (type("TwiceController", (Controller,), {"views": [Shows, Shows]}), "was added before"),
        (type("GreedyView", (Shows,), {"before_connect": lambda _a, _b, _c: 0}), "takes 3 arguments"),
        (no_factory, "returned None"),
        (no_default, "has no default view"),
    ],
)
def test_what_is_refused_when_it_is_registered(target: object, said: str) -> None:
    with collecting() as registry:
        route("/x")(target)
    with pytest.raises(RouteError, match=said) as error:
        make_app().register(registry)
    assert any(place.startswith(__file__) for place in error.value.places)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("/a/<x>", "/a/<y>", True),
        ("/a/<x>", "/a/<string:y>", True),
        ("/a/<default:x>", "/a/<y>", True),
        ("/a/<int:x>", "/a/<int:y>", True),
        ("/a/<int( min = 2 ):x>", "/a/<int(min=2):y>", True),
        ("/a/<int(min=1):x>", "/a/<int(min=2):y>", False),
        ("/a/<int:x>", "/a/<y>", False),
        ("/a/<x>", "/b/<x>", False),
        ("/a", "/a/", False),
    ],
)
def test_which_rules_match_the_same_urls(one: str, other: str, same: bool) -> None:
    assert same_urls(one, other) is same
    first, second = Registry(), Registry()
    with collecting(first):
        route(one, name="one")(Shows)
    with collecting(second):
        route(other, name="other")(Other)
    app = make_app()
    app.register(first)
    if not same:
        app.register(second)
        return
    with pytest.raises(RouteError, match="two routes match the same URLs") as error:
        app.register(second)
    assert len(error.value.places) == 2


def test_methods_tell_routes_apart() -> None:
    with collecting() as registry:
        route("/x", methods=["GET"], name="get")(Shows)
        route("/x", methods=["POST"], name="post")(Other)
    assert served(registry, "/x") == (200, "Shows {}")
    assert served(registry, "/x", "POST") == (200, "Other {}")


def test_twins_among_controllers_and_plain_flask_routes() -> None:
    app = make_app()
    factory = ControllerFactory().add_view(Shows).set_default_view(Shows)
    app.add_controller("/a/<x>", factory)
    with pytest.raises(ConfigurationError, match="/a/<y> and /a/<x>"):
        app.add_controller("/a/<y>", factory)

    @app.flask.route("/plain")
    def plain() -> str:
        return ""

    with pytest.raises(RouteError, match="/plain") as error:
        app.add_controller("/plain", factory)
    assert len(error.value.places) == 2
    with pytest.raises(RouteError, match="name 'plain' belongs to two"):
        app.add_controller("/other", factory, name="plain")
    with pytest.raises(RouteError, match="malformed"):
        app.add_controller("/<int:>", factory)
    assert [one.rule for one in app.routes()] == ["/a/<x>", "/plain", "/static/<path:filename>"]


def test_two_error_handlers_for_one_code() -> None:
    with collecting() as registry:
        error_handler(404)(Shows)
        error_handler(404)(Other)
    with pytest.raises(RouteError, match="two error handlers for 404") as error:
        make_app().register(registry)
    assert len(error.value.places) == 2


def test_url_for() -> None:
    with collecting() as registry:

        @route("/todo/<int:n>", name="entry")
        class EntryView(View):
            def render(self) -> str:
                return self.controller.templater.render_string("{{ url_for('entry', n=4, x='a b') }}")

    app = make_app()
    app.register(registry)
    assert app.url_for("entry", n=3) == "/todo/3"
    assert app.flask.test_client().get("/todo/1").text == "/todo/4?x=a+b"
    with app.flask.test_request_context(base_url="http://localhost/base"):
        assert app.url_for("entry", n=3) == "/base/todo/3"
    with pytest.raises(BuildError):
        app.url_for("entrie", n=3)


# -- the order


RULES = ["/<path:a>", "/a/<x>", "/", "/a/b", "/a/<int:n>", "/a/<x>/c", "/a/", "/<x>/b", "/a/<path:p>/z", "/a/<float:f>"]


@pytest.mark.parametrize("turn", range(4))
def test_the_order_is_that_in_which_werkzeug_matches(turn: int) -> None:
    from werkzeug.routing import Map, Rule

    order = RULES[turn:] + RULES[:turn]
    url_map = Map([Rule(rule, endpoint=rule) for rule in order])
    listed = [rule.rule for rule in in_match_order(url_map.iter_rules())]
    for path in ("/", "/a/b", "/a/1", "/a/1.5", "/a/x", "/a/x/c", "/q/b", "/a/x/y/z", "/q", "/a/"):
        matched = url_map.bind("localhost").match(path)[0]
        able = [rule for rule in listed if _alone(rule, path)]
        assert able[0] == matched, (path, listed)


def _alone(rule: str, path: str) -> bool:
    from werkzeug.exceptions import HTTPException
    from werkzeug.routing import Map, Rule

    try:
        Map([Rule(rule, endpoint=rule)]).bind("localhost").match(path)
    except HTTPException:
        return False
    return True


# -- discovery

PAGE = "from pycommunicate import View, route\n\n\n@route({rule!r})\nclass {name}View(View):\n    def render(self):\n        return __name__\n"


def test_every_module_is_found(package: Callable, tmp_path: Path) -> None:
    name = package(
        {
            "__init__.py": PAGE.format(rule="/init", name="Init"),
            "one.py": PAGE.format(rule="/<any>", name="Any"),
            "deep/er/two.py": PAGE.format(rule="/two", name="Two"),
            "__pycache__/no.py": "raise Exception",
            ".hidden/no.py": "raise Exception",
            "not-a-module.py": "raise Exception",
        }
    )
    app = make_app(tmp_path)
    routes = app.discover(name)
    assert [one.rule for one in routes] == ["/init", "/two", "/<any>"]
    assert all(isinstance(one, Route) for one in routes)
    assert (routes[1].file, routes[1].line) == (str(tmp_path / name / "deep/er/two.py"), 4)
    assert app.flask.test_client().get("/two").text == f"{name}.deep.er.two"


def test_a_second_application_finds_them_again(package: Callable, tmp_path: Path) -> None:
    name = package({"one.py": PAGE.format(rule="/one", name="One")})
    make_app(tmp_path).discover(name)
    assert [one.rule for one in make_app(tmp_path).discover(name)] == ["/one"]


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ("x = 1\ndef (", "SyntaxError: invalid syntax", 2),
        ("\n\nimport no_such_module_at_all", "No module named", 3),
        ("import sys\nsys.exit('bye')", "ended the program: SystemExit: bye", 2),
        ("def f():\n    return 1 / 0\nf()", "ZeroDivisionError", 2),
        ("from pycommunicate import ControllerFactory\nControllerFactory().add_view(3)", "takes a subclass of View", 2),
    ],
)
def test_a_module_that_does_not_import(text: str, said: str, line: int, package: Callable, tmp_path: Path) -> None:
    name = package({"bad.py": text})
    with pytest.raises(DiscoveryError, match=said) as error:
        make_app(tmp_path).discover(name)
    assert error.value.places == (f"{tmp_path / name / 'bad.py'}:{line}",)
    assert error.value.__cause__ is not None
    assert f"the module '{name}.bad' does not import" in error.value.problem


def test_an_import_cycle_is_printed_as_one(package: Callable, tmp_path: Path) -> None:
    name = package(
        {
            "a.py": "from PACKAGE.b import Y\nX = 1\n",
            "b.py": "if True:\n    from . import c\nY = 1\n",
            "c.py": "import typing\nfrom PACKAGE.a import X\n",
        }
    )
    with pytest.raises(ImportCycle) as error:
        make_app(tmp_path).discover(name)
    assert f"{name}.a -> {name}.b -> {name}.c -> {name}.a" in error.value.problem
    folder = tmp_path / name
    assert error.value.places == (f"{folder / 'a.py'}:1", f"{folder / 'b.py'}:2", f"{folder / 'c.py'}:2")


def test_a_package_that_is_not_there(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    with pytest.raises(DiscoveryError, match="no package 'controllers_none'"):
        app.discover("controllers_none")
    with pytest.raises(DiscoveryError, match="takes a package's name"):
        app.discover("../x")


def test_a_package_that_another_hides(tmp_path: Path) -> None:
    (tmp_path / "json").mkdir()
    (tmp_path / "json" / "__init__.py").write_text("")
    before = list(sys.path)
    with pytest.raises(DiscoveryError, match="hidden by another"):
        make_app(tmp_path).discover("json")
    sys.path[:] = before


# -- the 404 page in debug


def test_debug_lists_the_nearest_routes_first() -> None:
    with collecting() as registry:
        route("/todo/<int:n>")(type("EntryView", (Shows,), {}))
        route("/about")(type("AboutView", (Shows,), {}))
    status, page = served(registry, "/abuot<script>", debug=True)
    assert status == 404
    assert "abuot&lt;script&gt;" in page
    assert "<script" not in page
    assert page.index(">/about<") < page.index("/todo/&lt;int:n&gt;")
    assert "/about" not in served(registry, "/abuot")[1]


def test_the_application_s_own_404_counts_more(tmp_path: Path) -> None:
    with collecting() as registry:
        error_handler(404)(Shows)
    assert served(registry, "/x", debug=True) == (404, "Shows {}")
    app = make_app(debug=True)
    app.flask.register_error_handler(Exception, lambda error: (f"mine: {error.code}", error.code))
    assert app.flask.test_client().get("/x").text == "mine: 404"


def test_debug_does_not_dress_up_other_404s() -> None:
    app = make_app(debug=True)
    client = app.flask.test_client()
    assert "routes" not in client.get("/static/none.css").text
    assert "routes" not in client.get("/x", headers={"Accept": "application/json"}).text
    assert "The application has no routes" in client.get("/x", headers={"Accept": "text/html"}).text


def test_an_empty_page() -> None:
    assert "no routes" in not_found_page("/", [])
