"""The messages between browser and server, as values. Nothing that comes from a browser is trusted before it went through `decode`."""

from typing import Final, NamedTuple

from pycommunicate.errors import ProtocolError
from pycommunicate.protocol.values import JSON, dumps
from pycommunicate.protocol.version import NAMESPACE, PROTOCOL_VERSION

_LONGEST_TOKEN: Final = 16_384
_LARGEST_NUMBER: Final = 2**53 - 1
MOST_EVENTS: Final = 10_000
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


def decode_join(auth: object) -> Join:
    """Return the join in a CONNECT packet's auth. Raises `ProtocolError`; its first argument is the code for `refused`."""
    if not isinstance(auth, dict):
        raise ProtocolError("malformed")
    if auth.get("version") != PROTOCOL_VERSION:
        raise ProtocolError("version")
    return Join(
        request=_token(auth.get("request")),
        resume=_token(auth.get("resume")),
        mount=_token(auth.get("mount")),
        epoch=_token(auth.get("epoch")),
        applied=_number(auth.get("applied", 0)),
        made=_number(auth.get("made", 0)),
        answers=_foretold(auth.get("answers"), _JOIN_DEPTH),
    )


def decode(name: object, arguments: list[object], *, depth: int, most_events: int = MOST_EVENTS) -> Message:
    """Return the message `name` with its `arguments`, `most_events` at most. Raises `ProtocolError` for whatever is not exactly as `docs/wire.md` has it."""
    shape = _SHAPES.get(name) if isinstance(name, str) else None
    if shape is None or (len(arguments) != shape and not (name == "event" and len(arguments) == shape + 1)):
        raise ProtocolError("unknown message")
    epoch = _token(arguments[0])
    if epoch is None:
        raise ProtocolError("no epoch")
    if name == "event":
        payload = None if arguments[4] is None else _payload(arguments[4], depth)
        answers = _foretold(arguments[5], depth) if len(arguments) > 5 else None
        return EventMade(
            epoch, _positive(arguments[1]), _number(arguments[2]), _positive(arguments[3]), payload, answers
        )
    if name == "events":
        return _events(epoch, arguments, depth, most_events)
    if name == "answer":
        return _answer(epoch, arguments, depth)
    if name == "ack":
        released = arguments[2]
        if not isinstance(released, list):
            raise ProtocolError("released is no list")
        return Acknowledgement(epoch, _number(arguments[1]), [_positive(item) for item in released])
    if name == "failed":
        error = arguments[3]
        if not isinstance(error, str) or error not in _FAILURES:
            raise ProtocolError("no error code")
        return Failed(epoch, _number(arguments[1]), _positive(arguments[2]), error)
    if name == "visible":
        return Visible(epoch, _number(arguments[1]))
    return Leave(epoch)


_FAILURES: Final = frozenset({"gone", "invalid_selector", "refused", "too_large", "failed"})
_SHAPES: Final[dict[str, int]] = {"event": 5, "events": 4, "answer": 5, "ack": 3, "failed": 4, "leave": 1, "visible": 2}
RECEIVED: Final = frozenset(_SHAPES)
"""The names of what a browser sends."""


def encode(name: str, *arguments: object) -> str:
    """Return the Socket.IO packet (without Engine.IO's type) that carries the message `name`."""
    return f"2{NAMESPACE},{dumps([name, *arguments])}"


def encode_operations(epoch: str, first: int, operations: str, received: int, allowed: int) -> str:
    """Return the packet of the `operations` message; `operations` is the JSON of the list, made once and kept for a resend."""
    return f'2{NAMESPACE},["operations",{dumps(epoch)},{first},{operations},{received},{allowed}]'


def check_depth(value: object, depth: int) -> None:
    """Raise `ProtocolError` where `value` is nested deeper than `depth`."""
    level: list[object] = [value]
    for _ in range(depth + 1):
        level = [item for group in level for item in _items(group)]
        if not level:
            return
    raise ProtocolError("nested too deeply")


