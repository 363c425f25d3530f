"""Calls that an executor was given, in the order in which they came, and on their way to other workers and back.

The futures are those of ``concurrent.futures``, which know nothing of SCOOP. So a call is no task of the ready
table's. The queue stands there, as a map does, while there are calls in it. What is taken out of it goes to other
workers. It runs here only where there are none.

    submit ──> queued ──steal──> running ──outcome──> ended ──> its future is told, and calls the program's callbacks

A call that is queued can be cancelled. Outcomes come by the I/O thread, which must not run a line of the program's: a
deferred call unpickles them, and tells the futures.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from threading import RLock
from typing import Any, Protocol

from ..tuning import TUNING
from .callbacks import Deferred
from .cost_model import CostModel
from .future import TaskCall
from .outbox import Arrived, InFlight
from .outcomes import unpack_outcome
from .ready_table import ReadyTable
from .signal_safety import calls_program, indivisible
from .task import TaskOptions

__all__ = ["CallQueue"]

_log = logging.getLogger("scoop.run")

Outcome = Callable[[], tuple[bool, Any]]
"""Returns whether the call has returned, and what; or else what it has raised."""


class Giver(Protocol):
    """What the queue needs of the scheduler."""

    ready: ReadyTable
    costs: CostModel

    @property
    def refusal(self) -> Exception | None: ...
    def others_wait(self) -> bool: ...
    def give(self) -> None: ...
    def defer(self, call: Callable[[], object], /) -> None: ...


class SubmittedCall:
    """A call, and the future that is told what becomes of it: what the outbox sends."""

    __slots__ = ("_end", "call", "future", "options")

    is_chunk = False
    must_travel = True

    def __init__(
        self,
        future: Future[Any],
        call: TaskCall,
        options: TaskOptions,
        end: Callable[["SubmittedCall", Outcome], None],
    ) -> None:
        self.future = future
        self.call = call
        self.options = options
        self._end = end

    def universal_callbacks(self) -> Sequence[Callable[..., object]]:
        return ()

    def sent_as(self, batch: int, number: int) -> None:
        """Hear under which name it was sent."""

    def cannot_travel(self) -> None:
        raise AssertionError("it must travel")

    def withdraw(self) -> None:
        """Hear that the program wants nothing more: what was sent is not called back."""

    # -- what comes back, mostly by the I/O thread: so the outcome is not looked at here ---------------------------

    def arrived(self, packed: Arrived, deferred: Deferred) -> None:  # noqa: ARG002
        self._end(self, lambda: unpack_outcome(*packed))

    def arrived_in_part(self, packed: Arrived, deferred: Deferred) -> None:
        """Hear of some rows: only chunks have any."""

    def dropped(self, deferred: Deferred) -> None:  # noqa: ARG002
        raise AssertionError("it is never called back")

    def lost(self, error: Callable[[], Exception], deferred: Deferred) -> None:  # noqa: ARG002
        self._end(self, lambda: (False, error()))

    def abandoned(self, error: Exception, deferred: Deferred) -> None:  # noqa: ARG002
        self._end(self, lambda: (False, error))

    @calls_program
    def tell(self, outcome: Outcome) -> None:
        """Tell the future, which calls the program's callbacks; then let go of all."""
        future = self.future
        del self.future, self.call  # or the I/O thread, whose frame may hold this one, would drop them
        ok, value = outcome()
        if ok:
            future.set_result(value)
        else:
            future.set_exception(value)


