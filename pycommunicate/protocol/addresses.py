"""Addresses that a page may be given. The client has the same rules (`client/src/safety.ts`)."""

import re
from collections.abc import Iterator
from typing import Final

_FLAGS: Final = re.ASCII | re.IGNORECASE
_UNSAFE_CHARACTERS: Final = re.compile(r"[\x00-\x1f\x7f\\]")
_SCHEME: Final = re.compile(r" *([a-z][a-z\d+.-]*):", _FLAGS)
_HOST: Final = re.compile(r" *https?://[^/?#:]", _FLAGS)
_LEAVES: Final = re.compile(r"[\\/]{2}|[a-z][a-z\d+.-]*:(?! )", _FLAGS)
_CANDIDATE: Final = re.compile(r"[\t\n\f\r ,]*([^\t\n\f\r ]+)")
_DESCRIPTORS: Final = re.compile(r"(?:[^,(]|\([^)]*\)?)*,?")


def problem(url: str) -> str | None:
    """Return what is wrong with an address that is to be relative, http(s), mailto or tel; None if nothing is."""
    if _UNSAFE_CHARACTERS.search(url):
        return "contains control characters or a backslash"
    if url.lstrip(" ").startswith("//"):
        return "leads to another host without naming its scheme; write https://..."
    found = _SCHEME.match(url)
    if found is None:
        return None
    scheme = found[1].lower()
    if scheme not in {"http", "https", "mailto", "tel"}:
        return f"has the scheme {scheme!r}; expected a relative URL or http(s)"
    if scheme in {"http", "https"} and not _HOST.match(url):
        return "names no host"
    return None


def leaves(url: str, origin: str = "") -> bool:
    """Whether an address leads from `origin` (`https://host:port`): it begins with `//`, or has a scheme and is not ours."""
    return _LEAVES.match(url) is not None and not (origin and url.startswith(f"{origin}/"))


def own_problem(text: str, origin: str = "") -> str | None:
    """Return what is wrong with addresses (with spaces between) that are to be relative or of `origin`; None if nothing is."""
    if any(leaves(url, origin) for url in text.split(" ")):
        return (
            problem(text) or "leads away from this application, or may do so; expected a relative URL such as '/orders'"
        )
    return problem(text)


def candidates(text: str) -> Iterator[str]:
    """Yield the addresses of a `srcset` (HTML, parsing a srcset attribute), with the commas that may end one."""
    at = 0
    while match := _CANDIDATE.match(text, at):
        yield match[1]
        at = match.end()
        if not match[1].endswith(","):
            descriptors = _DESCRIPTORS.match(text, at)
            at = descriptors.end() if descriptors else at
