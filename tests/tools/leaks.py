"""What a test must not leave behind: child processes, threads, listening sockets of its own (Linux)."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.tools.forkserver import LASTING


@dataclass(frozen=True, slots=True)
class Footprint:
    """What this process has right now."""

    children: frozenset[int]
    threads: frozenset[int]
    listening: frozenset[str]

    @classmethod
    def now(cls) -> Self:
        threads = frozenset(thread.ident or 0 for thread in threading.enumerate())
        return cls(_children(), threads, _listening())

    def left_since(self, before: Footprint, *, grace: float = 10) -> str:
        """What is here that was not before, after waiting `grace` seconds for it to go. Empty when there is nothing."""
        end = time.monotonic() + grace
        now = self
        while left := now._describe(before):
            if time.monotonic() > end:
                return left
            time.sleep(0.02)
            now = type(self).now()
        return ""

    def _describe(self, before: Footprint) -> str:
        found = [f"child process {pid}" for pid in self.children - before.children]
        names = {thread.ident: thread.name for thread in threading.enumerate()}
        found += [f"thread {names.get(ident, ident)}" for ident in self.threads - before.threads]
        found += [f"listening socket {address}" for address in self.listening - before.listening]
        return ", ".join(found)


def _children() -> frozenset[int]:
    found: set[int] = set()
    for task in Path("/proc/self/task").glob("*/children"):
        try:
            found.update(int(pid) for pid in task.read_text(encoding="ascii").split())
        except OSError:
            continue
    return frozenset(found - LASTING)


def _listening() -> frozenset[str]:
    own: set[str] = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            own.add(target[8:-1])
    found: set[str] = set()
    for table in ("/proc/self/net/tcp", "/proc/self/net/tcp6"):
        try:
            lines = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            columns = line.split()
            if columns[3] == "0A" and columns[9] in own:
                found.add(columns[1])
    return frozenset(found)
