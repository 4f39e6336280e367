"""Resume: the tokens with which a page goes on over its next connection."""

import secrets


class ResumeTokens:
    """Two are valid at a time: the newest, and the one that the browser used last (it may not have received the newest)."""

    __slots__ = ("newest", "used")

    def __init__(self) -> None:
        self.newest = new_id()
        self.used: str | None = None

    def rotate(self, used: str) -> list[str]:
        """Note that the browser came with `used`, and make a new token. Return those that are no longer valid."""
        expired = [token for token in self.valid() if token != used]
        self.used = used
        self.newest = new_id()
        return expired

    def valid(self) -> list[str]:
        """Return the tokens that are valid now."""
        return [self.newest] if self.used is None else [self.newest, self.used]


def new_id() -> str:
    """Return a random id of 192 bits, safe in URLs and JSON."""
    return secrets.token_urlsafe(24)
