"""The instrument of ``--progress``: it counts the tasks of this process, by function.

Each thread counts for itself, so that none needs a lock. The thread that reports adds up what all have counted, some
times a second. While a process makes very many tasks, those are only counted, unless there is to be a table: see
many_tasks.py.
"""

import os
from collections.abc import Callable
from operator import add
from threading import local
from time import monotonic
from types import FunctionType
from typing import Any

from ..engine.listening import has_returned
from ..engine.process.instruments import Instrument
from ..engine.results.future import Future, call_of
from ..errors import name_of
from ..progress.run_counts import OTHERS, FunctionCounts, ProcessCounts, total_of
from ..wire.memory import resident_bytes
from ..wire.status_page import StatusPage
from .many_tasks import ManyTasks

__all__ = ["TaskCounter"]

_MOST_NAMES = 200
_NONE = FunctionCounts()


Sums = dict[str, list[float]]
"""The fields of FunctionCounts, by the name of the function."""


class _Thread:
    """What one thread has counted, and for how long it has done other things within the task that it runs."""

    __slots__ = ("elsewhere", "sums")

    def __init__(self) -> None:
        self.elsewhere = 0.0
        self.sums: Sums = {}


class _Here(local):
    """The calling thread."""

    def __init__(self, all_sums: list[Sums]) -> None:
        self.thread = _Thread()
        all_sums.append(self.thread.sums)


_Span = tuple[list[float], float, float]
"""What runs: the sums of its function, for how long what is around it was elsewhere by then, and when it began."""


class TaskCounter(Instrument):
    """Counts tasks, and their own time: without that of tasks within them, and without waits.

    Parameters:
        page: of this process's machine.
        worker: which worker this process is.
        many: counts tasks while there are very many; None: all are counted by function.
    """

    def __init__(self, page: StatusPage, worker: int, many: ManyTasks | None = None) -> None:
        self._page = page
        self._worker = worker
        self._many = many
        self._sums: list[Sums] = []  # of all threads
        self._here = _Here(self._sums)
        self._moved = 0

    # -- what happens: see Instrument ---------------------------------------------------------------------------

    def offering(self, offer: Callable[[Future], None]) -> Callable[[Future], None]:
        here, many = self._here, self._many

        def count_and_offer(future: Future) -> None:
            if many is not None:
                many.note_one()
            _sums_of(here.thread.sums, call_of(future)[0])[0] += 1
            offer(future)

        return count_and_offer

    def running(self, run: Callable[[Future], None]) -> Callable[[Future], None]:
        here, many = self._here, self._many  # as _begin and _end, without a call: that is dear to the shortest tasks

        def run_and_count(future: Future) -> None:
            if many is not None:
                many.note_one()
            thread = here.thread
            sums = _sums_of(thread.sums, call_of(future)[0])
            around, thread.elsewhere = thread.elsewhere, 0.0
            begun = monotonic()
            try:
                run(future)
            finally:
                seconds = monotonic() - begun
                sums[1] += 1
                sums[3] += seconds - thread.elsewhere
                thread.elsewhere = around + seconds
                if many is None:
                    sums[2] += not has_returned(future)
                del future  # a traceback may keep this frame alive: see future.run

        return run_and_count

    def offered(self, work: Any) -> None:
        _sums_of(self._here.thread.sums, work.function)[0] += work.total

    def raised(self) -> None:
        if self._many is not None:
            self._many.note_failed()

    def taken(self, *_: object) -> list[_Span]:
        return []  # for the span, once it is known what it is

    def rebuilt(self, run: list[_Span], function: Callable[..., Any], _: object, __: object, rows: int) -> None:
        self._moved += rows or 1
        if rows:  # they are a map of their own here, which is about to be counted once more
            _sums_of(self._here.thread.sums, function)[0] -= rows
        else:
            run.append(self._begin(function))

    def ended(self, run: list[_Span], ok: bool, size: int = 0) -> None:  # noqa: ARG002
        if run:
            self._end(run[0], 1, ok)

    def rows_started(self, _: object, function: Callable[..., Any], *__: object) -> _Span:
        return self._begin(function)

    def rows_ended(self, run: _Span, count: int, ok: bool) -> None:
        self._end(run, count + (not ok), ok)

    def suspended(self) -> tuple[float, float]:
        return self._here.thread.elsewhere, monotonic()

    def resumed(self, run: tuple[float, float]) -> None:
        elsewhere, since = run
        self._here.thread.elsewhere = elsewhere + monotonic() - since

    def _begin(self, function: Callable[..., Any]) -> _Span:
        thread = self._here.thread
        around, thread.elsewhere = thread.elsewhere, 0.0
        return _sums_of(thread.sums, function), around, monotonic()

    def _end(self, span: _Span, count: int, ok: bool) -> None:
        sums, around, begun = span
        thread, seconds = self._here.thread, monotonic() - begun
        sums[1] += count
        sums[2] += not ok
        sums[3] += seconds - thread.elsewhere
        thread.elsewhere = around + seconds

    # -- what is told of it -------------------------------------------------------------------------------------

    def counts(self) -> ProcessCounts:
        """Return what was counted so far."""
        functions: dict[str, FunctionCounts] = {}
        for sums in [*self._sums]:
            for name, more in [*sums.items()]:
                had = functions.get(name, _NONE)
                functions[name] = FunctionCounts(*map(add, had, more))
        if self._many is not None:
            counted = self._many.counts(total_of(functions.values()).seconds)
            if any(counted):
                functions[OTHERS] = FunctionCounts(*map(add, functions.get(OTHERS, _NONE), counted))
        page, memory = self._page, resident_bytes(os.getpid())
        return ProcessCounts(functions, self._moved, not page.is_idle(self._worker), memory, page.interrupted())


def _sums_of(sums: Sums, function: Callable[..., Any]) -> list[float]:
    """Return what is counted of a function."""
    name = function.__qualname__ if type(function) is FunctionType else name_of(function)
    found = sums.get(name)
    if found is None:
        found = sums.setdefault(name if len(sums) < _MOST_NAMES else OTHERS, [0, 0, 0, 0.0])
    return found
