"""Rows of a map while a thread of this process goes over them: they can be looked at, split and stopped.

No thread knows what a row takes. Behind one that takes ten seconds no other may wait while a worker is idle, and no
result that is there may wait for the end of the loop. So other threads may act at any moment:

    reported        | computed        | at hand | not begun
                    | take_results()  |         | split() takes the later half, stop() takes all
    by the loop, in C ────────────────────────>

The loop has an iterator over the rows. A thread that splits takes from it all that is left, in one step of the
interpreter, so that no row is had by both. To the loop it then ends after the row at hand. All else is done under the
lock.
"""

from _contextvars import Context
from collections.abc import Callable, Iterator, Sequence
from operator import length_hint
from threading import RLock
from typing import Any, Protocol

from greenlet import getcurrent

from ..engine.process import instruments
from ..engine.process.signal_safety import calls_program, indivisible
from ..engine.process.task_frames import calls_task
from ..engine.threads.task_context import call
from ..errors import name_of
from .row_functions import Columns, MapRows
from .segment import Segment

__all__ = ["RunningSlice", "run_slice"]

_NONE = range(0)

_ITERATED_IN_C = (range, list, tuple, str, bytes)  # a list of a range would be slower than a loop of the program's


class RunningSlice:
    """The rows ``span`` of a map's inputs, while they are gone over. ``seconds_per_row``: 0 if that is not known."""

    def __init__(self, rows: MapRows, columns: Columns, span: range, started: float, seconds_per_row: float) -> None:
        self.started = started
        self.span = span
        self.fiber = getcurrent()
        self.count = 0  # rows that were computed, once it has run
        self._rows = rows
        self._columns = tuple([column[span.start : span.stop] for column in columns])
        self._seconds_per_row = seconds_per_row
        self._lock = RLock()  # reentrant: the garbage collector may stop it at any moment
        self._begun = _iterator(self._columns[0])
        self._end = len(span)  # where the loop at hand is to end
        self._kept = _NONE  # rows that it is to go over next
        self._results: list[Any] = []
        self._reported = 0  # results that were taken
        self._closed = False
        self._stopped = False

    @calls_task
    def run(self) -> BaseException | None:
        """Go over the rows that no thread takes away; return what a call has raised. Signals may raise."""
        go_over, results = self._rows.go_over, self._results
        try:
            error = go_over(results, self._begun, self._columns[1:])
            while error is None and (columns := self._next(len(results))):
                error = go_over(results, self._begun, columns[1:])
        finally:
            self.count = len(results)
            self._close()
        if error is None and self.count < self._end and not self._stopped:
            # To the loop that was the end of its inputs.
            error = RuntimeError(f"{name_of(self._rows.function)} raised StopIteration")
        return error

    @indivisible
    def _close(self) -> None:
        with self._lock:
            self._closed = True

    def last_segment(self, error: BaseException | None) -> Segment:
        """Return what was not reported, once it has run."""
        values = self._results[self._reported :]
        start, count = self.span.start + self._reported, len(values) + (error is not None)
        try:
            return Segment(start, count, self._rows.digest(values), error, error is not None)
        except BaseException as problem:  # of the program's operation
            return Segment(start, count, [], problem)

    def has_news(self) -> bool:
        """Return whether rows have ended that were not reported."""
        return self._rows.streams and len(self._results) > self._reported

    @indivisible
    def take_results(self) -> Segment | None:
        """Report the rows that have ended since the last time; None if there are none."""
        with self._lock:
            if self._closed or not self.has_news():
                return None  # the thread that runs it reports the rest
            values = self._results[self._reported :]
            start = self.span.start + self._reported
            self._reported += len(values)
            return Segment(start, len(values), values)

    def rows_left(self) -> int:
        """Return how many rows have not begun."""
        return 0 if self._closed else length_hint(self._begun) + len(self._kept)

    def seconds_left(self) -> float:
        """Return how long the rows that have not begun are to take, if that is known; else 0."""
        return self.rows_left() * self._seconds_per_row

    @indivisible
    def split(self, takes_all: bool = False) -> range:
        """Take rows that have not begun, the later half or all; return which rows of the map."""
        with self._lock:
            if self._closed:
                return _NONE
            self._take_unbegun()
            middle = 0 if takes_all else len(self._kept) // 2
            given = self._kept[middle:]
            self._kept = self._kept[:middle]
            return range(self.span.start + given.start, self.span.start + given.stop)

    @indivisible
    def stop(self) -> range:
        """Let no row begin any more; return which rows of the map have not."""
        with self._lock:
            self._stopped = True
            return self.split(takes_all=True)

    def _take_unbegun(self) -> None:
        taken: list[Any] = []
        taken.extend(self._begun)
        if taken:
            self._kept = range(self._end - len(taken), self._end)
            self._end = self._kept.start

    @indivisible
    def _next(self, come_to: int) -> Columns | None:
        """Return the rows that the loop is to go over now; None if there are none, or it has ended by itself."""
        with self._lock:
            if come_to < self._end or not self._kept:
                self._closed = True
                return None
            columns = tuple([column[self._kept.start : self._kept.stop] for column in self._columns])
            self._begun = _iterator(columns[0])
            self._end = self._kept.stop
            self._kept = _NONE
            return columns


class OfMap(Protocol):
    """The map that a slice is of."""

    offset: int
    function: Callable[..., Any]


@calls_program
def run_slice(of: OfMap, running: RunningSlice, context: Context | None) -> BaseException | None:
    """Have a slice run in a context; return what a call has raised. An instrument that listens is told."""
    if (listener := instruments.listener) is None:
        return call(context, running.run)  # type: ignore[no-any-return]
    run = listener.rows_started(of, of.function, of.offset + running.span.start, len(running.span))
    error: BaseException | None = None
    try:
        error = call(context, running.run)
        return error
    finally:
        listener.rows_ended(run, running.count, error is None)
        del error


def _iterator(column: Sequence[Any]) -> Iterator[Any]:
    return iter(column if type(column) in _ITERATED_IN_C else list(column))
