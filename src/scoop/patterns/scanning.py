"""mapScan: a parallel prefix in two passes.

    pass 1, in parallel: map each block, and accumulate it from its own start
    between: the sum of all that stands before each block, from the blocks' last elements
    pass 2, in parallel: put that sum in front of every element of the block

``op`` is called about twice as often as serially, on as many processors as there are.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate, starmap
from typing import Any

from ..engine.future import NO_KWARGS, Future
from ..engine.scheduler import Scheduler

__all__ = ["map_scan"]

Row = tuple[Any, ...]

_BLOCKS = 8
"""Blocks a worker: enough that a slow one is balanced by others."""


def map_scan(
    scheduler: Scheduler, func: Callable[..., Any], op: Callable[[Any, Any], Any], rows: Sequence[Row]
) -> list[Any]:
    """Return ``list(accumulate(starmap(func, rows), op))``; ``rows`` has at least one."""
    size = -(-len(rows) // (_BLOCKS * scheduler.size))
    blocks = [rows[start : start + size] for start in range(0, len(rows), size)]
    scanned = _run(scheduler, [Future._make(_scan, (func, op, block), NO_KWARGS) for block in blocks])
    offsets = accumulate((block[-1] for block in scanned[:-1]), op)
    pairs = zip(offsets, scanned[1:], strict=True)
    shifts = [Future._make(_shift, (op, offset, block), NO_KWARGS) for offset, block in pairs]
    return [element for block in (scanned[0], *_run(scheduler, shifts)) for element in block]


def _run(scheduler: Scheduler, futures: list[Future]) -> list[list[Any]]:
    scheduler.offer_all(futures)
    try:
        return [future.result() for future in futures]
    except BaseException:
        scheduler.cancel(futures)
        raise


def _scan(func: Callable[..., Any], op: Callable[[Any, Any], Any], rows: Sequence[Row]) -> list[Any]:
    return list(accumulate(starmap(func, rows), op))


def _shift(op: Callable[[Any, Any], Any], offset: Any, block: list[Any]) -> list[Any]:
    return list(map(partial(op, offset), block))
