"""What the server holds for a page that is open and does nothing. Raw clients, a process of its own for each sample."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from benchmarks.comparison.running import Running
from benchmarks.comparison.workload import Bench, Measure, Workload
from tests.tools.raw import WebSocket, get
from tests.tools.simulated import Page

if TYPE_CHECKING:
    from benchmarks.comparison.sizes import Sizes

WARM = 20


class Client(Protocol):
    """An open page."""

    def cut(self) -> None: ...


def measures(sizes: Sizes) -> tuple[Measure, ...]:
    return (
        Measure("idle", "memory of an idle page", "kB", most=1.5),
        Measure("full", f"memory of an idle page with {sizes.rows:,} rows and handlers", "kB", most=1.5),
    )


def sample(bench: Bench, running: Running) -> dict[str, float]:
    sizes = bench.sizes
    return {
        "idle": held(running, "idle", 0, sizes.idle_pages),
        "full": held(running, "rows", sizes.rows, sizes.full_pages),
    }


def held(running: Running, kind: str, rows: int, pages: int) -> float:
    """Kilobytes for each page."""
    visit = visit_floor if running.name == "floor" else visit_library
    with (
        tempfile.TemporaryDirectory() as folder,
        Running(running.contestant, Path(folder)) as fresh,
        ExitStack() as stack,
    ):
        clients: list[Client] = []
        stack.callback(lambda: [client.cut() for client in clients])
        clients += [visit(fresh.program.port, kind, rows) for _ in range(min(WARM, pages))]
        before = fresh.memory
        clients += [visit(fresh.program.port, kind, rows) for _ in range(pages)]
        return (fresh.memory - before) / pages / 1000


class FloorPage:
    """A page of the floor's, without a browser."""

    def __init__(self, port: int, kind: str, rows: int) -> None:
        get(port, f"/{kind}/{rows}" if rows else "/")
        self._socket = WebSocket(port, "/socket.io/?EIO=4&transport=websocket")
        self._socket.receive_text()
        self._socket.send_text(f'40{{"kind":"{kind}","count":{rows}}}')
        while not self._socket.receive_text().startswith("42" if rows else "40"):
            pass

    def cut(self) -> None:
        """End it."""
        self._socket.abort()


def visit_floor(port: int, kind: str, rows: int) -> Client:
    return FloorPage(port, kind, rows)


def visit_library(port: int, kind: str, rows: int) -> Client:
    page = Page.visit(port, f"/{kind}/{rows}" if rows else "/")
    if rows and page.contents.get(max(page.contents)) != "Remove":
        raise AssertionError("the last row did not come")
    page.operations.clear()
    return page


WORKLOAD = Workload("memory", measures, sample, with_peers=False)
