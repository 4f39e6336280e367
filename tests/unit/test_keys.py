"""One list of labels for every use of the secret key: what was signed for one use is refused for every other."""

from __future__ import annotations

import ast
import itertools
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pycommunicate import CommunicateApp, ConfigurationError
from pycommunicate.keys import Keys, Use, hkdf_sha256, secrets_of

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parents[2]
OLD, NEW, OTHER = "the key of last year", b"the key of this year", "somebody else's key"


def keys(*secrets: str | bytes) -> Keys:
    return Keys(lambda: secrets)


# -- derivation


@pytest.mark.parametrize(
    ("secret", "salt", "info", "expected"),
    [
        ("0b" * 22, bytes(range(13)).hex(), "f0f1f2f3f4f5f6f7f8f9", "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"),
        (bytes(range(0x50)).hex(), bytes(range(0x60, 0xB0)).hex(), bytes(range(0xB0, 0x100)).hex(), "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"),
        ("0b" * 22, "", "", "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"),
    ],
    ids=["A.1", "A.2", "A.3"],
)  # fmt: skip
def test_the_vectors_of_rfc_5869(secret: str, salt: str, info: str, expected: str) -> None:
    output = bytes.fromhex(expected)
    made = hkdf_sha256(bytes.fromhex(secret), salt=bytes.fromhex(salt), info=bytes.fromhex(info), length=len(output))
    assert made == output


# -- uses


@pytest.mark.parametrize(("made_for", "offered_for"), list(itertools.product(Use, Use)))
def test_a_signature_is_worth_nothing_for_another_use(made_for: Use, offered_for: Use) -> None:
    ours = keys(NEW, OLD)
    signed = ours.sign(made_for, "ada")
    assert (ours.unsign(offered_for, signed) == ("ada", True)) is (made_for is offered_for)
    token = ours.make_token(made_for, {"u": "ada"})
    assert (ours.read_token(offered_for, token, 60) is not None) is (made_for is offered_for)
    # Neither is a token a signature, nor the other way round.
    assert ours.unsign(offered_for, token) is None or made_for is offered_for
    assert ours.read_token(offered_for, signed, 60) is None


def test_a_signature_is_bound_to_its_context() -> None:
    ours = keys(NEW)
    signed = ours.sign(Use.SESSION, "{}", "ada")
    assert ours.unsign(Use.SESSION, signed, "ada") == ("{}", True)
    assert ours.unsign(Use.SESSION, signed, "bob") is None
    assert ours.unsign(Use.SESSION, signed) is None


@pytest.mark.parametrize("signed", ["", ".", "ada", "ada.", "\ud800.x", "ada.\x80", "ada." + "A" * 43])
def test_what_is_not_signed(signed: str) -> None:
    assert keys(NEW).unsign(Use.COOKIE, signed) is None
    assert keys(NEW).read_token(Use.MOUNT, signed, 60) is None


# -- changing the key


@pytest.mark.parametrize("use", Use)
def test_the_keys_of_before_verify_and_the_newest_signs(use: Use) -> None:
    before, meanwhile, after = keys(OLD), keys(NEW, OLD), keys(NEW)
    old, new = before.sign(use, "ada"), meanwhile.sign(use, "ada")
    assert meanwhile.unsign(use, old) == ("ada", False), "valid, to be signed again"
    assert meanwhile.unsign(use, new) == ("ada", True)
    assert after.unsign(use, new) == ("ada", True)
    assert after.unsign(use, old) is None
    assert keys(OTHER, NEW).unsign(use, old) is None
    assert meanwhile.read_token(use, before.make_token(use, 1), 60) is not None
    assert after.read_token(use, meanwhile.make_token(use, 1), 60) is not None
    assert after.read_token(use, before.make_token(use, 1), 60) is None


def test_a_program_sets_them_as_for_flask() -> None:
    app = CommunicateApp()
    app.set_secret_key(NEW, fallbacks=[OLD])
    assert app.flask.config["SECRET_KEY_FALLBACKS"] == [OLD]
    app.set_secret_key(OTHER)
    assert app.flask.config["SECRET_KEY_FALLBACKS"] == [OLD], "not given: as it was"
    app.set_secret_key(OTHER, fallbacks=())
    assert app.flask.config["SECRET_KEY_FALLBACKS"] == []
    app.flask.config["SECRET_KEY_FALLBACKS"] = [NEW, OLD]
    older = CommunicateApp()
    older.set_secret_key(OLD)
    user = older.users.find([])
    assert app.users.find([older.users.cookie_for(user)]).id_ == user.id_


@pytest.mark.parametrize("fallbacks", ["one key", b"one key", [""], [None], [NEW, b""], [["x"]]])
def test_a_fallback_that_anybody_knows_is_refused(fallbacks: Iterable[str]) -> None:
    """The letters of a str that was given for a list would each be a key."""
    app = CommunicateApp()
    with pytest.raises(ConfigurationError, match="SECRET_KEY_FALLBACKS"):
        app.set_secret_key(NEW, fallbacks=fallbacks)
    app.set_secret_key(NEW)
    app.flask.config["SECRET_KEY_FALLBACKS"] = fallbacks
    with pytest.raises(ConfigurationError, match="SECRET_KEY_FALLBACKS"):
        app.users.find(["x.y"])


def test_without_a_key_nothing_is_signed() -> None:
    assert secrets_of(None, [OLD]) == ()
    assert secrets_of("", None) == ()
    with pytest.raises(RuntimeError, match="set_secret_key"):
        keys().sign(Use.COOKIE, "ada")


def test_a_short_fallback_is_told_like_a_short_key(caplog: pytest.LogCaptureFixture) -> None:
    from pycommunicate.server.app.configuration import warn_of_short_keys

    warn_of_short_keys((NEW, OLD, "short"))
    assert [record.getMessage() for record in caplog.records] == [
        "the secret key number 2 of SECRET_KEY_FALLBACKS is short (5 characters): anybody may guess it and forge sessions; use secrets.token_hex()"
    ]


# -- no other use

READERS = {
    "pycommunicate/server/app/communicate.py": "sets it, and hands it to Keys",
    "pycommunicate/testing/browser.py": "whether one is set",
    "pycommunicate_cli/checks/application.py": "whether it is good",
    "pycommunicate_cli/doctor.py": "the check's name",
    "pycommunicate_cli/serving.py": "whether it is good; makes one while debugging",
}
SIGNING = {"itsdangerous", "hmac", "jwt", "cryptography"}


def uses_of_the_key(tree: ast.AST) -> Iterable[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "secret_key":
            yield "secret_key"
        if isinstance(node, ast.Constant) and node.value in {"SECRET_KEY", "SECRET_KEY_FALLBACKS"}:
            yield str(node.value)
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        yield from (name for name in names if name.partition(".")[0] in SIGNING)


def test_the_secret_key_is_used_in_one_module() -> None:
    found = {}
    for package in ("pycommunicate", "pycommunicate_cli"):
        for path in (ROOT / package).rglob("*.py"):
            uses = sorted(set(uses_of_the_key(ast.parse(path.read_text("utf-8")))))
            if uses and path != ROOT / "pycommunicate/keys.py":
                found[path.relative_to(ROOT).as_posix()] = uses
    assert found.keys() <= READERS.keys(), found
    assert not [uses for uses in found.values() if SIGNING & {use.partition(".")[0] for use in uses}], found
