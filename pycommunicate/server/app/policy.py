"""The Content-Security-Policy of pages: the default, what an application adds to it, and how it reads an application's own header.

Directives of Content Security Policy Level 3. An application adds to the default's lists, or gives a policy that replaces them. The nonce of
a page is put in at the last moment: each page load has another one.
"""

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

from pycommunicate.errors import ConfigurationError

HEADER: Final = "Content-Security-Policy"
REPORT_ONLY: Final = "Content-Security-Policy-Report-Only"
ALONE: Final = "frame-ancestors 'self'"
"""What is sent if the rest is switched off, or the application has a report-only policy of its own."""

Additions = Mapping[str, Iterable[str]]
NOTHING_ADDED: Final[Additions] = MappingProxyType({})

_DEFAULT: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "default-src": ("'self'",),
        "script-src": ("'self'",),
        "style-src": ("'self'", "'unsafe-inline'"),
        "img-src": ("'self'", "data:", "blob:"),
        "media-src": ("'self'", "data:", "blob:"),
        "font-src": ("'self'", "data:"),
        "connect-src": ("'self'",),
        "object-src": ("'none'",),
        "base-uri": ("'self'",),
        "frame-ancestors": ("'self'",),
    }
)
_FALLBACKS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "script-src-elem": ("script-src", "default-src"),
        "script-src-attr": ("script-src", "default-src"),
        "style-src-elem": ("style-src", "default-src"),
        "style-src-attr": ("style-src", "default-src"),
        "worker-src": ("child-src", "script-src", "default-src"),
        "frame-src": ("child-src", "default-src"),
        "child-src": ("default-src",),
        "script-src": ("default-src",),
        "style-src": ("default-src",),
        "img-src": ("default-src",),
        "media-src": ("default-src",),
        "font-src": ("default-src",),
        "connect-src": ("default-src",),
        "object-src": ("default-src",),
        "manifest-src": ("default-src",),
    }
)
"""Which directives hold, the first that is there, if a directive is not."""
_WITH_NONCE: Final = ("script-src", "script-src-elem", "style-src", "style-src-elem")
_OTHERS: Final = (
    "base-uri",
    "form-action",
    "frame-ancestors",
    "report-to",
    "report-uri",
    "require-trusted-types-for",
    "sandbox",
    "trusted-types",
    "upgrade-insecure-requests",
)
_NAMES: Final = frozenset({"default-src", *_FALLBACKS, *_OTHERS})
_KEYWORDS: Final = frozenset(
    {
        "none",
        "report-sample",
        "self",
        "strict-dynamic",
        "unsafe-eval",
        "unsafe-hashes",
        "unsafe-inline",
        "wasm-unsafe-eval",
    }
)
_WITH_SOURCES: Final = _NAMES - {"report-to", "sandbox", "require-trusted-types-for", "trusted-types"}
_NONCE: Final = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_VALUE: Final = re.compile(
    r"[!-+\--:<-~]+"
)  # visible ASCII without the comma and the semicolon, which end a policy and a directive
_EXAMPLE: Final = 'policy={"script-src": ["https://cdn.example"]}'


def new_nonce() -> str:
    """Return a random nonce of 128 bits."""
    return secrets.token_urlsafe(16)


def is_nonce(text: object) -> bool:
    """Whether `text` may stand in a policy as a nonce: base64 or base64url."""
    return isinstance(text, str) and _NONCE.fullmatch(text) is not None


def checked_nonce(text: str) -> str:
    """Return a nonce that was given.

    :raises ValueError: it is not base64.
    """
    if not is_nonce(text):
        message = f"{text!r} is not a valid nonce; expected base64, such as secrets.token_urlsafe(16) makes"
        raise ValueError(message)
    return str(text)


class Policy:
    """The policy of an application's pages."""

    def __init__(self, given: Additions | str | None = NOTHING_ADDED, *, ancestors: tuple[str, ...] = ()) -> None:
        """Check and compose a policy.

        :param given: a mapping of directives to lists, which are added to the default's; a str, which replaces the default; or None, which
            leaves `frame-ancestors 'self'`.
        :param ancestors: which sites may embed the pages, besides their own. A str says it itself.
        :raises ConfigurationError: a directive is not known, or a value is not one that may stand in a policy.
        """
        if given is None:
            self._directives = _parsed(ALONE)
        elif isinstance(given, str):
            self._directives = _parsed(given)
        elif isinstance(given, Mapping):
            self._directives = _added(given)
        else:
            message = f"policy is {given!r}; expected a dict of directives, such as {_EXAMPLE}, a str that replaces the default, or None"
            raise ConfigurationError(message)
        if ancestors and not isinstance(given, str):
            others = (name for name in self._directives["frame-ancestors"] if name != "'none'")
            self._directives["frame-ancestors"] = (*others, *ancestors)
        self.alone = " ".join((ALONE, *ancestors))
        """What is sent beside a report-only policy of the application's own."""
        self._takes_nonce = given is not None
        self.is_strict = any("'strict-dynamic'" in values for values in self._directives.values())
        """Whether scripts run for their nonce alone, wherever they come from: `'strict-dynamic'`."""

    def header(self, nonce: str | None = None, *, report_uri: str | None = None) -> str:
        """Return the value of the header.

        :param nonce: scripts and styles that carry it run. None: there is none.
        :param report_uri: where the browser reports what it stopped, with the beginning of the text. For debug.
        """
        directives = dict(self._directives)
        if nonce is not None and self._takes_nonce:
            _add_nonce(directives, nonce)
        if report_uri is not None and self._takes_nonce:
            _add_reports(directives, report_uri)
        return "; ".join(" ".join((name, *values)) for name, values in directives.items())


