"""pycommunicate: server code modifies the DOM.

    self.html_wrapper.element("#todo").add_child("p").content = "milk"

Importing this module loads nothing else; each name below is loaded from its home when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markupsafe import Markup as Markup

    from pycommunicate.errors import AnswerTooLarge as AnswerTooLarge
    from pycommunicate.errors import BadAnswer as BadAnswer
    from pycommunicate.errors import BrowserError as BrowserError
    from pycommunicate.errors import BrowserGone as BrowserGone
    from pycommunicate.errors import BrowserTimeout as BrowserTimeout
    from pycommunicate.errors import ConfigurationError as ConfigurationError
    from pycommunicate.errors import DiscoveryError as DiscoveryError
    from pycommunicate.errors import ElementGone as ElementGone
    from pycommunicate.errors import ImportCycle as ImportCycle
    from pycommunicate.errors import InvalidSelector as InvalidSelector
    from pycommunicate.errors import NotConnected as NotConnected
    from pycommunicate.errors import NotSerializable as NotSerializable
    from pycommunicate.errors import ProtocolError as ProtocolError
    from pycommunicate.errors import PycommunicateError as PycommunicateError
    from pycommunicate.errors import RefusedName as RefusedName
    from pycommunicate.errors import RouteError as RouteError
    from pycommunicate.errors import SessionTooLarge as SessionTooLarge
    from pycommunicate.errors import StoreUnavailable as StoreUnavailable
    from pycommunicate.errors import UnsafeURL as UnsafeURL
    from pycommunicate.protocol.limits import Limits as Limits
    from pycommunicate.proxies.context import CallCTX as CallCTX
    from pycommunicate.proxies.dom.element import ElementWrapper as ElementWrapper
    from pycommunicate.proxies.dom.event import Event as Event
    from pycommunicate.proxies.dom.html import HTMLWrapper as HTMLWrapper
    from pycommunicate.server.app.communicate import CommunicateApp as CommunicateApp
    from pycommunicate.server.app.topics import Subscription as Subscription
    from pycommunicate.server.app.topics import Topic as Topic
    from pycommunicate.server.app.usertracker import User as User
    from pycommunicate.server.bases.controller import Controller as Controller
    from pycommunicate.server.bases.controller import ControllerFactory as ControllerFactory
    from pycommunicate.server.bases.views import View as View
    from pycommunicate.server.connection.timers import Timer as Timer
    from pycommunicate.server.routes import Route as Route
    from pycommunicate.server.routing import error_handler as error_handler
    from pycommunicate.server.routing import route as route
    from pycommunicate.sessions.file import FileSessions as FileSessions
    from pycommunicate.sessions.memory import MemorySessions as MemorySessions
    from pycommunicate.templating import Templater as Templater

_HOMES = {
    "AnswerTooLarge": "pycommunicate.errors",
    "BadAnswer": "pycommunicate.errors",
    "BrowserError": "pycommunicate.errors",
    "BrowserGone": "pycommunicate.errors",
    "BrowserTimeout": "pycommunicate.errors",
    "CallCTX": "pycommunicate.proxies.context",
    "CommunicateApp": "pycommunicate.server.app.communicate",
    "ConfigurationError": "pycommunicate.errors",
    "Controller": "pycommunicate.server.bases.controller",
    "ControllerFactory": "pycommunicate.server.bases.controller",
    "DiscoveryError": "pycommunicate.errors",
    "ElementGone": "pycommunicate.errors",
    "ElementWrapper": "pycommunicate.proxies.dom.element",
    "Event": "pycommunicate.proxies.dom.event",
    "FileSessions": "pycommunicate.sessions.file",
    "HTMLWrapper": "pycommunicate.proxies.dom.html",
    "ImportCycle": "pycommunicate.errors",
    "InvalidSelector": "pycommunicate.errors",
    "Limits": "pycommunicate.protocol.limits",
    "Markup": "markupsafe",
    "MemorySessions": "pycommunicate.sessions.memory",
    "NotConnected": "pycommunicate.errors",
    "NotSerializable": "pycommunicate.errors",
    "ProtocolError": "pycommunicate.errors",
    "PycommunicateError": "pycommunicate.errors",
    "RefusedName": "pycommunicate.errors",
    "Route": "pycommunicate.server.routes",
    "RouteError": "pycommunicate.errors",
    "SessionTooLarge": "pycommunicate.errors",
    "StoreUnavailable": "pycommunicate.errors",
    "Subscription": "pycommunicate.server.app.topics",
    "Templater": "pycommunicate.templating",
    "Timer": "pycommunicate.server.connection.timers",
    "Topic": "pycommunicate.server.app.topics",
    "UnsafeURL": "pycommunicate.errors",
    "User": "pycommunicate.server.app.usertracker",
    "View": "pycommunicate.server.bases.views",
    "error_handler": "pycommunicate.server.routing",
    "route": "pycommunicate.server.routing",
}

__all__ = [*_HOMES]  # noqa: PLE0604 - the names of _HOMES are str
__version__ = "1.0.0.dev0"


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        message = f"module 'pycommunicate' has no attribute {name!r}"
        raise AttributeError(message)
    value = globals()[name] = getattr(import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
