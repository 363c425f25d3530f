"""The tasks and maps that are on offer in one process, in the order in which they were submitted.

Taking a future out of its table is the claim: one atomic step of the interpreter, whatever the future's place. So of
all threads exactly one gets it, without a lock. A map is not claimed: it stays in the table while it has rows that no
thread has begun, and guards those by a lock of its own.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Protocol

from ..results.future import Future
from .outbox import InFlight
from .urgent import Urgent

__all__ = ["OpenMap", "ReadyTable", "SlicedMap"]


class OpenMap(Protocol):
    """A map some of whose rows have not begun. ``begins_coroutines``: whether each of them is a coroutine's task."""

    @property
    def begins_coroutines(self) -> bool: ...
    def run_next(self, only_kept: bool) -> bool: ...
    def steal(self, wanted: int) -> Sequence[InFlight]: ...
    def sending(self, chunks: Sequence[InFlight]) -> Iterator[InFlight]: ...
    def withdraw(self) -> None: ...
    def refuse(self, error: Exception, /) -> None: ...
    def seconds_left(self) -> float | None: ...


class SlicedMap(OpenMap, Protocol):
    """A map several rows of which run here in one loop."""

    def has_rows_in_slices(self) -> bool: ...
    def take_back(self, overdue: bool) -> bool: ...


class ReadyTable:
    """The tables of one process.

    ``tasks``: what any worker may run, the oldest first. ``kept``: what cannot travel. ``running``: maps with rows
    that run here, and that could be split once more. ``waiting``: tasks that depend on others, and how many of these
    are left, see dependents.py. ``urgent``: which of ``tasks`` go before others.
    """

    def __init__(self) -> None:
        self.tasks: OrderedDict[Future | OpenMap, bool] = OrderedDict()
        self.kept: OrderedDict[Future | OpenMap, bool] = OrderedDict()
        self.running: dict[SlicedMap, bool] = {}
        self.waiting: dict[Future, Iterator[int]] = {}
        self.urgent: Urgent[Future | OpenMap] = Urgent(self.tasks.__contains__)

    def __len__(self) -> int:
        return len(self.tasks)

    def __iter__(self) -> Iterator[Future | OpenMap]:
        return iter(self.tasks)

    def claim(self, future: Future) -> bool:
        """Take a future out, if it is there: the thread that gets True decides what becomes of it."""
        return self.tasks.pop(future, False) or self.kept.pop(future, False)

    def claim_waiting(self, future: Future) -> bool:
        """Take out a future that waits for others, if it does."""
        return self.waiting.pop(future, None) is not None

    def claim_unbegun(self, future: Future) -> bool:
        """Take a future out, to end it, wherever it is."""
        return self.claim(future) or self.claim_waiting(future)

    def keep(self, future: Future) -> None:
        self.kept[future] = True

    def __contains__(self, future: Future) -> bool:
        return future in self.tasks or future in self.kept

    def newest(self, only_kept: bool) -> Future | OpenMap | None:
        """Return the most urgent, the newest, or else the newest of what cannot travel; None if there is none."""
        if self.urgent.left and not only_kept and (first := self.urgent.first()) is not None:
            return first
        for table in (self.kept,) if only_kept else (self.tasks, self.kept):
            while table:
                try:
                    return next(reversed(table))
                except (RuntimeError, StopIteration):  # another thread has changed it meanwhile
                    pass
        return None

    def oldest(self, place: int) -> Future | OpenMap | None:
        """Return what is at a place of those that any worker may run, counted from the urgent ones and the oldest."""
        if self.urgent.left:
            urgent = self.urgent.in_order(place + 1)
            if len(urgent) > place:
                return urgent[place]
            place -= len(urgent)  # among the rest these come once more, so that none of it is passed over
        while len(self.tasks) > place:
            try:
                return next(islice(self.tasks, place, None))
            except (RuntimeError, StopIteration):
                pass
        return None

    def has_rows_in_slices(self) -> bool:
        """Return whether some map has rows that have not begun in slices that run here."""
        return any(each.has_rows_in_slices() for each in [*self.running])

    def take_back_suspended(self) -> bool:
        """Put on offer rows that would wait behind a suspended call; return whether there were any."""
        return any(each.take_back(overdue=False) for each in [*self.running])

    def end_overdue_slices(self) -> None:
        """Have the loops end that have run for far too long: results wait for that, if their consumer runs them."""
        for each in [*self.running]:
            each.take_back(overdue=True)

    def futures(self) -> list[Future]:
        return [item for item in self._items() if isinstance(item, Future)]

    def maps(self) -> list[OpenMap]:
        return [item for item in self._items() if not isinstance(item, Future)]

    def _items(self) -> list[Future | OpenMap]:
        return [*self.waiting, *self.tasks, *self.kept]
