"""The cookies of an answer that goes over a socket, as a remount's does: the browser is owed them."""

from typing import Any

from flask import Response, current_app, request
from flask import session as flask_session
from flask.sessions import SecureCookieSessionInterface

from pycommunicate.server.app.browsercookies import changes_nothing, name_of
from pycommunicate.server.app.cookies import cookie_name
from pycommunicate.server.app.sessionchange import OwedCookies, change_of_run


def owed_cookies(response: Response) -> OwedCookies | None:
    """Return what this request's answer sets and the browser does not have. None if there is nothing.

    A session that is kept in the cookie is a change like a handler's, and a cookie that is only signed anew is none. Of other sessions the
    contents have been stored with the answer; their cookie is one of many.
    """
    interface: Any = current_app.session_interface
    ours = {cookie_name(secure=request.is_secure, path=request.script_root)}  # comes with every ticket
    change = None
    if type(interface).open_session is SecureCookieSessionInterface.open_session:
        ours.add(interface.get_cookie_name(current_app))
        change = change_of_run() if flask_session.modified else None
    header: str = request.environ.get("HTTP_COOKIE", "")
    lines = response.headers.getlist("Set-Cookie")
    cookies = [line for line in lines if name_of(line) not in ours and not changes_nothing(line, header)]
    return OwedCookies(change, cookies) if change is not None or cookies else None
