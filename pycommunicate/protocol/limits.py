"""The bounds that keep one page from harming another. Every field can be set on `CommunicateApp(limits=Limits(...))`."""

from dataclasses import dataclass, fields

from pycommunicate.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds and deadlines. Times are in seconds, sizes in bytes."""

    inbound_message: int = 64 * 1024
    """The largest message a browser may send."""
    json_depth: int = 32
    """How deeply a message from a browser may be nested."""
    events_queued: int = 256
    """Events of one page that may wait for a handler; the browser keeps the rest on its side."""
    running_handlers: int = 32
    """Handlers of one page that may run (or block) at the same time."""
    unacknowledged_bytes: int = 1024 * 1024
    """What one page may have written that its browser has not applied yet. Past it, the page's own handlers wait."""
    unacknowledged_batches: int = 1000
    """The same, counted in messages."""
    overflow_deadline: float = 30.0
    """How long a handler waits for a browser that applies nothing, before the page is given up."""
    read_deadline: float = 10.0
    """How long a read waits for the browser's answer."""
    read_deadline_offline: float = 1.0
    """How long a read waits while the connection is lost."""
    foreseen: float = 0.25
    """How long an answer that came along with an event may be used; later the browser is asked."""
    preload: float = 0.1
    """How long a request waits for the `load()` of a view with `preload`; what it writes later follows over the socket."""
    preload_bytes: int = 256 * 1024
    """How much of what it wrote travels inside the page; the rest follows over the socket."""
    grace: float = 180.0
    """How long a page is kept after its connection was lost."""
    lost_bytes: int = 256 * 1024 * 1024
    """About how much memory pages like that may hold, in all: 64 KiB each, and what was written for them. Past it one is let go, of
    the network address and the visitor that hold the most; it is remounted if it comes back. As much again for pages that wait for their first
    connection."""
    lost_pages_per_user: int = 50
    """How many of one user's pages may be kept like that; past it the user's oldest is let go."""
    lost_pages: int = 10_000
    """How many may be kept like that, in all, however little they hold."""
    join_page: float = 60.0
    """How long a page that was served waits for its first connection."""
    waiting_pages: int = 1000
    """How many pages may wait like that, in all; past it one is let go as with `lost_bytes`."""
    waiting_pages_per_user: int = 20
    """How many of one user's pages may wait like that."""
    join_socket: float = 10.0
    """How long a connection may live without having joined a page."""
    users: int = 100_000
    """How many users (sessions) are kept in memory; past it the least recently seen without an open page is let go."""
    user_idle: float = 14 * 24 * 3600.0
    """How long a user without an open page is kept."""
    mount_token: float = 7 * 24 * 3600.0
    """How long a page can be mounted anew after it was last connected."""
    batch_bytes: int = 256 * 1024
    """About how large a message of operations grows before it is sent."""
    first_batch_bytes: int = 256 * 1024
    """The same for the first message of a mount. Smaller: something is painted earlier, and the last of a thousand rows later."""
    request_deadline: float = 10.0
    """How long an HTTP connection may be without a request, and a request's head may be on its way."""
    request_head: int = 32 * 1024
    """The largest head of an HTTP request: its request line and headers, cookies included."""
    page_headers: int = 8 * 1024
    """How much of its request's headers a page keeps for its handlers, besides `Host` and `Cookie`."""
    body_idle: float = 10.0
    """How long a request's body may send nothing while it is read."""
    body_rate: int = 500
    """Bytes per second that a request's body must send on average, after twice `body_idle`; 0 for no such bound."""
    answer_idle: float = 20.0
    """How long a client may take nothing of an HTTP answer."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if type(value) not in (int, float) or not value >= 0:
                message = f"the limit {field.name} is {value!r}; expected a number, not below 0"
                raise ConfigurationError(message)
