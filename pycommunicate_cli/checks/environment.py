"""The surroundings: versions, and whether this system tells of changed files."""

import os
import platform
import re
import secrets
import shutil
import threading
from importlib import metadata
from pathlib import Path
from typing import Final

from pycommunicate_cli.doctor import FAIL, OK, WARN, Check

_PACKAGES: Final = ("flask", "flask-socketio", "gevent", "python-socketio", "python-engineio", "werkzeug", "watchdog")
_ENOUGH_INSTANCES: Final = 16


def versions() -> Check:
    """Whether the versions of what is installed go together."""
    from pycommunicate import __version__  # noqa: PLC0415

    needed = _requirements()
    shown, wrong = [f"Python {platform.python_version()}", f"pycommunicate {__version__}"], []
    for package in dict.fromkeys([*_PACKAGES, *needed]):
        try:
            version = metadata.version(package)
        except metadata.PackageNotFoundError:
            wrong.append(f"{package} is missing")
            continue
        if package in _PACKAGES:
            shown.append(f"{package} {version}")
        least = needed.get(package, "")
        if least and _numbers(version) < _numbers(least):
            wrong.append(f"{package} is {version}, {least} is needed")
    if wrong:
        return Check("versions", FAIL, "; ".join(wrong), help="python -m pip install --upgrade pycommunicate")
    return Check("versions", OK, ", ".join(shown))


def _requirements() -> dict[str, str]:
    try:
        lines = metadata.requires("pycommunicate") or []
    except metadata.PackageNotFoundError:
        return {}
    found = [re.match(r"([\w.-]+)>=([\d.]+)", line) for line in lines if "extra ==" not in line]
    return {match[1]: match[2] for match in found if match}


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)[:3]]


def event_limits(folder: Path) -> Check:
    """Whether the system's limits leave room for watching the project's folders."""
    from pycommunicate_cli.watching import is_ignored  # noqa: PLC0415

    limits = Path("/proc/sys/fs/inotify")
    try:
        watches = int((limits / "max_user_watches").read_text("ascii"))
        instances = int((limits / "max_user_instances").read_text("ascii"))
    except (OSError, ValueError):
        return Check("file limits", OK, "this system has none of inotify's limits")
    count = 1
    for top, folders, _ in os.walk(folder):
        folders[:] = [name for name in folders if not is_ignored(Path(top, name))]
        count += len(folders)
    detail = f"{count} folders to watch; inotify allows {watches} watches and {instances} instances"
    if count > watches or instances < _ENOUGH_INSTANCES:
        return Check(
            "file limits", WARN, detail, help="sysctl fs.inotify.max_user_watches=524288, or: run --debug --poll"
        )
    return Check("file limits", OK, detail)


def file_events(folder: Path) -> Check:
    """Whether a change of a file in the project is told, tried with one."""
    from pycommunicate_cli.watching import Watcher  # noqa: PLC0415

    place = folder / f".pycommunicate-{secrets.token_hex(6)}"
    told = threading.Event()
    watcher = Watcher(place, lambda _paths: told.set())
    try:
        place.mkdir()
        watcher.start()
        (place / "probe.py").write_text("# written by pycommunicate doctor\n", "utf-8")
        heard = told.wait(3)
    except OSError as error:
        return Check("file events", WARN, f"the folder can't be tried: {error.strerror}", (str(folder),))
    finally:
        watcher.stop()
        shutil.rmtree(place, ignore_errors=True)
    if heard:
        return Check("file events", OK, "a changed file is noticed")
    return Check(
        "file events", FAIL, "a changed file was not noticed within 3 s", help="pycommunicate run --debug --poll"
    )
