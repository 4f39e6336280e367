"""The address at which a project in debug mode is found: its listening socket, and who answers there while no worker does."""

import contextlib
import os
import re
import selectors
import socket
from functools import partial
from typing import Any

from pycommunicate_cli import ports
from pycommunicate_cli.output import Problem, say
from pycommunicate_cli.project import Project, find_project, read_env
from pycommunicate_cli.serving import Job
from pycommunicate_cli.stopgap import Stopgap


class Door:
    """Holds the listening socket over all restarts."""

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self._selector = selector
        self._listener: socket.socket | None = None
        self._address: tuple[str, int] | None = None
        self._stopgap = Stopgap()
        self._answering = False
        self._moved = Stopgap()
        self._before: socket.socket | None = None
        self.port = 0
        """The port that is listened on."""

    @property
    def descriptor(self) -> int | None:
        """The listening socket, for a worker; None where this system hands none on."""
        return self._listener.fileno() if self._listener is not None else None

    def open(self, host: str, port: int, *, asked: bool, hands_on: bool) -> None:
        """Listen on `host`:`port`, for a worker.

        :param hands_on: whether the worker is given the socket. Else it takes the port itself; `port` says which.
        :raises Problem: the port can't be had.
        """
        self._pause()
        if self._address != (host, port):
            listener = ports.listen(host, port, asked=asked)
            self._leave()
            self._take(listener, host, port)
        if not hands_on and self._listener is not None:
            self._listener.close()
            self._listener = None

    def show(self, fault: dict[str, Any], job: Job) -> None:
        """Answer every request with the page of this fault, until `open`."""
        self._stopgap.show(fault)
        if self._answering:
            return
        if self._listener is None:
            with contextlib.suppress(Problem, OSError, ValueError):
                self._open_for_now(job)
        if self._listener is not None:
            self._listener.setblocking(False)
            accept = partial(self._stopgap.accept, self._listener)
            self._selector.register(self._listener, selectors.EVENT_READ, accept)
            self._answering = True

    def serves(self, url: str) -> None:
        """Note where the project is served: who asks at the address before is sent there."""
        if self._before is None:
            return
        if not self._moved.location:
            self._before.setblocking(False)
            accept = partial(self._moved.accept, self._before)
            self._selector.register(self._before, selectors.EVENT_READ, accept)
        self._moved.location = url

    def close(self) -> None:
        """Listen no more."""
        self._pause()
        for listener in (self._listener, self._before):
            if listener is not None:
                listener.close()

    def _take(self, listener: socket.socket, host: str, port: int) -> None:
        self._listener, self._address = listener, (host, port)
        self.port = int(listener.getsockname()[1])

    def _leave(self) -> None:
        if self._listener is None:
            return
        if self._before is not None:
            if self._moved.location:
                self._selector.unregister(self._before)
            self._before.close()
        self._moved.location = ""
        self._before, self._listener = self._listener, None

    def _pause(self) -> None:
        if self._answering and self._listener is not None:
            self._selector.unregister(self._listener)
        self._answering = False

    def _open_for_now(self, job: Job) -> None:
        """Listen where the project will be served, as far as that can be known of one that does not import."""
        if self._address is not None:
            host, port = self._address
            self._take(ports.listen(host, self.port, asked=True), host, port)
            return
        project = find_project()
        environ = {**read_env(project.folder / ".env"), **os.environ}
        text = _arguments(project)
        named_host = re.search(r"\bhost\s*=\s*[\"']([^\"']+)[\"']", text)
        named_port = re.search(r"\bweb_port\s*=\s*(\d+)", text)
        host = job.host or (named_host[1] if named_host else environ.get("PYCOMMUNICATE_HOST", "localhost"))
        port = int(named_port[1] if named_port else environ.get("PYCOMMUNICATE_PORT", "8080"))
        if job.port is not None:
            port = job.port
        if job.allow_remote or ports.is_loopback(host):
            self._take(ports.listen(host, port, asked=job.names_port(environ)), host, port)
            say(f"{ports.url_of(host, self.port)} shows what is wrong")


def _arguments(project: Project) -> str:
    """Return the beginning of what the application is made with, which may not compile."""
    module = project.folder.joinpath(*project.app.partition(":")[0].split("."))
    for file in (module.with_suffix(".py"), module / "__init__.py"):
        if file.is_file():
            return file.read_text("utf-8", errors="replace").partition("CommunicateApp(")[2][:400]
    return ""
