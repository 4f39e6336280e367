"""Telling a person that something failed on their page: how often, and when."""

import time
from typing import Any, Final

from pycommunicate.protocol.messages import encode

_APART: Final = 1.0


class FailureNotice:
    """What one page's person has been told. A timer may raise ten times a second: one notice a second is enough."""

    __slots__ = ("_told", "owed")

    def __init__(self) -> None:
        self._told = 0.0
        self.owed = False
        """Whether something failed while nobody was connected."""

    def tell(self, connection: Any) -> None:
        """Tell the browser behind `connection`; None: it is told when it is back."""
        now = time.monotonic()
        if connection is None:
            self.owed = True
        elif now - self._told >= _APART:
            self.owed, self._told = False, now
            connection.send(encode("notice", "failed"))

    def settle(self, connection: Any) -> None:
        """Tell what is owed."""
        if self.owed:
            self.tell(connection)
