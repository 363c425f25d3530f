"""Calls that an executor was given, in the order in which they came; those with a higher priority first.

The futures are those of ``concurrent.futures``, which know nothing of SCOOP. So a call is no task of the ready
table's. The queue stands there, as a map does, while there are calls in it. What is taken out of it goes to other
workers, in chunks. It runs here only where there are none.

    submit ──> queued ──steal──> running ──result──> ended ──> its future is told, and calls the program's callbacks

A call that is queued can be cancelled; one that is running, by force (``stopped_calls.py``). If the executor is shut
down with ``cancel_futures``, all calls are cancelled that have not begun, wherever they are. Results come by the I/O
thread, which must not run a line of the program's: a deferred call unpickles them, and tells the futures.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from itertools import repeat, takewhile
from math import ceil, inf
from threading import RLock
from typing import Any, Protocol, TypeVar

from ..engine.offers.outbox import InFlight, Outbox
from ..engine.offers.ready_table import ReadyTable
from ..engine.offers.withdrawal import Givers
from ..engine.process.signal_safety import calls_program, indivisible
from ..engine.results import future as f
from ..engine.results.arguments import find_futures, may_hold_futures
from ..engine.results.call_future import CallFuture
from ..engine.tasks.async_function import AsyncFunction
from ..engine.tasks.cost_model import CostModel
from ..engine.tasks.task import TaskOptions
from ..tuning import TUNING
from ..wire.messages import Message
from .calls_in_flight import CallChunk, EndedCalls, LoneCall, SubmittedCall
from .coroutine_map import fair_share
from .dependent_calls import DependentCalls
from .row_functions import call_outcome
from .steal_policy import Situation, plan_steal
from .stopped_calls import stop_call

__all__ = ["CallQueue"]

T = TypeVar("T")

_log = logging.getLogger("scoop.run")


class CallScheduler(Protocol):
    """The parts of the scheduler that the queue needs."""

    size: int
    retries: int
    ready: ReadyTable
    costs: CostModel
    refusal: Exception | None
    outbox: Outbox

    @property
    def stealing(self) -> Givers: ...
    def send(self, message: Message, /) -> None: ...
    def others_wait(self) -> bool: ...
    def look_again(self) -> None: ...
    def give(self) -> None: ...
    def offer(self, future: f.Future, /) -> None: ...
    def defer(self, call: Callable[[], object], /) -> None: ...
    def discard(self, thing: object, /) -> None: ...
    def send_suspects(self, tasks: Sequence[InFlight], /) -> None: ...


class CallQueue:
    """The calls that were submitted to one executor."""

    begins_coroutines = False

    def __init__(self, scheduler: CallScheduler) -> None:
        self._scheduler = scheduler
        self._lock = RLock()  # reentrant: a finalizer may submit or cancel at any moment
        self._calls: deque[SubmittedCall] = deque()
        self._taken: deque[CallChunk | LoneCall] = deque()  # that had no room in the last batch
        self._ended: deque[EndedCalls] = deque()
        self._closed: Exception | None = None  # why no call is taken any more
        self._is_giving = self._is_telling = False  # a deferred call is on its way
        self._is_withdrawn = False  # nothing begins any more
        self._dependents = DependentCalls(scheduler, self._put_late)

    # -- for the executor -----------------------------------------------------------------------------------------

    def submit(
        self, function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any], options: TaskOptions
    ) -> CallFuture[T]:
        """Put a call at the end; return its future. Raises why none is taken any more, if so."""
        scheduler = self._scheduler
        if self._closed is not None or scheduler.refusal is not None:
            self.check()  # which raises
        if may_hold_futures(args, kwargs):
            (args, kwargs), dependencies = find_futures(args, kwargs)
            if dependencies:
                return self._dependents.submit(function, args, kwargs, options, dependencies)
        # Before the call is put there, after which all may end at any moment. Of a wish that comes between, the I/O
        # thread knows.
        asked = not self._is_giving and scheduler.others_wait()
        future: CallFuture[T] = CallFuture()
        self._put(SubmittedCall(future, function, args, kwargs, options))
        if scheduler.refusal is not None:  # meanwhile: this thread, or the one that refuses, sees both
            self.refuse(scheduler.refusal)
        elif asked:
            self._give_soon()
        return future

    def _put_late(self, call: SubmittedCall) -> None:
        """Put a call there that was submitted before, and had to wait for others."""
        self._put(call, late=True)
        if self._is_withdrawn:  # perhaps meanwhile: this thread, or the one that withdraws, sees both
            self.withdraw()
        elif self._scheduler.refusal is not None:  # as above
            self.refuse(self._scheduler.refusal)
        elif not self._is_giving and self._scheduler.others_wait():
            self._give_soon()

    def check(self) -> None:
        """Raise why no call is taken any more, if so."""
        if (reason := self._scheduler.refusal or self._closed) is not None:
            raise reason.with_traceback(None)

    @indivisible
    def close(self, reason: Exception, cancel: bool) -> None:
        """Take no more calls; ``cancel``: nor any that were submitted before, and wait for others."""
        with self._lock:
            self._closed = self._closed or reason
            self._is_withdrawn = self._is_withdrawn or cancel

    def withdraw(self) -> None:
        """Cancel all calls that have not been sent, and those that come back, or are put here late."""
        self._is_withdrawn = True
        for call in self._pop(len(self._calls)):
            call.future.cancel()
            call.future.set_running_or_notify_cancel()
        while (taken := self._next_taken()) is not None:
            for call in taken.take_all():
                call.future.end_unbegun()
        self._note_left()

    def stop(self, future: CallFuture[Any]) -> None:
        """Have a call end that was sent to a worker, by force if it has begun; return when it has ended."""
        stop_call(self._scheduler, future)

    def refuse(self, error: Exception) -> None:
        """Fail all calls that are queued."""
        for call in self._pop(len(self._calls)):
            if call.future.set_running_or_notify_cancel():
                self.ended(EndedCalls([call], None, lambda: (False, error)))
        while (taken := self._next_taken()) is not None:
            taken.abandoned(error, self._scheduler)

    # -- for the scheduler: see OpenMap in ready_table.py ----------------------------------------------------------

    def steal(self, wanted: int) -> Sequence[InFlight]:
        """Take calls for other workers, of which so many wait: as many as keep them busy for a moment."""
        self._is_giving = False
        if not self._taken:
            rows, most = self._plan(wanted)
            self._taken.extend(self._in_flight(group) for group in _groups(self._pop(rows), most))
        return [*self._taken]

    def sending(self, chunks: Sequence[InFlight]) -> Iterator[InFlight]:
        """Yield what was stolen; what is not taken from the iterator stays."""
        try:
            for _ in chunks:
                if (taken := self._next_taken()) is not None:
                    yield taken
        finally:
            self._note_left()
            if self._scheduler.refusal is not None:  # meanwhile: this thread, or the one that refuses, sees both
                self.refuse(self._scheduler.refusal)

    def run_next(self, only_kept: bool) -> bool:
        """Run the next calls here, since there are no other workers; return whether there were any."""
        if only_kept:
            return False
        taken = self._next_taken()
        calls = taken.take_all() if taken else self._pop(1)
        self._note_left()
        for call in calls:
            if taken or call.future.set_running_or_notify_cancel():
                _run(call)
        return bool(calls)

    def seconds_left(self) -> float | None:
        """Return how long the calls would take: that is not known."""
        return None

    # -- for chunks -----------------------------------------------------------------------------------------------

    def ended(self, ended: EndedCalls) -> None:
        """Have the futures of calls told what has become of them."""
        self._ended.append(ended)
        if not self._is_telling:
            self._is_telling = True
            self._scheduler.defer(self._tell)

    def send_singly(self, calls: Sequence[SubmittedCall]) -> None:
        """Send calls anew, one by one, save those that are not wanted."""
        if wanted := self._still_wanted(calls):
            self._taken.extend(LoneCall(self, call) for call in wanted)
            self._note_left()
            self._give_soon()

    def resend_suspects(self, calls: Sequence[SubmittedCall]) -> None:
        """Send calls anew whose worker died: singly, so that the one that kills is the only one lost."""
        suspects = [LoneCall(self, self._once_tried(call)) for call in self._still_wanted(calls)]
        self._scheduler.send_suspects(suspects)

    def note_seconds(self, function: Callable[..., Any], seconds: float) -> None:
        """Remember what a call took."""
        self._scheduler.costs.note_seconds(function, seconds)

    # -- the rest -------------------------------------------------------------------------------------------------

    def _plan(self, wanted: int) -> tuple[int, int]:
        """Return how many calls to take now, and how many to put in a chunk at most."""
        try:
            function = self._calls[0].function
        except IndexError:  # they were withdrawn meanwhile
            return 0, 1
        if type(function) is AsyncFunction:
            return fair_share(len(self._calls), wanted, self._scheduler.size), 1
        rows, costs, size = max(1, len(self._calls)), self._scheduler.costs, self._scheduler.size
        known = costs.seconds(function), costs.bytes(function)
        plan = plan_steal(Situation(rows, *known, size, wanted, inf, 0.0, at_hand=False, left=True), TUNING)
        # Two for each worker that waits: one to run, and one that is there when that has ended.
        pieces = max(plan.pieces, min(plan.rows, 2 * wanted))
        most = min(ceil(plan.rows / pieces), TUNING.most_calls_in_piece)
        return min(plan.rows, most * pieces), most

    def _in_flight(self, calls: Sequence[SubmittedCall]) -> CallChunk | LoneCall:
        return CallChunk(self, calls) if len(calls) > 1 else LoneCall(self, calls[0])

    def _next_taken(self) -> CallChunk | LoneCall | None:
        try:
            return self._taken.popleft()
        except IndexError:
            return None

    def _once_tried(self, call: SubmittedCall) -> SubmittedCall:
        options = call.options
        retries = self._scheduler.retries if options.retries is None else options.retries
        return call._replace(options=options._replace(retries=retries - 1, tries_before=1))

    def _still_wanted(self, calls: Sequence[SubmittedCall]) -> list[SubmittedCall]:
        """Return those of some calls that are wanted; have the others' futures told that they are cancelled."""
        for call in calls:
            if call.future.is_unwanted:
                self._scheduler.defer(call.future.end_unbegun)
        return [call for call in calls if not call.future.is_unwanted]

    def _give_soon(self) -> None:
        self._is_giving = True
        self._scheduler.defer(self._give)

    def _give(self) -> None:
        self._is_giving = False
        self._scheduler.give()

    def _tell(self) -> None:
        """Tell the futures of calls that have ended. While a callback of the program's takes long, others go on."""
        self._is_telling = False
        while (ended := self._next_ended()) is not None:
            for call, (ok, value) in zip(ended.calls, _outcomes(ended), strict=False):
                if ok or value is not None:
                    _tell_future(call.future, ok, value)
                else:  # another call of its chunk was cancelled, or this one
                    self.send_singly([call])

    def _next_ended(self) -> EndedCalls | None:
        try:
            return self._ended.popleft()
        except IndexError:
            return None

    @indivisible
    def _put(self, call: SubmittedCall, late: bool = False) -> None:
        with self._lock:
            if self._closed is not None and not late:
                raise self._closed.with_traceback(None)
            call.future.owner = self
            if priority := call.options.priority:
                before = sum(1 for _ in takewhile(lambda each: each.options.priority >= priority, self._calls))
                self._calls.insert(before, call)
            else:
                self._calls.append(call)
            self._scheduler.ready.tasks[self] = True  # each time: Ctrl-C may have struck between the two

    @indivisible
    def _pop(self, most: int) -> list[SubmittedCall]:
        """Take out the oldest calls, up to so many."""
        with self._lock:
            taken = [self._calls.popleft() for _ in range(min(most, len(self._calls)))]
            self._note_left()
            return taken

    @indivisible
    def _note_left(self) -> None:
        """Be in the table of what is ready while there are calls."""
        with self._lock:
            if self._calls or self._taken:
                self._scheduler.ready.tasks[self] = True
            else:
                self._scheduler.ready.tasks.pop(self, None)


