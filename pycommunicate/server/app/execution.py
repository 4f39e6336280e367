"""Running application code for a page: in Flask's contexts, with its errors caught, reported and survived."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from flask import has_request_context
from flask import session as flask_session

from pycommunicate.errors import BrowserGone
from pycommunicate.proxies.dom.listener import describe
from pycommunicate.proxies.functions import check_result
from pycommunicate.server.app.context import context_of, is_seen
from pycommunicate.server.app.sessionchange import change_of_run, note_base, rebase
from pycommunicate.server.connection.foresight.recall import Recall
from pycommunicate.server.connection.runtime import State
from pycommunicate.server.current import run_for, running

log = logging.getLogger("pycommunicate")

_HELD_UP = 1.0
_told: set[str] = set()


def run_guarded(
    page: Any,
    function: Callable[[], object],
    what: str,
    *,
    named: Any = None,
    loading: bool = False,
    recall: Recall | None = None,
) -> None:
    """Run `function` for `page`. What it raises is reported as raised by `what` (`named`: the function to name)."""
    begun, turn = time.monotonic(), page.engine.turn()
    try:
        try:
            with application_context(page, loading=loading, recall=recall):
                check_result(function(), what)
        finally:
            page.keep_state()  # what it changed before it raised has been changed
    except BrowserGone as error:
        log.debug("%s: %s ended early: %s", page.where, what, error)
    except (Exception, SystemExit) as error:  # sys.exit() would end the server, and with it everybody's pages
        page.runtime.report(error, f"{what} {describe(named)}" if named is not None else what, page)
        if what != "teardown()":  # nobody waits for that
            page.tell_failure()
    if turn is not None and turn == page.engine.turn() and time.monotonic() - begun > _HELD_UP:
        _tell_once(f"{what} {describe(named or function)}", time.monotonic() - begun)


@contextmanager
def application_context(page: Any, *, loading: bool = False, recall: Recall | None = None) -> Iterator[None]:
    """Enter the request context of the page's own request, unless the caller is in it already."""
    if _is_entered(page):
        with run_for(page, loading=loading, recall=recall) if loading or recall else nullcontext():
            yield
        return
    environ = dict(page.environ)
    if page.user.cookies is not None:
        environ["HTTP_COOKIE"] = page.user.cookies
    running_here = run_for(page, loading=loading, recall=recall)
    with context_of(page.runtime.flask, environ), running_here, page.user.at_work():
        note_base()
        for prepare in page.runtime.before_handlers:
            prepare()
        yield
        deliver_session(page)


def deliver_session(page: Any) -> None:
    """Have the browser of `page` fetch `flask.session`, if it is code of that page that runs now, and has changed it."""
    if _is_entered(page) and is_seen() and flask_session.modified and page.state is not State.ENDED:
        change = change_of_run()
        if change is not None:
            page.deliver_cookies(change)
            rebase(change.mine)
        flask_session.modified = False


def _is_entered(page: Any) -> bool:
    current = running()
    return current is not None and current.page is page and has_request_context()


def _tell_once(where: str, seconds: float) -> None:
    if where in _told:
        return
    _told.add(where)
    log.warning(
        "%s held up all pages for %.1f s: what it calls blocks the whole process. Use gevent.sleep() and the like, "
        "or begin the program with `from gevent import monkey; monkey.patch_all()`",
        where,
        seconds,
    )
