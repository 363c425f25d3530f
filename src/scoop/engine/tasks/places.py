"""The place of a task in the tree of tasks, and its stream of random numbers, which depends on nothing else.

The n-th child of a task has the key of its parent and n. A map is one child, and its rows are that child's children,
by their numbers. So the key of a task is the same wherever it runs, however often, and after whatever else.

    program ()  ──submit──> (0,)  ──submit──> (0, 0)
                ──map─────> (1,)  ──row 0───> (1, 0)
                                  ──row 1───> (1, 1)

Counting costs time, so nothing is counted until the program has set a seed. From then on each task has a context
variable with its place, which travels as those of the program do: see task_context.py.
"""

import builtins
import os
import sys
from _contextvars import ContextVar, copy_context
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from operator import index
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ...errors import describe
from ..threads import task_context
from .task import TaskOptions

if TYPE_CHECKING:
    from random import Random

    from numpy.random import Generator

__all__ = [
    "Place",
    "Tree",
    "counted",
    "has_place",
    "here",
    "here_if_counted",
    "in_rows",
    "new_root",
    "number",
    "of_row",
    "serial_map",
    "set_root",
    "within",
]

T = TypeVar("T")


class Tree(NamedTuple):
    """What all streams of a tree of tasks depend on.

    Parameters:
        seed: a whole number, 0 or more.
        seeds_globals: whether each task finds the generators of ``random`` and ``numpy.random`` seeded.
    """

    seed: int
    seeds_globals: bool = False


class Place:
    """One place in a tree of tasks.

    Parameters:
        tree: what all streams depend on.
        key: the numbers that lead here from the root.
    """

    __slots__ = ("_children", "_random", "_rng", "key", "tree")

    def __init__(self, tree: Tree, key: tuple[int, ...] = ()) -> None:
        self.tree = tree
        self.key = key
        self._children = count()
        self._random: Random | None = None
        self._rng: Generator | None = None

    def new_child(self) -> "Place":
        """Return the place of the next child."""
        return self.at(next(self._children))

    def at(self, child: int) -> "Place":
        """Return the place of a child by its number."""
        return Place(self.tree, (*self.key, child))

    @property
    def random(self) -> "Random":
        """The stream as a generator of Python's: the same object each time."""
        if self._random is None:
            from random import Random

            self._random = Random(self._text())
        return self._random

    @property
    def rng(self) -> "Generator":
        """The stream as a generator of NumPy's: the same object each time. Raises ImportError without NumPy."""
        if self._rng is None:
            from numpy.random import PCG64DXSM, Generator, SeedSequence

            self._rng = Generator(PCG64DXSM(SeedSequence(self.tree.seed, spawn_key=self.key)))
        return self._rng

    def seed_globals(self) -> None:
        """Seed the generators of ``random`` and, if it has been imported, ``numpy.random``: not as the others are."""
        import random

        random.seed(f"{self._text()} globals")
        numpy = sys.modules.get("numpy")
        if numpy is not None:
            words = random.Random(f"{self._text()} numpy.random")
            numpy.random.seed([words.getrandbits(32) for _ in range(4)])

    def _text(self) -> str:
        return f"{self.tree.seed} {'.'.join(map(str, self.key))}"

    def __reduce__(self) -> Any:
        return _received, (self.tree, self.key)


PLACE: ContextVar[Place] = ContextVar("scoop.place")
"""The place of the task that runs. Its name here is how it travels."""

are_counted = False
"""Whether tasks are counted, since somebody has set a seed."""

_root: Place | None = None
"""The place of the program outside of tasks, in its own process."""

_unseeded: Place | None = None
"""Where what this process draws without a place comes from."""


def set_root(root: Place) -> None:
    """Have the program's tasks be children of ``root``, which counts from here on."""
    global _root
    _root = root


