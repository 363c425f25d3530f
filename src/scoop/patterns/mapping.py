"""Maps: a task for each input, results in order or as they come."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sized
from itertools import islice
from typing import Any

from ..worker.future import Future
from ..worker.scheduler import Scheduler
from ..worker.waiting import Waiting, deadline_after

__all__ = ["as_they_come", "in_order"]

_WINDOW = 64
"""Inputs read ahead, a worker, of an iterator that does not tell its length."""


class _Supply:
    """The futures of one map: all at once where the inputs tell their number, a window ahead where not."""

    def __init__(
        self,
        scheduler: Scheduler,
        func: Callable[..., Any],
        iterables: tuple[Iterable[Any], ...],
        buffersize: int | None,
    ) -> None:
        self._scheduler = scheduler
        self._func = func
        self._rows = zip(*iterables, strict=False)
        sized = all(isinstance(iterable, Sized) for iterable in iterables)
        window = buffersize or (None if sized else _WINDOW * scheduler.size)
        self.first = [Future(None, func, *row) for row in islice(self._rows, window)]
        scheduler.offer_all(self.first)

    def next(self) -> Future | None:
        """Offer one more and return it; None when the inputs are used up."""
        for row in self._rows:
            future = Future(None, self._func, *row)
            self._scheduler.offer_behind(future)
            return future
        return None


def in_order(
    scheduler: Scheduler,
    func: Callable[..., Any],
    iterables: tuple[Iterable[Any], ...],
    timeout: float | None,
    buffersize: int | None,
) -> Iterator[Any]:
    """Start a map now; return the generator of its results, in the order of the inputs."""
    supply = _Supply(scheduler, func, iterables, buffersize)
    return _in_order(scheduler, supply, deadline_after(timeout))


def _in_order(scheduler: Scheduler, supply: _Supply, deadline: float | None) -> Iterator[Any]:
    futures = deque(supply.first)
    supply.first.clear()  # so that a result lives no longer than its consumer wants it
    try:
        while futures:
            future = futures.popleft()
            scheduler.join_by(future, deadline)
            more = supply.next()
            if more is not None:
                futures.append(more)
            yield future.result()
    finally:  # an exception, a timeout, or closed early: what has not begun is not wanted any more
        if futures:
            scheduler.cancel(futures)


def as_they_come(
    scheduler: Scheduler,
    func: Callable[..., Any],
    iterables: tuple[Iterable[Any], ...],
    timeout: float | None,
    buffersize: int | None,
) -> Iterator[Any]:
    """Start a map now; return the generator of its results, each as soon as it is there."""
    supply = _Supply(scheduler, func, iterables, buffersize)
    return _as_they_come(scheduler, supply, deadline_after(timeout))


def _as_they_come(scheduler: Scheduler, supply: _Supply, deadline: float | None) -> Iterator[Any]:
    waiting = Waiting(scheduler, supply.first)
    open_ = dict.fromkeys(supply.first)
    supply.first.clear()
    try:
        while open_:
            future = waiting.next(deadline)
            del open_[future]
            more = supply.next()
            if more is not None:
                open_[more] = None
                waiting.add(more)
            yield future.result()
    finally:
        if open_:
            scheduler.cancel(open_)
