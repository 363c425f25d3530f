"""The instrument of ``--progress``: it counts the tasks of this process, by function.

What it does at each task is to note it, in one step of the interpreter, so that no thread needs a lock. The thread
that reports adds up what was noted, some times a second.
"""

import os
from collections import Counter, deque
from collections.abc import Callable
from threading import RLock, local
from time import monotonic
from types import FunctionType
from typing import Any, TypeVar

from ..engine.process.instruments import Instrument
from ..engine.process.signal_safety import indivisible
from ..engine.results.future import Future, call_of
from ..errors import name_of
from ..progress.run_counts import OTHERS, FunctionCounts, ProcessCounts
from ..wire.memory import resident_bytes
from ..wire.status_page import StatusPage

__all__ = ["TaskCounter"]

T = TypeVar("T")

_MOST_NAMES = 200


class _Span:
    """What runs on a stack: tasks of one function, and the seconds that they have had so far.

    Made without a call of ``__init__``, which would take as long as all the rest: see _begin().
    """

    __slots__ = ("around", "name", "seconds")

    name: str
    around: "_Span | None"  # what waits on the same stack until it has ended
    seconds: float


class _OfThread(local):
    """What runs on the calling thread, and since when its time was not counted."""

    span: _Span | None = None
    since = 0.0


class TaskCounter(Instrument):
    """Counts tasks, and their own time: without that of tasks within them, and without waits.

    Parameters:
        page: of this process's machine.
        worker: which worker this process is.
    """

    def __init__(self, page: StatusPage, worker: int) -> None:
        self._page = page
        self._worker = worker
        self._here = _OfThread()
        self._made: deque[str | tuple[str, int]] = deque()  # a name alone is one task
        self._ended: deque[tuple[str, int, bool, float]] = deque()
        self._functions: dict[str, list[float]] = {}  # the fields of FunctionCounts, by name
        self._moved = 0
        self._lock = RLock()

    # -- what happens: see Instrument ---------------------------------------------------------------------------

    def offered(self, work: Any) -> None:
        if type(work) is Future:
            self._made.append(_name(call_of(work)[0]))
        else:
            self._made.append((_name(work.function), work.total))

    def started(self, _: object, function: Callable[..., Any], *__: object) -> _Span:
        return self._begin(_name(function))

    def taken(self, *_: object) -> list[_Span]:
        return []  # for the span, once it is known what it is

    def rebuilt(self, run: list[_Span], function: Callable[..., Any], _: object, __: object, rows: int) -> None:
        self._moved += rows or 1
        if rows:  # they are a map of their own here, which is about to be counted once more
            self._made.append((_name(function), -rows))
        else:
            run.append(self._begin(_name(function)))

    def ended(self, run: _Span | list[_Span], ok: bool, size: int = 0) -> None:  # noqa: ARG002
        if type(run) is _Span:
            self._end(run, 1, ok)
        elif run:
            self._end(run[0], 1, ok)  # type: ignore[index]

    def rows_started(self, _: object, function: Callable[..., Any], *__: object) -> _Span:
        return self._begin(_name(function))

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

    def _begin(self, name: str) -> _Span:
        here, now = self._here, monotonic()
        around = here.span
        if around is not None:
            around.seconds += now - here.since
        here.span = span = _Span()
        span.name, span.around, span.seconds = name, around, 0.0
        here.since = now
        return span

    def _end(self, span: _Span, count: int, ok: bool) -> None:
        here, now = self._here, monotonic()
        self._ended.append((span.name, count, ok, span.seconds + now - here.since))
        here.span, here.since = span.around, now

    # -- what is told of it -------------------------------------------------------------------------------------

    @indivisible
    def counts(self) -> ProcessCounts:
        """Return what was counted so far."""
        with self._lock:
            self._add_up()
            functions = {name: FunctionCounts(*each) for name, each in self._functions.items()}  # type: ignore[arg-type]
            page, memory = self._page, resident_bytes(os.getpid())
            return ProcessCounts(functions, self._moved, not page.is_idle(self._worker), memory, page.interrupted())

    def _add_up(self) -> None:
        """Add up what was noted. There may be a hundred thousand tasks a second, so no object is made for any."""
        for made, count in Counter(_taken_out(self._made)).items():
            name, rows = (made, 1) if isinstance(made, str) else made
            self._of(name)[0] += rows * count
        for name, count, ok, seconds in _taken_out(self._ended):
            sums = self._functions.get(name) or self._of(name)
            sums[1] += count
            sums[2] += not ok
            sums[3] += seconds

    def _of(self, name: str) -> list[float]:
        if name not in self._functions and len(self._functions) >= _MOST_NAMES:
            name = OTHERS
        return self._functions.setdefault(name, [0, 0, 0, 0.0])


def _taken_out(noted: deque[T]) -> list[T]:
    """Return what was noted so far, and forget it: others may be noting more."""
    return [noted.popleft() for _ in range(len(noted))]


def _name(function: Any) -> str:
    return function.__qualname__ if type(function) is FunctionType else name_of(function)
