"""The policy on its way out: which pages get the header, and what an application's own header changes."""

from collections.abc import Callable
from typing import Any, Final

from flask import Flask, Response, request

from pycommunicate.protocol.version import VIOLATIONS_PATH
from pycommunicate.server.app.page import Page
from pycommunicate.server.app.policy import HEADER, REPORT_ONLY, OwnPolicy, Policy

_PAGE: Final = "pycommunicate.page"
"""The key in a request's environ under which the page stands that is answered with."""


class PolicyHeader:
    """Gives pages their policy, after every `after_request`: a policy that the application has set by then wins whole."""

    def __init__(self, flask: Flask, policy: Policy, reports: Callable[[], bool]) -> None:
        """Wrap `flask.process_response`.

        :param reports: whether the browser is to report what it stops: in debug.
        """
        self._policy = policy
        self._reports = reports
        self._process: Callable[..., Response] = flask.process_response
        flask.process_response = self._finish  # type: ignore[assignment, method-assign]

    def expect(self, page: Page) -> None:
        """Note that this request is answered with `page`."""
        request.environ[_PAGE] = page

    def _finish(self, *arguments: Any) -> Response:
        response = self._process(*arguments)
        page: Page | None = request.environ.pop(_PAGE, None)
        if page is not None:
            headers = response.headers
            if HEADER in headers or REPORT_ONLY in headers:
                own = OwnPolicy(headers.getlist(HEADER), headers.getlist(REPORT_ONLY))
                _adopt(page, own, response)
                headers.setdefault(HEADER, self._policy.alone)
            else:
                headers[HEADER] = self._header(page)
        return response

    def _header(self, page: Page) -> str:
        page.only_with_nonce = self._policy.is_strict
        nonce = page.nonce if page.has_client or page.asked_nonce else None
        uri = request.script_root + VIOLATIONS_PATH if self._reports() else None
        return self._policy.header(nonce, report_uri=uri)


def _adopt(page: Page, own: OwnPolicy, response: Response) -> None:
    """Have our script carry a nonce that the application's own header allows."""
    page.only_with_nonce = own.is_strict
    if not own.nonces or page.nonce in own.nonces:
        return
    before = str(page.includes)
    page.use_nonce(own.nonces[0])
    if (
        before
        and response.is_sequence
        and not response.direct_passthrough
        and not response.headers.get("Content-Encoding")
    ):
        response.set_data(response.get_data().replace(before.encode(), page.includes.encode(), 1))
