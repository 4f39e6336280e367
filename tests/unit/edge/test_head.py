"""Request heads: what is read in one way only is read, everything else is refused; in linear time, and never with another error."""

from __future__ import annotations

import contextlib
import io
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pycommunicate.server.edge.head import MOST_FIELDS, Head, HeadError, parse_head, read_head

HOST = "Host: example.org\r\n"


def parsed(head: str) -> Head:
    return parse_head(head.encode("latin-1"))


def test_a_request_as_a_browser_sends_it() -> None:
    head = parsed(
        "GET /a%20b/%C3%BC?q=1&r=%20 HTTP/1.1\r\nHost: example.org:8080\r\nCookie: a=1\r\nCookie: b=2\r\n"
        "Accept:  text/html \r\nACCEPT: */*\r\nX-Empty:\r\n"
    )
    assert (head.method, head.target, head.version) == ("GET", "/a%20b/%C3%BC?q=1&r=%20", "HTTP/1.1")
    assert (head.length, head.chunked, head.has_body, head.keep_alive) == (0, False, False, True)
    assert head.environ() == {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/a b/Ã¼",
        "QUERY_STRING": "q=1&r=%20",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "example.org:8080",
        "HTTP_COOKIE": "a=1; b=2",
        "HTTP_ACCEPT": "text/html,*/*",
        "HTTP_X_EMPTY": "",
    }


@pytest.mark.parametrize(
    ("lines", "length", "chunked"),
    [
        ("Content-Length: 5", 5, False),
        ("content-length:\t5\t", 5, False),
        ("Content-Length: 007", 7, False),
        ("Transfer-Encoding: chunked", 0, True),
        ("transfer-encoding:\tCHUNKED ", 0, True),
        ("Content_Length: 5", 0, False),
    ],
)
def test_framing(lines: str, length: int, chunked: bool) -> None:
    head = parsed(f"POST / HTTP/1.1\r\n{HOST}{lines}\r\n")
    assert (head.length, head.chunked) == (length, chunked)
    assert head.environ().get("wsgi.input_terminated", False) is chunked


@pytest.mark.parametrize(
    ("first", "connection", "keeps"),
    [
        ("GET / HTTP/1.1", "", True),
        ("GET / HTTP/1.1", "Connection: Upgrade, Close\r\n", False),
        ("GET / HTTP/1.0", "", False),
        ("GET / HTTP/1.0", "Connection: Keep-Alive\r\n", True),
    ],
)
def test_whether_the_connection_is_kept(first: str, connection: str, keeps: bool) -> None:
    assert parsed(f"{first}\r\n{HOST}{connection}").keep_alive is keeps


def test_a_name_with_an_underscore_is_not_taken_for_another() -> None:
    head = parsed(f"GET / HTTP/1.1\r\n{HOST}X_Forwarded_Host: evil\r\nX-Forwarded-Host: good\r\n")
    assert head.environ()["HTTP_X_FORWARDED_HOST"] == "good"


@pytest.mark.parametrize(
    ("target", "is_path"),
    [
        ("http://example.org/a?b", "/a?b"),
        ("HTTP://EXAMPLE.org", "/"),
        ("https://example.org?q", "/?q"),
    ],
)
def test_a_url_of_this_host_is_its_path(target: str, is_path: str) -> None:
    assert parsed(f"GET {target} HTTP/1.1\r\n{HOST}").target == is_path


