"""Keys: what an application signs with, and the only place that its secret key is read.

The secret key itself signs nothing here. Each use of it (`Use`) has a key of its own, derived by HKDF-SHA256 (RFC 5869), so a
signature that was made for one use is refused for every other: a cookie is no mount token, whatever it says.

The secret keys come newest first. The newest signs; the others (Flask's `SECRET_KEY_FALLBACKS`) still verify, so that the key can be
changed while pages are open. What an older key has signed is signed with the newest as soon as it is made again.
"""

import hmac
from collections.abc import Callable, Iterable
from enum import Enum
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

from itsdangerous import BadSignature, Signer, URLSafeTimedSerializer

from pycommunicate.errors import ConfigurationError

_SALT: Final = b"pycommunicate"
_HOW: Final[dict[str, Any]] = {"key_derivation": "none", "digest_method": sha256}
_FOR_A_CONTEXT: Final[dict[str, Any]] = {"key_derivation": "hmac", "digest_method": sha256}

Secret = str | bytes


class Use(Enum):
    """Every use of the secret key. The value is the label that its key is derived with: it never changes its meaning."""

    COOKIE = "cookie"
    """The visitor's id, in the visitor's cookie."""
    MOUNT = "mount"
    """The token by which a page is remounted."""
    SESSION = "session"
    """A stored session, for one visitor."""
    PAGE = "page"
    """What the store knows of a page: the number of its newest mount token."""


class Keys:
    """The keys of one application."""

    def __init__(self, secrets: Callable[[], tuple[Secret, ...]]) -> None:
        """Make keys.

        :param secrets: returns the secret keys, the newest first; empty if none is set. Asked at each use: a program may set them late.
        """
        self._secrets = secrets

    def sign(self, use: Use, text: str, context: str = "") -> str:
        """Return `text`, signed with the newest key.

        :param context: what the signature is bound to beside its use; the same text verifies it.
        :raises RuntimeError: no secret key is set.
        """
        return _signer(self._of(use), context).sign(text).decode()

    def unsign(self, use: Use, signed: str, context: str = "") -> tuple[str, bool] | None:
        """Return the text that was signed, and whether the newest key has signed it. None: none of the keys has."""
        keys = self._of(use)
        try:
            text = _signer(keys, context).unsign(signed).decode()
        except (BadSignature, UnicodeError):
            return None
        return text, len(keys) == 1 or _signer(keys[-1:], context).validate(signed)

    def make_token(self, use: Use, facts: object) -> str:
        """Return a token that carries `facts` (JSON) and the time, signed with the newest key."""
        return str(_serializer(self._of(use)).dumps(facts))

    def read_token(self, use: Use, token: str, max_age: int) -> tuple[Any, float] | None:
        """Return the facts of a token and when it was made (seconds since 1970). None: not signed by us, or older than `max_age` seconds."""
        try:
            facts, made = _serializer(self._of(use)).loads(token, max_age=max_age, return_timestamp=True)
        except (BadSignature, UnicodeError):
            return None
        return facts, made.timestamp()

    def _of(self, use: Use) -> list[bytes]:
        """Return the keys for `use`, the oldest first, as itsdangerous takes them."""
        secrets = self._secrets()
        if not secrets:
            message = "no secret key is set; call set_secret_key()"
            raise RuntimeError(message)
        return [_derived(secret, use.value) for secret in reversed(secrets)]


def secrets_of(key: Secret | None, fallbacks: object) -> tuple[Secret, ...]:
    """Return Flask's `SECRET_KEY` and `SECRET_KEY_FALLBACKS` as the keys of an application, the newest first; empty if there is no key.

    :raises ConfigurationError: a fallback that anybody would know: an empty one, or the letters of a str that stands for a list.
    """
    if not key:
        return ()
    if not fallbacks:
        return (key,)
    if isinstance(fallbacks, str | bytes) or not isinstance(fallbacks, Iterable):
        message = f"SECRET_KEY_FALLBACKS is a {type(fallbacks).__name__}; expected a list of the earlier secret keys"
        raise ConfigurationError(message)
    older = tuple(fallbacks)
    if not all(isinstance(one, str | bytes) and one for one in older):
        message = "SECRET_KEY_FALLBACKS holds something else than secret keys; each is a str or bytes, and not empty"
        raise ConfigurationError(message)
    return (key, *older)


def hkdf_sha256(secret: bytes, *, salt: bytes, info: bytes, length: int = 32) -> bytes:
    """Return `length` bytes derived from `secret` for `info` (RFC 5869)."""
    pseudorandom = hmac.digest(salt or bytes(32), secret, sha256)
    block = output = b""
    for number in range(1, -(-length // 32) + 1):
        block = hmac.digest(pseudorandom, block + info + bytes([number]), sha256)
        output += block
    return output[:length]


def _signer(keys: list[bytes], context: str) -> Signer:
    if not context:
        return Signer(keys, **_HOW)
    return Signer(keys, salt=context.encode("utf-8", "surrogatepass"), **_FOR_A_CONTEXT)


def _serializer(keys: list[bytes]) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(keys, signer_kwargs=_HOW)


@lru_cache(maxsize=64)
def _derived(secret: Secret, label: str) -> bytes:
    data = secret if isinstance(secret, bytes) else secret.encode("utf-8", "surrogatepass")
    return hkdf_sha256(data, salt=_SALT, info=label.encode())
