"""Who takes part: the floor, the library, and a peer for each file in `peers/`."""

from __future__ import annotations

import importlib.util
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

BENCHMARKS: Final = Path(__file__).resolve().parents[1]
CLIENT: Final = BENCHMARKS / "node_modules" / "socket.io-client" / "dist" / "socket.io.min.js"


class NotHere(Exception):
    """Something is not installed. The message says how to install it."""


@dataclass(frozen=True)
class Contestant:
    """A program that serves the workloads' pages, at the port that `PORT` names."""

    name: str
    file: Path
    imports: str
    """A statement that imports all of it."""


FLOOR: Final = Contestant("floor", BENCHMARKS / "floor" / "app.py", "import flask, flask_socketio, gevent.pywsgi")
LIBRARY: Final = Contestant(
    "library",
    BENCHMARKS / "library" / "app.py",
    "import gevent.pywsgi, pycommunicate.server.app.communicate, pycommunicate.server.bases.controller, "
    "pycommunicate.server.bases.views",
)


def peers() -> list[Contestant]:
    """The peers that are installed. `peers/with_NAME.py` needs the package NAME."""
    found = {file.stem.removeprefix("with_"): file for file in sorted((BENCHMARKS / "peers").glob("with_*.py"))}
    return [Contestant(name, file, f"import {name}") for name, file in found.items() if importlib.util.find_spec(name)]


def prepare_floor() -> None:
    """Install the floor's client, where it is not there yet."""
    if CLIENT.exists():
        return
    command = ["npm", "ci", "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(command, cwd=BENCHMARKS, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise NotHere("the floor's page needs socket.io-client: install npm, then `npm ci` in benchmarks/") from None
    if done.returncode or not CLIENT.exists():
        raise NotHere(f"`npm ci` in benchmarks/ failed, the floor's page needs it: {done.stderr.strip()[-300:]}")
