"""The resources of a machine, such as graphics cards or licences, and which tasks have them. Pure.

A task gets all that it needs at once, and has it until its worker does not hold the task any more, for whatever
reason. While a task waits for a resource, no later task gets that resource. So a task that needs much does not wait
for ever behind many that need little.

A library may remember, as long as its process lives, which graphics card it has used first. So workers that have had
resources come first, and get the same ones again, if these are free.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = ["Amounts", "Resources", "amounts_of", "in_turn"]

Amounts = Mapping[str, int]
"""How many of each, by name."""

Task = tuple[int, int]  # a batch, and the number of a task in it


class Resources:
    """Those of one machine.

    Parameters:
        total: how many there are of each.
        is_held: whether a worker holds a task.
    """

    def __init__(self, total: Amounts, is_held: Callable[[int, Task], bool]) -> None:
        self._total = total
        self._is_held = is_held
        self._taken: dict[tuple[int, Task], list[tuple[str, int]]] = {}
        self._had: dict[int, list[tuple[str, int]]] = {}  # by worker, what its last task had

    def take(self, worker: int, task: Task, needs: Amounts) -> list[tuple[str, int]]:
        """Give a task what it needs, which is free; return the names, and which of each."""
        free = self._free_numbers()
        had = self._had.get(worker, ())
        taken = []
        for name, amount in needs.items():
            known = {number for each, number in had if each == name}
            taken += [(name, number) for number in _first(known, free[name])[:amount]]
        self._taken[worker, task] = self._had[worker] = taken
        return taken

    def rank(self, worker: int) -> int:
        """Return which workers come first: 0 is for those that may have the same again, 2 for those that may not."""
        free = self._free_numbers()
        had = self._had.get(worker)
        return 1 if had is None else 0 if all(number in free[name] for name, number in had) else 2

    def forget(self, worker: int) -> None:
        """A worker has left."""
        self._had.pop(worker, None)

    def free(self) -> dict[str, int]:
        """Return how many of each no task has."""
        return {name: len(numbers) for name, numbers in self._free_numbers().items()}

    def any_for(self, worker: int) -> bool:
        """Return whether a worker has a task that has some."""
        self._forget_ended()
        return any(holder == worker for holder, _ in self._taken)

    def _free_numbers(self) -> dict[str, list[int]]:
        self._forget_ended()
        taken = {each for numbers in self._taken.values() for each in numbers}
        return {
            name: [number for number in range(amount) if (name, number) not in taken]
            for name, amount in self._total.items()
        }

    def _forget_ended(self) -> None:
        for holder, task in [*self._taken]:
            if not self._is_held(holder, task):
                del self._taken[holder, task]


def _first(known: set[int], numbers: list[int]) -> list[int]:
    return sorted(numbers, key=lambda number: number not in known)


def in_turn(waiting: Iterable[tuple[Task, Amounts]], free: Amounts) -> Iterator[Task]:
    """Yield those of the tasks in line that may have what they need: none for which an earlier one waits."""
    left = {**free}
    for task, needs in waiting:
        if all(left.get(name, 0) >= amount for name, amount in needs.items()):
            yield task
        else:
            left.update(dict.fromkeys(needs, 0))


def amounts_of(names: Iterable[str], amounts: Iterable[int]) -> dict[str, int]:
    """Return the amounts that a message tells."""
    return dict(zip(names, amounts, strict=True))
