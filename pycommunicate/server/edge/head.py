"""Request heads (RFC 9112): pure, in one pass, bounded before they are parsed.

What two programs might read in two ways is refused, so that a proxy and this server never disagree about where a request ends:
Content-Length beside Transfer-Encoding, or given twice, or with anything but digits; any transfer coding but `chunked`; lines that end in a bare
LF; folded lines; white space before a colon; control characters; no Host, or two.
"""

import re
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

LINE_BYTES = 8 * 1024
"""The longest request line."""
MOST_FIELDS = 100
"""The most header lines."""
_MOST_BLANKS = 64

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_request_line = re.compile(rb"(" + _TOKEN + rb") ([\x21\x22\x24-\x7e\x80-\xff]+) HTTP/(\d)\.(\d)").fullmatch
_name = re.compile(_TOKEN).fullmatch
_length = re.compile(r"[0-9]{1,18}").fullmatch
_absolute = re.compile(r"https?://([^/?]+)(.*)", re.IGNORECASE).fullmatch
_find_control = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]").search
_blanks_alike = bytes.maketrans(b"\t\x85\xa0", b"   ")


class HeadError(ValueError):
    """The request is refused, and its connection closed."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        """What is wrong, in words of ours: nothing that the peer sent is in it."""


class Head(NamedTuple):
    """A request line and its header fields, checked."""

    method: str
    target: str
    """In origin form: a path that begins with a slash, perhaps with a query; or `*`."""
    version: str
    """`HTTP/1.0` or `HTTP/1.1`."""
    fields: dict[str, str]
    """By lower-case name; what came in several lines is joined."""
    length: int
    """Bytes of the body; 0 if it is chunked."""
    chunked: bool
    keep_alive: bool
    expects_continue: bool

    @property
    def has_body(self) -> bool:
        """Whether a body follows."""
        return self.chunked or self.length > 0

    @property
    def upgrades(self) -> bool:
        """Whether the peer wants to speak another protocol from here on."""
        return "upgrade" in self.fields

    def get(self, name: str, default: Any = None) -> Any:
        """Return a header field by its name in whatever case, as `email.message.Message` does."""
        return self.fields.get(name.lower(), default)

    def environ(self) -> dict[str, Any]:
        """Return what WSGI's environ says about the request (PEP 3333). Names with an underscore would be taken for others."""
        path, _, query = self.target.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path.encode("latin-1")).decode("latin-1") if "%" in path else path,
            "QUERY_STRING": query,
            "SERVER_PROTOCOL": self.version,
        }
        for name, value in self.fields.items():
            key = name.replace("-", "_").upper()
            environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
        if self.chunked:
            environ["wsgi.input_terminated"] = True
        return environ


def read_head(rfile: Any, most: int) -> bytes:
    """Read a head of `most` bytes or fewer from a buffered reader. Return it without the empty line at its end; b"" at the end of the connection.

    :raises HeadError: it is too large, or a line does not end in CRLF.
    :raises EOFError: the connection ended in the middle.
    """
    line = rfile.readline(LINE_BYTES + 1)
    if line == b"\r\n":  # RFC 9112, 2.2: one is forgiven
        line = rfile.readline(LINE_BYTES + 1)
    if not line:
        return b""
    if len(line) > LINE_BYTES:
        raise HeadError(HTTPStatus.REQUEST_URI_TOO_LONG, f"the request line is longer than {LINE_BYTES} bytes")
    lines: list[bytes] = []
    left = most
    while line != b"\r\n":
        if len(line) > left or len(lines) > MOST_FIELDS:
            size = f"{most} bytes or {MOST_FIELDS} header lines"
            raise HeadError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"the head is larger than {size}")
        if line[-2:] != b"\r\n":
            if line[-1:] == b"\n":
                raise _bad("a line that does not end in CRLF")
            raise EOFError
        lines.append(line)
        left -= len(line)
        line = rfile.readline(left + 2)
    return b"".join(lines)


def parse_head(head: bytes) -> Head:
    """Parse a request line and header lines, each ended by CRLF.

    :raises HeadError: it is not a head that can be read in one way only.
    """
    request_line, *lines = head.removesuffix(b"\r\n").split(b"\r\n")
    if _find_control(request_line) or any(map(_find_control, lines)):
        raise _bad("a control character, or a line that does not end in CRLF")
    # Regular expressions of others (werkzeug's for Accept) take quadratic time for white space; no client sends so much of it.
    if b" " * _MOST_BLANKS in head.translate(_blanks_alike):
        raise _bad("too much white space")
    parts = _request_line(request_line)
    if parts is None:
        raise _bad("the request line is not that of HTTP/1.1")
    if parts[3] != b"1":
        raise HeadError(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "this server speaks HTTP/1.1")
    version = "HTTP/1.0" if parts[4] == b"0" else "HTTP/1.1"
    fields = _fields(lines)
    if version == "HTTP/1.1" and "host" not in fields:
        raise _bad("no Host")
    method = parts[1].decode("ascii")
    length, chunked = _framing(fields, version)
    tokens = {token.strip(" \t").lower() for token in fields.get("connection", "").split(",")}
    return Head(
        method,
        _target(method, parts[2].decode("latin-1"), fields.get("host", "")),
        version,
        fields,
        length,
        chunked,
        "close" not in tokens if version == "HTTP/1.1" else "keep-alive" in tokens,
        _expects_continue(fields, version),
    )


def _fields(lines: list[bytes]) -> dict[str, str]:
    found: dict[bytes, list[bytes]] = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not _name(name):
            raise _bad("a header line that is not `name: value`")
        if b"_" not in name:
            found.setdefault(name.lower(), []).append(value.strip(b" \t"))
    for once in (b"host", b"content-length", b"transfer-encoding", b"content-type"):
        if len(found.get(once, ())) > 1:
            raise _bad(f"two headers {once.decode().title()}")
    return {
        name.decode("ascii"): (b"; " if name == b"cookie" else b",").join(values).decode("latin-1")
        for name, values in found.items()
    }


def _framing(fields: dict[str, str], version: str) -> tuple[int, bool]:
    coding, length = fields.get("transfer-encoding"), fields.get("content-length")
    if coding is not None:
        if length is not None or version == "HTTP/1.0":
            raise _bad("Transfer-Encoding beside Content-Length, or in HTTP/1.0")
        if coding.lower() != "chunked":
            raise HeadError(HTTPStatus.NOT_IMPLEMENTED, "a Transfer-Encoding that is not `chunked`")
        return 0, True
    if length is not None and not _length(length):
        raise _bad("a Content-Length that is not a number")
    return int(length or 0), False


def _target(method: str, target: str, host: str) -> str:
    if target.startswith("/") or (target == "*" and method == "OPTIONS"):
        return target
    absolute = _absolute(target)
    if absolute is None or absolute[1].lower() != host.lower():
        raise _bad("a target that is neither a path nor a URL of this host")
    return absolute[2] if absolute[2].startswith("/") else f"/{absolute[2]}"


def _expects_continue(fields: dict[str, str], version: str) -> bool:
    expected = fields.get("expect")
    if expected is None or version == "HTTP/1.0":
        return False
    if expected.lower() != "100-continue":
        raise HeadError(HTTPStatus.EXPECTATION_FAILED, "an Expect that is not `100-continue`")
    return True


def _bad(reason: str) -> HeadError:
    return HeadError(HTTPStatus.BAD_REQUEST, reason)
