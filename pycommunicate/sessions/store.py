"""The contract between sessions and what keeps them."""

from typing import NamedTuple, Protocol

from pycommunicate.errors import SessionTooLarge

MAX_SESSIONS = 100_000
MAX_AGE = 14 * 24 * 3600.0
MAX_BYTES = 64 * 1024
MAX_TOTAL_BYTES = 256 * 1024 * 1024

Version = object
"""Names one state of one session: equal for the same state, different after each save. None: nothing is kept."""


class Kept(NamedTuple):
    """What a store keeps of one session."""

    text: str
    version: Version


class SessionStore(Protocol):
    """Keeps one text per user. The text is sealed: a store neither reads it nor has to trust whoever can write to it.

    The id comes from a signed cookie, but a store treats it as it would any text from outside. Each method raises
    `StoreUnavailable` where the store can't be reached; what was kept before stays kept.
    """

    def load(self, id_: str) -> Kept | None:
        """Return what is kept; None where nothing is, or where it has expired. Counts as a use."""

    def version(self, id_: str) -> Version | None:
        """Return the version of what `load` would return, cheaply. Counts as a use."""

    def save(self, id_: str, text: str, expected: Version | None) -> Version | None:
        """Keep `text` and return its version, if what is kept has the version `expected` (None: nothing is kept).

        Otherwise change nothing and return None. Comparing and replacing are one step, for all processes that share the
        store: that is what keeps two of them from losing each other's changes. Raises `SessionTooLarge`.
        """

    def delete(self, id_: str) -> None:
        """Keep nothing for `id_`, from now on."""


def check_size(text: str, maximum: int) -> bytes:
    """Return `text` in UTF-8. Raises `SessionTooLarge` where that is more than `maximum` bytes."""
    data = text.encode()
    if len(data) > maximum:
        message = f"the session takes {len(data)} bytes, {maximum} are allowed (max_bytes); keep large things in a database, and their keys in the session"
        raise SessionTooLarge(message)
    return data


def size_class(size: int) -> int:
    """Return the same number for sizes within a factor of two."""
    return size.bit_length()
