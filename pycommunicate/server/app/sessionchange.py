"""What a run of application code changes in `flask.session`, and how that is brought to the browser's session.

A handler has the session that the browser had when it began. When it ends, other tabs may have changed that by plain requests, or ended
it. So what is delivered is a change: what the run began with (`base`) and what it has (`mine`). It is merged in the ticket's request, onto
the session that the browser has there (`theirs`): the one place at which that is known.

1. A key that the run did not change is as the browser has it.
2. A key that was taken away meanwhile stays away: a sign-out is never undone.
3. If nothing is left of what the run began with, that session has ended: all of the run's changes belong to it and are dropped. Only its
   own sign-out from Flask-Login's remember cookie is carried out.
4. Else the run's value counts, whole; a list is not merged. Of CSRF tokens the browser's does, which its forms carry.
5. Flashed messages are a queue: those that the run showed go, those that it added come last.
"""

from copy import deepcopy
from typing import Any, Final, NamedTuple

from flask import current_app, request
from flask import session as flask_session

from pycommunicate.server.app.context import opens_late

_BASE: Final = "pycommunicate.session_base"
"""The key in a run's environ under which stands what `flask.session` held when it began, or was last delivered."""
_SID: Final = "pycommunicate.session_sid"
_FLASHES: Final = "_flashes"
_REMEMBER: Final = "_remember"
"""What Flask-Login is to do with its remember cookie at the end of the request."""
_BY_THEMSELVES: Final = frozenset({"_permanent", _FLASHES, _REMEMBER})
"""Keys that come and go without the application's doing."""
_ABSENT: Final = object()


class SessionChange(NamedTuple):
    """What a run has changed."""

    base: dict[str, Any]
    """What it began with."""
    mine: dict[str, Any]
    """What it has."""
    renewed: bool = False
    """Whether it has given a session kept on the server another id."""


class OwedCookies(NamedTuple):
    """What a page that was remounted has set: its answer went over a socket, which can't set cookies."""

    session: SessionChange | None
    cookies: list[str]
    """Set-Cookie headers."""


def note_base() -> None:
    """Note what `flask.session` holds as a run begins, if it can't be opened from the request's cookie once more."""
    if not opens_late():
        rebase(_copy(flask_session))


def rebase(values: dict[str, Any]) -> None:
    """Let what the run changes from now on be changes of `values`."""
    request.environ[_BASE] = values
    request.environ[_SID] = getattr(flask_session, "sid", None)


def change_of_run() -> SessionChange | None:
    """Return what the code in this request context has changed in `flask.session`. None if its contents are what they were."""
    base = request.environ.get(_BASE)
    if base is None:
        app: Any = current_app
        base = dict(app.session_interface.open_session(app._get_current_object(), request) or {})
    renewed = request.environ.get(_SID) is not None and request.environ[_SID] != getattr(flask_session, "sid", None)
    mine = _copy(flask_session)
    return SessionChange(base, mine, renewed) if renewed or not same(base, mine) else None


def apply_change(change: SessionChange) -> None:
    """Merge a change into `flask.session`, which is what the browser has. What is equal afterwards is not touched."""
    token = current_app.config.get("WTF_CSRF_FIELD_NAME", "csrf_token")
    theirs = dict(flask_session)
    merged = merge(change, theirs, token=token)
    for key in theirs.keys() - merged.keys():
        del flask_session[key]
    for key, value in merged.items():
        if not same(theirs.get(key, _ABSENT), value):
            flask_session[key] = value
    regenerate = getattr(current_app.session_interface, "regenerate", None)  # Flask-Session's
    if change.renewed and regenerate is not None:
        regenerate(flask_session)


def merge(change: SessionChange, theirs: dict[str, Any], *, token: str = "csrf_token") -> dict[str, Any]:  # noqa: S107 - a key's name
    """Return what a session holds that was `theirs` and gets a change.

    :param token: the key of the CSRF token.
    """
    base, mine, renewed = change
    if renewed and not theirs.keys() - _BY_THEMSELVES:  # the run itself has removed what was kept under the old id
        theirs = dict(base)
    merged = dict(theirs)
    lasting = base.keys() - _BY_THEMSELVES - {token}
    if lasting and lasting.isdisjoint(theirs):
        if mine.get(_REMEMBER) == "clear":
            merged[_REMEMBER] = "clear"
        return merged
    for key in {**base, **mine}:
        was, now, there = (values.get(key, _ABSENT) for values in (base, mine, theirs))
        if key == _FLASHES or same(was, now) or (there is _ABSENT and was is not _ABSENT):
            continue
        if key == token and there is not _ABSENT and not same(was, there):
            continue
        if now is _ABSENT:
            del merged[key]
        else:
            merged[key] = now
    flashes = _merge_flashes(*(list(values.get(_FLASHES) or ()) for values in (base, mine, theirs)))
    merged.pop(_FLASHES, None)
    return {**merged, _FLASHES: flashes} if flashes else merged


def _merge_flashes(base: list[Any], mine: list[Any], theirs: list[Any]) -> list[Any]:
    shown = mine[: len(base)] != base
    added = mine if shown else mine[len(base) :]
    left = theirs[len(base) :] if shown and theirs[: len(base)] == base else theirs
    return [*left, *added]


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal and of the same types: True is not 1."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def _copy(values: Any) -> dict[str, Any]:
    return {key: _copy_of(value) for key, value in dict(values).items()}


def _copy_of(value: Any) -> Any:
    if isinstance(value, str | int | float | bool | None):
        return value
    try:
        return deepcopy(value)
    except Exception:  # what can't be copied counts as changed only if it is another object
        return value
