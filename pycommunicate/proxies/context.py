"""CallCTX: what `before_connect` is given."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from pycommunicate.server.app.usertracker import User


class Aborted(Exception):
    """Raised by `CallCTX.abort`; ends the request with `code`."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class CallCTX:
    """The request that is about to be served, as `before_connect` sees it.

    Valid only while `before_connect` runs.
    """

    def __init__(self, *, user: Any = None, route_data: dict[str, Any] | None = None, **exposed: Any) -> None:
        self.user: User = user
        """The `User` who asks."""
        self.route_data: dict[str, Any] = route_data or {}
        """The values of the variable parts of the route."""
        self._exposed: dict[str, Any] = {"abort": self.abort, **exposed}
        self._active = True

    def abort(self, code: int) -> NoReturn:
        """Interrupt the request and answer with the HTTP status `code` (its error handler's page, where there is one)."""
        if not self._active:
            message = "the request is over; abort() works only while before_connect runs"
            raise RuntimeError(message)
        if type(code) is not int or not 400 <= code <= 599:
            message = f"abort() takes an HTTP error code from 400 to 599, not {code!r}"
            raise ValueError(message)
        raise Aborted(code)

    def use(self, name: str) -> Callable[..., Any] | None:
        """Return the function `name` of this call (`use("abort")(403)`), None once the call is over."""
        return self._exposed[name] if self._active else None

    def deactivate(self) -> None:
        """End the call: `use` answers None from now on."""
        self._exposed = {}
        self._active = False
