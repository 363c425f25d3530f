"""How many tasks the other side of a link between machines may still be handed.

Each Demand says how many its sender could take, and how many messages it had seen by then. Tasks in later messages
count against that. So no side waits for an answer before it hands out more, and none gets more than it has asked for.
"""

from collections import deque

__all__ = ["Credit"]


class Credit:
    """What one side has of the other. ``left``: tasks that it may still hand over."""

    def __init__(self) -> None:
        self.left = 0
        self._handed: deque[tuple[int, int]] = deque()  # numbers of messages, and the tasks in each

    def demanded(self, wanted: int, seen: int) -> None:
        """The other side wants so many tasks, as of so many messages."""
        while self._handed and self._handed[0][0] <= seen:
            self._handed.popleft()
        self.left = max(0, wanted - sum(tasks for _, tasks in self._handed))

    def handed(self, message: int, tasks: int) -> None:
        """So many tasks were handed over, in the message of this number."""
        self._handed.append((message, tasks))
        self.left = max(0, self.left - tasks)
