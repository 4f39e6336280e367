"""The channel of a page: what its elements do with it. Writes are gathered, reads are asked, listeners are kept."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from pycommunicate.engine import Engine
from pycommunicate.errors import BrowserGone, NotConnected, ProtocolError
from pycommunicate.protocol.limits import Limits
from pycommunicate.protocol.messages import HANDLE, VALUE, Answer, check_answers
from pycommunicate.protocol.operations import Op, Operation
from pycommunicate.protocol.values import JSON
from pycommunicate.proxies.channel import Named
from pycommunicate.proxies.dom.listener import Terms
from pycommunicate.server.connection.ahead import Ahead
from pycommunicate.server.connection.credit import Credit
from pycommunicate.server.connection.foresight.answers import (
    Circumstances,
    Foreseen,
    Key,
    Taken,
    Told,
    answers_of,
    arguments_told,
    tell,
)
from pycommunicate.server.connection.foresight.habits import Habit, Question, arguments_of
from pycommunicate.server.connection.foresight.recall import Recall
from pycommunicate.server.connection.inbox import Inbox
from pycommunicate.server.connection.listeners import Listeners
from pycommunicate.server.connection.outbox import OPERATION_BYTES, Outbox
from pycommunicate.server.connection.pressure import Pressure
from pycommunicate.server.connection.reads import Reads
from pycommunicate.server.connection.resume import new_id
from pycommunicate.server.connection.runtime import LEFT, State
from pycommunicate.server.current import running

_NO_OPERANDS: list[Any] = []
_KNOWN: tuple[tuple[str, ...], list[Any]] = ((), _NO_OPERANDS)
_WAITING, _ENDED = State.WAITING, State.ENDED  # looked up for each operation


class PageChannel:
    """Implements `Channel`. The one sender of its page, and the owner of what is on its way in either direction."""

    def __init__(self, engine: Engine, limits: Limits) -> None:
        self.engine = engine
        self.limits = limits
        self._ident, self._thread = engine.ident, engine.thread
        self.state = State.WAITING
        self.epoch = new_id()
        self.inbox = Inbox(limits.events_queued)
        self.credit = Credit(engine, self.inbox)
        self.credit.begin(self.epoch)
        self.outbox = Outbox(engine, limits, self.credit.tell)
        self.outbox.begin(self.epoch)
        self.pressure = Pressure(engine, self.outbox, limits.overflow_deadline)
        self.reads = Reads(engine, limits)
        self.listeners = Listeners()
        self.new_handle = self.listeners.new_handle
        self.overflowed = False
        self.left = False
        """Whether the person has left the page. Events that came before may still be handled; nobody answers a read."""
        self.told: dict[Habit, Told | None] = {}
        """The habits of this page's listeners, and what the browser was told to ask along for them."""
        self.foreseen: list[Foreseen] = []
        """The answers that handlers which run now may use."""
        self._version = 0
        self.ahead: Ahead | None = None
        """What is known before the socket comes, where `load()` runs ahead of it."""

    # -- Channel ----------------------------------------------------------------------------------------------------------

    def write(self, operation: Operation) -> None:
        """Append an operation. See `Channel.write`."""
        outbox = self.outbox
        last = operation[-1]
        size = outbox.size + (OPERATION_BYTES + len(last) if type(last) is str else OPERATION_BYTES)
        if size < outbox.quiet and self._ident() == self._thread:  # nearly always
            outbox.size = size
            outbox.pending.append(operation)
            return
        self._write(operation)

    def _write(self, operation: Operation) -> None:
        if self._ident() != self._thread:
            self.engine.call_soon(partial(self._write_from_thread, operation))
            return
        if self.state is _WAITING or self.state is _ENDED:
            self.refuse()
        if not self.overflowed and (self.outbox.write(operation) or self.outbox.full):
            self._slow_down()

    def measure_writes(self) -> None:
        """Count what each run writes. In debug; without it, nothing of it is in the way of a write."""
        write = self.write

        def counted(operation: Operation) -> None:
            recall = self._recall()
            if recall is not None and recall.cost is not None:
                recall.cost.wrote(operation)
            write(operation)

        self.write = counted  # type: ignore[method-assign]

    def ask(self, code: int, *arguments: object) -> JSON:
        """Ask the browser. See `Channel.ask`."""
        answer = self.ask_for_element(code, *arguments)
        return None if isinstance(answer, Named) else answer

    def ask_for_element(self, code: int, *arguments: object) -> JSON | Named:
        """Ask the browser. See `Channel.ask_for_element`."""
        answer: JSON | Named
        if not self.engine.in_loop_thread():
            answer = self.engine.from_thread(partial(self.ask_for_element, code, *arguments))
            return answer
        if self.ahead is not None and code == Op.EXISTS and self._find_ahead(str(arguments[0])) is not None:
            return True
        self._check_live()
        recall = self._recall()
        if recall is None:
            answer = self.reads.ask(code, arguments, self.send_read)
            return answer
        key = (int(code), *arguments)
        taken = recall.look_up(key)
        if taken is not None:
            return taken.status == HANDLE if code == Op.EXISTS else _answer(taken)
        answer, _question = self._ask(recall, key, code, arguments)
        return answer

    def find(self, selector: str) -> int | None:
        """Find an element. See `Channel.find`."""
        if not self.engine.in_loop_thread():
            found: int | None = self.engine.from_thread(partial(self.find, selector))
            return found
        if self.ahead is not None:
            found = self._find_ahead(selector)
            if found is not None:
                return found or self._name_ahead(selector)
        self._check_live()
        recall = self._recall()
        key = (int(Op.FIND), selector)
        taken = recall.look_up(key) if recall is not None else None
        if taken is not None:
            answer = _answer(taken)
            return int(answer) if isinstance(answer, Named) else None
        handle = self.new_handle()
        question = None
        if recall is None:
            answer = self.reads.ask(Op.FIND, (handle, selector), self.send_read)
        else:
            answer, question = self._ask(recall, key, Op.FIND, (handle, selector))
        if isinstance(answer, Named):  # the element has a handle already
            handle = int(answer)
        elif answer is not True:
            return None
        if recall is not None:
            recall.found(question, handle)
        return handle

    def parent_of(self, handle: int) -> int:
        """Return the handle of the element around `handle`, 0 where it is not known."""
        return self.listeners.parent_of(handle)

    def listen(self, handle: int, handler: Callable[..., object], terms: Terms) -> tuple[int, list[Any] | None]:
        """Keep a listener until it is removed or its view ends. See `Channel.listen`."""
        habit = self.habit_of(handler)
        number = self.listeners.new_number()
        if self._ident() == self._thread:
            self.listeners.keep(number, handle, handler, terms, habit)
        else:  # before its operation, which takes the same way
            self.engine.call_soon(partial(self._keep_from_thread, self.epoch, number, handle, handler, terms, habit))
        if habit is None:
            return number, None
        if habit not in self.told:
            self.told[habit] = None
        if not habit.questions:
            return number, None
        return number, [habit.number, *self._operands(habit, number, handler)]

    def habit_of(self, function: Any) -> Habit | None:
        """Return what is known of such a function's questions."""
        raise NotImplementedError

    @property
    def active_view(self) -> Any:
        """The view whose handlers run."""
        raise NotImplementedError

    def forget(self, number: int) -> None:
        """Let a listener go."""
        if self.listeners.remove(number):
            self.drop_runs(number)
            self.write((int(Op.UNLISTEN), number))

    def forget_element(self, handle: int, *, inside: bool = False) -> None:
        """Let go of the listeners in and on an element that is being deleted."""
        for number in self.listeners.remove_within(handle, inside=inside):
            self.drop_runs(number)

    def drop_runs(self, number: int) -> None:
        """Leave out what waits to run for a listener that the application has ended."""
        raise NotImplementedError

    # -- ahead of the socket --------------------------------------------------------------------------------------------------

    def _find_ahead(self, selector: str) -> int | None:
        if self.state is not State.WAITING or self.ahead is None or self.overflowed:
            return None
        return self.ahead.find(selector, self.outbox)

    def _name_ahead(self, selector: str) -> int:
        handle = self.new_handle()
        if self.ahead is not None:
            self.ahead.named(selector, handle)
        recall = self._recall()
        if recall is not None:
            recall.known_ahead(selector, handle, self.epoch)
        self.write((int(Op.BIND), handle, selector))
        return handle

    def await_socket(self) -> None:
        """Wait for the socket, where `load()` runs ahead of it."""
        ahead = self.ahead
        if self.state is State.WAITING and ahead is not None:
            ahead.paused.set()
            ahead.arrived.wait()

    # -- what is asked --------------------------------------------------------------------------------------------------------

    def _check_live(self) -> None:
        self.await_socket()
        if self.state is State.WAITING or self.state is State.ENDED:
            self.refuse()
        if self.left:
            raise BrowserGone(LEFT)
        if self.overflowed:
            raise BrowserGone("the page is being mounted anew")

    def _recall(self) -> Recall | None:
        current = running()
        return current.recall if current is not None and current.page is self else None

    def _ask(self, recall: Recall, key: Key, code: int, arguments: tuple[object, ...]) -> tuple[Any, Question | None]:
        """Ask, and in the same message what else such a run asks."""
        question = recall.asks(key, self.epoch)
        recall.trips += 1
        if recall.cost is not None:
            recall.cost.asked()
        tag = self._gather(recall)
        try:
            return self.reads.ask(code, arguments, self.send_read), question
        finally:
            self.reads.forget(tag)

    def _gather(self, recall: Recall) -> int:
        habit = recall.habit
        if habit is None or habit.questions == () or recall.asked.keys() >= set(habit.questions):
            return 0
        epoch, circumstances = self.epoch, recall.circumstances
        told = tell(habit, 0, circumstances, epoch)
        operands = arguments_told(habit.sources, circumstances.arguments, epoch)

        def take(answer: Answer) -> None:
            with suppress(ProtocolError):
                if epoch == self.epoch and answer.status == VALUE:
                    answers = check_answers(answer.value, self.listeners.last_handle)
                    self._foresee(recall, told, circumstances, operands, answers, answer.applied, ahead=1)

        return self.reads.ask_along(Op.GATHER, (told.reads, operands, circumstances.matched), self.outbox.write, take)

    def _foresee(
        self,
        recall: Recall,
        told: Told,
        circumstances: Circumstances,
        operands: list[Any],
        answers: list[JSON],
        applied: int,
        *,
        ahead: int = 0,
    ) -> None:
        """Let a run know the answers that the browser gave after operation `applied`."""
        if recall.foreseen in self.foreseen:
            self.foreseen.remove(recall.foreseen)
        known = answers_of(told, circumstances, operands, answers)
        for taken in known.values():
            for handle in taken.around:
                self.reads.named(handle)
        recall.foreseen = Foreseen(known, self.outbox, self.reads, applied, self.limits.foreseen, ahead=ahead)
        self.foreseen.append(recall.foreseen)

    def _acknowledge(self, applied: int) -> None:
        for foreseen in self.foreseen:
            foreseen.catch_up()
        self.outbox.acknowledge(applied)

    def foretell(self) -> None:
        """Have the browser ask along with its events what their handlers are known to ask."""
        if (self.state is State.WAITING and self.ahead is None) or self.state is State.ENDED or self.overflowed:
            return
        for habit, told in self.told.items():
            if habit.questions and (told is None or told.known is not habit.questions):
                self._foretell(habit, told)

    def _foretell(self, habit: Habit, before: Told | None) -> None:
        circumstances = Circumstances({}, None, {}, vars(self.active_view))
        told = tell(habit, self._version + 1, circumstances, self.epoch)
        listeners: list[Any] = []
        for number, handler in self.listeners.with_habit(habit):
            known = self.listeners.operands.get(number)
            if known is None or known[0] != habit.sources:
                operands = self._operands(habit, number, handler)
                listeners.append([number, *operands] if operands else number)
        if before is not None and before.reads == told.reads and not listeners:
            self.told[habit] = told._replace(version=before.version)
            return
        self._version += 1
        self.told[habit] = told
        # Not through write(): this is nobody's handler that could wait, and no reason to give up a page that is behind.
        self.outbox.write((int(Op.FORETELL), habit.number, told.version, told.reads, listeners))

    def _operands(self, habit: Habit, number: int, handler: Callable[..., object]) -> list[Any]:
        operands = arguments_told(habit.sources, arguments_of(handler), self.epoch) if habit.sources else _NO_OPERANDS
        self.listeners.operands[number] = (habit.sources, operands) if operands else _KNOWN
        return operands

    # -- for the page -------------------------------------------------------------------------------------------------------

    def begin_epoch(self, reason: str) -> None:
        """Start a new epoch: what is on its way belongs to the one before and ends, with `reason`."""
        self.epoch = new_id()
        self.outbox.flush()
        self.outbox.begin(self.epoch)
        self.inbox.begin()
        self.credit.begin(self.epoch)
        self.listeners.begin()
        self.reads.end(reason)
        self.reads.latest_name = 0
        self.told.clear()
        for foreseen in self.foreseen:
            foreseen.drop()
        self.foreseen.clear()

    def send_read(self, operation: Operation) -> int:
        """Send a read with everything before it; return its number."""
        self.outbox.write(operation)
        self.outbox.flush()
        return self.outbox.sent_up_to

    def overflow(self) -> None:
        """Give up what the browser has not applied."""
        raise NotImplementedError

    def refuse(self) -> None:
        """Raise what tells why there is nobody to write to, if there is nobody: `load()` may run ahead of the socket."""
        if self.state is State.WAITING and self.ahead is not None:
            return
        if self.state is State.ENDED:
            raise BrowserGone(LEFT)
        message = (
            "there is no page in the browser yet: elements, change_view() and reads work from load() on, "
            "and only where the page's HTML contains add_includes()"
        )
        raise NotConnected(message)

    def _keep_from_thread(self, epoch: str, *listener: Any) -> None:
        if epoch == self.epoch:
            self.listeners.keep(*listener)

    def _write_from_thread(self, operation: Operation) -> None:
        if self.state in (State.LIVE, State.LOST) and not self.overflowed:
            self.outbox.write(operation)
            if self.outbox.full:
                self.overflow()

    def _slow_down(self) -> None:
        current = running()
        own = current is not None and current.page is self
        if not self.outbox.full:
            if own and current is not None and current.loading:
                self.engine.sleep(0)  # so that the browser works on the first rows while the rest is being built
        elif not own:
            self.overflow()
        else:
            epoch = self.epoch
            if not self.pressure.wait(lambda: self.epoch == epoch):
                self.overflow()
                raise BrowserGone("the browser has stopped applying what is written")


def _answer(taken: Taken) -> Any:
    return Named(taken.value) if taken.status == HANDLE else taken.value
