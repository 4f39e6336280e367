"""View: one thing that a page can show, and what happens in it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pycommunicate.proxies.dom.html import HTMLWrapper

if TYPE_CHECKING:
    from pycommunicate.server.app.topics import Subscription, Topic
    from pycommunicate.server.bases.controller import Controller
    from pycommunicate.server.connection.timers import Timer


class View:
    """The base of your views: override `render()`, and `load()` for what is to happen once the browser is connected.

    Views are not created by hand: each controller makes its own, once per page.
    """

    controller: "Controller"
    """The controller this view belongs to."""
    html_wrapper: HTMLWrapper
    """The document in the browser."""

    keep: tuple[str, ...] = ()
    """Names of attributes that a mount anew puts back, after a restart of the server for example, before `render()` runs.

    Their values, as JSON, travel in the page's signed token: the person can't change them, but can read them. At most 2 KiB in all;
    what is larger or secret belongs into `user.session` or a database.

    A token that is older than another one of the same page brings the newest state that is known, not its own: for the life of the
    process, and with `FileSessions` after a restart too. What is left to the person: to load the page again, to go on with a copy of the
    tab, and, with sessions in memory, to choose after a restart which of the page's tokens comes first. So what must happen once at most,
    or must not be had twice (money, votes, stock), belongs into `user.session` or a database. `docs/threat-model.md` says it in full.
    """

    preload: bool = False
    """Whether `load()` runs while the page is being sent, so that the page carries what it writes and shows it before it is connected.

    It then runs for every GET of the page: for a person whose browser never connects, too. Writes, listeners, timers and subscriptions
    are as ever. `element("#name")` and `exists("#name")` look into the HTML that `render()` returned; whatever else is asked waits for
    the browser, and `load()` goes on when it is there.
    """

    def __init__(self, controller: "Controller") -> None:
        self.controller = controller
        self.html_wrapper = controller.html_wrapper

    def render(self) -> Any:
        """Return the page's HTML, usually `self.controller.templater.render("page.html")`. Must be overridden.

        Runs in the HTTP request, before there is a page in the browser: elements can't be used yet.
        """
        message = f"{type(self).__qualname__} has no render() method; a view must have one"
        raise NotImplementedError(message)

    def load(self) -> None:
        """Called when the browser is connected: fill the page, add listeners. Blocking code is fine.

        Called again whenever this view is mounted anew (the server was restarted, the view was changed to).
        """

    def teardown(self) -> None:
        """Called when the view ends: another view took its place, or the person left. Timers and listeners end by themselves."""

    def add_timer(self, seconds: float, function: Callable[[], object]) -> "Timer":
        """Call `function` every `seconds`, counted from the end of the call before, until the timer is cancelled or the view ends.

        Runs as a handler of this page. Returns the timer, for `cancel_timer`.
        """
        if not isinstance(seconds, int | float) or not seconds > 0:
            message = f"a timer's interval is a positive number of seconds, not {seconds!r}"
            raise ValueError(message)
        _check_function(function, "the timer's function")
        return self.controller.page.add_timer(self, seconds, function)

    def cancel_timer(self, timer: "Timer") -> None:
        """End a timer that `add_timer` returned. A call under way is finished. May be called again."""
        timer.cancel()

    def subscribe(self, topic: "str | Topic", handler: Callable[..., object]) -> "Subscription":
        """Call `handler` with each value that is published on `topic` (its name, or `app.topic(name)`) while this view lives.

        Runs as a handler of this page, in the order of publishing. Returns the subscription; its `cancel()` ends it.
        """
        _check_function(handler, f"the handler of the topic {topic!r}")
        return self.controller.page.subscribe(self, topic, handler)

    def publish(self, topic: "str | Topic", value: Any = None) -> int:
        """Hand `value` to all that subscribed to `topic`, in this page and others, as `app.topic(topic).publish(value)` does.

        Returns how many they are. Raises `NotSerializable` for what JSON can't carry.
        """
        return self.controller.page.publish(topic, value)


def _check_function(function: object, what: str) -> None:
    if not callable(function):
        message = f"{what} is a {type(function).__name__}; expected a function (without its parentheses)"
        raise TypeError(message)
