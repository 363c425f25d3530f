"""A slice of a map while it runs: its later rows can be taken away from the loop that runs it.

A slice is meant to last 100 milliseconds. But nobody knows what an item takes, and behind one that takes ten
seconds no other may wait while a worker is idle. So the link, or whoever gives, may cut it at any moment:

    computed        | at hand | nobody has begun it
    by the loop, C  |         | kept: the loop is told when it ends | tail: given away

The loop has an iterator over the rows. Who cuts takes from it all that is left, in one step of the interpreter, so
that no row can be had by both; to the loop it then ends after the row at hand. All else is done under the lock.
"""

from collections.abc import Iterator, Sequence
from operator import length_hint
from threading import Lock
from typing import Any

from .future import NO_KWARGS, READY, Future
from .mapper import Columns, Mapper, Outcome

__all__ = ["Slice"]

_NONE = range(0)

_AS_THEY_ARE = (range, list, tuple, str, bytes)
"""What is gone over in C alone. Of a range no list is made: so it takes no longer than in a loop of the user's."""


class Slice:
    """Rows of some columns, while a mapper goes over them.

    Parameters:
        mapper: what is done to them.
        columns: the rows, which nobody changes.
        now: when it begins.
        cost: seconds that a row takes; 0 if that is not known.
    """

    __slots__ = (
        "_begun",
        "_closed",
        "_columns",
        "_cost",
        "_end",
        "_kept",
        "_lock",
        "_mapper",
        "_tails",
        "count",
        "started",
    )

    def __init__(self, mapper: Mapper, columns: Columns, now: float, cost: float = 0.0) -> None:
        self.started = now
        self.count = 0
        """How many rows were computed, once it has run."""
        self._mapper = mapper
        self._columns = columns
        self._cost = cost
        self._lock = Lock()
        self._begun = _iterator(columns[0])
        self._end = len(columns[0])  # where the loop at hand is to end
        self._kept = _NONE  # rows that it is to go over next
        self._tails: list[Future] = []
        self._closed = False

    def run(self) -> Outcome:
        """Go over the rows that nobody takes away; return what became of them. Never raises, save for Ctrl-C."""
        results: list[Any] = []
        try:
            error = self._mapper.go_over(results, self._begun, self._columns[1:])
            while error is None and (columns := self._next(len(results))):
                error = self._mapper.go_over(results, self._begun, columns[1:])
        finally:
            self.count = len(results)
            if not self._closed:
                with self._lock:
                    self._closed = True
        return self._mapper.outcome(results, self._end, error)

    def tails(self) -> list[Future]:
        """Return what was taken away, the last in order first. Called when it has run."""
        return self._tails

    def rest_seconds(self) -> float:
        """Return how long the rows that have not begun are to take, if that is known; else 0."""
        return (length_hint(self._begun) + len(self._kept)) * self._cost

    def cut(self, function: Any) -> Future | None:
        """Take the later half of the rows that have not begun; return the future that runs ``function`` on them."""
        with self._lock:
            if self._closed:
                return None
            taken: list[Any] = []
            taken.extend(self._begun)
            if taken:
                self._kept = range(self._end - len(taken), self._end)
                self._end = self._kept.start
            if not self._kept:
                return None
            middle = len(self._kept) // 2
            tail = Future._make(function, self._rows(self._kept[middle:]), NO_KWARGS)
            self._kept = self._kept[:middle]
            tail._state = READY
            self._tails.append(tail)
            return tail

    def _next(self, come_to: int) -> Columns | None:
        """Return the rows that the loop is to go over now; None if there are none, or it has ended by itself."""
        with self._lock:
            if come_to < self._end or not self._kept:
                self._closed = True
                return None
            columns = self._rows(self._kept)
            self._begun = _iterator(columns[0])
            self._end = self._kept.stop
            self._kept = _NONE
            return columns

    def _rows(self, rows: range) -> Columns:
        return tuple([column[rows.start : rows.stop] for column in self._columns])


def _iterator(column: Sequence[Any]) -> Iterator[Any]:
    return iter(column if type(column) in _AS_THEY_ARE else list(column))
