"""The tasks of each function: how many, how long, and which took longest."""

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from .own_time import OwnTimes
from .tasks import Tasks

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


def functions_of(tasks: Tasks, own: OwnTimes) -> list[Function]:
    """Return all functions, that with most work first."""
    means = own.seconds[:]
    for place, rows in enumerate(tasks.rows):
        if rows:
            means[place] /= rows
    calls: dict[int, array[int]] = {}
    for place, (function, chunk, number) in enumerate(zip(tasks.function, tasks.chunk, tasks.number, strict=True)):
        if not chunk and number:
            calls.setdefault(function, array("q")).append(place)
    names = tasks.functions
    found = [_function(names[each], places, means, tasks) for each, places in calls.items()]
    return sorted(found, key=lambda function: -function.total)


def _function(name: str, calls: Sequence[int], means: Sequence[float], tasks: Tasks) -> Function:
    seconds, ends = _lengths(calls, means, tasks.rows)
    return Function(
        name,
        ends[-1],
        sum(means[place] * max(1, tasks.rows[place]) for place in calls),
        _quantile(seconds, ends, 0.5),
        _quantile(seconds, ends, 0.95),
        seconds[-1],
        tasks.arguments(max(calls, key=means.__getitem__)),
        sum(map(tasks.failed.__getitem__, calls)),
        histogram(seconds, ends),
    )


def _lengths(
    calls: Sequence[int], means: Sequence[float], rows: Sequence[int]
) -> tuple[Sequence[float], Sequence[int]]:
    """Return the lengths of calls, the shortest first, and with each how many calls there are up to there."""
    if not any(map(rows.__getitem__, calls)):
        return sorted(map(means.__getitem__, calls)), range(1, len(calls) + 1)
    in_order = sorted(calls, key=means.__getitem__)
    return [*map(means.__getitem__, in_order)], [*accumulate(max(1, rows[place]) for place in in_order)]


def _quantile(seconds: Sequence[float], ends: Sequence[int], part: float) -> float:
    """Return the length below which a part of all calls are, which come in order, ``ends`` having counted them."""
    return seconds[bisect_left(ends, part * ends[-1])]


def histogram(seconds: Sequence[float], ends: Sequence[int]) -> list[int]:
    """Return how many there are between each two of EDGES; the first and the last take what lies beyond.

    >>> [each for each in histogram([1e-9, 3e-3, 1e9], [2, 3, 7]) if each]
    [2, 1, 4]
    """
    places = [bisect_left(seconds, edge) for edge in EDGES[1:-1]]
    below = [ends[place - 1] if place else 0 for place in places]
    return [until - since for since, until in pairwise([0, *below, ends[-1]])]
