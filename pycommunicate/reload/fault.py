"""Describes an exception for whoever has to mend it: where, the code there, how it came to it. The standard library alone."""

import sysconfig
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from pycommunicate.tracebacks import in_project

Description = dict[str, Any]

_AROUND: Final = 3
_LINE: Final = 400
_MESSAGE: Final = 4_000
_INNERMOST: Final = 25
_OUTERMOST: Final = 5
_CAUSES: Final = 8
_WRAPPERS: Final = frozenset({"discovery"})
"""Codes of our own exceptions that only say where another one was met."""

Columns = tuple[int | None, int | None]


def describe_fault(error: BaseException, folder: Path, *, title: str = "") -> Description:
    """Return what `error` is and where it comes from, as plain values that JSON can carry.

    `title`, `kind`, `message`; `file` (relative to `folder`, or None), `line`, `column` and `end_column` (from 1, the second one past
    the last character; or None); `code`, up to seven `[number, text]`; `frames`, the project's own first, the innermost first; `causes`,
    each the same without causes and with a `relation`; `text`, all of it to be read without a page.

    :param folder: the project's folder.
    :param title: a sentence on what failed. Default: made of the kind and the file.
    """
    describer = _Describer(folder)
    cause = error.__cause__
    if cause is not None and getattr(error, "code", None) in _WRAPPERS:
        error = cause
    told = describer.describe(error)
    place = f" in {told['file']}" if told["file"] else ""
    causes = [{**describer.describe(link), "relation": relation} for link, relation in _causes(error)]
    fault = {"title": title or f"{told['kind']}{place}", **told, "causes": causes}
    return {**fault, "text": _text(fault)}


def _causes(error: BaseException) -> Iterator[tuple[BaseException, str]]:
    return islice(_chain(error, {id(error)}), _CAUSES)


def _chain(error: BaseException, seen: set[int]) -> Iterator[tuple[BaseException, str]]:
    members = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    links = [(member, "one of the group") for member in members]
    links += [(error.__cause__, "caused by")] if error.__cause__ else []
    links += [(error.__context__, "met while handling")] if error.__context__ and not error.__suppress_context__ else []
    for link, relation in links:
        if id(link) not in seen:
            seen.add(id(link))
            yield link, relation
            yield from _chain(link, seen)


