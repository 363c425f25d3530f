"""How much of the run is done: what each process has counted, and all of it added up."""

from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["OTHERS", "FunctionCounts", "ProcessCounts", "add_up", "total_of"]

OTHERS = "(others)"
"""The name under which functions are counted together: if there are too many, or too many tasks to tell apart."""


class FunctionCounts(NamedTuple):
    """The tasks of one function, the rows of maps among them.

    Parameters:
        known: how many were made.
        done: how many have ended.
        failed: how many of these have raised something.
        seconds: the own time of those that have ended: without that of tasks within them, and without waits.
    """

    known: int = 0
    done: int = 0
    failed: int = 0
    seconds: float = 0.0


class ProcessCounts(NamedTuple):
    """What one process has counted.

    Parameters:
        functions: by name.
        moved: tasks that ran in it, and came from another process.
        busy: whether it has something to do now.
        memory: its resident bytes.
        interrupted: tasks of its machine, or parts of maps, that a worker had begun when it died.
    """

    functions: dict[str, FunctionCounts]
    moved: int = 0
    busy: bool = False
    memory: int = 0
    interrupted: int = 0


def add_up(processes: Iterable[ProcessCounts]) -> dict[str, FunctionCounts]:
    """Return the counts of all functions, wherever their tasks were made, and ran."""
    found: dict[str, FunctionCounts] = {}
    for counts in processes:
        for name, more in counts.functions.items():
            found[name] = _sum(found.get(name, FunctionCounts()), more)
    if OTHERS in found:  # a task may be one of these when it is made, and of its function when it ends
        return found
    # What some part of SCOOP's own makes is known only when it has ended; what a worker had made that died, too.
    return {name: each._replace(known=max(each.known, each.done)) for name, each in found.items()}


def total_of(functions: Iterable[FunctionCounts]) -> FunctionCounts:
    """Return the counts of all functions together."""
    total = FunctionCounts()
    for each in functions:
        total = _sum(total, each)
    return total._replace(known=max(total.known, total.done))


def _sum(one: FunctionCounts, other: FunctionCounts) -> FunctionCounts:
    return FunctionCounts(*(a + b for a, b in zip(one, other, strict=True)))  # type: ignore[arg-type]
