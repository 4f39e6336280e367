"""The 404 page in debug: which routes there are, the nearest to the URL first."""

from collections.abc import Callable
from difflib import SequenceMatcher
from typing import Any, Final

from flask import Flask, Response, request
from markupsafe import Markup
from werkzeug.exceptions import NotFound

from pycommunicate.server.routes import Route

_STYLE: Final = Markup("""
:root { color-scheme: light dark; --text: #1d2430; --quiet: #5d6878; --line: #dfe4ea; --paper: #fff; --back: #f4f6f8; --mark: #0b5fc0 }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e9ee; --quiet: #9aa5b4; --line: #303844; --paper: #1a2029; --back: #11151b; --mark: #7db4ff }
}
* { box-sizing: border-box }
body { margin: 0; padding: 8vh 1.25rem; background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, sans-serif }
main { max-width: 52rem; margin: auto }
h1 { margin: 0 0 .25rem; font-size: 1.6rem; overflow-wrap: anywhere }
p { margin: 0 0 1.5rem; color: var(--quiet) }
ul { list-style: none; margin: 0; padding: 0; background: var(--paper); border: 1px solid var(--line); border-radius: .75rem; overflow: hidden }
li { padding: .75rem 1.1rem; border-top: 1px solid var(--line) }
li:first-child { border-top: 0 }
code { font: .95em ui-monospace, monospace; overflow-wrap: anywhere }
a { color: var(--mark) }
a:focus-visible { outline: 3px solid var(--mark); outline-offset: 2px }
small { display: block; color: var(--quiet); overflow-wrap: anywhere }
""")
_PAGE: Final = Markup("""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>404: {path}</title><style>{style}</style></head>
<body><main><h1>Nothing is at <code>{path}</code></h1><p>{said}</p>{listing}</main></body></html>
""")
_ITEM: Final = Markup("<li>{rule}<small>{about}</small></li>")


def list_routes_in_404(flask: Flask, routes: Callable[[], list[Route]]) -> None:
    """Answer URLs that no route matches with a list of the routes, unless the application has a 404 handler of its own."""
    handlers = flask.error_handler_spec[None][404]
    if NotFound in handlers:
        return

    def respond(error: NotFound) -> Any:
        other = _general_handler(flask)
        if other is not None:
            return flask.ensure_sync(other)(error)
        if request.routing_exception is not error or "text/html" not in request.headers.get("Accept", "text/html"):
            return error
        response = Response(not_found_page(request.path, routes(), request.script_root, flask.root_path), 404)
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
        )
        return response

    flask.register_error_handler(404, respond)


def _general_handler(flask: Flask) -> Any:
    # Flask takes the most specific handler, which is ours; a general one of the application goes first all the same.
    general = flask.error_handler_spec[None][None]
    return next((general[cls] for cls in NotFound.__mro__ if cls in general), None)


def not_found_page(path: str, routes: list[Route], base: str = "", folder: str = "") -> str:
    """Return the page for a URL that no route matches."""
    ordered = nearest_first(path, [route for route in routes if route.endpoint != "static"])
    items = Markup("").join(_ITEM.format(rule=_rule(route, base), about=_about(route, folder)) for route in ordered)
    said = (
        "These are the application's routes, the most similar first." if ordered else "The application has no routes."
    )
    listing = Markup("<ul>{}</ul>").format(items) if ordered else ""
    said += " Only debug mode shows this page."
    return str(_PAGE.format(path=path, style=_STYLE, said=said, listing=listing))


def nearest_first(path: str, routes: list[Route]) -> list[Route]:
    """Return the routes, those most like `path` first."""
    return sorted(routes, key=lambda route: -SequenceMatcher(None, path.lower(), route.rule.lower()).ratio())


def _rule(route: Route, base: str) -> Markup:
    if route.arguments or "GET" not in route.methods:
        return Markup("<code>{}</code>").format(route.rule)
    return Markup('<a href="{}"><code>{}</code></a>').format(base + route.rule, route.rule)


def _about(route: Route, folder: str) -> str:
    shown = route.controller or f"Flask: {route.endpoint}"
    return " · ".join(part for part in (" ".join(route.methods), shown, route.place.removeprefix(f"{folder}/")) if part)
