"""The tasks of each function: how many, how long, and which took longest."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .own_time import OwnTime
from .trace import Task

__all__ = ["EDGES", "Function", "functions_of", "histogram"]

EDGES = [1e-6 * 10 ** (step / 4) for step in range(37)]
"""Lengths of tasks that the bars of a histogram lie between: four bars to each power of ten, 1 us to 1,000 s."""


class Function(NamedTuple):
    """What is known of the calls of one function, times in seconds.

    Parameters:
        name: of the function.
        calls: rows of maps counted singly.
        total: that they worked themselves: without the tasks that ran on their stacks.
        median, p95, longest: of the time that a call worked itself. Of rows, the mean of each slice.
        arguments: of the call that took longest.
        failed: how many have ended with an exception.
        lengths: how many are as long as EDGES says.
    """

    name: str
    calls: int
    total: float
    median: float
    p95: float
    longest: float
    arguments: str
    failed: int
    lengths: list[int]


def functions_of(tasks: Sequence[Task], own: Sequence[OwnTime]) -> list[Function]:
    """Return all functions, that with most work first."""
    calls: dict[str, list[tuple[float, int, Task]]] = {}
    for task, its in zip(tasks, own, strict=True):
        if not task.is_program and not task.chunk:
            rows = max(1, task.rows)
            calls.setdefault(task.function, []).append((its.seconds / rows, rows, task))
    found = [_function(name, each) for name, each in calls.items()]
    return sorted(found, key=lambda function: -function.total)


def _function(name: str, calls: list[tuple[float, int, Task]]) -> Function:
    calls.sort(key=lambda call: call[0])
    count = sum(rows for _, rows, _ in calls)
    seconds, _, longest = calls[-1]
    total = sum(each * rows for each, rows, _ in calls)
    return Function(
        name,
        count,
        total,
        _quantile(calls, count, 0.5),
        _quantile(calls, count, 0.95),
        seconds,
        longest.arguments,
        sum(task.failed for _, _, task in calls),
        histogram((each, rows) for each, rows, _ in calls),
    )


def _quantile(calls: Iterable[tuple[float, int, Task]], count: int, part: float) -> float:
    """Return the length below which a part of all calls are, which come in order."""
    left = part * count
    last = 0.0
    for seconds, rows, _ in calls:
        last = seconds
        left -= rows
        if left <= 0:
            break
    return last


def histogram(lengths: Iterable[tuple[float, int]]) -> list[int]:
    """Return how many there are between each two of EDGES; the first and the last take what lies beyond.

    >>> sum(histogram([(1e-9, 2), (3e-3, 1), (1e9, 4)]))
    7
    """
    counts = [0] * (len(EDGES) - 1)
    for seconds, rows in lengths:
        counts[min(max(bisect_right(EDGES, seconds) - 1, 0), len(counts) - 1)] += rows
    return counts
