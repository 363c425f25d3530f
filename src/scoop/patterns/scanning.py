"""mapScan: a parallel prefix in two passes over the slices of a map.

    pass 1, in parallel: map each slice, and accumulate it from its own start
    between: the sum of all that stands before each slice, from the slices' last elements
    pass 2, in parallel: put that sum in front of every element of the slice

``op`` is called about twice as often as serially, on as many processors as there are.
"""

from collections.abc import Callable, Iterable
from functools import partial
from itertools import accumulate, chain
from typing import Any

from ..engine import runtime
from ..engine.mapper import Mapper, Scanner
from ..engine.retries import unwrap
from .mapping import Inputs

__all__ = ["map_scan"]


def map_scan(func: Callable[..., Any], op: Callable[[Any, Any], Any], *iterables: Iterable[Any]) -> list[Any]:
    """Return all prefixes of ``func(*row)`` over all rows, put together by ``op``, which need not commute."""
    scheduler = runtime.need("futures.mapScan()")
    function, retries = unwrap(func)
    slices = _all(Inputs(scheduler, Scanner(function, op), retries, iterables))
    if not slices:
        raise TypeError("mapScan() of empty iterable: there is nothing to reduce, and no initial value")
    before = [*accumulate((each[-1] for each in slices[:-1]), op)]
    shifted = _all(Inputs(scheduler, Mapper(partial(_shift, op)), None, (before, slices[1:])))
    return [*chain(slices[0], *shifted)]


def _all(inputs: Inputs) -> list[Any]:
    return [*chain.from_iterable(inputs.outcomes())]


def _shift(op: Callable[[Any, Any], Any], before: Any, elements: list[Any]) -> list[Any]:
    return list(map(partial(op, before), elements))
