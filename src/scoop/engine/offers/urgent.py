"""Which tasks of a process go before others, of those that are ready. Nearly always there is none.

They are also in the ready table, as all tasks are. A thread that takes one out of that table does not look here. So a
task that is found here may be gone from the ready table, and is then dropped here, too.
"""

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import Generic, TypeVar

__all__ = ["Urgent"]

T = TypeVar("T")


class Urgent(Generic[T]):
    """Tasks by their priority, and in the order in which they came.

    Parameters:
        is_ready: whether a task still stands in the table.
    """

    def __init__(self, is_ready: Callable[[T], bool]) -> None:
        self._is_ready = is_ready
        self.left: list[tuple[int, int, T]] = []
        """A heap. It changes in single steps of the interpreter, so no lock is needed. Empty: there is none."""
        self._serial = count()

    def add(self, task: T, priority: int) -> None:
        heappush(self.left, (-priority, next(self._serial), task))

    def first(self) -> T | None:
        """Return the task to begin with, which stays; None if all are gone."""
        while self.left:
            try:
                entry = heappop(self.left)
            except IndexError:  # another thread has taken the last
                break
            if self._is_ready(entry[2]):
                heappush(self.left, entry)
                return entry[2]
        return None

    def in_order(self, most: int) -> list[T]:
        """Return the first of those that are left, up to so many."""
        first = self.first()
        if first is None or most == 1:
            return [] if first is None else [first]
        return [task for _, _, task in sorted([*self.left]) if self._is_ready(task)][:most]
