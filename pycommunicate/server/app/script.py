"""The client's script over HTTP."""

import gzip
import hashlib
from functools import cached_property
from importlib.resources import files
from typing import Final

from flask import Response, request

from pycommunicate.errors import ConfigurationError
from pycommunicate.protocol.version import CLIENT_RULE
from pycommunicate.server.doors import NOTHING

DEBUG: Final = "debug-"


def nothing_here() -> Response:
    """Return the answer of a door to what it does not take."""
    response = Response(NOTHING, 404, mimetype="text/plain")
    response.headers["Cache-Control"] = "no-store"
    return response


class ClientScript:
    """A build of the client, as it is served: one file, a hash in its URL, cached for ever."""

    def __init__(self, name: str, mark: str = "") -> None:
        self._name = name
        self._mark = mark

    @cached_property
    def source(self) -> bytes:
        """The script. Raises `ConfigurationError` where it was not built."""
        try:
            return (files("pycommunicate") / "static" / f"{self._name}.js").read_bytes()
        except FileNotFoundError:
            message = (
                f"the client script (pycommunicate/static/{self._name}.js) has not been built; "
                "run `pip install -e .` or `python3 dev.py demo` in the project's folder"
            )
            raise ConfigurationError(message) from None

    @cached_property
    def compressed(self) -> bytes:
        """The script, gzipped."""
        return gzip.compress(self.source, 9, mtime=0)

    @cached_property
    def path(self) -> str:
        """Where it is served."""
        return CLIENT_RULE.replace("<digest>", self.digest)

    @cached_property
    def digest(self) -> str:
        """A digest of the script, after its mark: another script has another URL."""
        return self._mark + hashlib.sha256(self.source).hexdigest()[:16]

    def respond(self, digest: str) -> Response:
        """Answer a request for the script with that digest."""
        if digest != self.digest:
            return nothing_here()
        zipped = "gzip" in request.headers.get("Accept-Encoding", "")
        response = Response(self.compressed if zipped else self.source, mimetype="text/javascript")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["X-Content-Type-Options"] = "nosniff"
        if zipped:
            response.headers["Content-Encoding"] = "gzip"
        return response


client_script = ClientScript("client")
debug_script = ClientScript("client-debug", DEBUG)
"""The client with the overlay and all else of hot reload."""
