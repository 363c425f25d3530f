"""The calls by which the benchmarks use each library.

A call that a library does not have raises NotImplementedError, and its cells in the table stay empty.
"""

import builtins
from collections.abc import Callable, Iterable
from typing import Any


class Peer:
    """A library that is ready to run tasks on so many workers; by itself, the one that runs all serially."""

    divisor = 1
    """By how much rows of many small tasks are to be cut short, for they are given as rates."""
    maps = 5
    """Of how many maps in a row a figure of half a second is the median."""
    fib = 20
    """What to call ``fib`` with: libraries that need a thread or a process for each waiting task get less."""
    nested_map: Callable[..., Iterable[Any]] | None = None
    """A map that tasks may call too."""
    submit: Callable[..., Any] | None = None
    """A submit that tasks may call too; what it returns has ``result()``."""
    packages: tuple[str, ...] = ()
    """The distributions whose versions are to be recorded."""

    def __init__(self, workers: int) -> None:
        """Start the workers."""

    def map(self, function: Callable[..., Any], *inputs: Iterable[Any]) -> Iterable[Any]:
        """Call ``function`` on all inputs; return the results in order."""
        return builtins.map(function, *inputs)

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        """Submit one call, and wait for it."""
        raise NotImplementedError

    def keep(self, value: Any) -> Any:
        """Send ``value`` to where tasks run, once; return what map() takes in its stead."""
        raise NotImplementedError

    def close(self) -> None:
        """End the workers."""
