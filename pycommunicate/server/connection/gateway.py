"""The gateway: the only place that knows Flask-SocketIO. It joins sockets to pages and hands messages on."""

import time
from collections.abc import Callable
from typing import Any, Protocol

from engineio import packet as engineio_packet
from engineio import payload as engineio_payload
from flask import Flask
from flask_socketio import SocketIO

from pycommunicate.engine import Engine, Timer
from pycommunicate.errors import ProtocolError
from pycommunicate.protocol.limits import Limits
from pycommunicate.protocol.messages import RECEIVED, EventsMade, Join, check_handles, decode, decode_join, encode
from pycommunicate.protocol.usv import usv_string
from pycommunicate.protocol.version import NAMESPACE, SOCKET_PATH
from pycommunicate.server.app.cookies import our_cookies
from pycommunicate.server.app.mounttokens import Mount
from pycommunicate.server.app.page import Page
from pycommunicate.server.app.pages import Pages
from pycommunicate.server.app.usertracker import User, UserTracker
from pycommunicate.server.connection.entrance import Entrance
from pycommunicate.server.connection.guard import GuardedPacket, is_frame
from pycommunicate.server.connection.runtime import LEFT, State
from pycommunicate.server.connection.socketguard import Guarded, SocketGuard
from pycommunicate.server.connection.websocket import WEBSOCKET, WebSocketWSGI, World

_PACKETS_A_POST = 256
_EVENTS_A_TURN = 64
_LAST_POLL = 0.5
_LAST_WRITES = 5.0
_ANSWER_SLACK = 0.1

_WAIT_AFTER_ERROR = 5.0

MountAnew = Callable[[dict[str, Any], Mount], tuple[Page | None, str, float]]
"""Serves a URL once more, with the environ of the socket; returns the page, its HTML, and the seconds to wait if it was refused for now."""


class Application(Guarded, Protocol):
    """What the gateway needs of the application."""

    flask: Flask
    pages: Pages
    users: UserTracker


class SocketConnection:
    """One Engine.IO socket."""

    def __init__(self, server: Any, sid: str, engine: Engine, environ: dict[str, Any]) -> None:
        self._server = server
        self._engine = engine
        self._environ = environ
        self.peer: str = environ.get("REMOTE_ADDR", "")
        self.closing = False
        self.sid = sid
        self.events = 0
        self.page: Page | None = None
        self.cookies: str | None = environ.get("HTTP_COOKIE")
        """The Cookie header that was last seen to be its visitor's."""
        self.visitor: str | None = None
        """The id that the page's visitor had then."""
        self.deadline: Timer | None = None

    def send(self, packet: str) -> None:
        """Queue a packet. Does not block."""
        socket = self._server.sockets.get(self.sid)
        if socket is not None and not socket.closed:
            socket.send(engineio_packet.Packet(engineio_packet.MESSAGE, data=packet))

    def close(self) -> None:
        """Close the socket, after what was queued before. Does not block."""
        self.closing = True
        socket = self._server.sockets.get(self.sid)
        if socket is None:
            return
        if socket.upgraded:
            socket.close(wait=False)
        else:  # a closed one answers no poll any more, and the last packets wait for the next poll
            self._engine.call_later(_LAST_POLL, lambda: socket.close(wait=False))

    def closed(self) -> None:
        """Note that the socket is closed: its TCP connection ends too, after the last writes."""
        if self.deadline is not None:
            self.deadline.cancel()
        websocket = self._environ.get(WEBSOCKET)
        # Who reads nothing would keep the connection, and what was being written to it, until TCP gives up.
        if websocket is not None and not websocket.closed:
            self._engine.call_later(_LAST_WRITES, websocket.close_connection)


