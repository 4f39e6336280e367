"""The work of a page: application code that events, timers and subscriptions start, in order."""

import logging
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import ref

from pycommunicate.errors import BrowserGone
from pycommunicate.protocol.messages import EventMade
from pycommunicate.protocol.operations import Op
from pycommunicate.protocol.values import JSON
from pycommunicate.proxies.dom.element import ElementWrapper
from pycommunicate.proxies.dom.event import Event
from pycommunicate.proxies.dom.listener import describe, takes_argument
from pycommunicate.server.app.channel import PageChannel
from pycommunicate.server.app.execution import run_guarded
from pycommunicate.server.bases.controller import Controller
from pycommunicate.server.connection.cost import Cost
from pycommunicate.server.connection.foresight.habits import Habit, HabitsOfView
from pycommunicate.server.connection.foresight.recall import Recall
from pycommunicate.server.connection.handlers import HandlerQueue
from pycommunicate.server.connection.lanes import Lanes, Place, Run, weigh
from pycommunicate.server.connection.listeners import Listening
from pycommunicate.server.connection.refusals import printable
from pycommunicate.server.connection.runtime import LEFT, Runtime, State
from pycommunicate.server.connection.timers import Timer

if TYPE_CHECKING:
    from pycommunicate.server.bases.views import View

log = logging.getLogger("pycommunicate")

_HELD_UP = 10.0
"""In debug it is said of a run that others have waited for it so many seconds."""


