"""mapReduce: a map whose results are reduced where they are computed; only sums travel."""

from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any

from ..engine import runtime
from ..engine.mapper import Reducer
from ..engine.retries import unwrap
from .mapping import Inputs

__all__ = ["map_reduce"]


def map_reduce(func: Callable[..., Any], op: Callable[[Any, Any], Any], *iterables: Iterable[Any]) -> Any:
    """Reduce ``func(*row)`` over all rows, keeping their order: ``op`` need not commute."""
    function, retries = unwrap(func)
    inputs = Inputs(runtime.need("futures.mapReduce()"), Reducer(function, op), retries, iterables)
    sums: list[Any] = []
    for outcome in inputs.outcomes():
        sums[:] = [reduce(op, sums + outcome)]
    if not sums:
        raise TypeError("mapReduce() of empty iterable: there is nothing to reduce, and no initial value")
    return sums[0]
