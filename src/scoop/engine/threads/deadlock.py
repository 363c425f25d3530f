"""Deadlocks within one process: tasks that wait for each other in a circle, and so would wait for ever.

Futures do not travel, so a circle can only be closed within one process, by a task that has got hold of a future of
its own ancestor's. The task that closes it is about to wait for something that runs on a fiber, which is rare
otherwise: only then is anything looked at. A wait is *stuck* if all that it waits for runs on fibers whose own waits
are stuck.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from greenlet import getcurrent, greenlet

from ...errors import Deadlock

__all__ = ["Awaited", "Wait", "refuse_deadlock"]

MOST_WAITS = 1000
"""Suspended waits that are looked through. Beyond that, the search would cost more than it is worth."""


class Awaited(NamedTuple):
    """Something that a wait is for: the fibers without which it cannot end, if there are any; and what call it is.

    It is the fiber on which it runs here, or those of the tasks that it depends on itself.
    """

    fibers: Sequence[greenlet]
    describe: Callable[[], str]


class Wait(Protocol):
    """The wait of one suspended fiber."""

    def awaited(self) -> Sequence[Awaited]: ...


def refuse_deadlock(waits: Mapping[greenlet, Wait]) -> None:
    """Raise Deadlock if the current fiber, whose wait is among ``waits``, would never go on."""
    me = getcurrent()
    if len(waits) > MOST_WAITS or any(not each.fibers for each in waits[me].awaited()):
        return
    awaited = {fiber: wait.awaited() for fiber, wait in [*waits.items()]}
    stuck = set(awaited)
    while free := {fiber for fiber in stuck if not _is_stuck(awaited[fiber], stuck)}:
        stuck -= free
    if me in stuck:
        raise Deadlock(_tell(me, {fiber: awaited[fiber] for fiber in stuck}))


def _is_stuck(awaited: Sequence[Awaited], stuck: set[greenlet]) -> bool:
    return bool(awaited) and all(not stuck.isdisjoint(each.fibers) for each in awaited)


def _tell(me: greenlet, awaited: Mapping[greenlet, Sequence[Awaited]]) -> str:
    calls: list[str] = []
    fiber, seen = me, set[greenlet]()
    while fiber not in seen:
        seen.add(fiber)
        first = awaited[fiber][0]
        calls.append(first.describe())
        fiber = next(each for each in first.fibers if each in awaited)
    circle = ", which waits for ".join(calls)
    return (
        f"this wait would never end: it is for {circle}, which waits for this task. No task can wait for an ancestor"
    )
