"""Pages for requests that fail. While debugging, pycommunicate's own say more."""

from pycommunicate import error_handler

import config
from views.errors import NotFoundView, ServerErrorView

if not config.DEBUG:
    error_handler(404)(NotFoundView)
    error_handler(500)(ServerErrorView)