REFUSED = {
    "HTTP/0.9": ("GET /", 400),
    "HTTP/2": (f"GET / HTTP/2.0\r\n{HOST}", 505),
    "no version": (f"GET / HTTP\r\n{HOST}", 400),
    "two spaces": (f"GET  / HTTP/1.1\r\n{HOST}", 400),
    "a tab": (f"GET\t/ HTTP/1.1\r\n{HOST}", 400),
    "a space at the end": (f"GET / HTTP/1.1 \r\n{HOST}", 400),
    "no method": (f" / HTTP/1.1\r\n{HOST}", 400),
    "a fragment": (f"GET /#a HTTP/1.1\r\n{HOST}", 400),
    "another host's URL": (f"GET http://evil.example/ HTTP/1.1\r\n{HOST}", 400),
    "a URL with a user": (f"GET http://a@example.org/ HTTP/1.1\r\n{HOST}", 400),
    "a relative path": (f"GET a HTTP/1.1\r\n{HOST}", 400),
    "a star": (f"GET * HTTP/1.1\r\n{HOST}", 400),
    "CONNECT": ("CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n", 400),
    "no Host": ("GET / HTTP/1.1\r\nX: y\r\n", 400),
    "two Hosts": (f"GET / HTTP/1.1\r\n{HOST}{HOST}", 400),
    "two lengths": (f"POST / HTTP/1.1\r\n{HOST}Content-Length: 0\r\nContent-Length: 5\r\n", 400),
    "the same length twice": (f"POST / HTTP/1.1\r\n{HOST}Content-Length: 5\r\nContent-Length: 5\r\n", 400),
    "a list of lengths": (f"POST / HTTP/1.1\r\n{HOST}Content-Length: 5, 5\r\n", 400),
    "a sign": (f"POST / HTTP/1.1\r\n{HOST}Content-Length: +0\r\n", 400),
    "a negative length": (f"POST / HTTP/1.1\r\n{HOST}Content-Length: -1\r\n", 400),
    "an underscore": (f"POST / HTTP/1.1\r\n{HOST}Content-Length: 1_0\r\n", 400),
    "hexadecimal": (f"POST / HTTP/1.1\r\n{HOST}Content-Length: 0x5\r\n", 400),
    "no length": (f"POST / HTTP/1.1\r\n{HOST}Content-Length:\r\n", 400),
    "a space in a length": (f"POST / HTTP/1.1\r\n{HOST}Content-Length: 5 5\r\n", 400),
    "other digits": (f"POST / HTTP/1.1\r\n{HOST}Content-Length: \xb2\r\n", 400),
    "an endless length": (f"POST / HTTP/1.1\r\n{HOST}Content-Length: {'9' * 19}\r\n", 400),
    "length and chunked": (f"POST / HTTP/1.1\r\n{HOST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400),
    "length and another coding": (f"POST / HTTP/1.1\r\n{HOST}Content-Length: 5\r\nTransfer-Encoding: x\r\n", 400),
    "chunked in HTTP/1.0": ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n", 400),
    "another coding": (f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: xchunked\r\n", 501),
    "gzip, chunked": (f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: gzip, chunked\r\n", 501),
    "identity": (f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: identity\r\n", 501),
    "two codings": ("POST / HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\n" * 2, 400),
    "a vertical tab": (f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: \x0bchunked\r\n", 400),
    "a form feed": (f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\x0c\r\n", 400),
    "a file separator": (f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: \x1cchunked\r\n", 400),
    "next line": (f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\x85\r\n", 501),
    "a space that does not break": (f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: \xa0chunked\r\n", 501),
    "a space before the colon": (f"GET / HTTP/1.1\r\n{HOST}X : y\r\n", 400),
    "a folded line": (f"GET / HTTP/1.1\r\n{HOST}X: y\r\n z\r\n", 400),
    "a line that begins with a space": (f"GET / HTTP/1.1\r\n {HOST}", 400),
    "no colon": (f"GET / HTTP/1.1\r\n{HOST}X\r\n", 400),
    "no name": (f"GET / HTTP/1.1\r\n{HOST}: y\r\n", 400),
    "a bare LF": (f"GET / HTTP/1.1\r\n{HOST}X: y\nZ: a\r\n", 400),
    "a bare CR": (f"GET / HTTP/1.1\r\n{HOST}X: y\rZ: a\r\n", 400),
    "two CRs": (f"GET / HTTP/1.1\r\n{HOST}X: y\r\r\n", 400),
    "NUL": (f"GET / HTTP/1.1\r\n{HOST}X: y\0\r\n", 400),
    "another expectation": (f"GET / HTTP/1.1\r\n{HOST}Expect: rain\r\n", 417),
    "much white space": (f"GET / HTTP/1.1\r\n{HOST}Accept: a{' ' * 64};q=1\r\n", 400),
    "white space of all kinds": ("GET / HTTP/1.1\r\n" + HOST + "Accept: a" + " \t\x85\xa0" * 16 + ";q=1\r\n", 400),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_be_read_in_two_ways_is_refused(name: str) -> None:
    head, status = REFUSED[name]
    with pytest.raises(HeadError) as refused:
        parsed(head)
    assert refused.value.status == status


# -- reading


def taken(data: str | bytes, most: int = 1000) -> bytes:
    return read_head(io.BufferedReader(io.BytesIO(data if isinstance(data, bytes) else data.encode("latin-1"))), most)  # type: ignore[arg-type]


def test_a_head_ends_with_an_empty_line() -> None:
    reader = io.BufferedReader(io.BytesIO(b"\r\nA\r\nB\r\n\r\nbody"))  # type: ignore[arg-type]
    assert read_head(reader, 1000) == b"A\r\nB\r\n"
    assert reader.read() == b"body"


def test_the_end_between_two_requests() -> None:
    assert taken(b"") == taken(b"\r\n") == b""


@pytest.mark.parametrize("data", ["GET", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: a", "GET / HTTP/1.1\r\nHost: a\r\n"])  # fmt: skip
def test_the_end_in_the_middle(data: str) -> None:
    with pytest.raises(EOFError):
        taken(data)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ("GET /" + "a" * 9000, 414),
        ("A\nB\r\n\r\n", 400),
        ("A\r\nB\n\r\n", 400),
        ("A\r\n" + "X: y\r\n" * (MOST_FIELDS + 1) + "\r\n", 431),
        ("A\r\nX: " + "y" * 1000 + "\r\n\r\n", 431),
        ("A\r\n" + "X: yyyyy\r\n" * 100 + "\r\n", 431),
    ],
)
def test_a_head_that_is_refused_unread(data: str, status: int) -> None:
    with pytest.raises(HeadError) as refused:
        taken(data)
    assert refused.value.status == status


def test_the_largest_head_is_read() -> None:
    largest = "A\r\nX: " + "y" * (1000 - 8) + "\r\n"
    assert taken(largest + "\r\n") == largest.encode()
    fields = "A\r\n" + "X: y\r\n" * MOST_FIELDS
    assert taken(fields + "\r\n") == fields.encode()


# -- all inputs

_PIECES = st.sampled_from(
    ["GET", " ", "/", "*", "HTTP/1.1", "HTTP/1.0", "\r\n", "\n", "\r", "Host", ": ", "example.org", "Content-Length", "Transfer-Encoding", "chunked", "0",
     "5", ",", "\t", "\0", "\xa0", "http://example.org", "_", "%", "%zz", "?", "\r\n ", "Expect: 100-continue\r\n", HOST]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.lists(_PIECES, max_size=30).map(lambda pieces: "".join(pieces).encode("latin-1"))))  # fmt: skip
def test_every_input_is_a_head_or_refused(data: bytes) -> None:
    try:
        head = parse_head(b"GET / HTTP/1.1\r\nHost: example.org\r\n" + data)
    except HeadError:
        return
    environ = head.environ()
    assert environ["PATH_INFO"] == "/"
    assert not (head.chunked and "CONTENT_LENGTH" in environ)
    assert all(isinstance(value, str | bool) for value in environ.values())


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.lists(_PIECES, max_size=30).map(lambda pieces: "".join(pieces).encode("latin-1"))))  # fmt: skip
def test_every_input_is_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(HeadError, EOFError):
        head = taken(data, 300)
        if head:
            parse_head(head).environ()


@pytest.mark.alone
@pytest.mark.parametrize(
    "piece", ["X: y\r\n", "X:" + " " * 60 + "\r\n", "a", " ", "\t ", ":", "%", "\\", '"', "x=y; ", "X: " + "\xa0" * 60]
)
def test_the_time_is_linear(piece: str) -> None:
    """Twenty times as much may take a hundred times as long, not four hundred."""

    def seconds(size: int) -> float:
        head = f"GET /?{piece if piece.isprintable() and ' ' not in piece else ''} HTTP/1.1\r\n{HOST}X: {piece * (size // len(piece))}\r\n"
        best = 1.0
        for _ in range(5):
            begun = time.perf_counter()
            with contextlib.suppress(HeadError):
                parsed(head).environ()
            best = min(best, time.perf_counter() - begun)
        return best

    assert seconds(640_000) < 100 * seconds(32_000) + 0.01
