"""Helper threads run tasks in the place of threads that cannot.

A thread that waits with a deadline must wake in time, so it cannot run a task meanwhile. A thread of the program's
own has no fibers to suspend. A thread that polls never enters the scheduler. The program's main thread is to go on as
soon as a result is there. As in fork-join pools, a helper thread is there whenever such a thread is blocked and some
work is left: at least one of the threads that run tasks is neither blocked nor polling. More than one would only take
the interpreter's lock from each other.

Helper threads also make deferred calls: callbacks of what ended elsewhere, and all else that the I/O thread must not
run. No helper thread is started before it is needed.
"""

import logging
from _contextvars import Context
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf
from threading import RLock, Thread, current_thread
from time import monotonic, process_time
from typing import Protocol

from ...tuning import TUNING
from .. import runtime
from ..process.signal_safety import indivisible
from .fibers import Fibers, WakeEvent
from .idle import IdleTracker

__all__ = ["HelperThreads"]

_log = logging.getLogger("scoop.run")

DeferredCall = Callable[[], object]


class Worker(Protocol):
    """The parts of the scheduler that helper threads need."""

    @property
    def leaves_tasks(self) -> bool: ...
    def has_work(self) -> bool: ...
    def run_next(self, fibers: Fibers) -> bool: ...
    def rest(self, fibers: Fibers) -> None: ...
    def adopt(self, fibers: Fibers) -> None: ...
    def wake(self) -> None: ...


