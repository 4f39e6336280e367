"""A contestant's process: its address, what it has used of the processor and of memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.tools.programs import Program
from tests.tools.proxy import Proxy

if TYPE_CHECKING:
    from typing import Self

    from benchmarks.comparison.contestants import Contestant


class Running:
    """One contestant, started. Use as a context manager."""

    def __init__(self, contestant: Contestant, folder: Path) -> None:
        self.contestant = contestant
        self.program = Program(
            contestant.file,
            folder=folder / contestant.name,
            environment={"PYTHONDONTWRITEBYTECODE": ""},  # as installed, not as tested: with compiled files
        )
        self._proxy: Proxy | None = None

    @property
    def name(self) -> str:
        """The contestant's name."""
        return self.contestant.name

    def url(self, path: str, delay: int = 0) -> str:
        """Where `path` is, with `delay` milliseconds of network in a round trip."""
        if not delay:
            return self.program.url + path
        if self._proxy is None:
            self._proxy = Proxy(self.program.port).start()
        self._proxy.delay(delay / 2)
        return self._proxy.url + path

    @property
    def processor(self) -> float:
        """Seconds of processor time that it used so far."""
        return processor(self.program.pid)

    @property
    def memory(self) -> int:
        """Bytes of memory that are its own (Linux)."""
        for line in Path(f"/proc/{self.program.pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss_Anon:"):
                return int(line.split()[1]) * 1024
        return self.program.memory

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._proxy is not None:
            self._proxy.stop()
        self.program.stop()


def processor(pid: int) -> float:
    """Seconds of processor time that all threads of a process used so far (Linux)."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(file.read_text(encoding="ascii").split()[0]) for file in tasks) / 1e9
