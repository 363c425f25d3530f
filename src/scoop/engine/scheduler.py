"""The policy of one worker: what runs next, what is given away, when to say that it is idle.

    submit     put it in the table; if other workers wait, give
    join       if it is in the table: take it out and run it, here and now; else wait
    step       run the newest own task, or else the oldest of another worker; with neither, say so and sleep

Nothing here knows of sockets or processes: messages go out through ``send``, time and sleep come from outside. So the
same code runs under the simulation, with many workers in one thread and a clock of its own. README.md in this folder
has the states, the protocol, and why it neither deadlocks nor loses a wake-up.
"""

from collections.abc import Callable, MutableMapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from sys import getrecursionlimit
from time import monotonic
from typing import Any

from greenlet import getcurrent, greenlet

from ..tuning import TUNING
from ..wire.shared_buffers import BufferPool
from ..wire.status_page import ASKED
from . import runtime
from .loops.coroutines import Coroutines
from .offers.dependents import Graph
from .offers.limited_offers import offer_late
from .offers.outbox import InFlight, Outbox
from .offers.ready_table import OpenMap, ReadyTable
from .process import instruments
from .process.discarded import Discarded
from .process.limits import Identity, Limits
from .process.stack_room import look_for_room
from .results import future as f
from .results.following import follow
from .results.future import Future
from .stealing.inbox import Inbox
from .stealing.result_sender import ResultSender
from .stealing.stealing import Stealing
from .stealing.stop import stop
from .tasks.async_function import AsyncFunction
from .tasks.outside import Outside
from .tasks.task import NewChunk
from .threads.blocking import deadline_after
from .threads.deadlock import Wait
from .threads.fibers import Fibers
from .threads.helper_threads import HelperThreads
from .threads.idle import IdleTracker
from .threads.thread_fibers import ThreadFibers
from .waiting import Waiting

__all__ = ["Scheduler"]


