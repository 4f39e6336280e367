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
    if not file.exists():
        DATA.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(), "ascii")
    return file.read_text("ascii")


SECRET_KEY = _secret_key()
"""Signs cookies. Without one the program does not start, except with --debug."""
