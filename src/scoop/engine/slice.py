"""A slice of a map while it runs: its later rows can be taken away from the loop that runs it.

A slice is meant to last 50 milliseconds. But nobody knows what an item takes, and behind one that takes ten
seconds no other may wait while a worker is idle. So what the loop goes over is a list of the slice's own, which the
link, or whoever gives, cuts short: to the loop, it then ends there.

The loop is C and runs in one thread, who cuts in another. Each step below is one step of the interpreter, and their
order is what makes it safe: first the tail is where whoever runs the slice looks for it when the loop has ended; then
it is made sure that he has not looked yet; then the list is cut; and only then is it seen how far the loop has come,
which cannot go beyond the cut any more.
"""

from collections.abc import Iterator
from typing import Any

from .future import DONE, NO_KWARGS, READY, Future
from .mapper import Columns, Mapper, Outcome

__all__ = ["Slice"]


class Slice:
    """Rows of some columns, while a mapper goes over them.

    Parameters:
        mapper: what is done to them.
        columns: the rows.
        now: when it begins.
        cost: seconds that a row takes; 0 if that is not known.
    """

    __slots__ = ("_begun", "_closed", "_columns", "_cost", "_first", "_mapper", "_results", "_tails", "started")

    def __init__(self, mapper: Mapper, columns: Columns, now: float, cost: float = 0.0) -> None:
        self.started = now
        self._cost = cost
        self._mapper = mapper
        self._columns = columns
        self._first: list[Any] = list(columns[0])
        self._begun: Iterator[Any] = iter(self._first)
        self._results: list[Any] = []
        self._tails: list[Future] = []
        self._closed = False

    def run(self) -> Outcome:
        """Go over the rows that nobody takes away; return what became of them. Never raises, save for Ctrl-C."""
        return self._mapper.run(self._results, self._begun, self._first, self._columns[1:])

    def tails(self) -> list[Future]:
        """Return what was taken away, the last in order first. Called when the loop has ended."""
        self._closed = True
        return self._tails

    @property
    def count(self) -> int:
        """How many rows the loop has come to the end of."""
        return len(self._results)

    def rest_seconds(self) -> float:
        """Return how long the rows that have not begun are to take, if that is known; else 0."""
        return (len(self._first) - self._come_to()) * self._cost

    def cut(self, function: Any) -> Future | None:
        """Take the later half of the rows that have not begun; return the future that runs ``function`` on them."""
        end = len(self._first)
        left = end - self._come_to()
        if left < 1:
            return None
        tail = Future._make(function, (), NO_KWARGS)
        self._tails.append(tail)
        if self._closed:
            start = end
        else:
            middle = end - (left + 1) // 2
            del self._first[middle:]
            start = max(middle, self._come_to())
        tail._state = READY
        if start >= end:  # too late, which does no harm
            tail._end(DONE, [])
            return None
        tail._args = tuple([column[start:end] for column in self._columns])
        return tail

    def _come_to(self) -> int:
        """Return how many rows have begun."""
        state: Any = self._begun.__reduce__()  # (iter, (the list,), the place); without the place at its end
        return int(state[2]) if len(state) == 3 else len(self._results)