class Scheduler:
    """The tasks of one process."""

    def __init__(self, identity: Identity, limits: Limits, outside: Outside) -> None:
        self.identity = identity
        self.limits = limits
        self.size = identity.size
        self.retries = limits.retries
        self.most_tasks = limits.tasks
        self.costs = outside.costs
        self.clock = outside.clock
        self.send = outside.send
        self.new_event = outside.new_event
        self.is_io_thread = outside.is_io_thread
        self.is_unguarded = outside.is_unguarded
        self.is_spared = limits.spare and identity.is_origin
        self._has_others = identity.is_origin and (limits.spare or identity.size > 1)
        self.refusal: Exception | None = None  # why no call can be served, if none can
        self.is_closed = False  # the run has ended
        self.ready = ReadyTable()
        self.claim = self.ready.claim_unbegun
        # Python finds what an object of so many attributes has itself sooner than its methods.
        self.join: Callable[[Future, float | None], None] = self.run_or_await
        self.offer: Callable[[Future], None] = self.put_on_offer  # or another one, while an instrument listens
        self.run_task: Callable[[Future], None] = f.run  # or another one, while an instrument listens
        self.follow = partial(follow, self)
        self.stop = partial(stop, self)
        self.offer_late = partial(offer_late, self)
        self.graph = Graph(self)
        self.own_runs = 0  # own tasks that threads have run between two others
        self.waits: MutableMapping[greenlet, Wait] = {}
        self.between_tasks: Callable[[int], None] | None = None  # called on the main thread after each task of others
        self._page = outside.page
        self._cell = outside.page.cell(identity.worker)
        self._flags = outside.page.flags
        self._tasks = self.ready.tasks
        # On the stacks of a process that runs nothing itself there never is any.
        self.has_room = look_for_room(0 if self.is_spared else getrecursionlimit() // TUNING.stack_parts)
        self._native = Fibers(outside.new_event(), self._step)
        self._threads = ThreadFibers(self._native)
        self.fibers_here, self.all_fibers = self._threads.here, self._threads.all
        self.adopt, self.end_fibers = self._threads.adopt, self._threads.end_here
        self.discarded = Discarded()
        self.discard = self.discarded.add
        self.idle = IdleTracker(self, self._native, outside.send, outside.page, identity.worker)
        alone = identity.size == 1
        self.helpers = HelperThreads(self, self.idle, outside.new_event, self._native.context, outside.clock, alone)
        self.look_again, self.start_helper_if_needed = self.idle.look_again, self.helpers.start_if_needed
        self.defer, self.tasks_taken = self.helpers.defer, self.helpers.tasks_taken
        pool = BufferPool()
        self.results = ResultSender(outside.send, outside.clock, self.others_wait, pool)
        self.coroutines = Coroutines(self)
        new_chunk: NewChunk = partial(outside.new_chunk, self)
        begun, once = outside.page.begun, limits.retries == 0
        self.inbox = Inbox(outside.send, self.results, begun, self._cell, once, new_chunk, self.coroutines)
        self.outbox = Outbox(identity, limits.retries, outside.send, pool, outside.costs, self)
        self.stealing = Stealing(
            self, self.ready, self.inbox, self.outbox, outside.send, outside.page, identity.worker, outside.clock
        )

    @property
    def leaves_tasks(self) -> bool:
        """Whether tasks are left to other workers, but for those that the caller runs while it waits for them."""
        return self._has_others and not self.stealing.giver_waits

    @property
    def has_other_workers(self) -> bool:
        """Whether there is a worker in another process."""
        return self._has_others if self.identity.is_origin else self.size > 1

    # -- tasks --------------------------------------------------------------------------------------------------

    def put_on_offer(self, future: Future) -> None:
        """Put a READY future on offer, as the newest."""
        self._tasks[future] = True
        if (flags := self._flags[self._cell]) and not (flags == ASKED and self.is_tiny(future)):
            self.stealing.heed_flags()

    def run_or_await(self, future: Future, timeout: float | None) -> None:
        """Return when ``future`` has ended; raise TimeoutError after ``timeout`` seconds."""
        # The short cut of nearly all joins; Waiting does the same, at length. Locals are called sooner.
        has_room, run_task = self.has_room, self.run_task
        if timeout is None and has_room() and self._tasks.pop(future, False):
            try:
                run_task(future)
            except BaseException:  # no room on the stack even to begin, or Ctrl-C as it began
                self._put_back_unbegun(future)
                raise
            del future  # a traceback may keep this frame alive: see future.run
        else:
            waiting = Waiting(self, (future,))
            try:
                waiting.next(deadline_after(timeout))
            finally:
                waiting.close()

    def run_if_unclaimed(self, future: Future) -> bool:
        """Run a future on this stack if it is still on offer; return whether it was."""
        if not self.ready.claim(future):
            return False
        self._run(future)
        return True

    def run_on_fresh_stack(self, future: Future) -> None:
        """Have a future run in this process, which leaves tasks to others, once the caller has suspended."""
        if self.leaves_tasks and not self.is_spared and self.ready.claim(future):
            self.ready.keep(future)

    def poll(self, future: Future) -> None:
        """Hear that the program asks for ``future`` again and again, instead of waiting for it."""
        if f.offer_made(future):
            self.offer(future)
            return
        fibers = self.fibers_here()
        if fibers is not None:
            fibers.give_way()  # it may be a task suspended on this very thread that the future waits for
        if not f.has_ended(future) and (self.has_work() or any(each.in_line for each in self.all_fibers())):
            self.helpers.poll(fibers)

    def stop_polling(self) -> None:
        self.helpers.stop_polling(self.fibers_here())

    def ends_soon(self, function: Callable[..., Any]) -> bool:
        """Return whether calls of ``function`` are known to be short, or there is no other worker."""
        if self.size == 1 and type(function) is not AsyncFunction:
            return True
        seconds = self.costs.seconds(function)
        return seconds is not None and seconds < TUNING.short_row_seconds

    def _run(self, future: Future) -> None:
        """Run a claimed future on this stack, and remember what it took."""
        self.own_runs += 1
        function, started = f.call_of(future)[0], monotonic()
        try:
            self.run_task(future)
        except BaseException:
            self._put_back_unbegun(future)
            raise
        self.costs.note_call(function, monotonic() - started)

    def _put_back_unbegun(self, future: Future) -> None:
        if f.is_ready(future):
            self._tasks[future] = True

    # -- what a thread does between tasks -------------------------------------------------------------------------

    def _step(self, fibers: Fibers) -> None:
        """Run one task, or sleep until there may be one."""
        if self.helpers.deferred:
            self.idle.rising.discard(fibers)
            self.helpers.make_deferred_call()
        elif not self.run_next(fibers):
            self.rest(fibers)

    def run_next(self, fibers: Fibers) -> bool:
        """Run the newest own task, or else the oldest of another worker; return whether there was one."""
        self.discarded.drop()
        while (own := self._newest_own(fibers)) is not None:
            self.idle.rising.discard(fibers)
            if isinstance(own, Future):
                if self._tasks.pop(own, False) or self.ready.claim(own):
                    # Only now: a worker must not give away the last task that it has, and be idle itself.
                    if self._flags[self._cell] and not self.is_tiny(own):
                        self.heed_flags()
                    self._run(own)
                    return True
            elif own.run_next(self.leaves_tasks):
                return True
        task = None if self.coroutines.is_full else self.inbox.take()
        self.idle.rising.discard(fibers)
        if task is None:
            return not self.leaves_tasks and self.ready.take_back_suspended()
        self.inbox.run(task)
        if self.between_tasks is not None and fibers is self._native:
            self.between_tasks(fibers.suspended)
        return True

    def _newest_own(self, fibers: Fibers) -> Future | OpenMap | None:
        """Return the newest own task. Of those left to others, the main thread takes what is known to be short."""
        leaves = self.leaves_tasks
        own = self.ready.newest(only_kept=leaves)
        if self.coroutines.active and not self.coroutines.have_room_for(own):
            own = None
        if own is None and leaves and fibers is self._native and not self.is_spared:
            newest = self.ready.newest(only_kept=False)
            if isinstance(newest, Future) and self.ends_soon(f.call_of(newest)[0]):
                return newest
        return own

    def _newest_that_may_begin(self) -> Future | OpenMap | None:
        own = self.ready.newest(only_kept=self.leaves_tasks)
        return own if self.coroutines.have_room_for(own) else None

    def rest(self, fibers: Fibers) -> None:
        """Send what is owed, say that this thread is idle, and sleep until there may be something to do."""
        self.discarded.drop()
        if runtime.changes is not None and runtime.changes.calls:
            runtime.changes.apply()
        self.results.flush()
        if instruments.listener is not None:
            instruments.listener.rests()
        if self.leaves_tasks:
            self.heed_flags()  # now even a lone task leaves: this process will not run it
        self.idle.rest(fibers)

    def has_work(self) -> bool:
        """Return whether there is anything that a thread of this process could do."""
        if self.coroutines.is_full:
            return bool(self.helpers.deferred or self._newest_that_may_begin())
        own = self.ready.kept or (self._tasks and not self.leaves_tasks)
        calls = runtime.changes is not None and runtime.changes.calls
        return bool(own or self.inbox.waiting or self.helpers.deferred or calls)

    def is_clean(self) -> bool:
        """Return whether nothing of the program's is in this process, save tasks of others that have not begun."""
        if self._tasks or self.ready.kept or self.ready.waiting or self._threads.any_left():
            return False
        # In this order: what another thread has taken from the table, to give it away, is in one of the two.
        return not (self.stealing.is_under_way() or self.outbox.in_flight) and self.helpers.at_rest()

    def heed_flags(self) -> None:
        """Wake idle threads of this process, give to other workers, if they ask."""
        if self._flags[self._cell]:
            self.stealing.heed_flags(least=1)

    def is_tiny(self, future: Future) -> bool:
        """Return whether a task is known to take less than it would cost to give it away, and may run here."""
        return not self.is_spared and self.costs.is_tiny(f.call_of(future)[0])

    def wake_if_idle(self) -> None:
        """Wake the idle threads of this process: the broker takes it for idle, and must hear that there is work."""
        if self._page.is_idle(self.identity.worker):
            self.idle.work_began()

    def has_something_to_give(self) -> bool:
        return bool(self._tasks or self.inbox.waiting or self.ready.running)

    def give(self) -> None:
        """Give to other workers, if they ask."""
        self.stealing.give()

    def others_wait(self) -> bool:
        """Return whether the broker wants work of this process."""
        return self._page.is_asked(self.identity.worker)

    # -- threads ------------------------------------------------------------------------------------------------

    def is_program(self, fibers: Fibers | None) -> bool:
        """Return whether the program itself calls, on its main thread, or a task on the program's stack."""
        return self.identity.is_origin and fibers is self._native and getcurrent() is self._native.native

    def covered(self, fibers: Fibers | None) -> AbstractContextManager[None]:
        self.stealing.note_wait()
        if self.leaves_tasks:
            self.heed_flags()  # now even a lone task leaves: this process will not run it
        return self.helpers.covering(fibers)

    def wake(self) -> None:
        self._native.nudge()
        self.helpers.nudge()

    # -- for stealing and the idle tracker -----------------------------------------------------------------------

    def is_busy_with_some(self) -> bool:
        return self.ready.has_rows_in_slices() or self.coroutines.is_full

    def leaves_work_to_others(self) -> bool:
        # In this order: what a thread that gives has taken from the table is sent before it has done.
        return bool(self._tasks or self.ready.waiting) or self.stealing.is_under_way()

    def is_about_to_take(self) -> bool:
        return bool(self.idle.rising)

    def helpers_at_rest(self) -> bool:
        return self.helpers.at_rest() and not self.coroutines.left

    def never_sent_any(self) -> bool:
        return self.outbox.never_sent_any

    def run_soon(self, future: Future) -> None:
        """Have a helper thread run a future, if it is still on offer then."""
        self.helpers.defer(partial(self.run_if_unclaimed, future))

    def start_helper_if_stuck(self) -> None:
        """Start one more helper thread if those that work have made no progress for a while."""
        if self.has_work():
            self.helpers.start_if_stuck()

    def send_suspects(self, tasks: Sequence[InFlight]) -> None:
        """Have tasks sent, soon, that may end a worker; several calls in a row make one batch."""
        self.stealing.suspects.extend(tasks)
        self.helpers.defer(self.stealing.send_suspects)

    # -- what the I/O thread brings -------------------------------------------------------------------------------

    def message_arrived(self) -> None:
        """Hear that a message was taken in. Called by the I/O thread, in the order of arrival."""
        self.discarded.let_go()
        if len(self.discarded) > TUNING.most_discarded:
            self.helpers.defer(self.discarded.drop)
        self.idle.message_arrived()
        self.wake()

    def note_no_workers(self, none: bool) -> None:
        """Hear that no worker can be started, so that this process is to run all tasks; or that some have."""
        self._has_others = not none
        self.wake()

    def refuse(self, error: Exception) -> None:
        """Serve no calls any more: all that has not ended fails with ``error``, and so does every later call."""
        self.refusal = error
        for future in self.ready.futures():
            if self.claim(future):
                f.fail(future, error, self, noted=False)  # all fail with it
        for open_map in self.ready.maps():
            open_map.refuse(error)
        self._tasks.clear()
        self.outbox.abandon(error)
        self.idle.finish()

    # -- the end --------------------------------------------------------------------------------------------------

    def drain(self, await_starts: bool = False) -> None:
        """Work until nothing that was ever submitted, here or on any worker, is left to do.

        Workers that are still starting have nothing to do, and are waited for only if ``await_starts``.
        """
        self.idle.drain(await_starts, self._is_over)

    def _is_over(self) -> bool:
        return self.refusal is not None or (
            self.helpers_at_rest() and not (self.has_work() or self._tasks or self.ready.waiting)
        )

    def run_forever(self) -> None:
        """Run tasks on this thread until the process ends."""
        self._native.run_forever()

    def close(self) -> None:
        """Let no thread run tasks any more; what is suspended is unwound when the interpreter ends."""
        self.is_closed = True
        self._threads.close()
