"""Maps: a task for each input, results in order or as they come."""

import weakref
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sized
from itertools import islice
from typing import Any

from ..engine.future import NO_KWARGS, Future
from ..engine.scheduler import Scheduler
from ..engine.waiting import Waiting, deadline_after

__all__ = ["as_they_come", "in_order"]

_WINDOW = 64
"""Inputs read ahead, a worker, of an iterator that does not tell its length."""


class _Map:
    """The futures of one map: all at once where the inputs tell their number, a window ahead where not."""

    def __init__(
        self,
        scheduler: Scheduler,
        func: Callable[..., Any],
        iterables: tuple[Iterable[Any], ...],
        timeout: float | None,
        buffersize: int | None,
    ) -> None:
        self.scheduler = scheduler
        self.deadline = deadline_after(timeout)
        self._func = func
        self.problem: Exception | None = None  # what the inputs raised, in place of the next one
        self._rows = self._read(zip(*iterables, strict=False))
        sized = all(isinstance(iterable, Sized) for iterable in iterables)
        window = buffersize or (None if sized else _WINDOW * scheduler.size)
        self.first = [Future._make(func, row, NO_KWARGS) for row in islice(self._rows, window)]
        scheduler.offer_all(self.first)

    def _read(self, rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        try:
            yield from rows
        except Exception as problem:  # in its turn: after the results of the inputs before it
            self.problem = problem

    def next(self) -> Future | None:
        """Offer one more and return it; None when the inputs are used up."""
        for row in self._rows:
            future = Future._make(self._func, row, NO_KWARGS)
            self.scheduler.offer_behind(future)
            return future
        return None


def in_order(*what: Any) -> Iterator[Any]:
    """Start a map now; return the generator of its results, in the order of the inputs. Takes what _Map takes."""
    return _begin(_in_order, _Map(*what))


def as_they_come(*what: Any) -> Iterator[Any]:
    """Start a map now; return the generator of its results, each as soon as it is there. Takes what _Map takes."""
    return _begin(_as_they_come, _Map(*what))


_Results = Generator[Any, None, None]
_Self = list["weakref.ref[_Results]"]


def _begin(results: Callable[[_Map, _Self], _Results], map_: _Map) -> Iterator[Any]:
    """Bring the generator to its first, silent yield, so that closing it reaches its ``finally``."""
    itself: _Self = []
    generator = results(map_, itself)
    next(generator)
    itself.append(weakref.ref(generator))
    return generator


def _is_forgotten(itself: _Self) -> bool:
    """Return whether a generator that is being closed was thrown away unused: then its map goes on all the same."""
    return itself[0]() is None


def _in_order(map_: _Map, itself: _Self) -> _Results:
    futures = deque(map_.first)
    map_.first.clear()  # so that a result lives no longer than its consumer wants it
    try:
        try:
            yield
        except GeneratorExit:
            if _is_forgotten(itself):
                futures.clear()
            raise
        while futures:
            map_.scheduler.join_by(futures[0], map_.deadline)
            future = futures.popleft()
            more = map_.next()
            if more is not None:
                futures.append(more)
            yield future.result()
        if map_.problem is not None:
            raise map_.problem
    finally:  # an exception, a timeout, or closed early: what has not begun is not wanted any more
        if futures:
            map_.scheduler.cancel(futures)


def _as_they_come(map_: _Map, itself: _Self) -> _Results:
    waiting = Waiting(map_.scheduler, map_.first)
    left = dict.fromkeys(map_.first)
    map_.first.clear()
    try:
        try:
            yield
        except GeneratorExit:
            if _is_forgotten(itself):
                left.clear()
            raise
        while left:
            future = waiting.next(map_.deadline)
            del left[future]
            more = map_.next()
            if more is not None:
                left[more] = None
                waiting.add(more)
            yield future.result()
        if map_.problem is not None:
            raise map_.problem
    finally:
        waiting.close()
        if left:
            map_.scheduler.cancel(left)
