"""mapReduce: a tree of tasks. Each half of the inputs is mapped and reduced where it runs; only sums travel."""

from collections.abc import Callable, Sequence
from typing import Any

from ..engine import runtime
from ..engine.future import NO_KWARGS, Future

__all__ = ["map_reduce"]

Row = tuple[Any, ...]


def map_reduce(func: Callable[..., Any], op: Callable[[Any, Any], Any], rows: Sequence[Row]) -> Any:
    """Reduce ``func(*row)`` over all ``rows`` (at least one), keeping their order: ``op`` need not commute."""
    if len(rows) == 1:
        return func(*rows[0])
    half = len(rows) // 2
    scheduler = runtime.need("futures.mapReduce()")
    right = Future._make(map_reduce, (func, op, rows[half:]), NO_KWARGS)
    scheduler.offer(right)
    try:
        left = map_reduce(func, op, rows[:half])
    except BaseException:
        scheduler.cancel((right,))
        raise
    return op(left, right.result())
