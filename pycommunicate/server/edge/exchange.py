"""One request and its answer on a wire: the head is read and judged, the body handed out, what is left over cleared away."""

import io
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from pycommunicate.server.connection.refusals import Refusals
from pycommunicate.server.edge.body import Body
from pycommunicate.server.edge.head import Head, HeadError, parse_head, read_head
from pycommunicate.server.edge.wire import Wire

_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


class Unread:
    """What both engines' servers would do about a body that the application left: nothing. `Exchange.finish` does it."""

    chunked_input = should_send_hundred_continue = False
    position = content_length = 0

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self.headers_sent: Any = None
        """eventlet's server puts a list here, which is not empty from then on."""

    def get_socket(self) -> Any:
        """Return eventlet's socket."""
        return self._raw

    def _discard(self) -> None:
        pass


class Exchange:
    """Reads a request from `rfile`. `is_answered` says whether an answer has begun."""

    def __init__(self, wire: Wire, rfile: Any, is_answered: Callable[[], bool]) -> None:
        self._wire = wire
        self._rfile = rfile
        self._is_answered = is_answered
        self._body: Body | None = None
        self.unread = Unread(wire.raw)
        self.input: Any = None
        """`wsgi.input`."""
        self.is_handed_over = False
        """Whether the peer asks for another protocol, whose bytes follow the head."""

    def head(self, refusals: Refusals, peer: str) -> Head | None:
        """Return the next request's head, and set `input`. None if none came, or it was refused: the connection is to be closed."""
        data = b""
        try:
            with self._wire.reading(self._wire.limits.request_deadline):
                data = read_head(self._rfile, self._wire.limits.request_head)
            head = parse_head(data) if data else None
        except HeadError as error:
            refusals.note(
                "request", peer, "a request is refused: %s: %r", error.reason, data.partition(b"\r\n")[0][:100]
            )
            self._wire.refuse(error.status, error.reason)
            return None
        except EOFError:
            if self._wire.timed_out:
                self._wire.refuse(HTTPStatus.REQUEST_TIMEOUT, "the head did not come in time")
            return None
        except OSError:
            return None
        if head is None:
            return None
        if head.has_body:
            self._body = Body(self._rfile, head, self._wire, self._say_continue)
            self.input = io.BufferedReader(self._body)
        else:
            self.input = io.BytesIO()
            self.is_handed_over = head.upgrades
        return head

    def finish(self) -> bool:
        """Clear away what the application left of the body. Return whether another request may follow; else the connection has ended."""
        if self._body is None or self._body.drain():
            return True
        self._wire.linger()
        return False

    def _say_continue(self) -> None:
        if not self._is_answered():
            self._wire.send(_CONTINUE)
