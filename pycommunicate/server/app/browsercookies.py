"""Which cookies a browser has now.

A socket brings the cookies of the moment at which it was opened. Meanwhile other tabs sign in and out by plain requests, so a page's
handlers can't go by what its own connection said. Two things tell what the browser has:

- *An answer's Set-Cookie* counts at once: the browser has that cookie as soon as it has read the answer.
- *A request's Cookie header* is the whole truth of the moment at which it was sent. It may have been under way while an answer replaced
  one of its values. So a value (or its absence) that an answer replaced in the last 30 seconds does not count.

A navigation from another site lacks the cookies that are `SameSite=Strict`; what such a request does not bring may be there all the same.
"""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from werkzeug.http import parse_date

_UNDER_WAY: Final = 30.0
_MOST_REPLACED: Final = 64


class BrowserCookies:
    """The cookies of one browser, as its requests and our answers tell them."""

    def __init__(self) -> None:
        self._jar: dict[str, str] = {}
        self._header: str | None = None
        self._replaced: dict[tuple[str, int], float] = {}  # by name and value's hash, the oldest first

    @property
    def header(self) -> str | None:
        """The Cookie header that the browser would send now. None: nothing is known."""
        return self._header

    def sent(self, header: str, *, whole: bool = True) -> None:
        """Note the Cookie header of a request. Takes linear time.

        :param whole: whether the browser sends all its cookies with such a request, so that what is missing is not there.
        """
        if header == self._header:  # nearly always
            return
        jar = _parsed(header)
        if self._header is None or (whole and not self._replaced):
            self._jar, self._header = jar, header
            return
        merged: dict[str, str] = {}
        for name in {**jar, **self._jar}:
            value, held = jar.get(name), self._jar.get(name)
            if value != held and (self._is_replaced(name, value) or (value is None and not whole)):
                value = held
            if value is not None:
                merged[name] = value
        self._keep(merged)

    def answered(self, set_cookies: Iterable[str], root: str = "") -> None:
        """Note the Set-Cookie headers of an answer. Takes linear time.

        :param root: below which path the application is served. A cookie for a part of it is not counted.
        """
        jar = dict(self._jar)
        for line in set_cookies:
            name, value, path = _set(line)
            if path is not None and not f"{root}/".startswith(path.rstrip("/") + "/"):
                continue
            before = jar.get(name)
            if value is None:
                jar.pop(name, None)
            else:
                jar[name] = value
            if before != value:
                self._note_replaced(name, before, value)
        if jar != self._jar or self._header is None:
            self._keep(jar)

    def forget(self) -> None:
        """Forget all of them."""
        self._jar, self._header = {}, None
        self._replaced.clear()

    def _keep(self, jar: dict[str, str]) -> None:
        self._jar = jar
        self._header = "; ".join(f"{name}={value}" for name, value in jar.items())

    def _note_replaced(self, name: str, before: str | None, value: str | None) -> None:
        self._replaced.pop((name, hash(value)), None)
        key = name, hash(before)
        self._replaced.pop(key, None)
        self._replaced[key] = time.monotonic()
        if len(self._replaced) > _MOST_REPLACED:
            del self._replaced[next(iter(self._replaced))]

    def _is_replaced(self, name: str, value: str | None) -> bool:
        since = self._replaced.get((name, hash(value)))
        return since is not None and time.monotonic() - since < _UNDER_WAY


def cookies_after(header: str, set_cookies: Iterable[str]) -> str:
    """Return the Cookie header that a browser sends which had sent `header`, and was answered these Set-Cookie headers. Takes linear time."""
    cookies = BrowserCookies()
    cookies._keep(_parsed(header))
    cookies.answered(set_cookies)
    return cookies.header or ""


def changes_nothing(line: str, header: str) -> bool:
    """Whether a browser that sent the Cookie header `header` has what the Set-Cookie header `line` gives it."""
    name, value, _ = _set(line)
    return _parsed(header).get(name) == value


def name_of(line: str) -> str:
    """Return the name of the cookie that a Set-Cookie header gives."""
    return _set(line)[0]


def _parsed(header: str) -> dict[str, str]:
    jar: dict[str, str] = {}
    for pair in header.split(";"):
        name, equals, value = pair.strip().partition("=")
        if equals:
            jar.setdefault(name, value)  # the browser sends the one with the longest path first
    return jar


def _set(line: str) -> tuple[str, str | None, str | None]:
    """Return name, value (None: it is taken away) and path of a Set-Cookie header."""
    pair, _, rest = line.partition(";")
    name, _, value = pair.strip().partition("=")
    attributes: dict[str, str] = {}
    for attribute in rest.split(";"):
        key, _, text = attribute.strip().partition("=")
        attributes[key.lower()] = text.strip()
    path = attributes.get("path") or None
    return name, None if _is_over(attributes) else value, path if path is not None and path.startswith("/") else None


def _is_over(attributes: dict[str, str]) -> bool:
    age = attributes.get("max-age", "")
    if age.removeprefix("-").isdecimal():  # it counts before Expires
        return age.startswith("-") or not age.strip("0")
    expires = parse_date(attributes.get("expires"))
    return expires is not None and expires <= datetime.now(UTC)
