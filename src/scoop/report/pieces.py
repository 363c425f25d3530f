"""What stood on the stack of each thread, in the order in which it began: tasks, parts of tasks, and packing."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat

from .intervals import Interval
from .tasks import Tasks
from .trace import Move

__all__ = ["Pieces", "covered"]


class Pieces:
    """Pieces by columns. Those that have the numbers of tasks are these tasks, up to their first wait.

    Parameters of a piece are when it ran, ``since`` and ``until``, and its ``task``, which is -1 if it is none.
    ``threads`` has the pieces of each thread in order, by its process and its number there.
    """

    def __init__(self, tasks: Tasks, moves: Iterable[Move]) -> None:
        self.since, self.until = tasks.start[:], tasks.end[:]
        self.task = array("q", range(len(tasks)))
        threads: dict[tuple[int, int], list[int]] = {}
        numbers = tasks.processes
        for piece, key in enumerate(zip(tasks.process, tasks.thread, strict=True)):
            try:
                threads[key].append(piece)
            except KeyError:
                threads[key] = [piece]
        for task, parts in tasks.parts.items():
            self.until[task] = parts[0][1]
            threads[tasks.process[task], tasks.thread[task]] += self._add(parts[1:], task)
        self.threads = {(numbers[process], thread): found for (process, thread), found in threads.items()}
        for move in moves:
            if move.until > move.since:
                self.threads.setdefault((move.process, move.thread), []).extend(
                    self._add([(move.since, move.until)], -1)
                )
        for found in self.threads.values():
            found.reverse()  # they are there by their ends, mostly, so the sort has little to do
            found.sort(key=self.until.__getitem__, reverse=True)  # of those that begin at once, the longest is below
            found.sort(key=self.since.__getitem__)

    def of_process(self, number: int) -> Iterator[Interval]:
        """Yield when the tasks of a process ran, or parts of them, in the order in which that began."""
        pieces = [piece for (process, _), found in self.threads.items() if process == number for piece in found]
        pieces = [piece for piece in pieces if self.task[piece] >= 0]
        pieces.sort(key=self.since.__getitem__)
        return zip(map(self.since.__getitem__, pieces), map(self.until.__getitem__, pieces), strict=True)

    def _add(self, parts: Sequence[Interval], task: int) -> range:
        first = len(self.since)
        self.since.extend(since for since, _ in parts)
        self.until.extend(until for _, until in parts)
        self.task.extend(repeat(task, len(parts)))
        return range(first, len(self.since))


def covered(intervals: Iterable[Interval]) -> list[Interval]:
    """Return intervals that cover the same, and do not touch each other; they come in the order in which they begin.

    >>> covered([(0, 1), (1, 2), (3, 5), (4, 6)])
    [(0, 2), (3, 6)]
    """
    found: list[Interval] = []
    begin = end = float("-inf")
    for since, until in intervals:
        if since > end:
            if end > begin:
                found.append((begin, end))
            begin, end = since, until
        elif until > end:
            end = until
    if end > begin:
        found.append((begin, end))
    return found
