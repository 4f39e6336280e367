"""Code objects of before and after a save: which became which, and whether what they do has changed."""

from collections import defaultdict
from collections.abc import Iterator
from types import CodeType


def nested(code: CodeType) -> Iterator[CodeType]:
    """Every code directly in `code`: functions, lambdas, class bodies, comprehensions."""
    return (constant for constant in code.co_consts if isinstance(constant, CodeType))


def all_codes(code: CodeType) -> Iterator[CodeType]:
    """Every code in `code`, at any depth, and itself."""
    yield code
    for inner in nested(code):
        yield from all_codes(inner)


def own(code: CodeType) -> tuple[object, ...]:
    """Return what a code does itself: without its position in the file, and without the codes nested in it."""
    constants = tuple(
        (type(one), "nested" if isinstance(one, CodeType) else repr(one)) for one in code.co_consts if one is not None
    )
    return (
        code.co_code,
        constants,
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_cellvars,
        code.co_flags,
        code.co_argcount,
        code.co_posonlyargcount,
        code.co_kwonlyargcount,
        getattr(code, "co_exceptiontable", b""),
    )


def whole(code: CodeType) -> tuple[object, ...]:
    """Return what a code does, with all that is nested in it."""
    return (code.co_name, own(code), tuple(whole(inner) for inner in nested(code)))


def pairs(before: CodeType, after: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Return which code of `before` became which of `after`, from the outside in.

    Those of the same name (all lambdas have one) are told apart by what they do, else by their order.
    """
    yield before, after
    earlier: dict[str, list[CodeType]] = defaultdict(list)
    for inner in nested(before):
        earlier[inner.co_name].append(inner)
    later: dict[str, list[CodeType]] = defaultdict(list)
    for inner in nested(after):
        later[inner.co_name].append(inner)
    for name, olds in earlier.items():
        news = later[name]
        if len(olds) > 1 or len(news) > 1:
            for old in tuple(olds):
                same = next((new for new in news if whole(new) == whole(old)), None)
                if same is not None:
                    olds.remove(old)
                    news.remove(same)
                    yield from pairs(old, same)
        for old, new in zip(olds, news, strict=False):
            yield from pairs(old, new)
