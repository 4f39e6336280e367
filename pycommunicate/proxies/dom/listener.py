"""A listener: which handler waits for which event of which element, and how."""

import inspect
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Final, Literal

WhileRunning = Literal["parallel", "queue", "drop"]
_WHILE_RUNNING: Final = ("parallel", "queue", "drop")


class Listener:
    """What `add_event_listener` returns. `remove()` ends it."""

    __slots__ = (
        "_channel",
        "event",
        "handle",
        "handler",
        "number",
        "once",
        "running",
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
        self.handle = handle
        self.event = event
        self.handler = handler
        self.takes_event = takes_argument(handler, "event")
        self.once = once
        self.while_running = while_running
        self.running = 0
        self.waiting: deque[Any] = deque()

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


def describe(function: Callable[..., object]) -> str:
    """Return the function's qualified name and where it is written."""
    while hasattr(function, "func"):
        function = function.func
    function = inspect.unwrap(function)
    code = getattr(function, "__code__", None)
    name = getattr(function, "__qualname__", repr(function))
    return f"{name} ({code.co_filename}:{code.co_firstlineno})" if code else name
