"""What a machine has so many of, as graphics cards or licences, and which tasks have them. Pure.

A task gets all that it needs at once, and has it until it is off the hands of its worker, in whatever way. What it
waits for, no later task with the same wish gets before it: so one that needs much is not kept waiting by many that
need little.
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

    def take(self, worker: int, task: Task, needs: Amounts) -> list[tuple[str, int]]:
        """Give a task what it needs, which is free; return the names, and which of each."""
        free = self._free_numbers()
        taken = [(name, number) for name, amount in needs.items() for number in free[name][:amount]]
        self._taken[worker, task] = taken
        return taken

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