class OwnPolicy:
    """What the headers of an application's own policy say of nonces."""

    def __init__(self, enforced: Iterable[str], report_only: Iterable[str] = ()) -> None:
        """Read the values of the application's `Content-Security-Policy` and `Content-Security-Policy-Report-Only` headers."""
        sources = [list(_script_sources(values)) for values in (enforced, report_only)]
        nonces = [source[7:-1] for several in sources for source in several if source.startswith("'nonce-")]
        self.nonces = [nonce for nonce in nonces if is_nonce(nonce)]
        """The nonces with which scripts run, in order; those of enforced policies first."""
        self.is_strict = "'strict-dynamic'" in sources[0]
        """Whether scripts run for their nonce alone, wherever they come from."""


def _script_sources(values: Iterable[str]) -> Iterator[str]:
    for policy in ",".join(values).split(","):
        directives: dict[str, list[str]] = {}
        for directive in policy.split(";"):
            name, *sources = directive.split() or [""]
            directives.setdefault(name.lower(), sources)
        for name in ("script-src-elem", "script-src", "default-src"):
            if name in directives:
                yield from directives[name]
                break


# -- composing


def _added(additions: Additions) -> dict[str, tuple[str, ...]]:
    composed = dict(_DEFAULT)
    for name, values in additions.items():
        checked = _checked(name, values)
        before = composed[name] if name in _DEFAULT else _inherited(name, _DEFAULT)
        composed[name] = _joined(before, checked)
    # A directive that was added begins with what was allowed before, and that may have been added to as well.
    for name in set(additions) - set(_DEFAULT):
        composed[name] = _joined(_inherited(name, composed), composed[name])
    return composed


def _inherited(name: str, directives: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return next((directives[other] for other in _FALLBACKS.get(name, ()) if other in directives), ())


def _joined(before: tuple[str, ...], added: tuple[str, ...]) -> tuple[str, ...]:
    if "'none'" in added:
        return added
    return tuple(dict.fromkeys(value for value in (*before, *added) if value != "'none'"))


def _add_nonce(directives: dict[str, tuple[str, ...]], nonce: str) -> None:
    if "script-src" not in directives and "default-src" in directives:
        directives["script-src"] = directives["default-src"]
    for name in _WITH_NONCE:
        values = directives.get(name)
        if values is None or "'none'" in values:
            continue
        if "'unsafe-inline'" in values and "'strict-dynamic'" not in values:
            continue  # beside a nonce it would mean nothing
        directives[name] = (*values, f"'nonce-{nonce}'")


def _add_reports(directives: dict[str, tuple[str, ...]], report_uri: str) -> None:
    for name in _WITH_NONCE:
        values = directives.get(name)
        if values and "'none'" not in values and "'report-sample'" not in values:
            directives[name] = (*values, "'report-sample'")
    directives.setdefault("report-uri", (report_uri,))


# -- checks


def _parsed(text: str) -> dict[str, tuple[str, ...]]:
    if any(not (" " <= c <= "~") for c in text) or "," in text:
        message = f"policy is {text!r}; expected one line of ASCII without commas, such as \"default-src 'self'; img-src 'self' data:\""
        raise ConfigurationError(message)
    directives: dict[str, tuple[str, ...]] = {}
    for part in filter(None, (part.split() for part in text.split(";"))):
        name, *values = part
        if name in directives:
            message = f"policy names {name!r} twice; browsers pass over the second, so write one list"
            raise ConfigurationError(message)
        directives[name] = _checked(name, values)
    if not directives:
        message = "policy is empty; write policy=None to leave only frame-ancestors 'self'"
        raise ConfigurationError(message)
    return directives


def _checked(name: object, values: object) -> tuple[str, ...]:
    if not isinstance(name, str) or name not in _NAMES:
        near = get_close_matches(str(name).lower(), _NAMES, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"expected one such as 'script-src', as in {_EXAMPLE}"
        message = f"policy: {name!r} is not a directive of Content-Security-Policy; {hint}"
        raise ConfigurationError(message)
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        message = f"policy: {name!r} has {values!r}; expected a list of sources, as in {_EXAMPLE}"
        raise ConfigurationError(message)
    return tuple(_checked_value(name, value) for value in values)


def _checked_value(name: str, value: object) -> str:
    if not isinstance(value, str) or not _VALUE.fullmatch(value):
        message = (
            f"policy: {name!r} has {value!r}; expected one source for each str of the list, in ASCII, without spaces, commas, "
            f"semicolons or line ends, as in {_EXAMPLE}"
        )
        raise ConfigurationError(message)
    if name in _WITH_SOURCES and value.lower() in _KEYWORDS:
        message = f"policy: {name!r} has {value!r}, which browsers take for the name of a host; expected \"'{value.lower()}'\", with quotes in it"
        raise ConfigurationError(message)
    return value
