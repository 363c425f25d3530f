"""The longest chain of work in which each piece had to wait for the one before: no number of workers is faster.

A task goes on at once after it has made another one, and waits for it

- where that ran on its own stack, since it runs there what it waits for;
- at the end of a wait, for the one that ended last before;
- at its end at the latest, as tasks nearly always do.

So with as many workers as could be used, a task ends when its own work has ended, and all that it waits for. What it
took to move tasks is left out. Rows of a map do not wait for each other, so a slice counts as long as one of its
rows.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import inf
from typing import NamedTuple

from .families import Families
from .own_time import OwnTimes
from .tasks import Tasks

__all__ = ["CriticalPath", "Share", "critical_path", "speedups"]


class Share(NamedTuple):
    """What one function has on the path: seconds, and pieces."""

    function: str
    seconds: float
    pieces: int


class CriticalPath(NamedTuple):
    """The path, in seconds; all work there was; and what functions the path goes through, the longest first."""

    seconds: float
    work: float
    shares: Sequence[Share]


class _Join(NamedTuple):
    """A wait that the path goes through: where in the waiting task, and for which child.

    That was made at ``made_at``, after so many waits ``before``.
    """

    at: float
    made_at: float
    before: int
    child: int


def speedups(path: CriticalPath, workers: Sequence[int]) -> dict[int, float]:
    """Return by the number of workers how much faster than one they can be at best."""
    longest = path.seconds or 1.0
    return {n: path.work / max(path.work / n, longest) if path.work else 1.0 for n in workers}


def critical_path(tasks: Tasks, families: Families, own: OwnTimes) -> CriticalPath:
    """Return the path through tasks, of which it is known what they did themselves."""
    spans = _Spans(tasks, families, own)
    spans.find_all()
    return CriticalPath(spans.longest, sum(own.seconds), spans.shares())


class _Spans:
    """By task, how long it takes with as many workers as could be used."""

    def __init__(self, tasks: Tasks, families: Families, own: OwnTimes) -> None:
        self._tasks = tasks
        self._families = families
        self._own = own
        self._spans = own.seconds[:]

    @property
    def longest(self) -> float:
        last = self._last()
        return 0.0 if last is None else self._spans[last]

    def find_all(self) -> None:
        """Find the span of each task, after those of all that it has made."""
        first, rows = self._families.first, self._tasks.rows
        for place in sorted(range(len(self._tasks)), key=self._tasks.start.__getitem__, reverse=True):
            if first[place] < first[place + 1]:
                self._spans[place] = self._own.seconds[place] + self._follow(place, [])
            if rows[place] > 1:
                self._spans[place] /= rows[place]

    def shares(self) -> list[Share]:
        """Return what is on the path."""
        seconds: dict[int, list[float]] = {}
        last = self._last()
        left = [] if last is None else [self._all_of(last)]
        while left:
            place, until, number, joins = left.pop()
            since = joins[number - 1].at if number else 0.0
            if until > since:
                part = (until - since) / max(1, self._tasks.rows[place])
                seconds.setdefault(self._tasks.function[place], []).append(part)
            if number:
                join = joins[number - 1]
                left.append((place, join.made_at, join.before, joins))
                left.append(self._all_of(join.child))
        names = self._tasks.functions
        found = [Share(names[each], sum(parts), len(parts)) for each, parts in seconds.items()]
        return sorted(found, key=lambda share: -share.seconds)

    def _last(self) -> int | None:
        """Return the task that all others are for; else the one that takes longest."""
        if self._families.program is not None:
            return self._families.program
        return max(self._families.top, key=self._spans.__getitem__, default=None)

    def _all_of(self, place: int) -> tuple[int, float, int, list[_Join]]:
        """Return a task that is on the path up to its end: how much it works itself, and its joins."""
        joins: list[_Join] = []
        self._follow(place, joins)
        return place, self._own.seconds[place], len(joins), joins

    def _follow(self, place: int, joins: list[_Join]) -> float:
        """Go through what a task did, in order; return by how much it is late at its end, for all that it awaits.

        ``joins`` is filled with the waits that make it so.
        """
        children, spans = self._families.of(place), self._spans
        made, made_at, count = self._tasks.made, self._own.made_at, len(children)
        begun: dict[int, tuple[float, int]] = {}  # by child, when it could begin, and after how many joins
        late, upcoming = 0.0, 0
        for at, moment, child in self._waits(place, children):
            while upcoming < count:
                each = children[upcoming]
                there = made_at[each]
                if there > at or (there == at and made[each] > moment):
                    break
                begun[each] = there + late, len(joins)
                upcoming += 1
            since, before = begun[child]
            if (ready := since + spans[child]) > at + late:
                late = ready - at
                joins.append(_Join(at, made_at[child], before, child))
        return late

    def _waits(self, place: int, children: Sequence[int]) -> list[tuple[float, float, int]]:
        """Return where in its own work a task waited, at which moment, and for which child; in that order."""
        tasks, own = self._tasks, self._own
        end = own.seconds[place], tasks.end[place]
        in_parts = self._waits_between_parts(place, children) if place in tasks.parts else {}
        found = []
        for child in children:
            if (at := own.joined_at[child]) < inf:
                found.append((at, tasks.start[child], child))
            else:
                made = own.made_at[child], tasks.made[child]
                found.append((*max(in_parts.get(child, end), made), child))
        found.sort()
        return found

    def _waits_between_parts(self, place: int, children: Sequence[int]) -> dict[int, tuple[float, float]]:
        """Return by child where a task was suspended until that had ended, and nothing that ended later."""
        tasks, joined_at = self._tasks, self._own.joined_at
        ends = sorted((tasks.end[child], child) for child in children if joined_at[child] == inf)
        found: dict[int, tuple[float, float]] = {}
        each = 0
        for ((_, since), (until, _)), at in zip(
            pairwise(tasks.parts[place]), self._own.parts_at[place][1:], strict=False
        ):
            last = None
            while each < len(ends) and ends[each][0] <= until:
                last = ends[each] if ends[each][0] > since else last
                each += 1
            if last is not None:
                found[last[1]] = at, until
        return found
