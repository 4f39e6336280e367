"""The signed, expiring tokens, bound to a session, with which pages are remounted. An old one is worth what is newest: see `newest.py`."""

import json
from contextlib import suppress
from hashlib import sha256
from typing import Any, NamedTuple

from pycommunicate.errors import NotSerializable
from pycommunicate.keys import Keys, Use
from pycommunicate.protocol.limits import Limits
from pycommunicate.protocol.values import dumps
from pycommunicate.server.app.newest import NOTHING, Newest, NewestStates
from pycommunicate.server.app.page import Page
from pycommunicate.server.app.usertracker import User
from pycommunicate.server.connection.kept import Lineage, kept_state


class Mount(NamedTuple):
    """What a page is remounted from."""

    path: str
    query: str
    view: int
    """-1: the default one."""
    kept: Any
    lineage: Lineage | None
    """What the page continues; None: nothing."""


class MountTokens:
    """Makes and checks the tokens of one application."""

    def __init__(self, keys: Keys, limits: Limits, newest: NewestStates) -> None:
        self._keys = keys
        self._limits = limits
        self._newest = newest

    def make(self, page: Page) -> str:
        """Return the token for what `page` shows now. If that has changed, it is noted as the page's newest state."""
        controller = page.controller
        user = _fingerprint(page.user)
        facts: dict[str, Any] = {"u": user, "p": page.path, "q": page.query, "v": controller.view_index}
        with suppress(NotSerializable):  # told where the code ran that set it
            facts["k"] = kept_state(controller.view)
        if controller.view.keep or len(controller.views) > 1:  # else all its tokens say the same
            lineage = page.lineage
            kept = dumps(facts["k"]) if "k" in facts else None
            if lineage.take((controller.view_index, kept)):
                self._newest.note(user, lineage.name, Newest(lineage.number, controller.view_index, kept))
            facts["n"] = [lineage.name, lineage.number]
        return self._keys.make_token(Use.MOUNT, facts)

    def verify(self, token: str, user: User) -> Mount | None:
        """Return what a token that is valid for `user` stands for now; None for any other."""
        found = self._keys.read_token(Use.MOUNT, token, int(self._limits.mount_token))
        fingerprint = _fingerprint(user)
        if found is None or found[0]["u"] != fingerprint:
            return None
        facts, made = found
        mount = Mount(facts["p"], facts["q"], facts["v"], facts.get("k"), None)
        return self._newest_of(mount, fingerprint, made, *facts["n"]) if "n" in facts else mount

    def _newest_of(self, mount: Mount, user: str, made: float, name: str, number: int) -> Mount:
        newest = self._newest.find(user, name, made)
        if newest is NOTHING:
            return mount._replace(view=-1, kept=None)
        if newest is not None and newest.number > number:
            kept = json.loads(newest.kept) if newest.kept is not None else None
            mount, number = mount._replace(view=newest.view, kept=kept), newest.number
        state = (mount.view, dumps(mount.kept) if mount.kept is not None else None)
        return mount._replace(lineage=Lineage(name, number, state, noted=newest is not None or number == 0))

    def forget_newest(self) -> None:
        """Forget which states are the newest, as far as the end of the process would."""
        self._newest.forget_all()


def _fingerprint(user: User) -> str:
    return sha256(f"pycommunicate-mount:{user.id_}".encode()).hexdigest()[:32]
