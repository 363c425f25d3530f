"""The instrument of ``--progress``: it counts the tasks of this process, by function.

Each thread counts for itself, so that none needs a lock. The thread that reports adds up what all have counted, some
times a second.
"""

import os
from collections.abc import Callable
from operator import add
from threading import local
from time import monotonic
from types import FunctionType
from typing import Any

from ..engine.process.instruments import Instrument
from ..engine.results.future import Future, call_of
from ..errors import name_of
from ..progress.run_counts import OTHERS, FunctionCounts, ProcessCounts
from ..wire.memory import resident_bytes
from ..wire.status_page import StatusPage

__all__ = ["TaskCounter"]

_MOST_NAMES = 200
_NONE = FunctionCounts()


class _Span:
    """What runs on a stack: tasks of one function, and the seconds that they have had so far.

    Made without a call of ``__init__``, which would take as long as all the rest: see _begin().
    """

    __slots__ = ("around", "seconds", "sums")

    sums: list[float]  # of its function
    around: "_Span | None"  # what waits on the same stack until it has ended
    seconds: float


Sums = dict[str, list[float]]
"""The fields of FunctionCounts, by the name of the function."""


class _OfThread(local):
    """What runs on the calling thread, since when its time was not counted, and what has ended on it."""

    span: _Span | None = None
    since = 0.0

    def __init__(self, all_sums: list[Sums]) -> None:
        self.sums: Sums = {}
        all_sums.append(self.sums)


class TaskCounter(Instrument):
    """Counts tasks, and their own time: without that of tasks within them, and without waits.

    Parameters:
        page: of this process's machine.
        worker: which worker this process is.
    """

    def __init__(self, page: StatusPage, worker: int) -> None:
        self._page = page
        self._worker = worker
        self._sums: list[Sums] = []  # of all threads
        self._here = _OfThread(self._sums)
        self._moved = 0

    # -- what happens: see Instrument ---------------------------------------------------------------------------

    def offered(self, work: Any) -> None:
        if type(work) is Future:
            self._of(call_of(work)[0])[0] += 1
        else:
            self._of(work.function)[0] += work.total

    def started(self, _: object, function: Callable[..., Any], *__: object) -> _Span:
        return self._begin(function)

    def taken(self, *_: object) -> list[_Span]:
        return []  # for the span, once it is known what it is

    def rebuilt(self, run: list[_Span], function: Callable[..., Any], _: object, __: object, rows: int) -> None:
        self._moved += rows or 1
        if rows:  # they are a map of their own here, which is about to be counted once more
            self._of(function)[0] -= rows
        else:
            run.append(self._begin(function))

    def ended(self, run: _Span | list[_Span], ok: bool, size: int = 0) -> None:  # noqa: ARG002
        if type(run) is _Span:
            self._end(run, 1, ok)
        elif run:
            self._end(run[0], 1, ok)  # type: ignore[index]

    def rows_started(self, _: object, function: Callable[..., Any], *__: object) -> _Span:
        return self._begin(function)

    def rows_ended(self, run: _Span, count: int, ok: bool) -> None:
        self._end(run, count + (not ok), ok)

    def suspended(self) -> _Span | None:
        here, now = self._here, monotonic()
        span = here.span
        if span is not None:
            span.seconds += now - here.since
            here.span = None
        return span

    def resumed(self, run: _Span | None) -> None:
        here = self._here
        here.span, here.since = run, monotonic()

    def _begin(self, function: Callable[..., Any]) -> _Span:
        here, now = self._here, monotonic()
        around = here.span
        if around is not None:
            around.seconds += now - here.since
        here.span = span = _Span()
        span.sums, span.around, span.seconds = self._of(function), around, 0.0
        here.since = now
        return span

    def _end(self, span: _Span, count: int, ok: bool) -> None:
        here, now = self._here, monotonic()
        sums = span.sums
        sums[1] += count
        sums[2] += not ok
        sums[3] += span.seconds + now - here.since
        here.span, here.since = span.around, now

    # -- what is told of it -------------------------------------------------------------------------------------

    def counts(self) -> ProcessCounts:
        """Return what was counted so far."""
        functions: dict[str, FunctionCounts] = {}
        for sums in [*self._sums]:
            for name, more in [*sums.items()]:
                had = functions.get(name, _NONE)
                functions[name] = FunctionCounts(*map(add, had, more))
        page, memory = self._page, resident_bytes(os.getpid())
        return ProcessCounts(functions, self._moved, not page.is_idle(self._worker), memory, page.interrupted())

    def _of(self, function: Callable[..., Any]) -> list[float]:
        """Return what this thread has counted of a function."""
        name = function.__qualname__ if type(function) is FunctionType else name_of(function)
        sums = self._here.sums
        found = sums.get(name)
        if found is None:
            found = sums.setdefault(name if len(sums) < _MOST_NAMES else OTHERS, [0, 0, 0, 0.0])
        return found
