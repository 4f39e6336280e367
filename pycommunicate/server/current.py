"""What runs right now: the page whose handler, timer, `render()` or `load()` the calling greenlet executes."""

from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
from contextlib import contextmanager


@dataclass(slots=True)
class Running:
    """One run of application code on behalf of a page."""

    page: Any
    loading: bool = False
    """Whether this is `load()`, which alone yields while it writes."""
    recall: Any = None
    """What this run asks of its page, and which answers are known; see `server.connection.foresight.recall`."""


_running: ContextVar[Running | None] = ContextVar("pycommunicate_running", default=None)


def running() -> Running | None:
    """Return what the calling greenlet executes, None outside of application code."""
    return _running.get()


@contextmanager
def run_for(page: object, *, loading: bool = False, recall: Any = None) -> "Iterator[Running]":
    """Mark the block as application code of `page`."""
    mine = Running(page, loading, recall)
    token: Token[Running | None] = _running.set(mine)
    try:
        yield mine
    finally:
        _running.reset(token)
