"""Controller and ControllerFactory: what stands behind one route."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, Self

from pycommunicate.errors import BrowserGone, ConfigurationError
from pycommunicate.proxies.channel import Channel
from pycommunicate.proxies.context import CallCTX
from pycommunicate.proxies.dom.html import HTMLWrapper
from pycommunicate.server.bases.views import View
from pycommunicate.templating import Templater

if TYPE_CHECKING:
    from pycommunicate.server.app.topics import Subscription, Topic
    from pycommunicate.server.app.usertracker import User
    from pycommunicate.server.connection.timers import Timer


class PageOfController(Channel, Protocol):
    """What a controller needs of its page."""

    user: "User"
    route_data: dict[str, Any]
    templater: Templater

    def change_view(self, index: int) -> None:
        """Mount another view into the page."""

    def redirect(self, location: str | None, *, same_site: bool = False) -> Callable[[], Any] | None:
        """Lead the browser elsewhere. During an HTTP request: return the function that makes the response."""

    def add_timer(self, view: View, seconds: float, function: Callable[[], object], *, drift: bool) -> "Timer":
        """Start a timer that ends with `view`."""

    def subscribe(self, view: View, topic: "str | Topic", handler: Callable[..., object]) -> "Subscription":
        """Start a subscription that ends with `view`."""

    def publish(self, topic: "str | Topic", value: Any) -> int:
        """Hand `value` to the subscribers of a topic."""


class Controller:
    """Handles one load of one route in one tab: holds its views and switches between them.

    Not created by hand: a `ControllerFactory` does. Override it for behaviour that your views share; a subclass with an
    `__init__` of its own passes its arguments on.
    """

    views: list[Any] | tuple[Any, ...]
    """In a subclass with `@route`: the views' classes, the default first. In an instance: its views, in that order."""

    def __init__(self, page: PageOfController, factory: "ControllerFactory") -> None:
        self.page = page
        self.route_data: dict[str, Any] = page.route_data
        """The values of the variable parts of the route: for `/todo/<int:number>`, `route_data["number"]`."""
        self.d: dict[str, Any] = {}
        """A dict of your own, shared by the views. It lives as long as the page; for more, use `user.session`."""
        self.user: User = page.user
        """The `User` whose page this is."""
        self.special_return_handler: Callable[[], Any] | None = None
        """If set during `render()`: a function whose result is sent by Flask instead of the page."""
        self.templater: Templater = page.templater
        """Renders templates."""
        self.html_wrapper = HTMLWrapper(page)
        """The document in the browser."""
        self.view_index = factory.default_view_index()
        """Which view is active: its place in the order in which the views were added."""
        self.views = [make(self) for make in factory.views]
        """The views, in the order in which they were added."""

    @property
    def view(self) -> View:
        """The active view. Raises `BrowserGone` once the page has ended: it has let go of its views."""
        if not self.views:
            raise BrowserGone("the page has ended; it has no views any more")
        view: View = self.views[self.view_index]
        return view

    def change_view(self, new_view_index: int) -> None:
        """Switch to the view at `new_view_index` (from 0, in the order in which they were added to the factory).

        Renders it, morphs the page to it, ends the listeners and timers of the view before and runs the new `load()`.
        Does not wait for the browser. Works from `load()` and handlers, not from within `render()`.

        :raises IndexError: there is no such view.
        :raises BrowserGone: the page has ended.
        :raises NotConnected: called from within `render()`.
        """
        is_index = type(new_view_index) is int and 0 <= new_view_index < len(self.views)
        if self.views and not is_index:  # without views the page has ended, and says so
            message = (
                f"there is no view {new_view_index!r}; {type(self).__name__} has {len(self.views)}, counted from 0"
            )
            raise IndexError(message)
        self.page.change_view(new_view_index)

    def redirect(self, location: str | None, *, same_site: bool = False) -> None:
        """Lead the browser to `location`: from `render()` by an HTTP redirect, later by navigating. Does not wait.

        :param location: a relative URL, or one with http or https.
        :param same_site: `location` came from outside (`request.args.get("next")`), so it is followed only if it is a path of this
            application, such as `/todo?page=2`, of at most 2,000 characters. Anything else leads to the application's start page, and is
            logged; None and `""` lead there too. Nothing is raised.
        :raises UnsafeURL: without `same_site`: anything else (`javascript:`, `//host`, backslashes, control characters).
        """
        handler = self.page.redirect(location, same_site=same_site)
        if handler is not None:
            self.special_return_handler = handler


class ControllerFactory:
    """Says how the controller of a route is made. Its methods return the factory, so that calls can be chained."""

    controller_class: type[Controller] = Controller
    """What is made. Set it in a subclass, or by `with_controller`."""

    def __init__(self) -> None:
        self.views: list[Callable[[Controller], View]] = []
        self._default: Callable[[Controller], View] | None = None
        self.before_connect: Callable[[CallCTX], object] | None = None

    def add_view(self, view: type[View]) -> Self:
        """Add a view (the class). Raises `ConfigurationError` where it was added before, or is no view."""
        if not (isinstance(view, type) and issubclass(view, View)):
            message = f"add_view() takes a subclass of View (the class itself), not {view!r}"
            raise ConfigurationError(message)
        if view in self.views:
            message = f"the view {view.__qualname__} was added before; its index is {self.views.index(view)}"
            raise ConfigurationError(message)
        self.views.append(view)
        return self

    def set_default_view(self, view: type[View]) -> Self:
        """Set the view that is shown first. Raises `ConfigurationError` where it was not added."""
        if view not in self.views:
            message = f"{getattr(view, '__qualname__', view)!s} was not added; call add_view() first"
            raise ConfigurationError(message)
        self._default = view
        return self

    def with_before_connect(self, before_connect: Callable[[CallCTX], object]) -> Self:
        """Call `before_connect(ctx)` before a page is made, for every load and every mount anew; `ctx.abort(403)` refuses it."""
        if not callable(before_connect):
            message = f"with_before_connect() takes a function, not {before_connect!r}"
            raise ConfigurationError(message)
        self.before_connect = before_connect
        return self

    def admit(self, context: CallCTX) -> None:
        """Call `before_connect`, where there is one, with `context`, which ends with the call. What it raises is raised."""
        try:
            if self.before_connect is not None:
                self.before_connect(context)
        finally:
            context.deactivate()

    def with_controller(self, controller_class: type[Controller]) -> Self:
        """Make controllers of this class."""
        self.controller_class = controller_class
        return self

    def default_view_index(self) -> int:
        """Return the index of the default view. Raises `ConfigurationError` where none is set."""
        if self._default is None:
            message = "the controller factory has no default view; call set_default_view()"
            raise ConfigurationError(message)
        return self.views.index(self._default)

    def build(self, page: PageOfController) -> Controller:
        """Return a new controller for `page`. Override it to pass your controller what it needs."""
        return self.controller_class(page, self)
