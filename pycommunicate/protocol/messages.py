"""The messages between browser and server, as values. Nothing that comes from a browser is trusted before it went through `decode`."""

from typing import Final, NamedTuple

from pycommunicate.errors import ProtocolError
from pycommunicate.protocol.checked import (
    LARGEST_HANDLE,
    LONGEST_NAME,
    LONGEST_TOKEN,
    handle,
    json_value,
    number,
    positive,
    query,
    text,
    token,
)
from pycommunicate.protocol.payloads import event_payload
from pycommunicate.protocol.values import JSON, dumps
from pycommunicate.protocol.version import NAMESPACE, PROTOCOL_VERSION

MOST_EVENTS: Final = 10_000
MOST_RELEASED: Final = 10_000
"""How many listeners one acknowledgement may release; the client tells of more in the next ones."""
_JOIN_DEPTH: Final = 32
MOST_ANSWERS: Final = 64
"""How many answers may come along with an event."""


class Join(NamedTuple):
    """What a connection begins with: which page it is for, and how far that page has come."""

    request: str | None
    resume: str | None
    mount: str | None
    epoch: str | None
    applied: int
    made: int
    answers: "Foretold | None" = None
    query: str | None = None
    """That of the address bar, as it is written there, if it is no longer the one that the page was loaded with."""


class Foretold(NamedTuple):
    """Answers to what the page was told to ask along: 0 for none, else `[status, value, around, plain]`, the last two where they say something."""

    version: int
    answers: list[JSON]


class EventMade(NamedTuple):
    """Something a person (or a script) did that a listener waited for."""

    epoch: str
    number: int
    applied: int
    listener: int
    payload: dict[str, JSON] | None
    answers: Foretold | None = None


class EventsMade(NamedTuple):
    """Events that were made within one turn of the browser's loop, in order."""

    epoch: str
    applied: int
    events: list[EventMade]


class Answer(NamedTuple):
    """The answer to a read. `status` 0: `value` is JSON; 1: a handle; 2: an error code."""

    epoch: str
    applied: int
    tag: int
    status: int
    value: JSON


class Acknowledgement(NamedTuple):
    """Operations up to `applied` are done; the listeners in `released` are gone with their elements."""

    epoch: str
    applied: int
    released: list[int]


class Failed(NamedTuple):
    """The operation `number` could not be carried out."""

    epoch: str
    applied: int
    number: int
    error: str


class Leave(NamedTuple):
    """The page is being left."""

    epoch: str


class Visible(NamedTuple):
    """The page is on the screen, and was told that it is stale. In debug only."""

    epoch: str
    applied: int


Message = EventMade | EventsMade | Answer | Acknowledgement | Failed | Leave | Visible

VALUE, HANDLE, ERROR = 0, 1, 2
"""What `Answer.status` may be."""
_STATUS: Final = frozenset({VALUE, HANDLE, ERROR})
_MOST_AROUND: Final = 8_192


def decode_join(auth: object) -> Join:
    """Return the join in a CONNECT packet's auth. Raises `ProtocolError`; its first argument is the code for `refused`.

    Which handles its answers may name is the page's to say: `check_handles`.
    """
    if type(auth) is not dict:
        raise ProtocolError("malformed")
    if auth.get("version") != PROTOCOL_VERSION:
        raise ProtocolError("version")
    try:
        return Join(
            request=token(auth.get("request")),
            resume=token(auth.get("resume")),
            mount=token(auth.get("mount"), LONGEST_TOKEN),
            epoch=token(auth.get("epoch")),
            applied=number(auth.get("applied", 0)),
            made=number(auth.get("made", 0)),
            answers=_foretold(auth.get("answers"), _JOIN_DEPTH, LARGEST_HANDLE),
            query=query(auth.get("query")),
        )
    except ProtocolError:
        raise ProtocolError("malformed") from None


def decode(
    name: object,
    arguments: list[object],
    *,
    depth: int,
    most_events: int = MOST_EVENTS,
    epoch: str = "",
    last_handle: int = LARGEST_HANDLE,
) -> Message:
    """Return the message `name` with its `arguments`, `most_events` at most. Raises `ProtocolError` for whatever is not exactly as `docs/wire.md` has it.

    `last_handle` is the highest handle that the server has given in the page's `epoch`: messages of that epoch name no higher one.
    """
    shape = _SHAPES.get(name) if type(name) is str else None
    if shape is None or (len(arguments) != shape and not (name == "event" and len(arguments) == shape + 1)):
        raise ProtocolError("unknown message")
    of = text(arguments[0], "the epoch", LONGEST_NAME)
    last = last_handle if of == epoch else LARGEST_HANDLE
    if name == "event":
        payload = None if arguments[4] is None else event_payload(arguments[4], depth, last)
        answers = _foretold(arguments[5], depth, last) if len(arguments) > 5 else None
        return EventMade(of, positive(arguments[1]), number(arguments[2]), positive(arguments[3]), payload, answers)
    if name == "events":
        return _events(of, arguments, depth, most_events, last)
    if name == "answer":
        return _answer(of, arguments, depth, last)
    if name == "ack":
        released = arguments[2]
        if type(released) is not list or len(released) > MOST_RELEASED:
            raise ProtocolError(f"released is not a list of at most {MOST_RELEASED} listeners")
        return Acknowledgement(of, number(arguments[1]), [positive(item) for item in released])
    if name == "failed":
        return Failed(of, number(arguments[1]), positive(arguments[2]), _error_code(arguments[3]))
    if name == "visible":
        return Visible(of, number(arguments[1]))
    return Leave(of)


