"""Knots: tasks of one process that wait for each other in a circle, and so would wait for ever.

Futures do not travel, so a circle can only be closed within one process, by a task that has got hold of a future of
its own ancestor's. Whoever closes it is about to wait for a future that is running, which is rare otherwise: only
then is anything looked at. A wait is *stuck* if all that it waits for runs on stacks whose own waits are stuck.
"""

from collections.abc import Iterator
from sys import _getframe
from types import FrameType
from typing import TYPE_CHECKING

from greenlet import getcurrent, greenlet

from ..errors import Deadlock, describe_call
from .future import RUNNING, Future

if TYPE_CHECKING:
    from .scheduler import Scheduler
    from .waiting import Waiting

__all__ = ["refuse_knots"]

MOST_WAITS = 1000
"""Suspended waits that are looked through. Beyond that, the search would cost more than it is worth."""


def refuse_knots(scheduler: "Scheduler") -> None:
    """Raise Deadlock if the current greenlet, whose wait is among those of ``scheduler``, would never go on."""
    waits = dict(scheduler.waits)
    me = getcurrent()
    if len(waits) > MOST_WAITS or not all(future._state == RUNNING for future in waits[me].futures()):
        return
    run = type(scheduler).run_inline.__code__
    runners = {future: one for one in waits for future in _running(one, run)}
    stuck = set(waits)
    while free := {one for one in stuck if not _is_stuck(waits[one], runners, stuck)}:
        stuck -= free
    if me in stuck:
        raise Deadlock(_tell(me, waits, runners))


def _is_stuck(waiting: "Waiting", runners: dict[Future, greenlet], stuck: set[greenlet]) -> bool:
    return all(future._state == RUNNING and runners.get(future) in stuck for future in waiting.futures())


def _running(one: greenlet, run: object) -> Iterator[Future]:
    """Yield the futures that run on the stack of a greenlet."""
    frame: FrameType | None = _getframe() if one is getcurrent() else one.gr_frame
    while frame is not None:
        future = frame.f_locals.get("future") if frame.f_code is run else None
        if future is not None:  # else it runs in another thread, and is through with it just now
            yield future
        frame = frame.f_back


def _tell(me: greenlet, waits: dict[greenlet, "Waiting"], runners: dict[Future, greenlet]) -> str:
    calls: list[tuple[Future, str]] = []
    one = me
    while one not in {runners.get(future) for future, _ in calls} and len(calls) <= MOST_WAITS:
        future = next(iter(waits[one].futures()))
        calls.append((future, describe_call(future._fn, future._args, future._kwargs)))
        one = runners[future]
    circle = ", which waits for ".join(call for _, call in calls)
    return f"this would wait for ever: it is for {circle}, which waits for this. No task can wait for its ancestors"
