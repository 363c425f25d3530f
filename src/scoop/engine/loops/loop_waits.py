"""How coroutines wait for tasks, in an event loop of asyncio: nothing of this is imported before one does.

While coroutines of a loop wait, its thread counts as blocked: helper threads run tasks in its place. Not so where the
loop is the one on which the coroutines of tasks run: other threads run tasks anyway. What they wait for may end on
any thread, also the I/O thread.
"""

import asyncio
from contextlib import AbstractContextManager, ExitStack
from typing import Protocol
from weakref import WeakKeyDictionary, WeakValueDictionary

from ..offers.withdrawal import Coroutines, Offers, withdraw
from ..results.future import Future, has_ended, watch
from ..results.watchers import unwatch
from ..threads.fibers import LONGEST_SLEEP, Fibers
from .event_loop import is_coroutine_loop
from .loop_calls import LoopCalls

__all__ = ["LoopScheduler", "LoopWaits", "loop_waits", "wait_for"]


class CoroutinesOfTasks(Coroutines, Protocol):
    """Those that run in this process: see coroutines.py."""

    def begin_wait(self) -> None: ...
    def end_wait(self) -> None: ...


class LoopScheduler(Offers, Protocol):
    """The methods of the scheduler that are needed here."""

    @property
    def coroutines(self) -> CoroutinesOfTasks: ...
    def fibers_here(self) -> Fibers | None: ...
    def covered(self, fibers: Fibers | None, /) -> AbstractContextManager[None]: ...
    def heed_flags(self) -> None: ...
    def start_helper_if_stuck(self) -> None: ...


class LoopWaits:
    """The coroutines of one event loop that wait for tasks of one scheduler.

    ``calls``: what other threads have for the loop.
    """

    def __init__(self, scheduler: LoopScheduler, loop: asyncio.AbstractEventLoop) -> None:
        self.calls = LoopCalls(loop)
        self._scheduler = scheduler
        self._loop = loop
        self._count = 0
        self._cover = ExitStack()
        self._fibers: Fibers | None = None  # of the loop's thread
        self._timer: asyncio.TimerHandle | None = None
        self._is_for_tasks = is_coroutine_loop(loop)
        self._unwanted: list[Future] = []

    def begin(self) -> None:
        """Hear that the coroutine that calls begins to wait."""
        self._count += 1
        if self._is_for_tasks:
            self._scheduler.coroutines.begin_wait()
        elif self._count == 1:
            self._fibers = self._scheduler.fibers_here()
            self._cover.enter_context(self._scheduler.covered(self._fibers))
            if self._fibers is not None:
                self._fibers.resume_soon = self._resume_soon
                self._resume_soon()
            if self._timer is None:
                self._timer = self._loop.call_later(LONGEST_SLEEP, self._look)
        self._scheduler.heed_flags()  # now even a lone task leaves: this thread will not run it

    def end(self) -> None:
        """Hear that its wait is over."""
        self._count -= 1
        if self._is_for_tasks:
            self._scheduler.coroutines.end_wait()
        elif not self._count:
            if self._fibers is not None:
                self._fibers.resume_soon = None
            self._cover.close()

    def drop(self, future: Future) -> None:
        """Cancel a task that is not wanted any more: together with others, if many are dropped at once."""
        self._unwanted.append(future)
        if len(self._unwanted) == 1:
            self._loop.call_soon(self._drop_all)

    def _drop_all(self) -> None:
        unwanted, self._unwanted = self._unwanted, []
        withdraw(self._scheduler, unwanted)

    def _resume_soon(self) -> None:
        """Have tasks go on that are suspended on this thread, if any can: a coroutine may wait for them."""
        if self._fibers is not None and self._fibers.in_line:
            self.calls.add(self._fibers.give_way)

    def _look(self) -> None:
        """See now and then whether helper threads get on, as a thread does that sleeps."""
        self._timer = None
        if self._count:
            self._scheduler.start_helper_if_stuck()
            self._timer = self._loop.call_later(LONGEST_SLEEP, self._look)


_LoopsOfScheduler = WeakValueDictionary[asyncio.AbstractEventLoop, LoopWaits]

_found: WeakKeyDictionary[LoopScheduler, _LoopsOfScheduler] = WeakKeyDictionary()
"""What is there for a scheduler and a loop, as long as coroutines of this loop wait."""


def loop_waits(scheduler: LoopScheduler) -> LoopWaits:
    """Return what is one for the scheduler and the event loop that runs on this thread."""
    loop = asyncio.get_running_loop()
    by_loop = _found.get(scheduler)
    if by_loop is None:
        by_loop = _found[scheduler] = WeakValueDictionary()
    waits = by_loop.get(loop)
    if waits is None:
        waits = by_loop[loop] = LoopWaits(scheduler, loop)
    return waits


async def wait_for(scheduler: LoopScheduler, future: Future) -> None:
    """Return when a future has ended. Its task is cancelled, if it has not begun, where this wait is."""
    waits = loop_waits(scheduler)
    waiter = asyncio.get_running_loop().create_future()

    def wake() -> None:
        if not waiter.done():
            waiter.set_result(None)

    def tell(_: Future) -> None:
        waits.calls.add(wake)

    watch(future, tell)
    waits.begin()
    try:
        await waiter
    except asyncio.CancelledError:
        if not has_ended(future):
            waits.drop(future)
        raise
    finally:
        waits.end()
        unwatch(future, tell)
