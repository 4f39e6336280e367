"""The documentation's tutorial, as a program under test."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tests.tools.programs import Engine

PROGRAMS: Final = Path(__file__).resolve().parents[1] / "documentation" / "programs"
TO_GEVENT: Final = (
    ("import eventlet\n", "import gevent, gevent.queue, gevent.pool\n"),
    ("eventlet.queue.Queue", "gevent.queue.Queue"),
    ("eventlet.greenpool.GreenPool(2)", "gevent.pool.Pool(2)"),
    ("pool.spawn_n", "pool.spawn"),
)


def source(engine: Engine) -> str:
    """The tutorial's text: as it stands for eventlet, its eventlet lines exchanged for gevent."""
    text = (PROGRAMS / "tutorial.py").read_text(encoding="utf-8")
    if engine == "gevent":
        for old, new in TO_GEVENT:
            if old not in text:
                message = f"{old!r} is not in the tutorial"
                raise AssertionError(message)
            text = text.replace(old, new)
        if "eventlet" in text:
            message = "a line of eventlet is left"
            raise AssertionError(message)
    return text


def prepare(folder: Path, engine: Engine, entries: list[str] | None = None) -> dict[str, Any]:
    """Lay out the tutorial's folder; returns what `serve()` or `Program` takes."""
    (folder / "templates").mkdir(parents=True, exist_ok=True)
    shutil.copy(PROGRAMS / "templates" / "home.html", folder / "templates" / "home.html")
    if entries is not None:
        (folder / "todo.txt").write_text("".join(f"{entry}\n" for entry in entries), encoding="utf-8")
    return {"source": source(engine), "folder": folder, "engine": engine, "unchanged": True}
