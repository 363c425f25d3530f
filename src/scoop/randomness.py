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
    """Return the running task's own ``random.Random``: the same object at each call in one task.

    Outside of tasks it is the program's own. Without a seed (``--seed``, ``scoop.seed()``) its numbers are
    independent of those of all other processes, and differ in every run.
    """
    return places.here().random


def rng() -> "Generator":
    """Return the running task's own ``numpy.random.Generator``, as random() returns its ``random.Random``.

    Raises ImportError if NumPy is not installed.
    """
    return places.here().rng


def seed(value: int | None = None, *, seed_globals: bool = False) -> int:
    """Set the seed of the run, if ``value`` is given; return the seed. From then on tasks are counted from 0 again.

    If there is no seed yet and you give no value, the system draws one, which you can give to a later run.

    Parameters:
        value: a whole number, 0 or more.
        seed_globals: whether to seed ``random`` and ``numpy.random`` as well, before each task and each row.

    Raises TypeError or ValueError if ``value`` is no such number, and ScoopError in a task, which cannot set it.
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
