"""What the browser reports that a page's policy stopped, told to the person who writes the page: where it stands, and what to write there.

Two kinds of report come: `report-uri`'s, one in each request, and those that the debug client's ReportingObserver has read. Both may tell of
the same thing, and each load of the page tells of it again: each place is told once.
"""

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

from pycommunicate.protocol.version import VIOLATIONS_PATH
from pycommunicate.server.connection.refusals import printable

log = logging.getLogger("pycommunicate")

_AT_ONCE: Final = 20
_PLACES: Final = 200
_FILES: Final = 500
_LARGEST_FILE: Final = 1 << 20
_SHORTEST: Final = 4
_AROUND: Final = 3
_LINE: Final = 400
_OURS: Final = re.compile(rf"report-uri [^ ;]*{VIOLATIONS_PATH}")

_SUGGESTED: Final = {
    "handler": "use `add_event_listener`, or `addEventListener` in a script in static/",
    "javascript": "use `add_event_listener` on an element that is not a link",
    "script": 'put `nonce="{{ csp_nonce() }}"` on it, or the code into static/',
    "style": "put the rules into a style sheet in static/",
    "eval": 'use code that needs none, or write `policy={"script-src": ["\'unsafe-eval\'"]}`',
    "wasm": 'write `policy={"script-src": ["\'wasm-unsafe-eval\'"]}`',
    "trusted": "give it a value of a Trusted Types policy, and name that policy in the directive `trusted-types`",
}
_STOPPED: Final = {
    "handler": "an event handler attribute",
    "javascript": "a `javascript:` address",
    "script": "an inline script",
    "style": "an inline style",
    "eval": "a text that was to run as code (`eval`)",
    "wasm": "WebAssembly",
    "trusted": "a text that was to become markup or code",
}


class Violation(NamedTuple):
    """One thing that was stopped, of a report in either form."""

    directive: str
    blocked: str
    sample: str
    document: str
    source: str
    line: int
    is_ours: bool
    """Whether the policy was the library's, and not one of the application's own."""

    @property
    def kind(self) -> str:
        """What it was: a key of the tables of words; empty if it was something at an address."""
        if self.blocked == "inline":
            if self.directive.startswith("style"):
                return "style"
            if self.sample.lstrip().lower().startswith("javascript:"):
                return "javascript"
            return "handler" if self.directive == "script-src-attr" else "script"
        by_word = {
            "eval": "eval",
            "wasm-eval": "wasm",
            "trusted-types-sink": "trusted",
            "trusted-types-policy": "trusted",
        }
        return by_word.get(self.blocked, "")


class Place(NamedTuple):
    """A line of a file of the project."""

    file: str
    line: int
    code: list[tuple[int, str]]


class Violations:
    """Remembers what was told already. The owner of the words."""

    def __init__(self, folders: list[str], folder: Path) -> None:
        """Tell of violations of the pages of a project.

        :param folders: where its templates are.
        :param folder: the project's folder; places are named relative to it.
        """
        self._folders = folders
        self._folder = folder
        self._logged: set[object] = set()
        self._shown: set[object] = set()

    def take(self, body: bytes) -> dict[str, Any] | None:
        """Log what a report tells and was not told before. Return it as the overlay shows it; None if there is nothing new.

        Reads the project's templates. Anything that is not a report counts as an empty one.
        """
        violations, from_client = _decoded(body)
        told = []
        for violation in violations:
            place = self._find(violation)
            where = (place.file, place.line) if place else violation.document
            key = (violation.directive, violation.blocked, violation.sample, where)
            sentence = _sentence(violation, place)
            if _first(key, self._logged):
                log.warning("%s", printable(sentence))
            if from_client and _first(key, self._shown):
                told.append((violation, place, sentence))
        return _description(told) if told else None

    def _find(self, violation: Violation) -> Place | None:
        """Return where what was stopped stands in the templates: of several places, the one nearest to the line of the page."""
        needle = _needle(violation)
        if len(needle) < _SHORTEST or _source(violation):
            return None
        found = list(self._places(needle, "<script" if violation.kind == "script" else ""))
        return min(found, key=lambda place: abs(place.line - violation.line), default=None)

    def _places(self, needle: str, begins: str) -> Iterator[Place]:
        for file in self._files():
            text = file.read_text("utf-8", errors="replace")
            at = text.find(needle)
            while at >= 0:
                start = max(text.rfind(begins, 0, at), 0) if begins else at
                line = text.count("\n", 0, start) + 1
                lines = text.splitlines()
                first = max(1, line - _AROUND)
                code = [
                    (number, lines[number - 1][:_LINE]) for number in range(first, min(len(lines), line + _AROUND) + 1)
                ]
                yield Place(self._name(file), line, code)
                at = text.find(needle, at + len(needle))

    def _files(self) -> Iterator[Path]:
        left = _FILES
        for folder in self._folders:
            for file in sorted(Path(folder).rglob("*")):
                if left and file.is_file() and file.stat().st_size <= _LARGEST_FILE:
                    left -= 1
                    yield file

    def _name(self, file: Path) -> str:
        try:
            return file.relative_to(self._folder).as_posix()
        except ValueError:
            return str(file)


