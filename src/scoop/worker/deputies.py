"""Threads that stand in for the main one.

A thread that waits with a deadline must wake in time, so it cannot run a task meanwhile; a thread of the
program's own has no hub to suspend on. While such a thread sleeps, a deputy runs tasks in its stead. Deputies
also do the chores: the callbacks of futures that ended elsewhere, unless the main thread gets to them first.
None is started before it is needed.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock, Thread
from typing import TYPE_CHECKING

from .hub import Hub

if TYPE_CHECKING:
    from .scheduler import Scheduler

__all__ = ["Deputies"]

_log = logging.getLogger("scoop")

Chore = Callable[[], object]


class Deputies:
    """The deputies of one process: there is always one more than there are deputies that sleep in a wait."""

    def __init__(self, scheduler: "Scheduler") -> None:
        self._scheduler = scheduler
        self._lock = Lock()
        self._sleepers = 0  # threads that sleep in a wait, and want their work done by someone else
        self._free: set[Hub] = set()  # deputies that do not sleep in a wait
        self._starting = False
        self.chores: deque[Chore] = deque()

    def see_to(self, chore: Chore) -> None:
        """Have a deputy do ``chore``, soon."""
        self.chores.append(chore)
        self.take_heart()

    def take_heart(self) -> None:
        """See that a deputy is up if there is anything for one to do."""
        with self._lock:
            needed = not (self._free or self._starting) and bool(self.chores or self._sleepers)
            self._starting |= needed
        if needed:
            Thread(target=self._serve, name="scoop-deputy", daemon=True).start()
        self._scheduler.wake()

    @contextmanager
    def standing_in(self, hub: Hub | None) -> Iterator[None]:
        """Have tasks run by a deputy while the calling thread, whose hub is ``hub``, sleeps."""
        with self._lock:
            self._sleepers += 1
            was_free = hub in self._free
            if hub is not None:
                self._free.discard(hub)
        self.take_heart()
        try:
            yield
        finally:
            with self._lock:
                self._sleepers -= 1
                if was_free and hub is not None:
                    self._free.add(hub)

    def do_chore(self) -> None:
        """Do the next chore, if another thread has not been faster."""
        try:
            chore = self.chores.popleft()
        except IndexError:
            return
        try:
            chore()
        except BaseException:  # a callback that raises SystemExit, say; the thread has others to serve
            _log.exception("scoop: a callback failed")

    def _serve(self) -> None:
        hub = Hub(self._scheduler.new_bell(), self._step)
        self._scheduler.adopt(hub)
        with self._lock:
            self._free.add(hub)
            self._starting = False
        hub.run_forever()

    def _step(self, hub: Hub) -> None:
        if self.chores:
            self.do_chore()
        elif self._sleepers:
            self._scheduler.step(hub)
        else:
            hub.sleep_unless(lambda: self.chores or self._sleepers)
