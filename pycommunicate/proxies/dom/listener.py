"""A listener: which handler waits for which event of which element, and how."""

import inspect
from collections.abc import Callable, Iterable
from types import FunctionType, MethodType
from typing import Any, Final, Literal

from pycommunicate.proxies.functions import check_function

WhileRunning = Literal["parallel", "queue", "drop"]
_GATHERS: Final = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS
_WHILE_RUNNING: Final = ("parallel", "queue", "drop")


Terms = tuple[str, bool, bool, WhileRunning, str | None]
"""How a listener is to be served: event, whether its handler takes it, once, while running, selector."""


class Listener:
    """What `add_event_listener` returns. `remove()` ends it."""

    __slots__ = ("_channel", "_epoch", "_number")

    def __init__(self, channel: Any, number: int) -> None:
        self._channel = channel
        self._epoch = channel.epoch
        self._number = number

    def remove(self) -> None:
        """End the listener. Events that were made before are no longer handled. May be called again. No round trip."""
        if self._epoch == self._channel.epoch:  # else it ended with its view
            self._channel.forget(self._number)


def check_listener(event: str, handler: object, while_running: str) -> None:
    """Raise what tells that `handler` is not a plain function, or that `while_running` is none of the known ways."""
    check_function(handler, f"the handler of {event!r}")
    if while_running not in _WHILE_RUNNING:
        message = f"while_running is {while_running!r}; expected one of {', '.join(_WHILE_RUNNING)}"
        raise ValueError(message)


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
    if type(function) is FunctionType and not stands_for_another(function):
        code = function.__code__
        if not (code.co_argcount or code.co_kwonlyargcount or code.co_flags & _GATHERS):
            return False  # most are of this kind, and a row of a table has a handler of its own
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
    if type(plain) is not FunctionType or stands_for_another(plain):
        return None
    code = plain.__code__
    count = code.co_argcount - bound
    if code.co_kwonlyargcount or count < 0 or (code.co_flags & _GATHERS and plain.__dict__):
        return None
    if not count:
        return (), 0
    required = max(count - len(plain.__defaults__ or ()), 0)
    return None if required > 1 else (code.co_varnames[int(bound) : code.co_argcount], required)


def stands_for_another(function: FunctionType) -> bool:
    """Whether the function says that it stands for another one (`functools.wraps`), or which signature it has.

    Not by its `__dict__`: to look at it is to make it, and a row of a table has a handler of its own.
    """
    return getattr(function, "__wrapped__", None) is not None or getattr(function, "__signature__", None) is not None


def describe(function: Callable[..., object]) -> str:
    """Return the function's qualified name and where it is written."""
    while hasattr(function, "func"):
        function = function.func
    function = inspect.unwrap(function)
    code = getattr(function, "__code__", None)
    name = getattr(function, "__qualname__", repr(function))
    return f"{name} ({code.co_filename}:{code.co_firstlineno})" if code else name