def new_root(seed: int | None, seeds_globals: bool = False) -> Place:
    """Return the root of a new tree, whose tasks are counted; without a seed, the system draws one.

    Raises TypeError or ValueError if the seed is no whole number, or less than 0.
    """
    if seed is not None and (not hasattr(type(seed), "__index__") or isinstance(seed, bool)):
        raise TypeError(f"a seed must be a whole number, 0 or more, not {describe(seed)}")
    if seed is not None and seed < 0:
        raise ValueError(f"a seed must be a whole number, 0 or more, not {describe(seed)}")
    tree = Tree(int.from_bytes(os.urandom(8)) if seed is None else index(seed), seeds_globals)
    count_tasks(tree)
    return Place(tree)


def here_if_counted() -> Place | None:
    """Return the place of the task that runs, or of the program; None where no seed was set."""
    return PLACE.get(None) or _root


def count_tasks(tree: Tree) -> None:
    """Count tasks from here on, in this process."""
    global are_counted
    are_counted = True
    import contextvars  # noqa: F401  # so that submit() asks for the options of tasks, and spends no time else

    if tree.seeds_globals:
        task_context.on_begin = _seed_globals


def here() -> Place:
    """Return the place of the task that runs; one that depends on no seed where there is none."""
    global _unseeded
    found = here_if_counted() or _unseeded
    if found is None:
        found = _unseeded = Place(Tree(int.from_bytes(os.urandom(16))))
    return found


def has_place() -> bool:
    """Return whether the caller is a task that was counted, or in the block of an executor with a seed."""
    return PLACE.get(None) is not None


def counted(options: TaskOptions) -> TaskOptions:
    """Return the options of a new task, with its place, if tasks are counted; else these very options."""
    parent = here_if_counted()
    if not are_counted or parent is None:
        return options
    context = copy_context()
    context.run(PLACE.set, parent.new_child())
    return options._replace(context=context)


@contextmanager
def within(place: Place | None) -> Iterator[None]:
    """Have the tasks that are made in the block be children of ``place``, if there is one."""
    token = None if place is None else PLACE.set(place)
    try:
        yield
    finally:
        if token is not None:
            with suppress(ValueError):  # the block ends in another context than it has begun in
                PLACE.reset(token)


# -- maps -----------------------------------------------------------------------------------------------------------


def number(columns: tuple[Any, ...], first: int) -> tuple[Any, ...]:
    """Return the inputs of a map with one more for each row: its number. They are split and sent with the others."""
    return (*columns, range(first, first + min(map(len, columns))))


def in_rows(function: Callable[..., T], of_map: Place | None = None) -> Callable[..., T]:
    """Return ``function`` for rows that have their number as the last input. By default, the map has called."""
    place = PLACE.get() if of_map is None else of_map

    def call_row(*inputs: Any) -> T:
        token = PLACE.set(place.at(inputs[-1]))
        try:
            if place.tree.seeds_globals:
                _seed_globals()
            return function(*inputs[:-1])
        finally:
            PLACE.reset(token)

    return call_row


def of_row(options: TaskOptions, row: int) -> TaskOptions:
    """Return the options of a task that is a row of a map, which has the ``options``."""
    assert options.context is not None
    context = options.context.copy()
    context.run(PLACE.set, context[PLACE].at(row))
    return options._replace(context=context)


def serial_map(function: Callable[..., T], iterables: tuple[Iterable[Any], ...]) -> Iterator[T]:
    """Return what the builtin ``map`` returns, such that each row has the stream that it has in a parallel map."""
    if not are_counted:
        return builtins.map(function, *iterables)
    return builtins.map(in_rows(function, here().new_child()), *iterables, count())


# -- the rest -------------------------------------------------------------------------------------------------------


def _received(tree: Tree, key: tuple[int, ...]) -> Place:
    """Return the place of a task that has come here: what it submits is counted, too."""
    if not are_counted:
        count_tasks(tree)
    return Place(tree, key)


def _seed_globals() -> None:
    place = PLACE.get(None)
    if place is not None and place.tree.seeds_globals:
        place.seed_globals()


def _forget_in_child() -> None:
    """Have a forked child draw other numbers than its parent."""
    global _unseeded
    _unseeded = None


os.register_at_fork(after_in_child=_forget_in_child)
