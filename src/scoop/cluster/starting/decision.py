"""Whether enough hosts take part: when that is decided, and what is said of the hosts then; asyncio."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from ... import log
from ...tuning import TUNING
from ..planning.invitation import Answer
from ..planning.plan import Plan
from .diagnosis import Failure
from .machine_identity import this_machine, told_twice

__all__ = ["tell_of_missing", "tell_of_names", "until_decided"]


async def until_decided(starting: Sequence[asyncio.Task[Any]], may_suffice: Callable[[], bool]) -> None:
    """Wait until all have started their hosts, or too few still can; cancel those that are not through by then.

    In the second case others have a moment to fail as well, so that all typing errors are named together. Raises what
    one of the tasks has raised.
    """
    left = {*starting}
    try:
        while left and may_suffice():
            done, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        if left:
            await asyncio.wait(left, timeout=TUNING.others_fail_within_seconds)
    finally:
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


def tell_of_missing(plan: Plan, joined: Sequence[Answer], failed: Sequence[Failure]) -> None:
    """Say which hosts the run has ended without, before it was decided whether enough of them take part."""
    for failure in failed:
        log.own.warning("scoop: the run has ended without %s", failure)
    answered = {answer.host for answer in joined} | {failure.host for failure in failed}
    if missing := [host.place for host in plan.hosts if host.place not in answered]:
        log.own.info("scoop: the run has ended before these hosts answered: %s", ", ".join(missing))


def tell_of_names(plan: Plan, joined: Sequence[Answer]) -> None:
    """Say which names are those of one machine, unless numbers beside them say how many workers each has."""
    uncounted = [answer for answer in joined if plan.invitation.workers.get(answer.host) is None]
    for line in told_twice(uncounted, this_machine(), plan.here):
        log.own.warning("scoop: %s", line)
