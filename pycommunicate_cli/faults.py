"""Descriptions of faults that have no exception in this process: as `pycommunicate.reload.fault` makes them."""

from pathlib import Path
from typing import Any

from pycommunicate_cli.output import Problem


def bare_fault(title: str, message: str, *, file: str = "", line: int = 0) -> dict[str, Any]:
    """Return a description without code: of a process that has ended, for example."""
    place = f"\nat {file}:{line}" if file else ""
    return {
        "title": title,
        "kind": "",
        "message": message,
        "file": file or None,
        "line": line or None,
        "column": None,
        "end_column": None,
        "code": [],
        "frames": [],
        "causes": [],
        "text": f"{title}\n{message}{place}".rstrip(),
    }


def fault_of_problem(problem: Problem, folder: Path) -> dict[str, Any]:
    """Return the description of what a command would have ended with."""
    place = problem.places[0] if problem.places else ""
    file, _, line = place.rpartition(":")
    if not line.isdigit():
        file, line = place, "0"
    shown = str(Path(file).relative_to(folder)) if file and Path(file).is_relative_to(folder) else file
    return bare_fault(str(problem), problem.help, file=shown, line=int(line))
