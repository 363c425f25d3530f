"""mapReduce and mapScan: maps whose results are reduced or accumulated where they are computed; only sums travel.

A scan is a parallel prefix in two passes over the parts of a map:

    pass 1, in parallel: map each part, and accumulate it from its own start
    between: the sum of all that stands before each part, from the parts' last elements
    pass 2, in parallel: put that sum in front of every element of the part

The operation is called about twice as often as serially, on as many processors as there are.
"""

from collections.abc import Callable, Iterable
from functools import partial, reduce
from itertools import accumulate, chain
from typing import Any

from ..engine.task import PLAIN, split_options
from .iterators import Inputs
from .map_scheduler import MapThreads
from .row_functions import MapRows, ReduceRows, ScanRows

__all__ = ["map_reduce", "map_scan"]

Operation = Callable[[Any, Any], Any]


def map_reduce(scheduler: MapThreads, func: Callable[..., Any], op: Operation, *iterables: Iterable[Any]) -> Any:
    """Reduce ``func(*row)`` over all rows, keeping their order: ``op`` need not commute."""
    function, options = split_options(func)
    inputs = Inputs(scheduler, ReduceRows(function, op), options, iterables)
    sums: list[Any] = []
    for found in inputs.results():
        sums[:] = [reduce(op, sums + found)]
    if not sums:
        raise TypeError("mapReduce() of empty iterable: there is nothing to reduce, and no initial value")
    return sums[0]


def map_scan(scheduler: MapThreads, func: Callable[..., Any], op: Operation, *iterables: Iterable[Any]) -> list[Any]:
    """Return all prefixes of ``func(*row)`` over all rows, put together by ``op``, which need not commute."""
    function, options = split_options(func)
    parts = _all(Inputs(scheduler, ScanRows(function, op), options, iterables))
    if not parts:
        raise TypeError("mapScan() of empty iterable: there is nothing to reduce, and no initial value")
    before = [*accumulate((each[-1] for each in parts[:-1]), op)]
    shifted = _all(Inputs(scheduler, MapRows(partial(_shift, op)), PLAIN, (before, parts[1:])))
    return [*chain(parts[0], *shifted)]


def _all(inputs: Inputs) -> list[Any]:
    return [*chain.from_iterable(inputs.results())]


def _shift(op: Operation, before: Any, elements: list[Any]) -> list[Any]:
    return list(map(partial(op, before), elements))
