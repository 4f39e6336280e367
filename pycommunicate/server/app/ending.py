"""The end of the server: handlers finish, pages are let go so that they come back to whoever serves next."""

from pycommunicate.server.app.pages import Pages
from pycommunicate.server.connection.handlers import HandlerPool


class AppEnding:
    """What `serving` asks for when a signal came."""

    def __init__(self, pool: HandlerPool, pages: Pages) -> None:
        self._pool = pool
        self._pages = pages
        self.answer_seconds = 0.0
        self.begun = False
        """Whether the end has begun: nobody new is let in."""

    def begin(self) -> None:
        """Take no more events: the browsers keep them for who serves next. What was taken still runs."""
        self.begun = self._pool.draining = True

    def is_busy(self) -> bool:
        """Whether handlers still run."""
        return self._pool.running > 0

    def end(self) -> None:
        """Close the connections."""
        for page in self._pages:
            page.outbox.flush()
            page.close_connection()