class _Describer:
    """Reads each file once, as it is now: `linecache` may remember an earlier one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._files: dict[str, list[str]] = {}

    def describe(self, error: BaseException) -> Description:
        """Describe one exception, without its causes."""
        frames = self._frames(error.__traceback__)
        if isinstance(error, SyntaxError):  # who was about to compile the file is of no interest
            frames = [frame for frame in frames if frame["project"]]
        place = self._named_place(error) or next(iter(frames), _NOWHERE)
        where = {name: place[name] for name in _NOWHERE}
        return {"kind": type(error).__name__, "message": self._message(error), **where, "frames": frames}

    def _message(self, error: BaseException) -> str:
        try:
            said = error.msg if isinstance(error, SyntaxError) else getattr(error, "problem", None) or str(error)
        except Exception:
            said = "(its message can't be had)"
        others = [f"also at {self._shown(str(place))}" for place in getattr(error, "places", ())[1:]]
        said = "\n".join(filter(None, [str(said), *others, getattr(error, "help", None)]))
        return said if len(said) <= _MESSAGE else said[:_MESSAGE] + " …"

    # -- places -----------------------------------------------------------------------------------------------------------

    def _named_place(self, error: BaseException) -> Description | None:
        """Where an exception itself says that it is: in a file that could not be compiled, or at the first of its `places`."""
        name, line = getattr(error, "filename", None), getattr(error, "lineno", None)
        if isinstance(name, str) and isinstance(line, int) and self._lines(name):  # jinja2's TemplateSyntaxError too
            columns = _syntax_columns(error) if isinstance(error, SyntaxError) else (None, None)
            return self._place(name, line, columns)
        for place in getattr(error, "places", ()):
            file, _, number = str(place).rpartition(":")
            if file and number.isdecimal():
                return self._place(file, int(number), (None, None))
        return None

    def _frames(self, trace: TracebackType | None) -> list[Description]:
        own, others = [], []
        for step in _steps(trace):
            code = step.tb_frame.f_code
            if code.co_filename.startswith("<frozen "):
                continue
            project = in_project(code.co_filename, self._folder)
            place = self._place(code.co_filename, step.tb_lineno, self._columns(step) if project else (None, None))
            frame = {**place, "function": code.co_qualname, "project": project}
            if project:
                own.append(frame)
            else:
                others.append({**frame, "code": []})
        return own + others

    def _columns(self, step: TracebackType) -> Columns:
        code = step.tb_frame.f_code
        positions = next(islice(code.co_positions(), step.tb_lasti // 2, None), (None,) * 4)
        number, last, start, end = positions
        lines = self._lines(code.co_filename)
        if number is None or start is None or end is None or not code.co_filename.endswith(".py"):
            return None, None  # a template's columns are those of the code that was made of it
        if number != step.tb_lineno or number > len(lines):
            return None, None
        line = lines[number - 1].encode(errors="replace")
        if last != number:
            end = len(line.rstrip())
        if not start < end <= len(line):
            return None, None  # the file is another one by now
        return len(line[:start].decode(errors="replace")) + 1, len(line[:end].decode(errors="replace")) + 1

    def _place(self, file: str, line: int, columns: Columns) -> Description:
        code = _around(self._lines(file), line)
        return {
            "file": self._shown(file),
            "line": line,
            "column": columns[0],
            "end_column": columns[1],
            "code": code,
        }

    def _lines(self, file: str) -> list[str]:
        if file not in self._files:
            try:
                text = Path(file).read_bytes().decode(errors="replace")
            except (OSError, ValueError):
                text = ""
            self._files[file] = text.replace("\r\n", "\n").split("\n") if text else []
        return self._files[file]

    def _shown(self, file: str) -> str:
        path = Path(file)
        if in_project(file, self._folder):
            return path.resolve().relative_to(self._folder).as_posix()
        roots = [root for root in _libraries() if path.is_relative_to(root)]
        return path.relative_to(roots[0]).as_posix() if roots else "/".join(path.parts[-3:])


_NOWHERE: Final[Description] = {"file": None, "line": None, "column": None, "end_column": None, "code": []}


def _steps(trace: TracebackType | None) -> list[TracebackType]:
    """The innermost and the outermost steps, the innermost first: a recursion without end has a thousand."""
    steps = []
    while trace is not None:
        steps.append(trace)
        trace = trace.tb_next
    steps.reverse()
    many = len(steps) > _INNERMOST + _OUTERMOST
    return steps[:_INNERMOST] + steps[-_OUTERMOST:] if many else steps


def _syntax_columns(error: SyntaxError) -> Columns:
    if not error.offset or error.offset < 1:
        return None, None
    same_line = error.end_lineno in (None, error.lineno)
    longer = same_line and error.end_offset is not None and error.end_offset > error.offset
    return error.offset, error.end_offset if longer else error.offset + 1


def _around(lines: list[str], line: int) -> list[list[Any]]:
    if not 0 < line <= len(lines):
        return []
    first = max(1, line - _AROUND)
    shown = lines[first - 1 : line + _AROUND]
    while len(shown) > line - first + 1 and not shown[-1].strip():
        shown.pop()
    return [[number, text[:_LINE]] for number, text in enumerate(shown, first)]


def _libraries() -> Iterator[str]:
    for name in ("purelib", "platlib", "stdlib", "platstdlib"):  # site-packages lies in the standard library's folder
        yield sysconfig.get_path(name)
    yield str(Path(__file__).parents[2])


# -- as text ----------------------------------------------------------------------------------------------------------------


def _text(fault: Description) -> str:
    parts = [fault["title"], "", *_text_of(fault)]
    for cause in fault["causes"]:
        parts += ["", f"-- {cause['relation']} --", "", *_text_of(cause)]
    return "\n".join(parts) + "\n"


def _text_of(fault: Description) -> Iterator[str]:
    yield f"{fault['kind']}: {fault['message']}" if fault["message"] else fault["kind"]
    if fault["file"]:
        column = f":{fault['column']}" if fault["column"] else ""
        yield f"at {fault['file']}:{fault['line']}{column}"
    for number, text in fault["code"]:
        here = number == fault["line"]
        yield f"{'>' if here else ' '} {number:>4} | {text}".rstrip()
        if here and fault["column"]:
            before = "".join(character if character == "\t" else " " for character in text[: fault["column"] - 1])
            yield f"       | {before}{'^' * (fault['end_column'] - fault['column'])}"
    for frame in fault["frames"]:
        if frame["project"]:
            yield f"  in {frame['function']}, {frame['file']}:{frame['line']}"
