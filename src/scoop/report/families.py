"""Which tasks each task has made."""

from array import array
from itertools import accumulate

from .tasks import NOBODY, Tasks

__all__ = ["Families"]


class Families:
    """Who has made whom, by the places of tasks.

    Parameters:
        program: the place of the program itself; None if the trace does not have it.
        parent: of each task, who has made it; NOBODY if that is not known.
        top: the tasks that no known task has made.
        children: all that tasks have made: those of one after those of another, each in the order in which it did.
        first: where in ``children`` those of each task begin, and end where those of the next one do.
    """

    def __init__(self, tasks: Tasks) -> None:
        number = tasks.number
        self.program = number.index(0) if 0 in number else None
        self.parent = self._parents(tasks)
        self.top = [place for place, parent in enumerate(self.parent) if parent == NOBODY]
        counts = array("q", bytes(8 * (len(tasks) + 1)))
        for parent in self.parent:
            counts[parent] += 1
        counts[NOBODY] = 0
        self.first = array("q", accumulate(counts, initial=0))
        self.children = array("q", bytes(8 * self.first[-1]))
        upcoming = self.first[:]
        for place in sorted(range(len(tasks)), key=tasks.made.__getitem__):
            if (parent := self.parent[place]) != NOBODY:
                self.children[upcoming[parent]] = place
                upcoming[parent] += 1

    def of(self, place: int) -> "array[int]":
        """Return the tasks that a task has made, in that order."""
        return self.children[self.first[place] : self.first[place + 1]]

    def _parents(self, tasks: Tasks) -> "array[int]":
        start, program = tasks.start, NOBODY if self.program is None else self.program
        places = _places(tasks)
        found = array("q")
        for place, (process, number) in enumerate(zip(tasks.parent_process, tasks.parent, strict=True)):
            known = places[process]
            parent = known[number] if 0 < number < len(known) else NOBODY
            if parent == NOBODY:
                parent = program
            found.append(NOBODY if parent in (NOBODY, place) or start[place] < start[parent] else parent)
        return found


def _places(tasks: Tasks) -> "list[array[int]]":
    """Return by process the places of tasks by their numbers, which begin at 1 and have few gaps."""
    most = [0] * len(tasks.processes)
    for process, number in zip(tasks.process, tasks.number, strict=True):
        most[process] = max(most[process], number)
    found = [array("q", [NOBODY]) * (count + 1) for count in most]
    for place, (process, number) in enumerate(zip(tasks.process, tasks.number, strict=True)):
        found[process][number] = place
    return found
