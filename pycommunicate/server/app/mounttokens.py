"""The signed, expiring tokens, bound to a session, with which pages are mounted anew."""

from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from typing import Any

from itsdangerous import BadSignature, URLSafeTimedSerializer

from pycommunicate.errors import NotSerializable
from pycommunicate.protocol.limits import Limits
from pycommunicate.server.app.page import Page
from pycommunicate.server.app.usertracker import User
from pycommunicate.server.connection.kept import kept_state


class MountTokens:
    """Makes and checks the tokens of one application."""

    def __init__(self, secret_key: Callable[[], Any], limits: Limits) -> None:
        self._secret_key = secret_key
        self._limits = limits

    def make(self, page: Page) -> str:
        """Return the token for what `page` shows now."""
        facts: dict[str, Any] = {
            "u": _fingerprint(page.user),
            "p": page.path,
            "q": page.query,
            "v": page.controller.view_index,
        }
        with suppress(NotSerializable):  # told where the code ran that set it
            facts["k"] = kept_state(page.controller.view)
        return str(self._signer().dumps(facts))

    def verify(self, token: str, user: User) -> Any:
        """Return the facts in a token that is valid for `user`; None for any other."""
        try:
            facts = self._signer().loads(token, max_age=int(self._limits.mount_token))
        except BadSignature:
            return None
        return facts if facts["u"] == _fingerprint(user) else None

    def _signer(self) -> URLSafeTimedSerializer:
        key = self._secret_key() or ""
        return URLSafeTimedSerializer(key, salt="pycommunicate-mount", signer_kwargs={"digest_method": sha256})


def _fingerprint(user: User) -> str:
    return sha256(f"pycommunicate-mount:{user.id_}".encode()).hexdigest()[:32]