def _first(key: object, seen: set[object]) -> bool:
    if key in seen or len(seen) >= _PLACES:
        return False
    seen.add(key)
    return True


def _needle(violation: Violation) -> str:
    if violation.kind:
        # The sample is the first 40 characters; its first line that says something.
        lines = (line.strip() for line in violation.sample.splitlines())
        return next((line for line in lines if line), "")
    url = _split(violation.blocked)
    return violation.blocked if url.path in {"", "/"} else url.path


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _source(violation: Violation) -> str:
    """Return the path of the script that did it; empty if it stands in the page itself."""
    source = _split(violation.source).path
    return source if violation.line and source != _split(violation.document).path else ""


# -- words


def _sentence(violation: Violation, place: Place | None) -> str:
    return f"{_where(violation, place)}: {_said(violation)}"


def _where(violation: Violation, place: Place | None) -> str:
    if place is not None:
        return f"{place.file} line {place.line}"
    source = _source(violation)
    if source:
        return f"{source} line {violation.line}"
    path = _split(violation.document).path or "/"
    return f"the page {path}, line {violation.line} of its HTML" if violation.line else f"the page {path}"


def _said(violation: Violation) -> str:
    what = _STOPPED.get(violation.kind) or violation.blocked
    return f"{what} was stopped by the page's policy: {_suggestion(violation)}"


def _suggestion(violation: Violation) -> str:
    suggested = _SUGGESTED.get(violation.kind)
    if suggested:
        return suggested
    directive = violation.directive.removesuffix("-elem").removesuffix("-attr")
    url = _split(violation.blocked)
    source = f"{url.scheme}://{url.netloc}" if url.netloc else f"{violation.blocked.partition(':')[0]}:"
    if violation.is_ours:
        return f'`policy={{"{directive}": ["{source}"]}}` allows it'
    return f"the application's own policy allows it with `{source}` in `{directive}`"


def _description(told: list[tuple[Violation, Place | None, str]]) -> dict[str, Any]:
    """Return what was told in the shape of a fault's description (`pycommunicate/reload/fault.py`)."""
    first, *others = [_told(violation, place) for violation, place, _ in told]
    text = "\n".join(sentence for *_, sentence in told)
    causes = [{**other, "relation": "stopped too"} for other in others]
    note = "The rest of the page works. This goes by itself when the file is saved; "
    return {"title": "The page's policy stopped something", **first, "causes": causes, "text": text, "note": note}


def _told(violation: Violation, place: Place | None) -> dict[str, Any]:
    shown = place or Place(_where(violation, None), 0, [])
    return {
        "kind": violation.directive,
        "message": _said(violation),
        "file": shown.file,
        "line": shown.line or None,
        "column": None,
        "end_column": None,
        "code": shown.code,
        "frames": [],
    }


# -- reports


def _decoded(body: bytes) -> tuple[list[Violation], bool]:
    try:
        report = json.loads(body)
    except (ValueError, RecursionError):
        return [], False
    if isinstance(report, dict):
        inner = report.get("csp-report")
        return ([_of_report_uri(inner)] if isinstance(inner, dict) else []), False
    several = report[:_AT_ONCE] if isinstance(report, list) else []
    return [_of_observer(one) for one in several if isinstance(one, dict)], True


def _of_report_uri(report: dict[str, Any]) -> Violation:
    directive = report.get("effective-directive") or str(report.get("violated-directive", "")).partition(" ")[0]
    return _violation(
        directive=directive,
        blocked=report.get("blocked-uri"),
        sample=report.get("script-sample"),
        document=report.get("document-uri"),
        source=report.get("source-file"),
        line=report.get("line-number"),
        policy=report.get("original-policy"),
    )


def _of_observer(report: dict[str, Any]) -> Violation:
    return _violation(
        directive=report.get("effectiveDirective"),
        blocked=report.get("blockedURL"),
        sample=report.get("sample"),
        document=report.get("documentURL"),
        source=report.get("sourceFile"),
        line=report.get("lineNumber"),
        policy=report.get("originalPolicy"),
    )


def _violation(*, line: object, policy: object, **texts: object) -> Violation:
    said = {name: text[:2_000] if isinstance(text, str) else "" for name, text in texts.items()}
    number = line if type(line) is int and 0 < line < 10_000_000 else 0
    return Violation(**said, line=number, is_ours=isinstance(policy, str) and _OURS.search(policy) is not None)
