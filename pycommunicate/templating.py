"""Templater: renders Jinja2 templates, and the elements with which the client starts."""

from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from typing import Any

from jinja2 import Environment, Template
from jinja2.exceptions import TemplateNotFound
from markupsafe import Markup

AddContext = Callable[[dict[str, Any]], None]
AddIncludes = Callable[[str], Markup]
UseNonce = Callable[[str], str]


class Templater:
    """Renders templates of the template directory. Autoescape is on: what a value holds is shown as text.

    In a template, `add_includes()` (in the head) loads the client; without it the page is static. Flask's names
    (`url_for`, `request`, `session`, `get_flashed_messages`) are there too. `csp_nonce()` is the nonce with which a script
    runs under the page's policy: `<script nonce="{{ csp_nonce() }}">`.
    """

    def __init__(
        self, environment: Environment, add_includes: AddIncludes, use_nonce: UseNonce, add_context: AddContext
    ) -> None:
        self._environment = environment
        self._add_includes = add_includes
        self._use_nonce = use_nonce
        self._add_context = add_context

    def render(self, template: str, **values: Any) -> str:
        """Return the template `template` (its path in the template directory), rendered with `values`.

        :raises jinja2.TemplateNotFound: there is no such file.
        :raises jinja2.TemplateError: it can't be compiled or rendered.
        """
        return self._render(self._get(template), values)

    def render_string(self, source: str, **values: Any) -> str:
        """Return the template text `source`, rendered with `values`."""
        return self._render(self._environment.from_string(source), values)

    def add_includes(self, nonce: str = "") -> Markup:
        """Return the elements that load the client: an inert JSON element and one script. Templates call it in their head.

        :param nonce: the nonce of an application that has a policy of its own. Default: that of `csp_nonce()`.
        :raises ValueError: `nonce` is not base64.
        """
        return self._add_includes(nonce)

    def _get(self, template: str) -> Template:
        try:
            return self._environment.get_template(template)
        except TemplateNotFound as error:
            message = missing(self._environment, str(error.name or template), _folders(self._environment.loader))
            raise TemplateNotFound(error.name, message) from None

    def _render(self, template: Template, values: dict[str, Any]) -> str:
        context = dict(values)
        self._add_context(context)
        given = context.get("csp_nonce", self._environment.globals.get("csp_nonce"))

        def theirs() -> str:
            # An extension's own; it has none for a view that is rendered outside of a request.
            return str((given() if callable(given) else given) or "")

        if given is None or callable(given):
            context["csp_nonce"] = lambda: self._use_nonce(theirs())
        if "add_includes" not in values:
            context["add_includes"] = lambda nonce="": self.add_includes(nonce or theirs())
        return template.render(context)


def missing(environment: Environment, template: str, folders: Iterable[str]) -> str:
    """Return why there is no such template: which folders were searched, and the nearest name. Empty where there is one."""
    try:
        environment.loader.get_source(environment, template)  # type: ignore[union-attr]
    except TemplateNotFound:
        near = get_close_matches(template, environment.list_templates(), 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return f"there is no template {template!r} in {', '.join(dict.fromkeys(folders))}{hint}"
    return ""


def _folders(loader: Any) -> Iterator[str]:
    yield from getattr(loader, "searchpath", ())
    for inner in getattr(loader, "loaders", ()):
        yield from _folders(inner)


__all__ = ["TemplateNotFound", "Templater", "missing"]
