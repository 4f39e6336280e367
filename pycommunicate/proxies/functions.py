"""Which functions application code may be: plain ones, which run in a greenlet of their own and may block.

Calling an `async def` or a function with `yield` runs none of it, so it would do nothing without a word. Both are refused where they are given; what a
decorator hides is found when its result comes back.
"""

import inspect
from collections.abc import Callable
from functools import partial
from types import AsyncGeneratorType, CoroutineType, FunctionType, GeneratorType, MethodType
from typing import Any, Final

_DEFERRED: Final = inspect.CO_COROUTINE | inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR
_INSTEAD: Final = "write a plain `def`: it may block, other pages and handlers go on meanwhile"


def check_function(function: object, what: str) -> None:
    """Raise `TypeError` if `function` can't be called, or if calling it would run nothing of it.

    :param what: what it was given for, as a sentence begins: "the handler of 'click'".
    """
    plain: Any = function.__func__ if type(function) is MethodType else function
    if type(plain) is FunctionType and not plain.__code__.co_flags & _DEFERRED:
        return
    if not callable(function):
        message = f"{what} is a {type(function).__name__}; expected a function (without its parentheses)"
        raise TypeError(message)
    kind = _kind(function)
    if kind:
        message = f"{what} is {kind}, which does not run when it is called; {_INSTEAD}"
        raise TypeError(message)


def check_result(result: object, what: str) -> None:
    """Raise `TypeError` if what application code returned has still to be run: a decorator has hidden what it is."""
    if isinstance(result, CoroutineType | GeneratorType | AsyncGeneratorType):
        if isinstance(result, CoroutineType):
            result.close()  # else Python tells that it was never awaited
        kind = "a coroutine" if isinstance(result, CoroutineType) else "a generator"
        message = f"{what} returned {kind}, of which nothing has run; {_INSTEAD}"
        raise TypeError(message)


def _kind(function: Callable[..., object]) -> str:
    plain: Any = function
    while isinstance(plain, partial):
        plain = plain.func
    if isinstance(plain, MethodType):
        plain = plain.__func__
    code = getattr(plain, "__code__", None) or getattr(vars(type(plain)).get("__call__"), "__code__", None)
    flags: int = getattr(code, "co_flags", 0)
    if flags & inspect.CO_COROUTINE:
        return "an `async def`"
    if flags & (inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR):
        return "a function with `yield`"
    return ""
