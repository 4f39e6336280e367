"""What a test must not leave behind: child processes, threads, listening sockets of its own (Linux)."""

from __future__ import annotations

import os
import socket
import threading
import time
from dataclasses import dataclass
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
    for task in os.listdir("/proc/self/task"):
        try:
            with open(f"/proc/self/task/{task}/children", encoding="ascii") as children:
                found.update(map(int, children.read().split()))
        except OSError:
            continue
    return frozenset(found - LASTING)


def _listening() -> frozenset[str]:
    found: set[str] = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            if not os.readlink(f"/proc/self/fd/{name}").startswith("socket:"):
                continue
            with socket.socket(fileno=os.dup(int(name))) as sock:  # asked one by one: the machine's table may be long
                if sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    found.add(str(sock.getsockname()))
        except OSError:
            continue
    return frozenset(found)
