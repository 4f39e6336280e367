"""Names and numbers that the server and the client must agree on."""

from typing import Final

PROTOCOL_VERSION: Final = 3
PREFIX: Final = "/__pycommunicate"
NAMESPACE: Final = "/__pycommunicate"
SOCKET_PATH: Final = PREFIX + "/socket"
TICKET_PATH: Final = PREFIX + "/ticket"
CLIENT_RULE: Final = PREFIX + "/client-<digest>.js"
"""Where the client's builds are: the digest is another for another build."""
BUILD_PATH: Final = PREFIX + "/build"
"""Where pages that only show an error ask whether the code is another by now."""
VIOLATIONS_PATH: Final = PREFIX + "/violations"
"""Where the browser reports what the page's policy stopped. In debug only."""
LOAD_ELEMENT: Final = "pycommunicate-load"
"""The id of the inert element with what `load()` wrote before the page was served."""
PAGE_ELEMENT: Final = "pycommunicate-page"
