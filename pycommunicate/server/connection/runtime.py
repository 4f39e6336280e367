"""What a page needs of the world around it: its socket, and the application."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from enum import Enum
from typing import Any, Protocol

from flask import Flask

from pycommunicate.engine import Engine
from pycommunicate.protocol.limits import Limits
from pycommunicate.server.connection.foresight.habits import Habits
from pycommunicate.server.connection.handlers import HandlerPool
from pycommunicate.server.connection.refusals import Refusals

LEFT = "the person has left the page"


class State(Enum):
    """Where a page is in its life."""

    WAITING = "served, its socket has not come yet"
    LIVE = "connected"
    LOST = "the connection is lost, it may come back"
    ENDED = "gone"


class Connection(Protocol):
    """A socket of the browser, as a page sees it."""

    def send(self, packet: str) -> None:
        """Queue a packet. Does not block."""

    def close(self) -> None:
        """Close the socket, after what was queued before. Does not block."""


class Runtime(Protocol):
    """The application, as a page sees it."""

    engine: Engine
    limits: Limits
    debug: bool
    flask: Flask
    pool: HandlerPool
    notices: bool
    """Whether people are told that something failed."""
    refusals: Refusals
    hot: bool
    """Whether pages are reloaded while they are open: in debug only."""
    habits: Habits
    pages: Any
    """The pages that have not ended, to iterate over."""
    before_handlers: list[Callable[[], object]]
    """What is called before the application code that a page runs for its browser."""

    def make_templater(self, page: Any) -> Any:
        """Return the templater of a page."""

    def mount_token(self, page: Any) -> str:
        """Return the signed token with which the page can be mounted anew."""

    def subscribe(self, topic: Any, deliver: Callable[[Any], None]) -> Any:
        """Subscribe to a topic."""

    def publish(self, topic: Any, value: Any) -> int:
        """Publish on a topic."""

    def issue_ticket(self, page: Any, session: Any, cookies: Sequence[str] = ()) -> str:
        """Return a one-use ticket that the browser exchanges for new cookies."""

    def revoke_ticket(self, ticket: str) -> bool:
        """Take a ticket back. Return whether it was still unused."""

    def report(self, error: BaseException, what: str, page: Any) -> None:
        """Log what application code raised, and tell the error hooks."""

    def page_moved(self, page: Any) -> None:
        """Note the page's new state and tokens."""

    def page_visible(self, page: Any) -> None:
        """Note that a page that was told `stale` is on the screen."""

    def recording(self, page: Any) -> AbstractContextManager[None]:
        """Note which code the block runs to bring the page up (hot reload), or do nothing."""
