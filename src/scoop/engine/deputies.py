"""Threads that stand in for the main one.

A thread that waits with a deadline must wake in time, so it cannot run a task meanwhile; a thread of the
program's own has no hub to suspend on; and one that polls does not enter the scheduler at all. Deputies run tasks
in their stead. They also do the chores: the callbacks of futures that ended elsewhere, unless the main thread gets
to them first. None is started before it is needed.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock, Thread, current_thread
from time import monotonic
from typing import TYPE_CHECKING

from . import runtime
from .hub import Hub

if TYPE_CHECKING:
    from .scheduler import Scheduler

__all__ = ["Deputies"]

_log = logging.getLogger("scoop")

Chore = Callable[[], object]


class Deputies:
    """The deputies of one process.

    There is always an idle one for the chores, if there are any, and a working one for the threads that sleep.
    """

    def __init__(self, scheduler: "Scheduler") -> None:
        self.chores: deque[Chore] = deque()
        self._scheduler = scheduler
        self._lock = RLock()
        self._sleepers = 0  # threads that sleep in a wait, and want their work done by someone else
        self._hubs: set[Hub] = set()
        self._idle: set[Hub] = set()  # those between two tasks, with nothing to do
        self._at_work: set[Hub | None] = set()  # those that run tasks, save those of them that wait in one
        self._threads: list[Thread] = []
        self._starting = 0
        self._doing = 0  # chores begun and not ended, by whatever thread

    def see_to(self, chore: Chore) -> None:
        """Have a deputy do ``chore``, soon."""
        self.chores.append(chore)
        self.take_heart()

    def take_heart(self) -> None:
        """See that a deputy is up if there is anything for one to do."""
        with self._lock:
            wanted = self.chores or (self._sleepers and not self._at_work)
            needed = bool(wanted and not self._idle and not self._starting)
            self._starting += needed
        if needed:
            context = self._scheduler.context()
            try:
                Thread(target=context.run, args=(self._serve,), name="scoop-deputy", daemon=True).start()
            except RuntimeError:  # there can be no more threads: the main one does the chores, when it comes to it
                with self._lock:
                    self._starting -= 1
        self._scheduler.wake()

    def nudge(self) -> None:
        """Wake the deputies that may run tasks now, and those that have told the broker that they would."""
        with self._lock:
            for hub in self._hubs:
                if self.chores or self._is_wanted(hub) or self._scheduler.appetite.is_resting(hub):
                    hub.nudge()

    @contextmanager
    def standing_in(self, hub: Hub | None) -> Iterator[None]:
        """Have tasks run by a deputy while the calling thread, whose hub is ``hub``, sleeps."""
        with self._lock:
            self._sleepers += 1
            was_at_work = hub in self._at_work
            self._at_work.discard(hub)
        self.take_heart()
        try:
            yield
        finally:
            with self._lock:
                self._sleepers -= 1
                if was_at_work:
                    self._at_work.add(hub)

    def do_chore(self) -> None:
        """Do the next chore, if another thread has not been faster."""
        with self._lock:
            if not self.chores:
                return
            chore = self.chores.popleft()
            self._doing += 1
        if self.chores:
            self.take_heart()  # this one may take long
        try:
            chore()
        except BaseException as error:
            if error is runtime.interrupt:
                raise
            _log.exception("scoop: a callback failed")
        finally:
            with self._lock:
                self._doing -= 1
            self._scheduler.appetite.look_again()

    def at_rest(self) -> bool:
        """Return whether no chore is left and no deputy has anything to do."""
        with self._lock:
            busy = any(hub not in self._idle or hub.suspended for hub in self._hubs)
            return not (busy or self.chores or self._doing or self._starting)

    def leave(self, seconds: float) -> bool:
        """Return whether all deputies have ended, having waited for that up to ``seconds``."""
        deadline = monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _serve(self) -> None:
        self._threads.append(current_thread())
        hub = Hub(self._scheduler.new_bell(), self._step)
        self._scheduler.adopt(hub)
        with self._lock:
            self._hubs.add(hub)
            self._starting -= 1
        hub.run_forever()

    def _step(self, hub: Hub) -> None:
        if self.chores:
            self.do_chore()
        elif not (self._is_wanted(hub) and self._run_next(hub)):
            self._rest(hub)

    def _is_wanted(self, hub: Hub) -> bool:
        # What it has begun may wait for tasks that nobody else will run.
        return bool(self._sleepers or hub.suspended)

    def _run_next(self, hub: Hub) -> bool:
        with self._lock:
            self._at_work.add(hub)
        try:
            return self._scheduler.run_next(hub)
        finally:
            with self._lock:
                self._at_work.discard(hub)

    def _rest(self, hub: Hub) -> None:
        with self._lock:
            self._idle.add(hub)
        self._scheduler.appetite.look_again()  # the broker may have been told that deputies are at work
        try:
            if self._is_wanted(hub):
                self._scheduler.rest(hub)
            else:
                hub.sleep_unless(lambda: self.chores or self._is_wanted(hub))
        finally:
            with self._lock:
                self._idle.discard(hub)
        self._scheduler.appetite.rise(hub)
