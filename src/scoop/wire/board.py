"""The board: the memory that the broker and the workers of a machine share.

Some things are read so often, or matter at such a moment, that a message would not do:

    hunger  two bytes a worker. The first is the broker's ("others want work of yours"), the second the worker's own
            ("threads of mine are idle"), so neither ever writes over the other; both are read as one number
    far     one byte a worker: the broker's, for what is wanted by other machines. The link alone looks at it, now and
            then: so no spawn pays for it
    taken   how many errands the worker has taken up so far: all that is known of what it was at, when it has died

The pages are anonymous and inherited: no name, no file, nothing to open.
"""

import mmap

__all__ = ["MOST_WORKERS", "Board", "new_board"]

MOST_WORKERS = 1 << 20
"""Workers in one run at a time, replacements of late included; pages that nobody touches cost nothing."""

_BYTES = 2 + 8 + 1


class Board:
    """The cells of ``workers`` workers, in ``memory`` of eleven bytes for each."""

    def __init__(self, memory: memoryview, workers: int) -> None:
        self._bytes = memory[: 2 * workers]
        self.hunger = self._bytes.cast("H")
        self.taken = memory[2 * workers : 10 * workers].cast("Q")
        self._far = memory[10 * workers : _BYTES * workers]

    @classmethod
    def of_size(cls, workers: int) -> "Board":
        """Return a board that is not shared with anyone."""
        return cls(memoryview(bytearray(_BYTES * workers)), workers)

    def cell(self, worker: int) -> int:
        """Return which cell is a worker's. Those of workers that died long ago are used again, but the origin's."""
        return worker and 1 + (worker - 1) % (len(self.taken) - 1)

    def clear(self, worker: int) -> None:
        """Make the cells of a new worker fit for it."""
        self.hunger[self.cell(worker)] = self.taken[self.cell(worker)] = self._far[self.cell(worker)] = 0

    def ask(self, worker: int, asked: bool) -> None:
        """Say, or take back, that others want work of this worker's."""
        self._bytes[2 * self.cell(worker)] = asked

    def is_asked(self, worker: int) -> bool:
        """Return whether others want work of this worker's."""
        return bool(self._bytes[2 * self.cell(worker)])

    def ask_far(self, worker: int, asked: bool) -> None:
        """Say, or take back, that other machines want work of this worker's, if it is worth the journey."""
        self._far[self.cell(worker)] = asked

    def is_asked_far(self, worker: int) -> bool:
        """Return whether other machines want work of this worker's."""
        return bool(self._far[self.cell(worker)])

    def set_idle(self, worker: int, idle: bool) -> None:
        """Say whether threads of this worker sleep for want of work."""
        self._bytes[2 * self.cell(worker) + 1] = idle

    def is_idle(self, worker: int) -> bool:
        """Return whether threads of this worker sleep for want of work."""
        return bool(self._bytes[2 * self.cell(worker) + 1])


def new_board() -> Board:
    """Return a board in fresh memory, shared with the processes that will be forked."""
    return Board(memoryview(mmap.mmap(-1, _BYTES * MOST_WORKERS)), MOST_WORKERS)
