"""Where the time of each worker went, and how busy all were over time."""

from collections.abc import Sequence
from typing import NamedTuple

from .intervals import Interval, bins, minus, total, union
from .pieces import Pieces, covered
from .trace import Process, Trace

__all__ = ["Times", "running_of", "sorted_processes", "times", "utilization", "workers_of"]


class Times(NamedTuple):
    """What a process did with its time, in seconds.

    Parameters:
        running: it ran tasks.
        moving: it packed and unpacked tasks.
        waiting: it had tasks, all of which waited for others.
        starting: it was being started, up to the moment at which it could run tasks.
        idle: it had nothing to do.
    """

    running: float
    moving: float
    waiting: float
    starting: float
    idle: float

    @property
    def seconds(self) -> float:
        return sum(self)


def workers_of(trace: Trace) -> list[Process]:
    """Return the processes that are there for tasks: all but the program's, unless that is the only one."""
    workers = [process for process in trace.processes if not process.is_origin]
    return workers or [*trace.processes]


def sorted_processes(trace: Trace) -> list[Process]:
    """Return all processes in the order in which they are shown."""
    return sorted(trace.processes, key=lambda p: (not p.is_origin, p.machine, p.worker, p.begun))


def running_of(trace: Trace, pieces: Pieces) -> dict[int, list[Interval]]:
    """Return by process when it ran tasks, or the program."""
    moving = _moving(trace)
    return {p.number: minus(covered(pieces.of_process(p.number)), moving[p.number]) for p in trace.processes}


def times(trace: Trace, running: dict[int, list[Interval]]) -> dict[int, Times]:
    """Return by process what it did with its time, from its start to its end, or that of the run."""
    tasks, moving = trace.tasks, _moving(trace)
    numbers = tasks.processes
    spans: dict[int, list[Interval]] = {process.number: [] for process in trace.processes}
    for place in tasks.parts:  # no other tasks have waited
        spans.setdefault(numbers[tasks.process[place]], []).append((tasks.start[place], tasks.end[place]))
    end = trace.end
    return {p.number: _times(p, end, running[p.number], moving[p.number], spans[p.number]) for p in trace.processes}


def utilization(trace: Trace, running: dict[int, list[Interval]], count: int) -> list[float]:
    """Return which part of all workers ran tasks, in each of ``count`` equal parts of the run: 0 to 1."""
    workers = workers_of(trace)
    since, until = _begin(trace), trace.end
    each_worker = [bins(running[process.number], since, until, count) for process in workers]
    return [sum(each) / len(workers) for each in zip(*each_worker, strict=True)] if workers else [0.0] * count


def _begin(trace: Trace) -> float:
    return min((process.up for process in trace.processes), default=0.0)


def _moving(trace: Trace) -> dict[int, list[Interval]]:
    """Return by process when it packed or unpacked tasks."""
    found: dict[int, list[Interval]] = {process.number: [] for process in trace.processes}
    for move in trace.moves:
        if move.kind in ("give", "unpack") and move.process in found:
            found[move.process].append((move.since, move.until))
    return {number: union(intervals) for number, intervals in found.items()}


def _times(
    process: Process, end: float, running: Sequence[Interval], moving: Sequence[Interval], spans: Sequence[Interval]
) -> Times:
    """Return what a process did. ``spans``: from the starts to the ends of tasks that were suspended."""
    end = max(process.up, end if process.ended is None else process.ended)
    busy = union([*running, *moving])
    waiting = minus(union(spans), busy)
    idle = minus([(process.up, end)], union([*busy, *waiting]))
    starting = max(0.0, process.up - process.begun)
    return Times(total(running), total(moving), total(waiting), starting, total(idle))
