"""A limit for code that may never end: what a module does when it is run."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from types import FrameType


class TookTooLong(Exception):
    """The project's code ran longer than the limit."""


@contextmanager
def time_limit(seconds: float, *, elsewhere: Callable[[TookTooLong], bool] | None = None) -> Iterator[None]:
    """Raise `TookTooLong` in the block after `seconds`. Does nothing outside of the main thread, or without `setitimer`.

    :param elsewhere: called when the time is over, with the error; returns whether it has seen to it, because other
        code than the block's is running (a greenlet that has its turn while the block waits).
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def over(_number: int, _frame: FrameType | None) -> None:
        error = TookTooLong(f"it had not ended after {seconds:g} seconds")
        if elsewhere is None or not elsewhere(error):
            raise error

    before = signal.signal(signal.SIGALRM, over)
    # Again and again: code that catches everything would go on.
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.2)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def greenlet_limit(seconds: float, call_soon: Callable[[Callable[[], None]], object]) -> AbstractContextManager[None]:
    """Return the same limit for a block in which the caller may wait: other greenlets, which have their turn then, are not ended.

    :param call_soon: has the event loop call a function on its next turn.
    """
    from greenlet import getcurrent  # noqa: PLC0415 - who needs no greenlets has none

    mine = getcurrent()

    def elsewhere(error: TookTooLong) -> bool:
        if getcurrent() is mine:
            return False
        call_soon(partial(mine.throw, error))
        return True

    return time_limit(seconds, elsewhere=elsewhere)
