"""View: one thing that a page can show, and what happens in it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from pycommunicate.proxies.dom.html import HTMLWrapper
from pycommunicate.proxies.functions import check_function

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

    def __init_subclass__(cls, **options: Any) -> None:
        """Check that what a view overrides is of the kind that is called for. Raises `TypeError`."""
        super().__init_subclass__(**options)
        _check_class(cls)

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
        """Called when a view ends whose `load()` has begun: another view took its place, or the person left.

        Timers and listeners end by themselves.
        """

    def add_timer(self, seconds: float, function: Callable[[], object], *, drift: bool = True) -> "Timer":
        """Call `function` every `seconds` until the timer is cancelled or the view ends. Runs as a handler of this page. Does not block.

        :param seconds: how long after the end of the call before; the first time, after now. More than 0.
        :param drift: False counts from when the timer was added instead, so that calls stay on the beat however long they take. A beat
            that comes while the call before still runs is left out.
        :returns: the timer, for `cancel_timer`.
        :raises ValueError: `seconds` is not a positive number.
        :raises TypeError: `function` can't be called, is an `async def` or has a `yield`.
        """
        if not isinstance(seconds, int | float) or not seconds > 0:
            message = f"a timer's interval is a positive number of seconds, not {seconds!r}"
            raise ValueError(message)
        check_function(function, "the timer's function")
        return self.controller.page.add_timer(self, seconds, function, drift=drift)

    def cancel_timer(self, timer: "Timer") -> None:
        """End a timer that `add_timer` returned. A call under way is finished. May be called again."""
        timer.cancel()

    def subscribe(self, topic: "str | Topic", handler: Callable[..., object]) -> "Subscription":
        """Call `handler` with each value that is published on `topic` (its name, or `app.topic(name)`) while this view lives.

        Runs as a handler of this page, in the order of publishing. Returns the subscription; its `cancel()` ends it.
        """
        check_function(handler, f"the handler of the topic {topic!r}")
        return self.controller.page.subscribe(self, topic, handler)

    def publish(self, topic: "str | Topic", value: Any = None) -> int:
        """Hand `value` to all that subscribed to `topic`, in this page and others, as `app.topic(topic).publish(value)` does.

        Returns how many they are. Raises `NotSerializable` for what JSON can't carry.
        """
        return self.controller.page.publish(topic, value)


def _check_class(cls: type[View]) -> None:
    """Raise `TypeError` if a subclass hides one of the attributes of `View` with something of another kind."""
    for name, value in vars(cls).items():
        what = f"{cls.__qualname__}.{name}"
        if name in _METHODS:
            plain = value.__func__ if isinstance(value, staticmethod | classmethod) else value
            check_function(plain, what)
        elif name in _PLAIN and (callable(value) or isinstance(value, property | staticmethod | classmethod)):
            message = f"{what} hides the `{name}` of every view, which is {_PLAIN[name]}; give yours another name"
            raise TypeError(message)
    names = vars(cls).get("keep", ())
    if isinstance(names, str) or not all(isinstance(name, str) for name in names):
        message = f"{cls.__qualname__}.keep is {names!r}; expected a tuple of the names of attributes"
        raise TypeError(message)


_METHODS: Final = frozenset(name for name, value in vars(View).items() if callable(value) and not name.startswith("_"))
_PLAIN: Final = {
    "controller": "its controller",
    "html_wrapper": "the document in the browser",
    "keep": "the names of what a remount puts back",
    "preload": "True or False",
}
