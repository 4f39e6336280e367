"""Every exception that a user of pycommunicate can meet: one tree, each class with a stable `code`."""


class PycommunicateError(Exception):
    """The root of the tree. `code` is stable: it may be logged, compared and documented."""

    code = "error"


class ConfigurationError(PycommunicateError, ValueError):
    """The application was put together in a way that can't work: a reserved route, a factory without a default view."""

    code = "configuration"


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
    """A name that would turn text into code (`innerHTML`, `onclick`, `__proto__`, `script`) or is no name at all."""

    code = "refused_name"


class UnsafeURL(PycommunicateError, ValueError):
    """A URL that is neither relative nor http(s): `javascript:`, `data:`, `//host`, backslashes, control characters."""

    code = "unsafe_url"


class NotSerializable(PycommunicateError, TypeError):
    """A value that JSON can't carry to the browser."""

    code = "not_serializable"


class ProtocolError(PycommunicateError):
    """A message from a browser that breaks the protocol. It ends that connection; application code never sees it."""

    code = "protocol"
