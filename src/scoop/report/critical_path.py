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
from typing import NamedTuple

from .own_time import OwnTime
from .trace import Key, Task

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


def critical_path(tasks: Sequence[Task], own: Sequence[OwnTime]) -> CriticalPath:
    """Return the path through tasks, of which it is known what they did themselves."""
    spans = _Spans(tasks, own)
    for place in sorted(range(len(tasks)), key=lambda place: -tasks[place].start):
        spans.find(place)
    return CriticalPath(spans.longest, sum(each.seconds for each in own), spans.shares())


class _Spans:
    """By task, how long it takes with as many workers as could be used."""

    def __init__(self, tasks: Sequence[Task], own: Sequence[OwnTime]) -> None:
        self._tasks = tasks
        self._own = own
        self._spans = [each.seconds for each in own]
        self._joins: dict[int, Sequence[_Join]] = {}
        self._program = next((place for place, task in enumerate(tasks) if task.is_program), None)
        self._children, self._top = self._families()

    @property
    def longest(self) -> float:
        if self._program is not None:
            return self._spans[self._program]
        return max((self._spans[place] for place in self._top), default=0.0)

    def find(self, place: int) -> None:
        """Find the span of a task; those that it has made are known."""
        children = self._children.get(place)
        if children:
            self._spans[place] = self._follow(place, children)
        if self._tasks[place].rows > 1:
            self._spans[place] /= self._tasks[place].rows

    def shares(self) -> list[Share]:
        """Return what is on the path."""
        seconds: dict[str, list[float]] = {}
        first = self._program
        if first is None and self._top:
            first = max(self._top, key=lambda place: self._spans[place])
        left = [] if first is None else [(first, self._own[first].seconds, len(self._joins.get(first, ())))]
        while left:
            place, until, number = left.pop()
            joins = self._joins.get(place, ())
            since = joins[number - 1].at if number else 0.0
            task = self._tasks[place]
            if until > since:
                seconds.setdefault(task.function, []).append((until - since) / max(1, task.rows))
            if number:
                child = joins[number - 1].child
                left.append((place, joins[number - 1].made_at, joins[number - 1].before))
                left.append((child, self._own[child].seconds, len(self._joins.get(child, ()))))
        found = [Share(name, sum(each), len(each)) for name, each in seconds.items()]
        return sorted(found, key=lambda share: -share.seconds)

    def _families(self) -> tuple[dict[int, list[int]], list[int]]:
        """Return the tasks that each has made, in that order; and those that none has made."""
        places: dict[Key, int] = {task.key: place for place, task in enumerate(self._tasks)}
        children: dict[int, list[int]] = {}
        top = []
        for place, task in enumerate(self._tasks):
            parent = None if task.parent is None or not task.parent[1] else places.get(task.parent)
            if parent is None and place != self._program:
                parent = self._program
            if parent is None or parent == place or task.start < self._tasks[parent].start:
                top.append(place)
            else:
                children.setdefault(parent, []).append(place)
        for each in children.values():
            each.sort(key=lambda place: self._tasks[place].made)
        return children, top

    def _follow(self, place: int, children: Sequence[int]) -> float:
        """Go through what a task did, in order; return when it ends."""
        clock = _Clock(self._own[place].pieces)
        made_at = {child: clock.at(self._tasks[child].made) for child in children}
        begun: dict[int, tuple[float, int]] = {}  # by child, when it could begin, and after how many joins
        joins: list[_Join] = []
        late = 0.0  # how much the task is behind its own work, by all its waits so far
        waiting = iter(children)
        upcoming = next(waiting, None)
        for at, moment, child in sorted(self._waits(place, children, clock, made_at)):
            while upcoming is not None and (made_at[upcoming], self._tasks[upcoming].made) <= (at, moment):
                begun[upcoming] = made_at[upcoming] + late, len(joins)
                upcoming = next(waiting, None)
            since, before = begun[child]
            if since + self._spans[child] > at + late:
                late = since + self._spans[child] - at
                joins.append(_Join(at, made_at[child], before, child))
        self._joins[place] = joins
        return self._own[place].seconds + late

    def _waits(
        self, place: int, children: Sequence[int], clock: "_Clock", made_at: dict[int, float]
    ) -> list[tuple[float, float, int]]:
        """Return where in its own work a task waited, at which moment, and for which child."""
        found: dict[int, tuple[float, float]] = {}
        mine = {*children}
        for moment, inner in self._own[place].within:
            if inner in mine:
                found[inner] = clock.at(moment), moment
        parts = self._tasks[place].parts
        if len(parts) > 1:
            ends = sorted((self._tasks[child].end, child) for child in children if child not in found)
            each = 0
            for (_, since), (until, _) in pairwise(parts):
                last = None
                while each < len(ends) and ends[each][0] <= until:
                    last = ends[each] if ends[each][0] > since else last
                    each += 1
                if last is not None:
                    found[last[1]] = clock.at(until), until
        end = self._own[place].seconds, self._tasks[place].end
        return [(*max(found.get(child, end), (made_at[child], self._tasks[child].made)), child) for child in children]


class _Clock:
    """How much a task had worked itself at a moment. Asked in any order; fast when that is mostly forward."""

    def __init__(self, pieces: Sequence[tuple[float, float]]) -> None:
        self._pieces = pieces
        self._done = 0.0
        self._place = 0

    def at(self, moment: float) -> float:
        if self._place and self._pieces[self._place - 1][1] > moment:
            self._place, self._done = 0, 0.0
        while self._place < len(self._pieces) and self._pieces[self._place][1] <= moment:
            since, until = self._pieces[self._place]
            self._done += until - since
            self._place += 1
        if self._place < len(self._pieces) and self._pieces[self._place][0] < moment:
            return self._done + moment - self._pieces[self._place][0]
        return self._done
