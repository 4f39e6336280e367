"""Names and numbers that the server and the client must agree on."""

from typing import Final

PROTOCOL_VERSION: Final = 2
PREFIX: Final = "/__pycommunicate"
NAMESPACE: Final = "/__pycommunicate"
SOCKET_PATH: Final = PREFIX + "/socket"
TICKET_PATH: Final = PREFIX + "/ticket"
PAGE_ELEMENT: Final = "pycommunicate-page"