def _items(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _events(epoch: str, arguments: list[object], depth: int, most: int) -> EventsMade:
    first, applied, entries = _positive(arguments[1]), _number(arguments[2]), arguments[3]
    if not isinstance(entries, list) or not 0 < len(entries) <= most:
        raise ProtocolError("no events, or more than there is ever room for")
    events = []
    for number, entry in enumerate(entries, first):
        if not isinstance(entry, list) or not 1 <= len(entry) <= 3:
            raise ProtocolError("no event")
        without = len(entry) < 2 or (len(entry) > 2 and entry[1] is None)
        payload = None if without else _payload(entry[1], depth)
        answers = _foretold(entry[2], depth) if len(entry) > 2 else None
        events.append(EventMade(epoch, number, applied, _positive(entry[0]), payload, answers))
    return EventsMade(epoch, applied, events)


def _answer(epoch: str, arguments: list[object], depth: int) -> Answer:
    status, value = arguments[3], arguments[4]
    if type(status) is not int or status not in {VALUE, HANDLE, ERROR}:
        raise ProtocolError("no status")
    if status == HANDLE and type(value) is not int:
        raise ProtocolError("no handle")
    if status == ERROR and not isinstance(value, str):
        raise ProtocolError("no error code")
    check_depth(value, depth)
    return Answer(epoch, _number(arguments[1]), _positive(arguments[2]), status, value)  # type: ignore[arg-type]


def _foretold(value: object, depth: int) -> Foretold | None:
    if value is None:
        return None
    if not isinstance(value, list) or not 0 < len(value) <= MOST_ANSWERS + 1:
        raise ProtocolError("no answers")
    check_depth(value, depth)
    version, *answers = value
    return Foretold(_number(version), check_answers(answers))


def check_answers(answers: object) -> list[JSON]:
    """Return a list of answers that came together. Raises `ProtocolError` where it is none."""
    if not isinstance(answers, list) or len(answers) > MOST_ANSWERS:
        raise ProtocolError("no answers")
    for answer in answers:
        if answer == 0 and type(answer) is int:
            continue
        if not isinstance(answer, list) or not 2 <= len(answer) <= 4:
            raise ProtocolError("no answer")
        if (
            type(answer[0]) is not int
            or answer[0] not in {VALUE, HANDLE}
            or (answer[0] == HANDLE and not _is_handle(answer[1]))
        ):
            raise ProtocolError("no answer")
        around = answer[2] if len(answer) > 2 else []
        if not isinstance(around, list) or not all(_is_handle(item) for item in around):
            raise ProtocolError("no handles")
    return answers


def _is_handle(value: object) -> bool:
    return type(value) is int and -_LARGEST_NUMBER <= value <= _LARGEST_NUMBER


_PAYLOAD: Final[dict[str, tuple[type, ...]]] = {
    "type": (str,),
    "value": (str, int, float, bool, list, dict, type(None)),
    "checked": (bool,),
    "key": (str,),
    "code": (str,),
    "data": (dict,),
    "id": (str,),
    "x": (int, float),
    "y": (int, float),
    "modifiers": (list,),
    "detail": (str, int, float, bool, list, dict, type(None)),
    "target": (int,),
}


def _payload(value: object, depth: int) -> dict[str, JSON]:
    if not isinstance(value, dict):
        raise ProtocolError("a payload is an object")
    check_depth(value, depth)
    payload: dict[str, JSON] = {}
    for name, kinds in _PAYLOAD.items():
        if name in value:
            if type(value[name]) not in kinds:
                raise ProtocolError(f"{name} of the wrong type")
            payload[name] = value[name]
    for name in ("data", "modifiers"):
        items = _items(payload.get(name))
        if not all(isinstance(item, str) for item in items):
            raise ProtocolError(f"{name} of the wrong type")
    return payload


def _token(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > _LONGEST_TOKEN:
        raise ProtocolError("malformed")
    return value


def _number(value: object) -> int:
    if type(value) is not int or not 0 <= value <= _LARGEST_NUMBER:
        raise ProtocolError("malformed")
    return value


def _positive(value: object) -> int:
    if _number(value) == 0:
        raise ProtocolError("malformed")
    return value  # type: ignore[return-value]
