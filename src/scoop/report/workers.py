"""Where the time of each worker went, and how busy all were over time."""

from collections.abc import Sequence
from typing import NamedTuple

from .intervals import Interval, bins, minus, total, union
from .trace import Process, Trace

__all__ = ["Times", "running_of", "times", "utilisation", "workers_of"]


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


def running_of(trace: Trace) -> dict[int, list[Interval]]:
    """Return by process when it ran tasks, or the program."""
    parts: dict[int, list[Interval]] = {process.number: [] for process in trace.processes}
    for task in trace.tasks:
        parts.setdefault(task.process, []).extend(task.parts)
    return {number: minus(union(intervals), _moving(trace, number)) for number, intervals in parts.items()}


def times(trace: Trace, running: dict[int, list[Interval]]) -> dict[int, Times]:
    """Return by process what it did with its time, from its start to its end, or that of the run."""
    spans: dict[int, list[Interval]] = {}
    for task in trace.tasks:
        spans.setdefault(task.process, []).append((task.start, task.end))
    return {p.number: _times(trace, p, running[p.number], spans.get(p.number, ())) for p in trace.processes}


def utilisation(trace: Trace, running: dict[int, list[Interval]], count: int) -> list[float]:
    """Return which part of all workers ran tasks, in each of ``count`` equal parts of the run: 0 to 1."""
    workers = workers_of(trace)
    since, until = _begin(trace), trace.end
    covered = [bins(running[process.number], since, until, count) for process in workers]
    return [sum(each) / len(workers) for each in zip(*covered, strict=True)] if workers else [0.0] * count


def _begin(trace: Trace) -> float:
    return min((process.up for process in trace.processes), default=0.0)


def _moving(trace: Trace, number: int) -> list[Interval]:
    return union([(m.since, m.until) for m in trace.moves if m.process == number and m.kind in ("give", "unpack")])


def _times(trace: Trace, process: Process, running: Sequence[Interval], spans: Sequence[Interval]) -> Times:
    end = max(process.up, trace.end if process.ended is None else process.ended)
    moving = _moving(trace, process.number)
    busy = union([*running, *moving])
    waiting = minus(union(spans), busy)
    lived = [(process.up, end)]
    idle = minus(lived, union([*busy, *waiting]))
    starting = max(0.0, process.up - process.begun)
    return Times(total(running), total(moving), total(waiting), starting, total(idle))
