"""The doors: every address under `/__pycommunicate`, in one list.

What is not in `DOORS` does not exist: it is answered with 404 and `NOTHING`, before Flask sees it. So is a request that its door does not
take, and a credential that is not the caller's. All these answers are one and the same, so that nobody learns which of them it was.

To add a door, add it here, give `PageServer` the function that answers it, and add its row to the table in `docs/threat-model.md`.
A test compares the two.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

from pycommunicate.protocol.version import BUILD_PATH, CLIENT_RULE, PREFIX, SOCKET_PATH, TICKET_PATH, VIOLATIONS_PATH

NOTHING: Final = b"Nothing is here."
"""The body of every 404 under the prefix."""
_VARIABLE: Final = re.compile(r"<\w+>")
_HEADINGS: Final = (
    "address",
    "methods",
    "who",
    "credential",
    "how often",
    "body",
    "`Origin`",
    "`before_request`",
    "logged",
)


@dataclass(frozen=True, slots=True)
class Door:
    """One address of ours that is not a page."""

    name: str
    rule: str
    """The address, with variable parts such as `<name>`: each stands for text without a slash."""
    methods: tuple[str, ...]
    """What is answered. Everything else is 404, HEAD and OPTIONS too."""
    who: str
    credential: str = ""
    """What a request must show. Empty: nothing. A door with a credential takes neither Range nor a request without Host."""
    often: str = "any number of times"
    body: int | None = 0
    """The largest body, in bytes; more is 404, unread. None: whoever answers reads it, bounded by `Limits.inbound_message`."""
    origin: Literal["same", "none or same"] = "same"
    """`Sec-Fetch-Site`, where it is sent: same-origin; or else `none` too, an address that a person typed."""
    guarded: bool = True
    """Whether the application's `before_request` functions run. Its `after_request` functions always do, where Flask answers."""
    hot: bool = False
    """Whether it exists only while hot reload is on."""
    debug: bool = False
    """Whether it exists in debug only, with hot reload or without."""
    logged: str = "nothing"

    def row(self) -> str:
        """Return the door's row in the table of `docs/threat-model.md`."""
        body = {None: "one message", 0: "none"}.get(self.body, f"{self.body} bytes")
        cells = (
            f"`{self.rule}`" + (", with hot reload only" if self.hot else ", in debug only" if self.debug else ""),
            " ".join(self.methods),
            self.who,
            self.credential or "none",
            self.often,
            body,
            "ours" if self.origin == "same" else "ours, or typed",
            "runs" if self.guarded else "does not run",
            self.logged,
        )
        return f"| {' | '.join(cells)} |"


DOORS: Final = (
    Door("client", CLIENT_RULE, ("GET", "HEAD"), "anybody", origin="none or same"),
    Door("build", BUILD_PATH, ("GET",), "anybody", origin="none or same", hot=True),
    Door(
        "ticket",
        TICKET_PATH,
        ("POST",),
        "the visitor for whom it was issued",
        credential="the ticket, and the visitor's cookie",
        often="once, within 60 s",
        body=200,
        guarded=False,
        logged="nothing; counted as `ticket`",
    ),
    Door(
        "violations",
        VIOLATIONS_PATH,
        ("POST",),
        "any visitor",
        credential="a visitor's cookie",
        body=64 * 1024,
        guarded=False,
        debug=True,
        logged="what the page's policy stopped, once for each place",
    ),
    Door(
        "socket",
        f"{SOCKET_PATH}/",
        ("GET", "POST"),
        "the visitor whose page it is",
        credential="the visitor's cookie; the page's request id or token; for polls the `sid`",
        often="one connection for each page",
        body=None,
        guarded=False,
        logged="the peer and the reason of a refusal",
    ),
)


def table() -> str:
    """Return the doors as the table of `docs/threat-model.md`."""
    lines = (f"| {' | '.join(_HEADINGS)} |", f"|{' --- |' * len(_HEADINGS)}", *(door.row() for door in DOORS))
    return "\n".join(lines)


def is_ours(path: str) -> bool:
    """Whether `path` belongs to the library: a door, or nothing."""
    return path.startswith(PREFIX) and path[len(PREFIX) : len(PREFIX) + 1] in ("", "/")


def door_at(path: str) -> Door | None:
    """Return the door at `path`, the PATH_INFO of a request."""
    return _exact.get(path) or next((door for pattern, door in _patterns if pattern.fullmatch(path)), None)


def _pattern(rule: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(map(re.escape, _VARIABLE.split(rule))))


_exact = {door.rule: door for door in DOORS if not _VARIABLE.search(door.rule)}
_patterns = [(_pattern(door.rule), door) for door in DOORS if door.rule not in _exact]
