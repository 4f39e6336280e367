"""The work of a page: application code that events, timers and subscriptions start, in order."""

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from pycommunicate.errors import BrowserGone
from pycommunicate.protocol.messages import EventMade
from pycommunicate.protocol.values import JSON
from pycommunicate.proxies.dom.element import ElementWrapper
from pycommunicate.proxies.dom.event import Event
from pycommunicate.proxies.dom.listener import takes_argument
from pycommunicate.server.app.channel import PageChannel
from pycommunicate.server.app.execution import run_guarded
from pycommunicate.server.bases.controller import Controller
from pycommunicate.server.connection.cost import Cost
from pycommunicate.server.connection.foresight.habits import Habit, HabitsOfView
from pycommunicate.server.connection.foresight.recall import Recall
from pycommunicate.server.connection.handlers import HandlerQueue
from pycommunicate.server.connection.listeners import Listening
from pycommunicate.server.connection.refusals import printable
from pycommunicate.server.connection.runtime import Runtime, State
from pycommunicate.server.connection.timers import PageTimer

if TYPE_CHECKING:
    from pycommunicate.server.bases.views import View


class PageWork(PageChannel):
    """The owner of a page's handlers, timers and subscriptions, and of what they learn to ask ahead."""

    controller: Controller

    def __init__(self, runtime: Runtime, environ: dict[str, Any]) -> None:
        super().__init__(runtime.engine, runtime.limits)
        self.runtime = runtime
        self.environ = environ
        self.path: str = environ.get("PATH_INFO", "")
        self.where = printable(self.path)
        if runtime.debug:
            self.measure_writes()
        self.listeners.whole = runtime.hot
        self.ignored = 0
        self.queue = HandlerQueue(runtime.pool, runtime.limits.running_handlers)
        self._timers: set[PageTimer] = set()
        self._subscriptions: list[Any] = []
        self._loading: Recall | None = None
        self._habits: tuple[type, HabitsOfView] | None = None

    # -- events -----------------------------------------------------------------------------------------------------------

    def _take_events(self, events: list[EventMade]) -> None:
        if not self.runtime.pool.draining:  # else the browser keeps them
            for event in events:
                self._take_event(event)

    def _take_event(self, message: EventMade) -> None:
        if not self.inbox.take(message.number):
            return
        self.credit.soon()
        listener = self.listeners.get(message.listener)
        if listener is None:
            self.ignored += 1
            self.inbox.finish()
            return
        kind = listener.kind
        if kind.once:
            self.listeners.remove(listener.number)
        if listener.running and kind.while_running == "drop":
            self.inbox.finish()
        elif listener.running and kind.while_running == "queue":
            listener.waiting = listener.waiting or deque()
            listener.waiting.append(message.payload)
        else:
            self._start(listener, message.payload, message)

    def _start(self, listener: Listening, payload: dict[str, JSON] | None, message: EventMade | None = None) -> None:
        self.listeners.begun(listener)
        arguments = (self._make_event(payload),) if listener.kind.takes_event else ()
        done = partial(self._handled, listener, self.epoch)
        recall = self._recall_of(listener, payload or {}, message)
        self._put(listener.handler, arguments, f"the {listener.kind.event} handler", done, recall=recall)

    def _recall_of(self, listener: Listening, payload: dict[str, JSON], message: EventMade | None) -> Recall:
        kind = listener.kind
        matched = payload.get("target") if kind.selector is not None or kind.takes_event else listener.handle
        if isinstance(matched, int):
            self.reads.named(matched)
        view = self.controller.view
        recall = Recall(
            kind.habit,
            listener.handler,
            view,
            matched=matched if isinstance(matched, int) else None,
            payload=payload,
        )
        told = self.told.get(kind.habit)
        answers = message.answers if message is not None else None
        if told is None or message is None or answers is None or listener.operands is None:
            return recall
        sources, operands = listener.operands
        if answers.version == told.version and sources == told.sources:
            self._foresee(recall, told, recall.circumstances, operands, answers.answers, message.applied)
        return recall

    def _handled(self, listener: Listening, epoch: str) -> None:
        self.listeners.ended(listener)
        if epoch != self.epoch:
            return
        self.inbox.finish()
        self.credit.soon()
        if listener.waiting and not listener.running:
            self._start(listener, listener.waiting.popleft())

    def _make_event(self, payload: dict[str, JSON] | None) -> Event:
        payload = payload or {}
        handle = payload.get("target")
        return Event(payload, ElementWrapper(self, handle) if isinstance(handle, int) else None)

    # -- timers and subscriptions -------------------------------------------------------------------------------------------

    def add_timer(self, view: "View", seconds: float, function: Callable[[], object]) -> PageTimer:
        """Start a timer that ends with the view that is active now."""

        def run(timer: PageTimer) -> None:
            if len(self.queue) < self.limits.events_queued and not self.runtime.pool.draining:
                self._put(function, (), "the timer", timer.start)
            else:
                timer.start()

        if self.state is State.ENDED or self.controller_view_is_not(view):
            raise BrowserGone("the view has ended; its timers have too")
        timer = PageTimer(self.engine, seconds, run, self._timers)
        if self.state is not State.WAITING:  # else with the socket
            timer.start()
        return timer

    def publish(self, topic: Any, value: Any) -> int:
        """Hand `value` to the subscribers of a topic."""
        return self.runtime.publish(topic, value)

    def subscribe(self, view: "View", topic: Any, handler: Callable[..., object]) -> Any:
        """Start a subscription that ends with the view that is active now."""
        if self.state is State.ENDED or self.controller_view_is_not(view):
            raise BrowserGone("the view has ended; its subscriptions have too")
        with_value = takes_argument(handler, "value")

        def deliver(value: Any) -> None:
            if not self.engine.in_loop_thread():
                self.engine.call_soon(partial(deliver, value))
                return
            if (self.state is State.WAITING and self.ahead is None) or self.state is State.ENDED or self.overflowed:
                return
            if len(self.queue) >= self.limits.events_queued:
                self.overflow()
            else:
                self._put(handler, (value,) if with_value else (), "the subscription", None)

        subscription = self.runtime.subscribe(topic, deliver)
        self._subscriptions.append(subscription)
        return subscription

    def controller_view_is_not(self, view: "View") -> bool:
        """Whether the active view is known and another one than `view`."""
        controller = getattr(self, "controller", None)
        return controller is not None and bool(controller.views) and controller.view is not view

    def handlers(self) -> Iterator[object]:
        """What the page calls when something happens: its listeners' handlers, and what runs its timers and subscriptions."""
        yield from self.listeners.handlers()
        yield from (timer.run for timer in self._timers)
        yield from (subscription.deliver for subscription in self._subscriptions)

    # -- running application code -------------------------------------------------------------------------------------------

    def _put(
        self,
        function: Callable[..., object],
        arguments: tuple[Any, ...],
        what: str,
        done: Callable[[], object] | None,
        *,
        loading: bool = False,
        named: Callable[..., object] | None = None,
        recall: Recall | None = None,
    ) -> None:
        epoch = self.epoch
        if recall is None:
            recall = Recall(self.habit_of(function), function, self.controller.view)

        def task() -> None:
            if epoch != self.epoch:
                return
            try:
                code = partial(function, *arguments) if arguments else function
                if self.runtime.debug:
                    recall.cost = Cost(what, named or function)
                run_guarded(self, code, what, named=named or function, loading=loading, recall=recall)
                if recall.cost is not None:
                    recall.cost.tell(self.where, recall.trips, recall.known)
                self._ran(recall, epoch)
            finally:
                if done is not None and self.state is not State.ENDED:
                    done()

        self.queue.put(task)

    def _ran(self, recall: Recall, epoch: str) -> None:
        """Learn from a run what to ask along the next time."""
        if recall is self._loading:
            self._loading = None
        if recall.foreseen in self.foreseen:
            self.foreseen.remove(recall.foreseen)
        habit = recall.habit
        if habit is not None and (recall.asked or habit.questions) and habit.ran(recall.asked):
            for page in self.runtime.pages:
                if page is not self and habit in page.told:
                    page.foretell()
        if epoch == self.epoch and self.told:
            self.foretell()

    def habit_of(self, function: Any) -> Habit | None:
        """Return what is known of such a function's questions."""
        view = type(self.controller.view)
        known = self._habits
        if known is None or known[0] is not view:
            known = self._habits = (view, self.runtime.habits.of_view(view))
        return known[1].of(function)

    @property
    def active_view(self) -> Any:
        """The view whose handlers run."""
        return self.controller.view