def _groups(calls: Sequence[SubmittedCall], most: int) -> Iterator[list[SubmittedCall]]:
    """Put calls together that have the same function and options, up to so many; leave out what is cancelled."""
    groups: dict[int, list[SubmittedCall]] = {}
    for call in calls:
        if not call.future.set_running_or_notify_cancel():
            continue
        group = groups.get(id(call.function))
        if group is not None and (len(group) >= most or call.options != group[0].options):
            yield groups.pop(id(call.function))
            group = None
        if group is None:
            group = groups[id(call.function)] = []
        group.append(call)
        if _goes_alone(call):
            yield groups.pop(id(call.function))
    yield from groups.values()


def _goes_alone(call: SubmittedCall) -> bool:
    """Return whether it must not be lost with others, since it must not run twice or may be ended, or not wait."""
    options = call.options
    return options.retries == 0 or options.leaves or type(call.function) is AsyncFunction


def _outcomes(ended: EndedCalls) -> Iterator[tuple[bool, Any]]:
    """Yield of each call whether it has returned, and what; else what it has raised."""
    if ended.outcome is not None:
        for _ in ended.calls:
            yield ended.outcome()
    if ended.segment is not None:
        segment = ended.segment.unpack()
        yield from map(call_outcome, segment.values)
        yield from repeat((False, segment.error))  # what came could not be unpickled


@calls_program
def _run(call: SubmittedCall) -> None:
    try:
        ok, value = True, call.function(*call.args, **call.kwargs)
    except BaseException as error:
        ok, value = False, error
    _tell_future(call.future, ok, value)


@calls_program
def _tell_future(future: Future[Any], ok: bool, value: Any) -> None:
    """Tell a future what has become of its call, which calls the program's callbacks."""
    try:
        if ok:
            future.set_result(value)
        else:
            future.set_exception(value)
    except BaseException:  # of a callback's: ordinary ones the future itself has logged
        _log.exception("scoop: a callback raised an exception, which is ignored")
