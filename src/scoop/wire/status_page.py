"""The status page: memory that the broker and the workers of a machine share.

Some things are read so often, or matter at such a moment, that a message would not do:

    flags  two bytes a worker. The first is the broker's ("others want work of this worker"), the second the worker's
           own ("a thread of mine sleeps for want of work"). Neither side writes the other's byte; a spawn reads both
           as one number
    far    one byte a worker, the broker's: other machines want work, if it is worth the journey. Only the I/O thread
           looks at it, so no spawn pays for it
    ends   one byte a worker, its own: it has begun to end, and runs the program's exit handlers
    begun  how many tasks of others the worker has begun so far: all that is known of its work when it has died

and one number for all, the broker's: how many tasks workers had begun when they died.

The pages are anonymous and inherited by forked processes: no name, no file, nothing to open. A process that is not
forked from the one that made them gets a descriptor of them.
"""

import mmap
import os
import sys

__all__ = ["ASKED", "MOST_WORKERS", "StatusPage", "new_status_page", "open_page_memory"]

ASKED = int.from_bytes(b"\1\0", sys.byteorder)
"""Both flags as one number, where others want work of a worker none of whose threads sleeps."""

MOST_WORKERS = 1 << 20  # at a time, replacements of late included; memory that is never touched costs nothing


_BYTES = 12
"""For each worker."""


class StatusPage:
    """The cells of so many workers, twelve bytes for each. ``descriptor``: of the memory, if it has one."""

    def __init__(self, workers: int, descriptor: int = -1) -> None:
        self._memory = mmap.mmap(descriptor, _size(workers))
        memory = memoryview(self._memory)
        self._whole = memory
        self._bytes = memory[: 2 * workers]
        self.flags = self._bytes.cast("H")
        self.begun = memory[2 * workers : 10 * workers].cast("Q")
        self._far = memory[10 * workers : 11 * workers]
        self._ends = memory[11 * workers : 12 * workers]
        self._interrupted = memory[12 * workers :].cast("Q")

    def close(self) -> None:
        """Let go of the memory, where a process goes on without its run."""
        for view in (self.flags, self.begun, self._bytes, self._far, self._ends, self._interrupted, self._whole):
            view.release()
        self._memory.close()

    def cell(self, worker: int) -> int:
        """Return which cell is a worker's. Cells of workers that died long ago are used again, but the origin's."""
        return worker and 1 + (worker - 1) % (len(self.begun) - 1)

    def clear(self, worker: int) -> None:
        cell = self.cell(worker)
        self.flags[cell] = self.begun[cell] = self._far[cell] = self._ends[cell] = 0

    def ask(self, worker: int, asked: bool) -> None:
        self._bytes[2 * self.cell(worker)] = asked

    def is_asked(self, worker: int) -> bool:
        return bool(self._bytes[2 * self.cell(worker)])

    def ask_far(self, worker: int, asked: bool) -> None:
        self._far[self.cell(worker)] = asked

    def is_asked_far(self, worker: int) -> bool:
        return bool(self._far[self.cell(worker)])

    def note_interrupted(self, count: int) -> None:
        self._interrupted[0] = count

    def interrupted(self) -> int:
        return self._interrupted[0]

    def set_ending(self, worker: int) -> None:
        self._ends[self.cell(worker)] = True

    def is_ending(self, worker: int) -> bool:
        return bool(self._ends[self.cell(worker)])

    def set_idle(self, worker: int, idle: bool) -> None:
        self._bytes[2 * self.cell(worker) + 1] = idle

    def is_idle(self, worker: int) -> bool:
        return bool(self._bytes[2 * self.cell(worker) + 1])


def _size(workers: int) -> int:
    return _BYTES * workers + 8


def new_status_page(descriptor: int = -1) -> StatusPage:
    """Return a page with room for all workers that there may be."""
    return StatusPage(MOST_WORKERS, descriptor)


def open_page_memory() -> int:
    """Return a descriptor of memory for such a page, which has no name. Raises OSError."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("scoop")
    else:
        import tempfile  # which imports much, and only other systems need it

        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, _size(MOST_WORKERS))
    return descriptor
