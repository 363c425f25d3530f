"""A loop that tells how far it is."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from time import monotonic
from typing import Any, NamedTuple
from weakref import finalize

__all__ = ["Loop", "LoopState", "counted_calls", "ending", "merged"]


class LoopState(NamedTuple):
    """How far loops of one label are, at a moment.

    Parameters:
        label: what the program calls them.
        done: rows that have ended.
        total: rows that there are; None if that is not known.
        loops: how many loops these are.
    """

    label: str
    done: int
    total: int | None
    loops: int = 1


class Loop:
    """The rows of one loop that have ended. ``total``: how many there are; None if that is not known."""

    def __init__(self, label: str, total: int | None) -> None:
        self.began = monotonic()
        self.on_end: Callable[[], object] | None = None  # called by the thread that ends the loop
        self._label = label
        self._total = total
        self._added: deque[int] = deque()  # so that threads that add need no lock
        self._done = 0
        self._ended = False

    def add(self, rows: int) -> None:
        """Count rows that have ended. Callable from any thread."""
        self._added.append(rows)

    def end(self) -> None:
        """Hear that no more rows will be counted."""
        self._ended = True
        if self.on_end is not None:
            self.on_end()

    def state(self) -> LoopState:
        """Return how far it is. For the one thread that shows it, or reports it."""
        while self._added:
            self._done += self._added.popleft()
        return LoopState(self._label, self._done, self._total)

    def is_over(self) -> bool:
        """Return whether the loop has ended: all its results were taken, or the program has dropped it."""
        return self._ended


def merged(states: Iterable[LoopState]) -> list[LoopState]:
    """Return one state for each label: that of all its loops, added up."""
    found: dict[str, LoopState] = {}
    for state in states:
        found[state.label] = _sum(found[state.label], state) if state.label in found else state
    return [*found.values()]


def _sum(one: LoopState, other: LoopState) -> LoopState:
    total = None if one.total is None or other.total is None else one.total + other.total
    return LoopState(one.label, one.done + other.done, total, one.loops + other.loops)


def ending(loop: Loop, results: Iterable[Any]) -> Generator[Any, None, None]:
    """Return results; the loop ends with them, or when the program drops it."""
    ended = _ending(loop, results)
    finalize(ended, loop.end).atexit = False  # also if the program has not asked for the first result
    return ended


def _ending(loop: Loop, results: Iterable[Any]) -> Generator[Any, None, None]:
    __tracebackhide__ = True  # notebooks and pytest show no frame that has this
    try:
        yield from results  # which closes them with it
    finally:
        loop.end()


def counted_calls(loop: Loop, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function, such that each of its calls is counted."""

    def counted(*args: Any) -> Any:
        try:
            return function(*args)
        finally:
            loop.add(1)

    return counted
