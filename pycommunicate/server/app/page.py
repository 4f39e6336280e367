"""Page: one load of one URL in one tab, and everything it owns."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from flask import redirect as flask_redirect
from markupsafe import Markup

from pycommunicate.errors import BadAnswer, BrowserError, ProtocolError
from pycommunicate.protocol.messages import (
    Acknowledgement,
    Answer,
    EventMade,
    EventsMade,
    Failed,
    Foretold,
    Join,
    Leave,
    Message,
    Visible,
    encode,
)
from pycommunicate.protocol.operations import Op
from pycommunicate.protocol.safety import check_url
from pycommunicate.protocol.samesite import same_site_path
from pycommunicate.protocol.usv import usv_string
from pycommunicate.protocol.values import JSON
from pycommunicate.proxies.context import CallCTX
from pycommunicate.server.app.execution import application_context, deliver_session, run_guarded
from pycommunicate.server.app.failurenotice import FailureNotice
from pycommunicate.server.app.policy import is_nonce, new_nonce
from pycommunicate.server.app.sessionchange import OwedCookies, SessionChange
from pycommunicate.server.app.work import PageWork
from pycommunicate.server.bases.controller import Controller, ControllerFactory
from pycommunicate.server.connection.ahead import Ahead
from pycommunicate.server.connection.foresight.answers import Circumstances, Told, tell
from pycommunicate.server.connection.foresight.recall import Recall
from pycommunicate.server.connection.kept import Lineage, kept_state, put_back
from pycommunicate.server.connection.resume import ResumeTokens, new_id
from pycommunicate.server.connection.runtime import LEFT, Connection, Runtime, State
from pycommunicate.server.current import run_for

if TYPE_CHECKING:
    from pycommunicate.server.bases.views import View

_IDLE_BYTES = 64 * 1024
"""What a page holds at the least (measured: 58 KiB), with a view, a template and a few elements."""
_LISTENER_BYTES = 256
_SHOWN = 200
_LEAVING = 3.0
"""How long runs that wait for an earlier one may still begin after the person has left, in seconds."""
_ROOM_FOR_ANSWERS = 32 * 1024
"""What a message must hold for a page to join with answers: up to 16 KiB of them (the client's `FORESEEN`), and the join itself."""


class Page(PageWork):
    """The channel of its elements, the owner of its listeners, timers, reads, subscriptions and handlers."""

    def __init__(
        self,
        runtime: Runtime,
        user: Any,
        factory: ControllerFactory,
        route_data: dict[str, Any],
        environ: dict[str, Any],
    ) -> None:
        super().__init__(runtime, environ)
        self.user = user
        self.factory = factory
        self.route_data = route_data
        self.query: str = environ.get("QUERY_STRING", "")
        self.request_id = new_id()
        self.has_client = False
        self.includes = Markup()
        """What `add_includes()` has rendered."""
        self.nonce = new_nonce()
        """With which its scripts run: its own, or one that an extension has for the request."""
        self.renewed_as: str | None = None
        """The id that code of this page has given its user."""
        self.asked_nonce = False
        """Whether its template has asked for the nonce."""
        self.only_with_nonce = False
        """Whether scripts run for their nonce alone (`'strict-dynamic'`)."""
        self.heard = False
        self.tokens = ResumeTokens()
        self.templater = runtime.make_templater(self)
        self.connection: Connection | None = None
        self._mount_packet: dict[str, Any] | None = None
        self._kept: dict[str, JSON] = {}
        self._has_begun: View | None = None
        """The view whose `load()` has begun, until its `teardown()`."""
        self.lineage = Lineage()
        self.owed: OwedCookies | None = None
        """What a remount has set, and the browser does not have yet."""
        self.asked_ahead: Told | None = None
        """What the page was told to ask before it connects."""
        self.failure = FailureNotice()
        self.outbox.stored = self._weigh
        with runtime.recording(self):
            self.controller: Controller = factory.build(self)

    # -- life ---------------------------------------------------------------------------------------------------------

    @property
    def is_connected(self) -> bool:
        """Whether the browser is connected now."""
        return self.state is State.LIVE

    @property
    def held(self) -> int:
        """About how many bytes of memory the page holds; what the application's own objects take is not known."""
        html = 0 if self._mount_packet is None else len(self._mount_packet["html"])
        written = self.outbox.unacknowledged + self.outbox.size
        return _IDLE_BYTES + _LISTENER_BYTES * len(self.listeners) + html + written

    def _weigh(self) -> None:
        self.runtime.pages.weigh(self)

    def render(self) -> Any:
        """Render the active view. Runs in the request context of the HTTP request."""
        self.asked_nonce = False
        with run_for(self), self.runtime.recording(self):
            return self.controller.view.render()

    def ask_nonce(self, given: str) -> str:
        """Return the nonce for what is being rendered; `given`: an extension has one, which is taken."""
        self.asked_nonce = True
        if given and is_nonce(given):
            self.use_nonce(given)
        return given or self.nonce

    def use_nonce(self, nonce: str) -> None:
        """Let `nonce` be that of the page, also in what `add_includes()` has rendered."""
        renamed = str(self.includes).replace(f'nonce="{self.nonce}"', f'nonce="{nonce}"')
        self.nonce, self.includes = nonce, Markup(renamed)  # noqa: S704 - a checked nonce in place of another

    def join(self, connection: Connection, join: Join) -> None:
        """Go live: the first connection has come. May be repeated while nothing followed."""
        first = self.state is State.WAITING
        self._connect(connection)
        if self.overflowed:  # load() wrote more, ahead of the socket, than a page may be behind
            self._arrive()
            self._mount_again()
            return
        connection.send(encode("joined", self._welcome()))
        # Where load() ran ahead of the socket, the page has applied what it carried.
        carried = join.epoch == self.epoch and join.applied <= self.outbox.sent_up_to
        applied = join.applied if carried else 0
        self.outbox.attach(connection.send, applied)
        self.failure.settle(connection)
        if not first:
            return
        if self.ahead is None:
            self._begin_view(join.answers)
            return
        if self._loading is not None:
            self._answer_ahead(self._loading, join.answers, applied)
        self._arrive()
        self._start_timers()

    def load_ahead(self, html: str) -> list[str]:
        """Let `load()` run for a page that is being served with this HTML. Return the messages that the page is to carry.

        Waits for it a short while (`Limits.preload`). Where it asks what only the browser knows, or takes longer, it goes on by itself.
        Nothing happens where the page is no longer one that is being served: its head was sent, and a socket or the end may have come.
        """
        if self.state is not State.WAITING or self.ahead is not None:
            return []
        ahead = self.ahead = Ahead(self.engine, html, self.limits.preload_bytes)
        self.outbox.attach(ahead.carry, 0)
        self._put_load(ahead.paused.set)
        ahead.paused.wait(self.limits.preload)
        self.outbox.flush()
        self.outbox.detach()
        self._weigh()
        packets, ahead.packets = ahead.packets, []
        return packets

    def _arrive(self) -> None:
        """Let `load()` go on that ran ahead of the socket. What was known in its place is of no use any more."""
        ahead, self.ahead = self.ahead, None
        if ahead is not None:
            ahead.arrived.set()

    def _start_timers(self) -> None:
        for timer in tuple(self._timers):
            timer.start()

    def mount_into(self, connection: Connection, html: str, *, keep: bool) -> None:
        """Go live in a browser that shows an earlier page at this URL: a mount anew."""
        self._connect(connection)
        self._send_html(html, keep=keep)
        if self.owed is None:
            self._begin_view()
        else:
            self.queue.put(partial(self._deliver_owed, self.epoch))

    def _deliver_owed(self, epoch: str) -> None:
        """Have the browser fetch what its mount has set, before `load()` goes by it."""
        owed, self.owed = self.owed, None
        if owed is None or epoch != self.epoch:
            return
        try:
            self.deliver_cookies(*owed)
        except Exception as error:
            self.runtime.report(error, "the cookies that render() has set", self)
        if epoch == self.epoch and self.state is not State.ENDED:
            self._begin_view()

    def resume(self, connection: Connection, token: str, epoch: str | None, applied: int) -> None:
        """Go on over another connection, after the browser has applied `applied` operations of `epoch`."""
        self.tokens.rotate(token)
        self._connect(connection)
        if self.overflowed or (epoch != self.epoch and self._mount_packet is None) or applied > self._written(epoch):
            self._mount_again()
        elif epoch != self.epoch:
            self._send_mount()
        else:
            connection.send(encode("resumed", self._welcome()))
            for read in self.reads.went_online(applied):
                read.number = self.send_read(read.operation)
            self.outbox.attach(connection.send, applied)
            self.pressure.ease()
            self.failure.settle(connection)

    def lost(self, connection: Connection) -> None:
        """Note that `connection` is closed."""
        if connection is not self.connection or self.state is State.ENDED:
            return
        self.connection = None
        self.state = State.LOST
        self.outbox.detach()
        self.credit.attach(None)
        self.reads.went_offline()
        self.runtime.page_moved(self)

    def reload(self, reason: str) -> None:
        """Have the browser load the page again, and end this one."""
        if self.connection is not None:
            self.connection.send(encode("refused", "reload", reason))
        self.end(reason)

    def close_connection(self) -> None:
        """Close the socket; the browser comes back with another."""
        if self.connection is not None:
            self.connection.close()

    def tell_failure(self) -> None:
        """Have the browser tell the person that something failed, once it is connected."""
        if self.runtime.notices and self.state is not State.ENDED:
            self.failure.tell(self.connection)

    def debug(self, what: str, data: Any = None) -> None:
        """Tell the browser something of hot reload (`debug` in `docs/wire.md`). Nothing happens where it isn't connected, or not `hot`."""
        if self.connection is not None and self.runtime.hot:
            self.connection.send(encode("debug", what, data))

    def end(self, reason: str) -> None:
        """End everything this page owns. May be called again."""
        if self.state is State.ENDED:
            return
        mounted = self.state is not State.WAITING or self.ahead is not None
        self.state = State.ENDED
        # For teardown(): with the visitor's last page, their cookies are forgotten.
        if self.user.cookies is not None:
            self.environ["HTTP_COOKIE"] = self.user.cookies
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.close()
        self.outbox.detach()
        self.credit.attach(None)
        self.outbox.begin("")
        self._end_view(reason)
        self.pressure.ease()
        self._arrive()
        self.runtime.page_moved(self)
        if mounted:
            self.engine.spawn(self._teardown_and_come_apart)
        else:
            self.queue.when_idle(self._come_apart)

    def _teardown_and_come_apart(self) -> None:
        self._teardown(self.controller.view)
        self.queue.when_idle(self._come_apart)

    def _come_apart(self) -> None:
        # Page, controller and views know each other: what has ended would fill the memory until it is searched for, which is seldom.
        self.controller.views = ()
        self._loading = self.outbox.stored = None
        del self.controller, self.templater

    # -- what the browser says ------------------------------------------------------------------------------------------

    def receive(self, message: Message) -> None:
        """Take a message from the browser. Raises `ProtocolError` for what an honest one does not send. Does not block."""
        if message.epoch != self.epoch:
            self.ignored += 1
            return
        self.heard = self.tokens.received = True
        self._mount_packet = None
        if isinstance(message, Leave):  # after what was received before it has begun
            self.queue.put(self._leave)
            return
        if message.applied > self.outbox.sent_up_to:
            raise ProtocolError("acknowledged what was not sent")
        self._acknowledge(message.applied)
        if self.overflowed:
            self._mount_again()
            return
        self.pressure.ease()
        match message:
            case EventMade():
                self._take_events([message])
            case EventsMade():
                self._take_events(message.events)
            case Answer():
                self.reads.take(message)
            case Acknowledgement():
                self.release(message.released)
            case Visible():
                self.runtime.page_visible(self)
            case Failed():
                self._failed(message)

    def _failed(self, message: Failed) -> None:
        peer, what = self.environ.get("REMOTE_ADDR", ""), "%s: operation %d could not be carried out: %s"
        if message.error == "policy":
            what = "%s: its Content-Security-Policy lets no script change it (operation %d: %s); add: trusted-types pycommunicate"
        self.runtime.refusals.note("failed", peer, what, self.where, message.number, message.error)

    def _leave(self) -> None:
        """End the page when what it received before has begun. What waits for an earlier run is given a short while."""
        if not self.lanes.count:
            self.end(LEFT)
            return
        self.left = True
        self.reads.end(LEFT)
        self.engine.call_later(_LEAVING, partial(self.end, LEFT))

    # -- what controllers and views do with it ------------------------------------------------------------------------------

    def change_view(self, index: int) -> None:
        """Mount another view into the living page."""
        self.await_socket()
        if self.state is State.WAITING or self.state is State.ENDED:
            self.refuse()
        self._mount(index, keep=index == self.controller.view_index)

    def redirect(self, location: str | None, *, same_site: bool = False) -> Callable[[], Any] | None:
        """Lead the browser elsewhere; where `same_site`, to a path of this application alone."""
        wanted: Any = self._own_path(location) if same_site else location  # check_url() raises for None
        url = check_url(usv_string(wanted) if isinstance(wanted, str) else wanted, navigation=True)
        if self.state is State.WAITING and self.ahead is None:
            return lambda: flask_redirect(url)
        deliver_session(self)  # else the next page might be asked for before the cookie has come
        self.write((int(Op.NAVIGATE), url))
        return None

    def _own_path(self, location: str | None) -> str:
        root: str = self.environ.get("SCRIPT_NAME", "")
        path = same_site_path(location, root)
        if path is None and location:
            peer = self.environ.get("REMOTE_ADDR", "")
            what = "%s: redirect() was to lead to %r, which is no path of this application; it leads to the start page"
            self.runtime.refusals.note("redirect", peer, what, self.where, location[:_SHOWN])
        return path or f"{root}/"

    def keep_state(self) -> None:
        """Tell the browser what the view keeps, where that has changed. Application code has run."""
        view = self.controller.view
        if not view.keep:
            return
        state = kept_state(view)
        if state != self._kept:
            self._kept = state
            self.send_token()

    def send_token(self) -> None:
        """Give the browser the mount token that is right now. Without a connection: note what it would say, so that older ones count less."""
        token = self.runtime.mount_token(self)
        if self.connection is not None:
            self.connection.send(encode("token", self.epoch, token))

    def deliver_cookies(self, session: SessionChange | None = None, cookies: Sequence[str] = ()) -> None:
        """Have the browser fetch its new cookies, and wait until it has them.

        :param session: what has changed in `flask.session`.
        :param cookies: Set-Cookie headers that come along.
        """
        if self.state is State.WAITING and self.ahead is None:
            return
        ticket = self.runtime.issue_ticket(self, session, cookies)
        try:
            taken = self.ask(Op.REDEEM, ticket) is True
        except BrowserError:
            if self.runtime.revoke_ticket(ticket):
                raise
            taken = True  # only the answer was lost
        if not taken:
            self.runtime.revoke_ticket(ticket)
            raise BadAnswer("the browser did not take its new cookie")

    # -- mounting ---------------------------------------------------------------------------------------------------------

    def _mount(self, index: int, *, keep: bool) -> None:
        controller = self.controller
        before = controller.view_index
        controller.view_index = index
        try:
            with application_context(self):
                html = self.render()
            if not isinstance(html, str):
                if html is not None:  # None: render() has led the browser elsewhere
                    message = f"{type(controller.view).__qualname__}.render() returned a {type(html).__name__}; expected a str"
                    raise TypeError(message)
                controller.view_index = before
                return
        except BaseException:
            controller.view_index = before
            raise
        self._show(html, keep=keep, instead_of=controller.views[before])

    def _show(self, html: str, *, keep: bool, instead_of: "View") -> None:
        self._teardown(instead_of)
        self._end_view("the view that asked has ended")
        self._send_html(html, keep=keep)
        self._begin_view()

    def renew(self) -> None:
        """Mount the active view into the living page as a new one, made by the factory as it is now. `controller.d` stays.

        What `before_connect` or `render()` raise is raised, and the page stays as it is. For hot reload.
        """
        before, view = self.controller, self.controller.view
        views, kept = list(before.views), kept_state(view)
        with application_context(self), self.runtime.recording(self):
            self.factory.admit(CallCTX(user=self.user, route_data=self.route_data))
            try:
                self._make_view_anew(type(view))
                put_back(self.controller.view, kept)
                html = self.render()
                if not isinstance(html, str):
                    self.controller.special_return_handler = None
                    self.reload("the view leads elsewhere now")
                    return
            except BaseException:
                self.controller, before.views = before, views
                raise
        self._show(html, keep=True, instead_of=view)

    def _make_view_anew(self, shown: "type[View]") -> None:
        controller, made = self.controller, self.factory.views
        if type(controller) is self.factory.controller_class and [type(one) for one in controller.views] == made:
            controller.views = list(controller.views)
            controller.views[controller.view_index] = made[controller.view_index](controller)
            return
        self.controller = self.factory.build(self)
        self.controller.d = controller.d
        if shown in made:
            self.controller.view_index = made.index(shown)

    def _mount_again(self) -> None:
        # The browser is too far behind: what it shows is brought to what the view renders now.
        self.overflowed = False
        self._end_view("the page is being mounted anew")
        self.engine.spawn(self._mount_same_view)

    def _mount_same_view(self) -> None:
        try:
            self._mount(self.controller.view_index, keep=True)
        except (Exception, SystemExit) as error:
            self.runtime.report(error, "render()", self)
            self.reload("the page could not be mounted anew")

    def _send_html(self, html: str, *, keep: bool) -> None:
        nonce = {"nonce": self.nonce, "strict": self.only_with_nonce}
        self._mount_packet = {"html": html, "keep": keep, "url": None, **nonce}
        self._send_mount()

    def _send_mount(self) -> None:
        if self.connection is None or self._mount_packet is None:
            self._weigh()
            self.runtime.mount_token(self)  # notes which view is shown
            return
        self.connection.send(encode("remount", {**self._welcome(), **self._mount_packet}))
        self.outbox.attach(self.connection.send, 0)

    def _begin_view(self, answers: Foretold | None = None) -> None:
        recall = self._put_load(None)
        self._answer_ahead(recall, answers, 0)
        self._start_timers()

    def _put_load(self, done: Callable[[], object] | None) -> Recall:
        view = self.controller.view
        recall = self._loading = Recall(self.habit_of(view.load), view.load, view)
        self._put(self._load, (), "load()", done, loading=True, named=view.load, recall=recall)
        return recall

    def _answer_ahead(self, recall: Recall, answers: Foretold | None, applied: int) -> None:
        """Let `load()` know what the page was told to ask before it connects."""
        told, self.asked_ahead = self.asked_ahead, None
        if answers is not None and told is not None and answers.version == told.version:
            self._foresee(recall, told, recall.circumstances, [], answers.answers, applied)

    def _load(self) -> None:
        self._has_begun = self.controller.view
        try:
            with self.runtime.recording(self):
                self.controller.view.load()
        finally:  # what it attached before it raised is what there is
            if self.state is not State.ENDED:
                self.write((int(Op.LOADED),))

    def _end_view(self, reason: str) -> None:
        self.begin_epoch(reason)
        self.lanes.begin()
        self._released.clear()
        self.queue.clear()
        for timer in tuple(self._timers):
            timer.cancel()
        subscriptions, self._subscriptions = self._subscriptions, []
        for subscription in subscriptions:
            subscription.cancel()

    def _teardown(self, view: "View") -> None:
        begun, self._has_begun = self._has_begun, None
        if begun is not view:
            return  # its load() has not begun: there is nothing to take down
        run_guarded(self, view.teardown, "teardown()", named=view.teardown)

    def ask_ahead(self) -> list[Any] | None:
        """Return what the page is to ask before it connects, for `load()`: a version, and the reads."""
        view = self.controller.view
        habit = self.habit_of(view.load)
        if habit is None or not habit.questions or self.limits.inbound_message < _ROOM_FOR_ANSWERS:
            return None
        self._version += 1
        self.asked_ahead = tell(habit, self._version, Circumstances({}, None, {}, vars(view)), self.epoch)
        return [self.asked_ahead.version, self.asked_ahead.reads]

    # -- details ----------------------------------------------------------------------------------------------------------

    def _connect(self, connection: Connection) -> None:
        before, self.connection = self.connection, connection
        if before is not None and before is not connection:
            before.close()
        self.state = State.LIVE
        self.reads.online = True
        self.credit.attach(connection.send)
        self.runtime.page_moved(self)

    def _welcome(self) -> dict[str, Any]:
        received, allowed = self.credit.tell()
        return {
            "epoch": self.epoch,
            "resume": self.tokens.newest,
            "mount": self.runtime.mount_token(self),
            "received": received,
            "allowed": allowed,
            "limits": {"message": self.limits.inbound_message},
        }

    def _written(self, epoch: str | None) -> int:
        return self.outbox.sent_up_to if epoch == self.epoch else 2**53

    def overflow(self) -> None:
        """Give up what the browser has not applied; it is mounted anew when it reads again."""
        if self.overflowed:
            return
        self.overflowed = True
        self.runtime.refusals.note(
            "behind",
            self.environ.get("REMOTE_ADDR", ""),
            "%s: the browser is more than %d bytes behind; it will be mounted anew",
            self.where,
            self.outbox.unacknowledged,
        )
        self.outbox.drop()
        self._weigh()
        self.engine.call_later(self.limits.overflow_deadline, self._still_overflowed)

    def _still_overflowed(self) -> None:
        if self.overflowed:
            self.end("the browser has stopped applying what is written")
