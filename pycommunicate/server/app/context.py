"""Flask's request context for the code of a page. Most handlers never look at the request, so it is made when one does."""

from typing import TYPE_CHECKING, Any, Final

from flask import Flask, ctx, globals, request_tearing_down  # noqa: A004 - the module's name
from flask.sessions import SecureCookieSessionInterface

if TYPE_CHECKING:
    from flask.ctx import AppContext, RequestContext
    from flask.wrappers import Request
else:
    RequestContext = vars(ctx).get("RequestContext", object)

_cv_app: Any = vars(globals).get("_cv_app")
_cv_request: Any = vars(globals).get("_cv_request")
_push: Any = getattr(RequestContext, "push", None)
_KNOWN: Final = None not in (_cv_app, _cv_request, _push) and "_cv_tokens" in _push.__code__.co_names
"""Whether this is the Flask that is known here. Others may have one context for the application and the request."""
_LATE: Final = frozenset({"request", "session", "_session", "url_adapter"})


def context_of(app: Flask, environ: dict[str, Any]) -> RequestContext:
    """Return the request context for a request with this environ. It has to be entered.

    Where a session of another kind is read, or somebody has a say in how a context is made, nobody knows what that brings about: then all is made at once.
    """
    plain = _KNOWN and type(app).request_context is Flask.request_context
    if plain and type(app.session_interface).open_session is SecureCookieSessionInterface.open_session:
        return PageContext(app, environ)
    return app.request_context(environ)


def is_seen() -> bool:
    """Whether the code that runs now may have looked at its request or its session."""
    context = None if _cv_request is None else _cv_request.get(None)
    return not isinstance(context, PageContext) or context.is_made


def opens_late() -> bool:
    """Whether the code that runs now is in a context that opens the session, from the request's cookie alone, when it is looked at."""
    return _cv_request is not None and isinstance(_cv_request.get(None), PageContext)


class PageContext(RequestContext):
    """A request context that makes its request, its session and its URL adapter when one of them is asked for.

    A signed cookie is verified, a URL matched to its rule: nearly half of what an event would cost the server. `current_app` and `g` need none of it.
    """

    def __init__(
        self, app: Flask, environ: dict[str, Any], request: "Request | None" = None, session: Any = None
    ) -> None:
        if request is not None:  # a copy
            super().__init__(app, environ, request, session)
            return
        self.app = app
        self._environ = environ
        self.flashes = None
        self._after_request_functions = []
        self._cv_tokens = []

    @property
    def is_made(self) -> bool:
        """Whether somebody has asked for the request or the session."""
        return "request" in self.__dict__

    def __getattr__(self, name: str) -> Any:
        """Make what is missing."""
        if name not in _LATE or self.is_made:
            message = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(message)
        self._make()
        return getattr(self, name)

    def push(self) -> None:
        """Enter the context."""
        if self.is_made:
            super().push()
            return
        app_context: AppContext | None = None
        current = _cv_app.get(None)
        if current is None or current.app is not self.app:
            app_context = self.app.app_context()
            app_context.push()
        self._cv_tokens.append((_cv_request.set(self), app_context))

    def pop(self, *exc: Any) -> None:
        """Leave the context. Teardown functions are called, whether the request was looked at or not."""
        app = self.app
        heard = app.teardown_request_funcs or request_tearing_down.receivers
        if heard or self.is_made or type(app).do_teardown_request is not Flask.do_teardown_request:
            super().pop(*exc)
            return
        token, app_context = self._cv_tokens.pop()
        _cv_request.reset(token)
        if app_context is not None:
            app_context.pop(*exc)

    def _make(self) -> None:
        kept = self.flashes, self._after_request_functions, self._cv_tokens
        super().__init__(self.app, self._environ)
        self.flashes, self._after_request_functions, self._cv_tokens = kept
        entered = len(self._cv_tokens)
        try:
            super().push()  # opens the session, matches the URL
        finally:
            for token, _ in reversed(self._cv_tokens[entered:]):
                _cv_request.reset(token)
            del self._cv_tokens[entered:]
