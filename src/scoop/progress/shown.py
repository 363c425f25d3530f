"""All that is to be shown at a moment, wherever it is counted: the loops of the program, and those of tasks."""

from collections.abc import Iterator, Mapping
from time import monotonic

from .estimate import Estimate
from .loops import Loop, LoopState, merged
from .run_counts import FunctionCounts, ProcessCounts
from .run_view import Line, RunView

__all__ = ["Shown"]

_FORGOTTEN_AFTER_SECONDS = 20.0
"""A worker that tells of loops tells of them all the time, unless it has died, or compiled code holds it up."""


class Shown:
    """What goes on. Only one thread at a time looks; any may add."""

    def __init__(self) -> None:
        self._outer: dict[Loop, Estimate] = {}  # loops of this process that began when no other one went on
        self._inner: list[Loop] = []  # the others
        self._reports: dict[object, tuple[float, list[LoopState]]] = {}  # of other processes
        self._estimates: dict[str, Estimate] = {}  # of inner and reported loops, by label
        self.run: RunView | None = None  # all tasks, if they are shown

    def add(self, loop: Loop) -> None:
        """Show a loop of this process."""
        if any(not outer.is_over() for outer in [*self._outer]):
            self._inner.append(loop)
        else:
            self._outer[loop] = Estimate(loop.began)

    def hear(self, who: tuple[int, int], states: list[LoopState], counts: ProcessCounts | None) -> None:
        """Show the loops that another process has now, in place of those that it had, and what it has counted."""
        if counts is not None and self.run is not None:
            self.run.hear(who, counts)
        if states:
            self._reports[who] = monotonic(), states
        else:
            self._reports.pop(who, None)

    def take_ended(self) -> list[tuple[LoopState, float]]:
        """Show loops that have ended no more; return what became of the outer ones, and the seconds they took."""
        self._inner[:] = [loop for loop in self._inner if not loop.is_over()]
        over = [loop for loop in [*self._outer] if loop.is_over()]
        for loop in over:
            del self._outer[loop]
        return [(loop.state(), monotonic() - loop.began) for loop in over]

    def is_empty(self) -> bool:
        """Return whether there is nothing to be shown."""
        return not (self._outer or self._inner or self._reports or self.run)

    def look(self, now: float) -> tuple[list[Line], Mapping[str, FunctionCounts]]:
        """Return the lines of a moment, and the table: the line of the run first."""
        if self.run is None:
            return self.lines(now), {}
        line, functions = self.run.look(now)
        return [line, *self.lines(now)], functions

    def lines(self, now: float) -> list[Line]:
        """Return the lines of loops: outer ones first, then those of tasks, one for each label."""
        outer = [_line(loop.state(), estimate, now) for loop, estimate in [*self._outer.items()]]
        states = merged([*(loop.state() for loop in [*self._inner]), *self._reported(now)])
        self._estimates = {each.label: self._estimates.get(each.label) or Estimate(now) for each in states}
        return outer + [_line(state, self._estimates[state.label], now) for state in states]

    def _reported(self, now: float) -> Iterator[LoopState]:
        for who, (at, states) in [*self._reports.items()]:
            if now - at > _FORGOTTEN_AFTER_SECONDS:
                self._reports.pop(who, None)
            else:
                yield from states


def _line(state: LoopState, estimate: Estimate, now: float) -> Line:
    estimate.note(now, state.done)
    seconds = None if state.total is None else estimate.seconds_left(now, state.total)
    return Line(state, estimate.rate(), seconds, f"{state.loops} loops" if state.loops > 1 else "")