class CallQueue:
    """The calls that were submitted to one executor."""

    def __init__(self, scheduler: Giver) -> None:
        self._scheduler = scheduler
        self._lock = RLock()  # reentrant: a finalizer may submit or cancel at any moment
        self._calls: deque[SubmittedCall] = deque()
        self._ended: deque[tuple[SubmittedCall, Outcome]] = deque()
        self._closed: Exception | None = None  # why no call is taken any more
        self._is_giving = self._is_telling = False  # a deferred call is on its way

    # -- for the executor -----------------------------------------------------------------------------------------

    def submit(self, future: Future[Any], call: TaskCall, options: TaskOptions) -> None:
        """Put a call at the end. Raises why none is taken any more, if so."""
        scheduler = self._scheduler
        if self._closed is not None or scheduler.refusal is not None:
            self.check()  # which raises
        # Before the call is put there, after which all may end at any moment. Of a wish that comes between, the I/O
        # thread knows.
        asked = scheduler.others_wait() and not self._is_giving
        self._put(SubmittedCall(future, call, options, self._end))
        if scheduler.refusal is not None:  # meanwhile: this thread, or the one that refuses, sees both
            self.refuse(scheduler.refusal)
        elif asked:
            self._is_giving = True
            scheduler.defer(self._give)

    def check(self) -> None:
        """Raise why no call is taken any more, if so."""
        if (reason := self._scheduler.refusal or self._closed) is not None:
            raise reason.with_traceback(None)

    @indivisible
    def close(self, reason: Exception) -> None:
        """Take no more calls."""
        with self._lock:
            self._closed = self._closed or reason

    def withdraw(self) -> None:
        """Cancel all calls that are queued."""
        while (call := self._pop()) is not None:
            call.future.cancel()
            call.future.set_running_or_notify_cancel()

    def refuse(self, error: Exception) -> None:
        """Fail all calls that are queued."""
        while (call := self._pop_wanted()) is not None:
            self._end(call, lambda: (False, error))

    # -- for the scheduler: see OpenMap in ready_table.py ----------------------------------------------------------

    def steal(self, wanted: int) -> Sequence[InFlight]:
        """Take calls for other workers, of which so many wait: as many as keep them busy for a moment."""
        left = wanted * TUNING.calls_ahead_seconds
        taken: list[InFlight] = []
        while left > 0 and len(taken) < TUNING.batch_tasks and (call := self._pop()) is not None:
            seconds = self._scheduler.costs.seconds(call.call[0])
            left -= TUNING.calls_ahead_seconds / 2 if seconds is None else seconds
            taken.append(call)
        return taken

    def sending(self, calls: Sequence[InFlight]) -> Iterator[InFlight]:
        """Yield what was stolen and is not cancelled; put back what is not taken from the iterator."""
        left = deque(call for call in calls if isinstance(call, SubmittedCall))
        try:
            while left:
                call = left.popleft()
                if call.future.set_running_or_notify_cancel():
                    yield call
        finally:
            self._put_back(left)

    def run_next(self, only_kept: bool) -> bool:
        """Run the next call here, since there are no other workers; return whether there was one."""
        call = None if only_kept else self._pop_wanted()
        if call is None:
            return False
        call.tell(partial(_outcome_of, call.call))
        return True

    def seconds_left(self) -> float | None:
        """Return how long the calls would take: that is not known."""
        return None

    # -- the rest -------------------------------------------------------------------------------------------------

    def _give(self) -> None:
        self._is_giving = False
        self._scheduler.give()

    def _end(self, call: SubmittedCall, outcome: Outcome) -> None:
        self._ended.append((call, outcome))
        if not self._is_telling:
            self._is_telling = True
            self._scheduler.defer(self._tell)

    def _tell(self) -> None:
        """Tell the futures of calls that have ended. While a callback of the program's takes long, others go on."""
        self._is_telling = False
        while (ended := self._take_ended()) is not None:
            call, outcome = ended
            try:
                call.tell(outcome)
            except BaseException:  # of a callback's: ordinary ones the future itself has logged
                _log.exception("scoop: a callback raised an exception, which is ignored")

    def _take_ended(self) -> tuple[SubmittedCall, Outcome] | None:
        try:
            return self._ended.popleft()
        except IndexError:
            return None

    @indivisible
    def _put(self, call: SubmittedCall) -> None:
        with self._lock:
            if self._closed is not None:
                raise self._closed.with_traceback(None)
            self._calls.append(call)
            self._scheduler.ready.tasks.setdefault(self, True)

    @indivisible
    def _put_back(self, calls: Sequence[SubmittedCall]) -> None:
        with self._lock:
            self._calls.extendleft(reversed(calls))
            self._note_empty()

    @indivisible
    def _pop(self) -> SubmittedCall | None:
        with self._lock:
            call = self._calls.popleft() if self._calls else None
            self._note_empty()
            return call

    def _pop_wanted(self) -> SubmittedCall | None:
        """Take the next call that is not cancelled."""
        while (call := self._pop()) is not None and not call.future.set_running_or_notify_cancel():
            pass
        return call

    def _note_empty(self) -> None:
        tasks = self._scheduler.ready.tasks
        if self._calls:
            tasks.setdefault(self, True)
        else:
            tasks.pop(self, None)


@calls_program
def _outcome_of(call: TaskCall) -> tuple[bool, Any]:
    function, args, kwargs = call
    try:
        return True, function(*args, **kwargs)
    except BaseException as error:
        return False, error