_ERROR_CODES: Final = frozenset({"gone", "invalid_selector", "refused", "too_large", "policy", "failed"})
_SHAPES: Final[dict[str, int]] = {"event": 5, "events": 4, "answer": 5, "ack": 3, "failed": 4, "leave": 1, "visible": 2}
RECEIVED: Final = frozenset(_SHAPES)
"""The names of what a browser sends."""


def encode(name: str, *arguments: object) -> str:
    """Return the Socket.IO packet (without Engine.IO's type) that carries the message `name`."""
    return f"2{NAMESPACE},{dumps([name, *arguments])}"


def encode_operations(epoch: str, first: int, operations: str, received: int, allowed: int) -> str:
    """Return the packet of the `operations` message; `operations` is the JSON of the list, made once and kept for a resend."""
    return f'2{NAMESPACE},["operations",{dumps(epoch)},{first},{operations},{received},{allowed}]'


def check_handles(foretold: Foretold | None, last_handle: int) -> None:
    """Raise `ProtocolError` if answers of a join name elements that its page does not have."""
    if foretold is not None:
        check_answers(foretold.answers, last_handle)


def _events(epoch: str, arguments: list[object], depth: int, most: int, last_handle: int) -> EventsMade:
    first, applied, entries = positive(arguments[1]), number(arguments[2]), arguments[3]
    if type(entries) is not list or not 0 < len(entries) <= most:
        raise ProtocolError("no events, or more than there is ever room for")
    events = []
    for at, entry in enumerate(entries, first):
        if type(entry) is not list or not 1 <= len(entry) <= 3:
            raise ProtocolError("not an event")
        without = len(entry) < 2 or (len(entry) > 2 and entry[1] is None)
        payload = None if without else event_payload(entry[1], depth, last_handle)
        answers = _foretold(entry[2], depth, last_handle) if len(entry) > 2 else None
        events.append(EventMade(epoch, at, applied, positive(entry[0]), payload, answers))
    return EventsMade(epoch, applied, events)


def _answer(epoch: str, arguments: list[object], depth: int, last_handle: int) -> Answer:
    status, value = arguments[3], arguments[4]
    if type(status) is not int or status not in _STATUS:
        raise ProtocolError("not a status")
    checked: JSON
    if status == HANDLE:
        checked = handle(value, last_handle)
    elif status == ERROR:
        checked = _error_code(value)
    else:
        checked = json_value(value, depth)
    return Answer(epoch, number(arguments[1]), positive(arguments[2]), status, checked)


def _error_code(value: object) -> str:
    if type(value) is not str or value not in _ERROR_CODES:
        raise ProtocolError("not an error code")
    return value


def _foretold(value: object, depth: int, last_handle: int) -> Foretold | None:
    if value is None:
        return None
    if type(value) is not list or not 0 < len(value) <= MOST_ANSWERS + 1:
        raise ProtocolError("no answers")
    json_value(value, depth)
    version, *answers = value
    return Foretold(number(version), check_answers(answers, last_handle))


def check_answers(answers: object, last_handle: int) -> list[JSON]:
    """Return a list of answers that came together. Raises `ProtocolError` for anything else."""
    if type(answers) is not list or len(answers) > MOST_ANSWERS:
        raise ProtocolError("no answers")
    for answer in answers:
        if answer == 0 and type(answer) is int:
            continue
        if type(answer) is not list or not 2 <= len(answer) <= 4:
            raise ProtocolError("not an answer")
        status, value, *more = answer
        if type(status) is not int or status not in {VALUE, HANDLE}:
            raise ProtocolError("not a status")
        if status == HANDLE:
            handle(value, last_handle)
        around = more[0] if more else []
        if type(around) is not list or len(around) > _MOST_AROUND:
            raise ProtocolError("not a list of the elements around one")
        for outer in around:
            handle(outer, last_handle)
    return answers
