"""A listener: which handler waits for which event of which element, and how."""

import inspect
from collections.abc import Callable, Iterable
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections import deque

WhileRunning = Literal["parallel", "queue", "drop"]
_NO_OPTIONS: Final[dict[str, Any]] = {}
_WHILE_RUNNING: Final = ("parallel", "queue", "drop")


class Listener:
    """What `add_event_listener` returns. `remove()` ends it."""

    __slots__ = (
        "_channel",
        "event",
        "habit",
        "handle",
        "handler",
        "number",
        "once",
        "operands",
        "running",
        "selector",
        "takes_event",
        "waiting",
        "while_running",
    )

    def __init__(
        self, channel: Any, handle: int, event: str, handler: Callable[..., object], *, once: bool, while_running: str
    ) -> None:
        if not callable(handler):
            message = (
                f"the handler of {event!r} is a {type(handler).__name__}; expected a function (without its parentheses)"
            )
            raise TypeError(message)
        if while_running not in _WHILE_RUNNING:
            message = f"while_running is {while_running!r}; expected one of {', '.join(_WHILE_RUNNING)}"
            raise ValueError(message)
        self._channel = channel
        self.number = 0
        self.habit: Any = None
        """What its handlers ask; see `server.connection.foresight.habits`."""
        self.operands: Any = None
        """What the browser was told of its handler's arguments: their names, and what they were."""
        self.selector: str | None = None
        self.handle = handle
        self.event = event
        self.handler = handler
        self.takes_event = takes_argument(handler, "event")
        self.once = once
        self.while_running = while_running
        self.running = 0
        self.waiting: deque[Any] | None = None

    def remove(self) -> None:
        """End the listener. Events that were made before are no longer handled. May be called again. No round trip."""
        if self.number:
            self._channel.forget(self)


def options(
    *,
    takes_event: bool,
    prevent_default: bool,
    stop_propagation: bool,
    once: bool,
    reset: bool,
    keys: Iterable[str],
    selector: str | None,
) -> dict[str, Any]:
    """Return the options of the `listen` operation, only those that are set."""
    if not (takes_event or prevent_default or stop_propagation or once or reset or keys or selector):
        return _NO_OPTIONS
    if isinstance(keys, str):
        keys = (keys,)
    chosen = {
        "event": takes_event,
        "prevent_default": prevent_default,
        "stop_propagation": stop_propagation,
        "once": once,
        "reset": reset,
        "keys": list(keys),
        "selector": selector,
    }
    return {name: value for name, value in chosen.items() if value}


def takes_argument(function: Callable[..., object], name: str) -> bool:
    """Whether `function` wants one argument: it has one required positional parameter, or one called `name`.

    A parameter with a default (`lambda index=index: ...`) is the function's own business. Raises `TypeError` where it
    requires more than one argument.
    """
    plain = _plain_parameters(function)
    if plain is not None:
        names, required_names = plain
        return required_names == 1 or names[:1] == (name,)
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    required = [p for p in positional if p.default is p.empty]
    named = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is p.empty]
    if len(required) > 1 or named:
        wanted = ", ".join([p.name for p in required] + named)
        message = f"{describe(function)} requires {wanted}; expected no argument, or one ({name})"
        raise TypeError(message)
    return bool(required) or bool(positional and positional[0].name == name)


def _plain_parameters(function: Callable[..., object]) -> tuple[tuple[str, ...], int] | None:
    """Return the names of the positional parameters and how many are required, None where `inspect.signature` has to tell.

    A row of a table has a handler of its own; this takes a twentieth of the time.
    """
    bound = type(function) is MethodType
    plain: Any = function.__func__ if bound else function  # type: ignore[attr-defined]
    if type(plain) is not FunctionType or plain.__dict__:  # it may say there that it stands for another
        return None
    code = plain.__code__
    names = code.co_varnames[int(bound) : code.co_argcount]
    required = max(len(names) - len(plain.__defaults__ or ()), 0)
    if code.co_kwonlyargcount or required > 1 or code.co_argcount < bound:
        return None
    return names, required


def describe(function: Callable[..., object]) -> str:
    """Return the function's qualified name and where it is written."""
    while hasattr(function, "func"):
        function = function.func
    function = inspect.unwrap(function)
    code = getattr(function, "__code__", None)
    name = getattr(function, "__qualname__", repr(function))
    return f"{name} ({code.co_filename}:{code.co_firstlineno})" if code else name
