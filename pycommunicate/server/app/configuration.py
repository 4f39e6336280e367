"""What an application is given, checked where it is given. Each check raises `ConfigurationError`, with what was expected."""

import logging
import re
from collections.abc import Iterable
from typing import Final

from pycommunicate.errors import ConfigurationError
from pycommunicate.keys import Secret, secrets_of
from pycommunicate.protocol.limits import Limits
from pycommunicate.server.bases.controller import ControllerFactory
from pycommunicate.sessions import MemorySessions, SessionStore

log = logging.getLogger("pycommunicate")

_SHORT_KEY: Final = 16
_ORIGIN: Final = re.compile(r"https:(//(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?)?", re.ASCII)


def check_factory(controller: object) -> None:
    """Raise where `controller` is no factory."""
    if not isinstance(controller, ControllerFactory):
        message = f"expected a ControllerFactory, got {controller!r}; write ControllerFactory().add_view(...).set_default_view(...)"
        raise ConfigurationError(message)


def check_port(port: int) -> int:
    """Return the port."""
    if type(port) is not int or not 0 <= port <= 65535:
        message = f"web_port is {port!r}; expected an int from 0 to 65535"
        raise ConfigurationError(message)
    return port


def check_limits(limits: Limits | None) -> Limits:
    """Return the limits, the usual ones where none are given."""
    if limits is not None and not isinstance(limits, Limits):
        message = f"limits is {limits!r}; expected Limits(...), for example Limits(read_deadline=30)"
        raise ConfigurationError(message)
    return limits or Limits()


def check_embedders(origins: Iterable[str]) -> tuple[str, ...]:
    """Return the origins of the sites that may embed the pages."""
    given = None if isinstance(origins, str | bytes) or not isinstance(origins, Iterable) else tuple(origins)
    if given is None or not all(isinstance(origin, str) and _ORIGIN.fullmatch(origin) for origin in given):
        message = f"embedded_in is {origins!r}; expected a list of origins such as ['https://shop.example'], or ['https:'] for any site"
        raise ConfigurationError(message)
    return given


def check_store(sessions: SessionStore | None) -> SessionStore:
    """Return the store, one in memory where none is given."""
    if sessions is None:
        return MemorySessions()
    methods = ("load", "version", "save", "delete")
    if isinstance(sessions, type) or not all(callable(getattr(sessions, name, None)) for name in methods):
        message = f"sessions is {sessions!r}; expected a store, such as FileSessions('data/sessions')"
        raise ConfigurationError(message)
    return sessions


def check_secrets(key: Secret, fallbacks: Iterable[Secret] | None) -> list[Secret] | None:
    """Return the fallbacks; None if none are given."""
    if not isinstance(key, str | bytes) or not key:
        message = "the secret key is a str or bytes, and not empty; secrets.token_hex() makes a good one"
        raise ConfigurationError(message)
    if fallbacks is None:
        return None
    return list(secrets_of(key, fallbacks if isinstance(fallbacks, str | bytes) else list(fallbacks))[1:])


def warn_of_short_keys(secrets: tuple[Secret, ...]) -> None:
    """Log which of the secret keys, the newest first, could be guessed."""
    for number, key in enumerate(secrets):
        if len(key) < _SHORT_KEY:
            log.warning(
                "the secret key%s is short (%d characters): anybody may guess it and forge sessions; use secrets.token_hex()",
                f" number {number} of SECRET_KEY_FALLBACKS" if number else "",
                len(key),
            )