class Gateway:
    """The Socket.IO server of an application."""

    def __init__(
        self, application: Application, mount_anew: MountAnew, verify_mount: Callable[[str, User], Mount | None]
    ) -> None:
        limits = application.limits
        self._app = application
        self._engine: Engine = application.engine
        self._limits: Limits = limits
        self._mount = mount_anew
        self._verify_mount = verify_mount
        self._connections: dict[str, SocketConnection] = {}
        socketio = SocketIO(
            application.flask,
            async_mode=self._engine.name,
            path=SOCKET_PATH,
            async_handlers=False,
            manage_session=False,
            always_connect=True,
            serializer=GuardedPacket,
            max_http_buffer_size=limits.inbound_message,
            cors_allowed_origins=[],  # ours is stricter: see SocketGuard
            http_compression=False,
        )
        self._sio = socketio.server
        self._eio = self._sio.eio
        # A copy: other Engine.IO servers of the process keep their own.
        world = World(self._engine, limits.inbound_message, application.refusals, Entrance(self._engine))
        self._eio._async = {**self._eio._async, "websocket": lambda handler, _: WebSocketWSGI(handler, world)}
        self._pings: dict[str, Timer] = {}
        self._start_task = self._eio.start_background_task
        self._eio.start_background_task = self._start
        engineio_payload.Payload.max_decode_packets = max(engineio_payload.Payload.max_decode_packets, _PACKETS_A_POST)
        self._sio.on("connect", self._connect, namespace=NAMESPACE)
        self._sio.on("disconnect", self._disconnect, namespace=NAMESPACE)
        for name in RECEIVED:
            self._sio.on(name, self._receiver(name), namespace=NAMESPACE)
        self._wrap("connect", self._opened)
        self._wrap("message", self._guarded_message)
        self._wrap("disconnect", self._closed)
        guard = SocketGuard(application.flask.wsgi_app, application, self._expel, self._owns)
        application.flask.wsgi_app = guard  # type: ignore[method-assign]

    # -- Engine.IO ----------------------------------------------------------------------------------------------------------

    def _wrap(self, event: str, wrapper: Callable[..., Any]) -> None:
        original = self._eio.handlers[event]
        self._eio.handlers[event] = lambda *arguments: wrapper(original, *arguments)

    def _start(self, target: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        # Engine.IO spends a greenlet on each socket that sleeps until the next ping is due, and outlives the socket.
        if getattr(target, "__name__", "") != "_send_ping":
            return self._start_task(target, *arguments, **named)
        socket: Any = target.__self__  # type: ignore[attr-defined]
        self._later(self._eio.ping_interval, socket, self._ping)
        return None

    def _later(self, seconds: float, socket: Any, function: Callable[[Any], None]) -> None:
        # One timer for each socket: its next ping is due, or the answer to the last.
        before = self._pings.get(socket.sid)
        if before is not None:
            before.cancel()
        self._pings[socket.sid] = self._engine.call_later(seconds, lambda: function(socket))

    def _ping(self, socket: Any) -> None:
        self._pings.pop(socket.sid, None)
        if not socket.closing and not socket.closed:
            socket.last_ping = time.time()
            socket.send(engineio_packet.Packet(engineio_packet.PING))
            self._later(self._eio.ping_timeout + _ANSWER_SLACK, socket, self._unanswered)

    def _unanswered(self, socket: Any) -> None:
        # Engine.IO's own monitor comes round only every 20 s: a half-open connection would live that much longer.
        self._pings.pop(socket.sid, None)
        if not socket.closing and not socket.closed:
            socket.check_ping_timeout()

    def _opened(self, original: Callable[..., Any], sid: str, environ: dict[str, Any]) -> Any:
        connection = self._connections[sid] = SocketConnection(self._eio, sid, self._engine, environ)
        connection.deadline = self._engine.call_later(
            self._limits.join_socket, lambda: self._joined_in_time(connection)
        )
        return original(sid, environ)

    def _joined_in_time(self, connection: SocketConnection) -> None:
        if connection.page is None:
            self._app.refusals.counts["never_joined"] += 1
            connection.close()

    def _guarded_message(self, original: Callable[..., Any], sid: str, data: Any) -> None:
        connection = self._connections.get(sid)
        if connection is None or connection.closing:
            return  # what came in one piece with the packet for which it is closed
        # An exception that leaves this handler would neither close the socket nor stay quiet.
        try:
            original(sid, data)
        except ProtocolError as error:
            self._expel(sid, str(error))
        except Exception as error:
            self._expel(sid, type(error).__name__)

    def _owns(self, sid: str, environ: dict[str, Any]) -> bool:
        """Whether a request comes from the visitor who opened the connection: nearly always, its cookies are those that were checked last."""
        connection = self._connections.get(sid)
        if connection is None:
            return False
        cookies = environ.get("HTTP_COOKIE")
        page = connection.page
        now = page.user.id_ if page is not None else None
        if cookies == connection.cookies and now == connection.visitor:
            return True
        user = self._user_of(environ)
        owner = page.user if page is not None else self._user_of({**environ, "HTTP_COOKIE": connection.cookies or ""})
        if user is None or user is not owner:
            return False
        connection.cookies, connection.visitor = cookies, now
        return True

    def _user_of(self, environ: dict[str, Any]) -> User | None:
        return self._app.users.get(our_cookies(environ))

    def _expel(self, sid: str, reason: str) -> None:
        connection = self._connections.get(sid)
        page = connection.page if connection is not None else None
        peer = connection.peer if connection is not None else ""
        where = f" on {page.where}" if page is not None else ""
        self._app.refusals.note("protocol", peer, "broke the protocol (%s)%s; closed", reason, where)
        if connection is not None:
            connection.close()

    def _closed(self, original: Callable[..., Any], sid: str, *reason: Any) -> None:
        try:
            original(sid, *reason)
        finally:
            ping = self._pings.pop(sid, None)
            if ping is not None:
                ping.cancel()
            connection = self._connections.pop(sid, None)
            if connection is not None:
                connection.closed()
                if connection.page is not None:
                    connection.page.lost(connection)

    # -- without a network (pycommunicate.testing) ------------------------------------------------------------------------------

    def attach(self, environ: dict[str, Any], socket: Any) -> str:
        """Take in a connection with no network under it, and return its id.

        `socket` is what Engine.IO has for one: `send(packet)`, `close(wait=, abort=, reason=)`, `closed`, `upgraded`.
        """
        sid: str = self._eio.generate_id()
        self._eio.sockets[sid] = socket
        self._eio.handlers["connect"](sid, environ)
        return sid

    def take(self, sid: str, frame: str) -> None:
        """Take an Engine.IO frame that came over such a connection, as from a socket: bounded and guarded."""
        frame = usv_string(frame)
        if len(frame.encode()) > self._limits.inbound_message or not is_frame(frame):
            self._expel(sid, "malformed or too large")
        elif frame[0] == "4":
            self._eio.handlers["message"](sid, frame[1:])

    def detach(self, sid: str, reason: str) -> None:
        """Note that such a connection is closed. May be called again."""
        if self._eio.sockets.pop(sid, None) is not None:
            self._eio.handlers["disconnect"](sid, reason)

    # -- Socket.IO ------------------------------------------------------------------------------------------------------------

    def _connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        eio_sid = self._sio.manager.eio_sid_from_sid(sid, NAMESPACE)
        connection = self._connections.get(eio_sid)
        if connection is None or connection.page is not None:
            raise ProtocolError("joined twice")
        try:
            join = decode_join(auth)
        except ProtocolError as error:
            self._refuse(connection, str(error), "the page and the server don't speak the same protocol")
            return
        try:
            self._join(connection, join, environ)
        except ProtocolError:
            raise
        except Exception as error:  # ours, or the application's: what the browser said has been checked
            sentence = f"joining a page raised {type(error).__name__}"
            self._app.refusals.log_error("join", connection.peer, sentence, error)
            self._put_off(connection, _WAIT_AFTER_ERROR, sentence)

    def _join(self, connection: SocketConnection, join: Join, environ: dict[str, Any]) -> None:
        cookies = our_cookies(environ)
        user = self._app.users.get(cookies)
        page = self._app.pages.by_token(join.resume)
        if page is not None and page.user is user and page.left:  # and has come back
            page.end(LEFT)
            page = None
        if page is not None and page.user is user:
            if page.tokens.is_spent(join.resume or ""):
                self._refuse(connection, "not_yours", "this page goes on over another connection")
                return
            self._enter(connection, page, environ)
            page.resume(connection, join.resume or "", join.epoch, join.applied)
            return
        page = self._app.pages.by_request(join.request) if join.resume is None else None
        if page is not None:
            if not cookies:
                self._refuse_without_cookies(connection)
                return
            if page.user is not user or not (page.state is State.WAITING or not page.heard):
                self._refuse(connection, "not_yours", "this page belongs to another session or tab")
                return
            check_handles(join.answers, page.listeners.last_handle)
            self._enter(connection, page, environ)
            page.join(connection, join)
            return
        self._mount_anew(connection, join, cookies, environ)

    def _mount_anew(
        self, connection: SocketConnection, join: Join, cookies: list[str], environ: dict[str, Any]
    ) -> None:
        if join.mount and not cookies:
            self._refuse_without_cookies(connection)
            return
        mount = self._verify_mount(join.mount, self._app.users.find(cookies)) if join.mount else None
        if mount is None:
            self._refuse(connection, "not_yours", "the page is no longer known")
            return
        if join.query is not None:
            mount = mount._replace(query=join.query)
        page, html, wait = self._mount(environ, mount)
        if wait:
            where = f"the application refused to remount {mount.path} for now"
            self._put_off(connection, wait, where)
            return
        if page is None:
            self._refuse(connection, "reload", "the page has to be loaded again")
            return
        if connection.sid not in self._connections:
            page.end("its socket closed while it was mounted")
            return
        self._enter(connection, page, environ)
        page.mount_into(connection, html, keep=True)

    def _enter(self, connection: SocketConnection, page: Page, environ: dict[str, Any]) -> None:
        connection.page = page
        connection.visitor = page.user.id_
        if connection.deadline is not None:
            connection.deadline.cancel()
        page.user.saw_request(environ)

    def _refuse_without_cookies(self, connection: SocketConnection) -> None:
        message = "a page joins without the cookie that it was given; if another site embeds it: CommunicateApp(embedded_in=[...])"
        self._app.refusals.note("cookies", connection.peer, message)
        connection.send(encode("refused", "cookies", "the browser did not send the cookie of this page"))
        connection.close()

    def _refuse(self, connection: SocketConnection, code: str, sentence: str) -> None:
        self._app.refusals.counts[code] += 1
        connection.send(encode("refused", code, sentence))
        connection.close()

    def _put_off(self, connection: SocketConnection, seconds: float, why: str) -> None:
        # A browser whose join is not answered keeps its page, says that it is disconnected, and gives each attempt more time.
        self._app.refusals.note(
            "put_off", connection.peer, "%s; the page is kept, and tries again in %.0f s", why, seconds
        )
        connection.closing = True  # nothing more is taken from it
        if connection.deadline is not None:
            connection.deadline.cancel()
        if connection.sid in self._connections:
            connection.deadline = self._engine.call_later(seconds, connection.close)

    def _disconnect(self, sid: str, *_reason: Any) -> None:
        """Engine.IO's own disconnect does the work; a client that leaves only the namespace is closed."""
        eio_sid = self._sio.manager.eio_sid_from_sid(sid, NAMESPACE)
        connection = self._connections.get(eio_sid) if eio_sid else None
        if connection is not None:
            self._engine.call_soon(connection.close)

    def _receiver(self, name: str) -> Callable[..., None]:
        def receive(sid: str, *arguments: Any) -> None:
            if name == "visible" and not self._app.hot:
                raise ProtocolError("no event of ours")
            connection = self._connections.get(self._sio.manager.eio_sid_from_sid(sid, NAMESPACE))
            if connection is None or connection.page is None or connection.page.state is State.ENDED:
                return
            if connection.page.connection is not connection:
                return  # the page goes on over another one
            page = connection.page
            message = decode(
                name,
                list(arguments),
                depth=self._limits.json_depth,
                most_events=self._limits.events_queued,
                epoch=page.epoch,
                last_handle=page.listeners.last_handle,
            )
            page.receive(message)
            if isinstance(message, EventsMade):
                connection.events += len(message.events)
                if connection.events >= _EVENTS_A_TURN:
                    connection.events = 0
                    self._engine.sleep(0)  # a flood of them leaves turns for all others, as one of frames does

        return receive
