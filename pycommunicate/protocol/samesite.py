"""Addresses that came from outside, such as `next` after a sign-in: followed only if they are a path of this application."""

from typing import Final

LONGEST: Final = 2000
_DOTS: Final = frozenset({".", ".."})


def same_site_path(location: object, root: str) -> str | None:
    r"""Return `location` if every browser takes it for a path (and query) below `root` on the host it was sent from; else None.

    It begins with one `/`, which neither `/` nor `\` follows, and has no `\`, no control character or blank, which browsers leave out or
    turn, no lone surrogate and no segment `.` or `..`, which would lead out of `root`.

    :param root: the path at which the application is served (`script_root`); empty at the host's root.
    """
    if not isinstance(location, str) or len(location) > LONGEST:
        return None
    if not location.startswith("/") or location.startswith("//"):
        return None
    if any(c <= " " or c in "\\\x7f" or "\ud800" <= c <= "\udfff" for c in location):
        return None
    path = location.partition("#")[0].partition("?")[0]
    if any(segment.lower().replace("%2e", ".") in _DOTS for segment in path.split("/")):
        return None
    return location if path == root or path.startswith(f"{root}/") else None
