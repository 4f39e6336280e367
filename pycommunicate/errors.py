"""Every exception that a user of pycommunicate can meet: one tree, each class with a stable `code`."""

from collections.abc import Iterable


class PycommunicateError(Exception):
    """The root of the tree. `code` is stable: it may be logged, compared and documented."""

    code = "error"


class ConfigurationError(PycommunicateError, ValueError):
    """The application was put together in a way that can't work: a reserved route, a factory without a default view."""

    code = "configuration"

    def __init__(self, problem: str = "", *, places: Iterable[object] = (), help: str = "") -> None:
        self.problem = problem
        """What is wrong, in a sentence."""
        self.places = tuple(map(str, places))
        """Where: `file:line`, every place that takes part in it."""
        self.help = help
        """What to do about it; may be empty."""
        super().__init__("\n  ".join([problem, *(f"at {place}" for place in self.places), *([help] if help else [])]))


class RouteError(ConfigurationError):
    """A route that can't be: reserved, malformed, taken by another, or without a view to show."""

    code = "route"


class DiscoveryError(ConfigurationError):
    """A module of the project that does not import, or is not where it should be. `__cause__` is what it raised."""

    code = "discovery"


class ImportCycle(DiscoveryError):
    """Modules of the project that import each other in a circle, so that one is used before it is complete."""

    code = "import_cycle"


class BrowserError(PycommunicateError):
    """The page could not be written to or asked."""

    code = "browser"


class NotConnected(BrowserError):
    """The page has no connection yet: it is still being rendered, or its HTML carries no `add_includes()`."""

    code = "not_connected"


class BrowserTimeout(BrowserError, TimeoutError):
    """The browser did not answer a read before its deadline (10 s by default; 1 s while the connection is lost)."""

    code = "browser_timeout"


class BrowserGone(BrowserError):
    """The person has left the page, or the view that asked has ended."""

    code = "browser_gone"


class BadAnswer(BrowserError):
    """The browser answered a read with something that is no answer to it."""

    code = "bad_answer"


class ElementGone(BrowserError, LookupError):
    """The element is no longer in the document, or belongs to an earlier mount of the page."""

    code = "element_gone"


class InvalidSelector(BrowserError, ValueError):
    """The browser can't parse the selector (CSS Selectors Level 4, `Document.querySelector`)."""

    code = "invalid_selector"


class AnswerTooLarge(BrowserError):
    """The answer to a read does not fit a message (64 KiB by default). Large contents go over HTTP."""

    code = "too_large"


class RefusedName(PycommunicateError, ValueError):
    """A name that would turn text into code or lead elsewhere (`innerHTML`, `onclick`, `script`, `iframe`), or is not a name at all."""

    code = "refused_name"


class UnsafeURL(PycommunicateError, ValueError):
    """A URL that is neither relative nor http(s): `javascript:`, `data:`, `//host`, backslashes, control characters. Or a style that loads from another host."""

    code = "unsafe_url"


class NotSerializable(PycommunicateError, TypeError):
    """A value that JSON can't carry to the browser."""

    code = "not_serializable"


class StoreUnavailable(PycommunicateError, OSError):
    """What keeps the sessions can't be reached: the disk is full, the folder may not be written. What was saved before is kept."""

    code = "store_unavailable"


class SessionTooLarge(PycommunicateError, ValueError):
    """A session has outgrown its store (64 KiB by default). What was saved before is kept."""

    code = "session_too_large"


class ProtocolError(PycommunicateError):
    """A message from a browser that breaks the protocol. It ends that connection; application code never sees it."""

    code = "protocol"
