"""Resume: the tokens with which a page goes on over its next connection."""

import secrets


class ResumeTokens:
    """Two are valid at a time: the newest, and the one that the browser used last, until it is known to have the newest."""

    __slots__ = ("newest", "received", "used")

    def __init__(self) -> None:
        self.newest = new_id()
        self.used: str | None = None
        self.received = True
        """Whether the browser is known to have the newest."""

    def rotate(self, used: str) -> None:
        """Note that the browser came with `used`, and make a new token.

        Where it comes with the same one again, the new one stays: of two connections that it opened, nobody knows which one it goes on with.
        """
        if used != self.used:
            self.used = used
            self.newest = new_id()
        self.received = False

    def is_spent(self, token: str) -> bool:
        """Whether the browser would come with another one. A handshake that was given up, and held on its way, may arrive at any time."""
        return self.received and token == self.used

    def valid(self) -> list[str]:
        """Return the tokens that are valid now."""
        return [self.newest] if self.used is None else [self.newest, self.used]


def new_id() -> str:
    """Return a random id of 192 bits, safe in URLs and JSON."""
    return secrets.token_urlsafe(24)
