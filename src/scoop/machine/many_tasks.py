"""A process that makes very many tasks only counts them, for ``--progress``: to hear of each would cost too much."""

from time import monotonic

from ..engine.counted_calls import Scheduler, counted_calls, install
from ..engine.listening import hear_each
from ..progress.run_counts import FunctionCounts
from ..wire.status_page import StatusPage

__all__ = ["ManyTasks"]

_EVENTS = 100
"""So many tasks are heard of in a row, as they are made or begin..."""

_SECONDS = 0.1
"""... and if they took less than this, tasks are only counted, until there are fewer again."""


class ManyTasks:
    """The tasks of a process that were only counted, and when that is so.

    Parameters:
        scheduler: of the process, whose functions are its own as yet.
        page: of its machine.
        worker: its number there.
    """

    def __init__(self, scheduler: Scheduler, page: StatusPage, worker: int) -> None:
        self._scheduler = scheduler
        self._calls = counted_calls(scheduler, page, worker)
        self._only_counts = False
        self._left, self._since = _EVENTS, 0.0  # until the next look at the clock, and when the last one was
        self._failed = 0
        self._seconds = 0.0
        self._last = monotonic(), 0, 0.0  # when counts() was called, what was counted, the seconds that were heard of

    def note_one(self) -> None:
        """Hear of a task that is heard of: if there are very many, those that come next are only counted."""
        self._left -= 1
        if self._left <= 0:
            now = monotonic()
            if now - self._since < _SECONDS:
                self._only_counts = install(self._scheduler, self._calls)
            self._left, self._since = _EVENTS, now

    def note_failed(self) -> None:
        """Hear that a task has failed, whether it was only counted or not."""
        self._failed += 1

    def counts(self, heard: float) -> FunctionCounts:
        """Return what was counted so far. Have tasks heard of again if there are no longer very many.

        ``heard``: the seconds of the tasks that were heard of. The rest of the time is that of the others.
        """
        made, ended = self._calls.counts()
        now, events = monotonic(), made + ended
        since, had, had_heard = self._last
        self._last = now, events, heard
        if events > had:
            self._seconds += now - since - (heard - had_heard)
        if self._only_counts and (events - had) * _SECONDS <= (now - since) * _EVENTS:
            self._only_counts = False
            hear_each(self._scheduler)
        return FunctionCounts(made, ended, self._failed, max(0.0, self._seconds))
