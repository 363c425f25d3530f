"""The memory that tells workers, at the price of reading one cell, that somebody is hungry.

Two bytes a worker: the first is the broker's ("others want work of yours"), the second the worker's own ("threads
of mine are idle"), so neither ever writes over the other. The pages are anonymous and inherited: no name, no file.
"""

import mmap

__all__ = ["MOST_WORKERS", "new_hunger"]

MOST_WORKERS = 1 << 20
"""Numbers for workers in one run, replacements included; pages that nobody touches cost nothing."""


def new_hunger() -> memoryview:
    """Return fresh shared memory for the processes that will be forked."""
    return memoryview(mmap.mmap(-1, 2 * MOST_WORKERS))
