"""What runs right now: the page whose handler, timer, `render()` or `load()` the calling greenlet executes."""

from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
from contextlib import contextmanager


class Running:
    """One run of application code on behalf of a page."""

    __slots__ = ("loading", "page", "recall")

    def __init__(self, page: Any, loading: bool, recall: Any) -> None:
        self.page = page
        self.loading = loading
        """Whether this is `load()`, which alone yields while it writes."""
        self.recall = recall
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
