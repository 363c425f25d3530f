"""How much of its time each task worked itself: without the tasks that ran on its stack, and without packing.

And how much it had, when it made each other task, and when that began on its stack.
"""

from array import array
from collections.abc import Sequence
from math import inf

from .families import Families
from .pieces import Pieces
from .tasks import NOBODY, Tasks

__all__ = ["OwnTimes"]

_SLACK = 1e-7
"""Times are rounded, so a task may seem to end just after what it is in."""


class OwnTimes:
    """What tasks did on their stacks, by columns.

    Parameters:
        seconds: that each task worked itself.
        made_at: how much of that its parent had done when it made the task; infinite if nobody has made it.
        joined_at: how much, when the task began on the stack of its parent; infinite if it did elsewhere.
        parts_at: of a suspended task, how much it had done itself when each of its parts began.
    """

    def __init__(self, tasks: Tasks, families: Families, pieces: Pieces) -> None:
        count = len(tasks)
        self.seconds = array("d", bytes(8 * count))
        self.made_at = array("d", [inf]) * count
        self.joined_at = array("d", [inf]) * count
        self.parts_at: dict[int, list[float]] = {place: [] for place in tasks.parts}
        self._made, self._families, self._pieces = tasks.made, families, pieces
        self._upcoming = families.first[:]  # of each task, the child that it makes next
        for found in pieces.threads.values():
            self._walk(found)
        for child, parent in enumerate(families.parent):
            if parent != NOBODY and self.made_at[child] == inf:  # it was made after the last work
                self.made_at[child] = self.seconds[parent]

    def _walk(self, found: Sequence[int]) -> None:
        """Go over what was on one thread's stack, in the order in which it began."""
        begins, ends, owner = self._pieces.since, self._pieces.until, self._pieces.task
        parent, parts_at, joined_at = self._families.parent, self.parts_at, self.joined_at
        stack: list[tuple[float, int]] = []  # when it ends, and which task
        since = 0.0  # when the uppermost was last on top
        for piece in found:
            begin, task = begins[piece], owner[piece]
            while stack and stack[-1][0] <= begin + _SLACK:
                until, ended = stack.pop()
                self._works(ended, since, until)
                since = max(since, until)
            if stack:
                beneath = stack[-1][1]
                self._works(beneath, since, begin)
                if task >= 0 and parent[task] == beneath and joined_at[task] == inf:
                    joined_at[task] = self.seconds[beneath]
            if task in parts_at:
                parts_at[task].append(self.seconds[task])
            since = begin
            stack.append((ends[piece], task))
        while stack:
            until, ended = stack.pop()
            self._works(ended, since, until)
            since = max(since, until)

    def _works(self, task: int, since: float, until: float) -> None:
        """Note that a task, if it is one, has worked itself."""
        if task < 0 or until <= since:
            return
        done = self.seconds[task]
        upcoming, end = self._upcoming[task], self._families.first[task + 1]
        while upcoming < end:
            child = self._families.children[upcoming]
            if (made := self._made[child]) >= until:
                break
            self.made_at[child] = done + max(0.0, made - since)
            upcoming = self._upcoming[task] = upcoming + 1
        self.seconds[task] = done + until - since