class HelperThreads:
    """The helper threads of one process.

    Parameters:
        worker: the scheduler.
        idle: what the broker is told.
        new_event: makes what a thread sleeps on.
        context: returns a copy of the main thread's context variables.
        clock: seconds.
        alone: whether there is no other worker that could take what is on offer.
    """

    def __init__(
        self,
        worker: Worker,
        idle: IdleTracker,
        new_event: Callable[[], WakeEvent],
        context: Callable[[], Context],
        clock: Callable[[], float] = monotonic,
        alone: bool = True,
    ) -> None:
        self.deferred: deque[DeferredCall] = deque()
        self._worker = worker
        self._tracker = idle
        self._new_event = new_event
        self._context = context
        self._lock = RLock()
        self._blocked = 0  # threads that sleep in a wait, and want their work done by another
        self._pollers: dict[Fibers | None, float] = {}  # and those that poll, with the time of the last look
        self._program_waits = False  # by its own means, while no other process could run its tasks
        self._clock = clock
        self._alone = alone
        self._nothing_taken_since = inf  # by other workers, while a thread polls
        self._fibers: set[Fibers] = set()
        self._idle: set[Fibers] = set()  # helpers between two tasks, with nothing to do
        self._working: set[Fibers | None] = set()  # those that run tasks, or look for one, and are not blocked
        self._threads: list[Thread] = []
        self._starting = 0
        self._steps = 0  # tasks begun or ended by helpers
        self._last_look = (0, 0.0, 0.0)  # at that number, when, and how long the process had computed by then
        self._making = 0  # deferred calls begun and not ended, by any thread

    # -- deferred calls -----------------------------------------------------------------------------------------

    def defer(self, call: DeferredCall) -> None:
        """Have a helper thread, or the main thread between two tasks, make ``call`` soon."""
        self.deferred.append(call)
        self.start_if_needed()

    def make_deferred_call(self) -> None:
        """Make the next deferred call, if another thread has not been faster."""
        call = self._take_deferred()
        if call is None:
            return
        if self.deferred:
            self.start_if_needed()  # this one may take long
        try:
            call()
        except BaseException as error:
            if runtime.has_struck(error):
                raise
            _log.exception("scoop: a callback failed")
        finally:
            self._end_deferred()

    @indivisible
    def _take_deferred(self) -> DeferredCall | None:
        with self._lock:
            if not self.deferred:
                return None
            self._making += 1
            return self.deferred.popleft()

    @indivisible
    def _end_deferred(self) -> None:
        with self._lock:
            self._making -= 1
        self._tracker.look_again()

    # -- when a helper is needed --------------------------------------------------------------------------------

    @contextmanager
    @indivisible
    def covering(self, fibers: Fibers | None) -> Iterator[None]:
        """Have tasks run by a helper thread while the calling thread, whose fibers these are, sleeps."""
        with self._lock:
            self._blocked += 1
            self._pollers.pop(fibers, None)
            was_working = fibers in self._working
            self._working.discard(fibers)
        self.start_if_needed()
        try:
            yield
        finally:
            with self._lock:
                self._blocked -= 1
                if was_working:
                    self._working.add(fibers)

    def poll(self, fibers: Fibers | None) -> None:
        """Hear that the calling thread polls, and that something is left to do here.

        Other workers get a moment to take what is on offer. After that the thread counts as blocked, until it has not
        polled for a while.
        """
        now = self._clock()
        self._nothing_taken_since = min(self._nothing_taken_since, now)
        if self._alone or now - self._nothing_taken_since > TUNING.poll_patience_seconds:
            self._add_poller(fibers)

    def program_waits(self, waits: bool) -> None:
        """Hear whether the program waits by its own means: then its main thread counts as blocked."""
        self._program_waits = waits
        if waits:
            self.start_if_needed()
            self.start_if_stuck()

    def tasks_taken(self) -> None:
        """Hear that another worker has taken tasks: then it may take more."""
        self._nothing_taken_since = inf

    @indivisible
    def _add_poller(self, fibers: Fibers | None) -> None:
        with self._lock:
            known = fibers in self._pollers
            self._pollers[fibers] = monotonic()
            self._working.discard(fibers)
        if not known or not self._working:
            self.start_if_needed()
        else:
            self.start_if_stuck()

    @indivisible
    def stop_polling(self, fibers: Fibers | None) -> None:
        """Count the calling thread as blocked no more."""
        if self._pollers:
            with self._lock:
                self._pollers.pop(fibers, None)

    @indivisible
    def start_if_stuck(self) -> None:
        """Have one more helper thread run tasks if those that work have made no progress for a while.

        Called now and then by threads that are blocked. What a helper runs may wait, in a way that only the program
        knows of, for what no thread has begun. A process that computes all the time most likely does not wait.
        """
        with self._lock:
            steps, since, computed = self._last_look
            elapsed = monotonic() - since
            if self._steps == steps:
                if elapsed < TUNING.stuck_after_seconds:
                    return
                if process_time() - computed > elapsed / 2 and elapsed < TUNING.computing_stuck_after_seconds:
                    return
                self._working.clear()  # until they begin or end a task
            self._last_look = self._steps, monotonic(), process_time()
        self.start_if_needed()

    @indivisible
    def start_if_needed(self) -> None:
        """See that a helper thread is up if there is anything for one to do."""
        with self._lock:
            work_left = self.deferred or (self._any_blocked() and not self._working)
            needed = bool(work_left and not self._idle and not self._starting)
            self._starting += needed
        if needed:
            context = self._context()
            try:
                Thread(target=context.run, args=(self._serve,), name="scoop-helper", daemon=True).start()
            except RuntimeError:  # there can be no more threads: the main one makes the calls when it comes to it
                with self._lock:
                    self._starting -= 1
        self._worker.wake()

    @indivisible
    def nudge(self) -> None:
        """Wake the helper threads that may run tasks now, and those that the broker takes for idle."""
        with self._lock:
            for fibers in self._fibers:
                if self.deferred or self._may_find_task(fibers) or self._tracker.is_resting(fibers):
                    fibers.nudge()

    @indivisible
    def at_rest(self) -> bool:
        """Return whether no deferred call is left and no helper thread has anything to do."""
        with self._lock:
            busy = any(fibers not in self._idle or fibers.suspended for fibers in self._fibers)
            return not (busy or self.deferred or self._making or self._starting)

    def leave(self, seconds: float) -> bool:
        """Return whether all helper threads have ended, having waited for that up to ``seconds``."""
        deadline = monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    @indivisible
    def _any_blocked(self) -> bool:
        if self._pollers:
            oldest = monotonic() - TUNING.poll_lasts_seconds
            with self._lock:
                self._pollers = {fibers: seen for fibers, seen in self._pollers.items() if seen > oldest}
        return bool(self._blocked or self._pollers or self._program_waits)

    def _may_run_tasks(self, fibers: Fibers) -> bool:
        # What a helper has begun may wait for tasks that no other thread will run.
        return fibers.suspended > 0 or (not self._working.difference((fibers,)) and self._any_blocked())

    def _may_find_task(self, fibers: Fibers) -> bool:
        worker = self._worker
        return self._may_run_tasks(fibers) and (worker.has_work() or not worker.leaves_tasks)

    # -- what a helper thread does ------------------------------------------------------------------------------

    def _serve(self) -> None:
        self._threads.append(current_thread())
        fibers = Fibers(self._new_event(), self._step)
        self._worker.adopt(fibers)
        self._has_started(fibers)
        fibers.run_forever()
        fibers.end()

    @indivisible
    def _has_started(self, fibers: Fibers) -> None:
        with self._lock:
            self._fibers.add(fibers)
            self._starting -= 1

    def _step(self, fibers: Fibers) -> None:
        if self.deferred:
            self._working.discard(fibers)  # the call may block
            self.make_deferred_call()
        elif not (self._may_run_tasks(fibers) and self._run_next(fibers)):
            self._rest(fibers)

    def _run_next(self, fibers: Fibers) -> bool:
        self._begin_task(fibers)
        try:
            return self._worker.run_next(fibers)
        finally:
            self._end_task(fibers)

    @indivisible
    def _begin_task(self, fibers: Fibers) -> None:
        with self._lock:
            self._steps += 1
            self._working.add(fibers)

    @indivisible
    def _end_task(self, fibers: Fibers) -> None:
        with self._lock:
            self._steps += 1
            self._pollers.pop(fibers, None)

    def _rest(self, fibers: Fibers) -> None:
        self._begin_rest(fibers)
        try:
            if self._may_run_tasks(fibers) and not self._worker.leaves_tasks:
                self._worker.rest(fibers)
            else:  # the broker has no task for this thread, and need not hear that it rests
                fibers.sleep_unless(lambda: self.deferred or self._may_find_task(fibers))
        finally:
            self._end_rest(fibers)

    @indivisible
    def _begin_rest(self, fibers: Fibers) -> None:
        with self._lock:
            self._working.discard(fibers)
            self._idle.add(fibers)
        self._tracker.look_again()  # the broker may have been told that helper threads are at work

    @indivisible
    def _end_rest(self, fibers: Fibers) -> None:
        with self._lock:
            self._idle.discard(fibers)
        self._tracker.rise(fibers)
