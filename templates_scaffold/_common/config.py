"""Settings. They come from the environment, into which `pycommunicate run` reads the file `.env`; see `.env.example`."""

import os
import secrets
from pathlib import Path

DEBUG = os.environ.get("PYCOMMUNICATE_DEBUG") == "1"
"""Set by `pycommunicate run --debug`."""

DATA = Path(os.environ.get("DATA") or Path(__file__).with_name(".pycommunicate"))
"""The folder of everything that this program keeps. Git ignores it."""

ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").split()
"""Under which names the program answers, besides localhost."""

TRUSTED_PROXIES = int(os.environ.get("TRUSTED_PROXIES") or 0)
"""How many reverse proxies stand in front."""


def _secret_key() -> str | None:
    key = os.environ.get("SECRET_KEY")
    if key or not DEBUG:
        return key
    # While debugging, one of our own, kept so that a restart signs nobody out.
    file = DATA / "secret-key"
    return _read(file) or _make_key(file)


def _read(file: Path) -> str:
    return file.read_text("ascii").strip() if file.exists() else ""


def _make_key(file: Path) -> str:
    """Write a key aside and move it into place: whole, or not at all. Of two processes at once, both get the same."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"secret-key-{os.getpid()}")
    try:
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(), "ascii")
        try:
            os.link(draft, file)
        except OSError:  # it exists, or this file system has no links
            if not _read(file):
                draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    return _read(file)


SECRET_KEY = _secret_key()
"""Signs cookies. Without one the program does not start, except with --debug."""
