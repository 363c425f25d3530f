"""How far the whole run is, of what its processes have counted: one line, and a table by function."""

from collections.abc import Callable, Mapping
from time import monotonic
from typing import NamedTuple

from . import words
from .estimate import Estimate
from .loops import LoopState
from .run_counts import FunctionCounts, ProcessCounts, add_up, total_of

__all__ = ["Line", "RunView", "work"]

_PROGRAM = 0, 0
"""The machine of the program's process, and its number there."""


class Line(NamedTuple):
    """What is shown of the loops of one label, or of all tasks.

    Parameters:
        state: how far they are.
        rate: rows in a second; None while nothing tells.
        seconds_left: until all rows have ended; None if nothing tells.
        note: what else there is to say.
    """

    state: LoopState
    rate: float | None
    seconds_left: float | None
    note: str = ""


class RunView:
    """All tasks of the run.

    Parameters:
        size: how many workers the run has.
        own: counts the tasks of this process.
        by_function: whether there is to be a table.
    """

    def __init__(self, size: int, own: Callable[[], ProcessCounts], by_function: bool) -> None:
        self.began = now = monotonic()
        self._size = size
        self._own = own
        self._by_function = by_function
        self._reports: dict[tuple[int, int], ProcessCounts] = {}  # by machine and worker
        self._tasks, self._seconds = Estimate(now), Estimate(now)

    def hear(self, who: tuple[int, int], counts: ProcessCounts) -> None:
        """Take in what another process has counted."""
        self._reports[who] = counts

    def summary(self, now: float) -> tuple[str, Mapping[str, FunctionCounts]]:
        """Return what is said at the end, and what stands in the table."""
        line, functions = self.look(now)
        return words.summary(line.state, now - self.began, line.note.partition(" busy, ")[2]), functions

    def look(self, now: float) -> tuple[Line, Mapping[str, FunctionCounts]]:
        """Return the line of a moment, and what stands in the table: nothing, if there is none."""
        self._reports[_PROGRAM] = self._own()
        processes = [*self._reports.values()]
        functions = add_up(processes)
        total = total_of(functions.values())
        self._tasks.note(now, total.done)
        self._seconds.note(now, total.seconds)
        left = self._seconds.seconds_left(now, work(functions)) if total.done < total.known else None
        state = LoopState("tasks", total.done, total.known)
        line = Line(state, self._tasks.rate(), left, self._note(processes, total))
        return line, functions if self._by_function else {}

    def _note(self, processes: list[ProcessCounts], total: FunctionCounts) -> str:
        busy = min(self._size, sum(each.busy for each in processes))
        notes = [f"{busy} of {self._size} busy"]
        if moved := sum(each.moved for each in processes):
            notes.append(f"{moved:,} moved")
        if interrupted := self._interrupted():
            notes.append(f"{interrupted:,} interrupted")
        if total.failed:
            notes.append(f"{total.failed:,} failed")
        return ", ".join([*notes, words.size(sum(each.memory for each in processes))])

    def _interrupted(self) -> int:
        """Return how many tasks died with workers: each process of a machine tells of all of the machine's."""
        machines: dict[int, int] = {}
        for (machine, _), counts in [*self._reports.items()]:
            machines[machine] = max(machines.get(machine, 0), counts.interrupted)
        return sum(machines.values())


def work(functions: Mapping[str, FunctionCounts]) -> float:
    """Return the seconds that all known tasks take, by what those of the same function took."""
    total = total_of(functions.values())
    usual = total.seconds / total.done if total.done else 0.0
    left = [max(0, each.known - each.done) for each in functions.values()]
    means = [each.seconds / each.done if each.done and each.seconds else usual for each in functions.values()]
    share = (total.known - total.done) / (sum(left) or 1)  # see add_up()
    return total.seconds + share * sum(number * mean for number, mean in zip(left, means, strict=True))