class Subscriber:
    """What one subscription runs: one value after the other, in the order published."""

    __slots__ = ("busy", "handler", "waiting", "with_value")

    def __init__(self, handler: Callable[..., object]) -> None:
        self.handler = handler
        self.with_value = takes_argument(handler, "value")
        self.busy = False
        self.waiting: deque[Any] = deque()


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
        self.lanes = Lanes()
        self._released: set[int] = set()
        """Listeners that ended with their elements while something ran."""
        self.queue = HandlerQueue(runtime.pool, runtime.limits.running_handlers)
        self._timers: set[Timer] = set()
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
        event = self._make_event(message.payload) if kind.takes_event else None
        recall = self._recall_of(listener, message.payload or {}, message)
        run = Run(listener, self._place_of(listener, message.payload), event, recall, weigh(message.payload))
        if kind.while_running == "drop" and not self.lanes.enter(run):
            self._drop(run)
        else:
            self._start(run)

    def _place_of(self, listener: Listening, payload: dict[str, JSON] | None) -> Place:
        """Return the element that a listener with a selector matched, as far as its event says so."""
        if listener.kind.selector is None or payload is None:
            return None
        target = payload.get("target")
        return target if isinstance(target, int) else None

    def _begins(self, run: Run) -> bool:
        """Whether `run`, which has come up, begins now. Otherwise it waits for an earlier one, or its listener has ended meanwhile.

        That is found out as late as this so that handlers that do not block run in the order of their events, whichever listeners those are of.
        """
        listener = run.listener
        number, kind = listener.number, listener.kind
        if not (self.listeners.has(number) or kind.once or number in self._released):
            self._drop(run)
            return False
        if kind.while_running == "parallel" or run.entered or self.lanes.enter(run):
            return True
        first = self.lanes.wait(run)
        if not run.owed:
            self.inbox.finish()
            self.credit.soon()
        self._tell_held()
        if first and self.runtime.debug:
            self._watch(run)
        return False

    def _start(self, run: Run) -> None:
        listener = run.listener
        arguments = () if run.event is None else (run.event,)
        done = partial(self._handled, run, self.epoch)
        what = f"the {listener.kind.event} handler"
        self._put(listener.handler, arguments, what, done, recall=run.recall, begins=partial(self._begins, run))

    def _handled(self, run: Run, epoch: str) -> None:
        if epoch != self.epoch:
            return
        if run.owed:
            self.inbox.finish()
            self.credit.soon()
        if run.entered:
            self._go_on(run)

    def _go_on(self, run: Run) -> None:
        """Let the next one have the lane of `run`."""
        following, more = self.lanes.leave(run)
        if following is None:
            return
        self._tell_held()
        self._start(following)
        if more and self.runtime.debug:
            self._watch(following)
        if self.left and not self.lanes.count:
            self.queue.put(partial(self.end, LEFT))

    def _drop(self, run: Run) -> None:
        """Leave out a run that has not begun."""
        if run.recall.foreseen in self.foreseen:
            self.foreseen.remove(run.recall.foreseen)
        self._handled(run, self.epoch)

    def drop_runs(self, number: int) -> None:
        """Leave out what waits to run for a listener that the application has ended."""
        for run in self.lanes.forget(number):
            self._drop(run)
        self._tell_held()

    def release(self, numbers: list[int]) -> None:
        """Let listeners go whose elements have left the document. What was made before is handled."""
        for number in numbers:
            self.listeners.remove(number)
        if self.queue.idle:
            self._released.clear()
        else:
            self._released.update(numbers)

    def _tell_held(self) -> None:
        """Have the browser hold the events of a listener for which much waits, or send them again."""
        if not self.lanes.changes:
            return
        changes, self.lanes.changes = self.lanes.changes, []
        if self.state is State.ENDED or self.overflowed:
            return
        for number, held in changes:
            # Not through write(): this is nobody's handler that could wait.
            self.outbox.write((int(Op.HOLD), number, held))
        self.outbox.flush()  # before the credit that says that there is room for more

    def _watch(self, run: Run) -> None:
        """Say so if others wait long for the run that goes on in the lane of `run`. In debug."""
        lane = run.listener.number, run.place
        told = partial(_tell_waiting, ref(self), lane, self.lanes.turn(*lane), run.listener, self.epoch)
        self.engine.call_later(_HELD_UP, told)

    def end(self, reason: str) -> None:
        """End everything this page owns. May be called again."""
        raise NotImplementedError

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

    def _make_event(self, payload: dict[str, JSON] | None) -> Event:
        payload = payload or {}
        handle = payload.get("target")
        return Event(payload, ElementWrapper(self, handle) if isinstance(handle, int) else None)

    # -- timers and subscriptions -------------------------------------------------------------------------------------------

    def add_timer(self, view: "View", seconds: float, function: Callable[[], object], *, drift: bool = True) -> Timer:
        """Start a timer that ends with the view that is active now."""

        def run(timer: Timer) -> None:
            if len(self.queue) < self.limits.events_queued and not self.runtime.pool.draining:
                self._put(function, (), "the timer", timer.start)
            else:
                timer.start()

        if self.state is State.ENDED or self.controller_view_is_not(view):
            raise BrowserGone("the view has ended; its timers have too")
        timer = Timer(self.engine, seconds, run, self._timers, drift=drift)
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
        subscription = self.runtime.subscribe(topic, partial(self._deliver, Subscriber(handler)))
        self._subscriptions.append(subscription)
        return subscription

    def _deliver(self, subscriber: Subscriber, value: Any) -> None:
        if not self.engine.in_loop_thread():
            self.engine.call_soon(partial(self._deliver, subscriber, value))
            return
        if (self.state is State.WAITING and self.ahead is None) or self.state is State.ENDED or self.overflowed:
            return
        if len(self.queue) + len(subscriber.waiting) >= self.limits.events_queued:
            self.overflow()
        elif subscriber.busy:
            subscriber.waiting.append(value)
        else:
            self._hear(subscriber, value)

    def _hear(self, subscriber: Subscriber, value: Any) -> None:
        subscriber.busy = True
        done = partial(self._heard, subscriber, self.epoch)
        arguments = (value,) if subscriber.with_value else ()
        self._put(subscriber.handler, arguments, "the subscription", done)

    def _heard(self, subscriber: Subscriber, epoch: str) -> None:
        if epoch == self.epoch and subscriber.waiting:
            self._hear(subscriber, subscriber.waiting.popleft())
        else:
            subscriber.busy = False

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
        begins: Callable[[], bool] | None = None,
    ) -> None:
        """Let `function` run when there is room, unless `begins`, which is asked then, says that it does not."""
        epoch = self.epoch
        if recall is None:
            recall = Recall(self.habit_of(function), function, self.controller.view)

        def task() -> None:
            if epoch != self.epoch or (begins is not None and not begins()):
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


def _tell_waiting(
    page: "ref[PageWork]", lane: tuple[int, Place], turn: int | None, listener: Listening, epoch: str
) -> None:
    here = page()
    if here is not None and here.epoch == epoch and here.lanes.turn(*lane) == turn:
        log.warning(
            "%s: events have waited %g s for the %s handler %s, which has not ended. A run ends before the next one of the same listener "
            'begins; while_running="parallel" lets them overlap',
            here.where,
            _HELD_UP,
            listener.kind.event,
            describe(listener.handler),
        )
