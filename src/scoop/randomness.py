"""Random numbers that are the same in every run, wherever the tasks run: see docs/randomness.md.

    rng = scoop.rng()        # in a task: a NumPy generator, of this task's own
    scoop.random().random()  # the same without NumPy

The stream of a task depends on the seed of the run and on the task's place in the tree of tasks, and on nothing else.
"""

from typing import TYPE_CHECKING

from .engine import runtime
from .engine.tasks import places
from .errors import ScoopError

if TYPE_CHECKING:
    from random import Random

    from numpy.random import Generator

__all__ = ["random", "rng", "seed"]


def random() -> "Random":
    """Return the stream of the task that runs, as a ``random.Random``: the same object at each call in one task.

    In the program, outside of tasks, it is the program's own stream. Without a seed (``--seed``, ``scoop.seed()``)
    the numbers are independent of those of all other processes, and others in every run.
    """
    return places.here().random


def rng() -> "Generator":
    """Return the stream of the task that runs, as a ``numpy.random.Generator``; see random().

    Raises ImportError where there is no NumPy.
    """
    return places.here().rng


def seed(value: int | None = None, *, seed_globals: bool = False) -> int:
    """Set the seed of the run, if one is given; return the seed. Tasks are counted anew from this call on.

    Without a value and without a seed so far, the system draws one, which can be given to a later run.

    Parameters:
        value: a whole number, 0 or more.
        seed_globals: seed also the generators of ``random`` and ``numpy.random``, before each task and each row.

    Raises TypeError or ValueError for what is no such number, and ScoopError in a task, where the seed is the run's.
    """
    if value is None and not seed_globals and (known := places.here_if_counted()) is not None:
        return known.tree.seed
    if places.has_place() or runtime.changes is not None:
        raise ScoopError("scoop.seed() is for the program, before its tasks: a task has the seed of the run")
    if value is None and (known := places.here_if_counted()) is not None:
        value = known.tree.seed
    root = places.new_root(value, seed_globals)
    places.set_root(root)
    return root.tree.seed
