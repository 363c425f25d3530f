"""Intervals of time: lists of pairs, from and until, as floats."""

from collections.abc import Iterable, Sequence

__all__ = ["Interval", "bins", "minus", "total", "union"]

Interval = tuple[float, float]


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """Return intervals in order that cover the same, and do not touch each other.

    >>> union([(3, 5), (0, 1), (1, 2), (4, 6)])
    [(0, 2), (3, 6)]
    """
    found: list[Interval] = []
    for since, until in sorted(intervals):
        if found and since <= found[-1][1]:
            if until > found[-1][1]:
                found[-1] = found[-1][0], until
        elif until > since:
            found.append((since, until))
    return found


def minus(one: Sequence[Interval], other: Sequence[Interval]) -> list[Interval]:
    """Return what is in one, and not in the other; both are what ``union`` returns.

    >>> minus([(0, 10)], [(2, 3), (9, 12)])
    [(0, 2), (3, 9)]
    """
    found: list[Interval] = []
    place = 0
    for since, until in one:
        while place < len(other) and other[place][1] <= since:
            place += 1
        each = place
        while each < len(other) and other[each][0] < until:
            if other[each][0] > since:
                found.append((since, other[each][0]))
            since = max(since, other[each][1])
            each += 1
        if since < until:
            found.append((since, until))
    return found


def total(intervals: Iterable[Interval]) -> float:
    return sum(until - since for since, until in intervals)


def bins(intervals: Iterable[Interval], since: float, until: float, count: int) -> list[float]:
    """Return how much of each of ``count`` equal parts of a span the intervals cover, which do not overlap: 0 to 1.

    >>> bins([(0, 1), (2.5, 4)], 0, 4, 4)
    [1.0, 0.0, 0.5, 1.0]
    """
    width = (until - since) / count
    found = [0.0] * count
    if width <= 0:
        return found
    for begin, end in intervals:
        begin, end = max(begin, since), min(end, until)
        if end <= begin:
            continue
        first, last = min(count - 1, int((begin - since) / width)), min(count - 1, int((end - since) / width))
        if first == last:
            found[first] += end - begin
            continue
        found[first] += since + (first + 1) * width - begin
        for each in range(first + 1, last):
            found[each] += width
        found[last] += end - (since + last * width)
    return [min(1.0, covered / width) for covered in found]
