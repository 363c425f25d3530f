"""Futures that somebody polls for (``done()``, or waits of no time, again and again) instead of waiting.

The poller never enters the scheduler, so it would run nothing by itself. Other workers get some time to take what is
on offer; after that a deputy runs it.
"""

from math import inf
from typing import TYPE_CHECKING

from .future import Future

if TYPE_CHECKING:
    from .scheduler import Scheduler

__all__ = ["Polling"]

PATIENCE = 0.2
"""Seconds for which futures that are polled for are left to other workers."""


class Polling:
    """What is polled for in one process."""

    def __init__(self, scheduler: "Scheduler") -> None:
        self._scheduler = scheduler
        self._since = inf  # while nobody takes anything from us
        self._seen_to: set[Future] = set()

    def nudge(self, future: Future) -> None:
        """Hear that somebody polls for ``future``: a deputy runs it, if nobody else does."""
        scheduler = self._scheduler
        hub = scheduler.hub_here()
        if hub is not None:
            hub.give_way()  # it may be a task suspended on this very thread that the future waits for
        if not scheduler.is_on_offer(future):
            return
        self._since = min(self._since, scheduler.clock())
        others_had_time = scheduler.size == 1 or scheduler.clock() - self._since > PATIENCE
        if others_had_time:
            self.run_soon(future)

    def run_soon(self, future: Future) -> None:
        """Have a deputy run ``future``, if it is still on offer then."""
        if self._scheduler.spared and future in self._scheduler.ready:
            return
        if future not in self._seen_to:
            self._seen_to.add(future)
            self._scheduler.deputies.see_to(lambda: self._run(future))

    def taken(self) -> None:
        """Hear that another worker has taken tasks of ours: then it may take more."""
        self._since = inf

    def _run(self, future: Future) -> None:
        self._seen_to.discard(future)
        if self._scheduler.claim(future):
            self._scheduler.run_inline(future)
