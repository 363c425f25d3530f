"""All ways by which machines come into a run: recruited by us, from a Dask cluster, by an invitation; asyncio."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from ...uplink.terms import Terms
from .calls import Plan
from .invitation import encode
from .letterbox import post
from .recruit import Crew, Failure, recruit

if TYPE_CHECKING:
    from .dask_recruit import DaskCrew

__all__ = ["Gathering", "gather"]


class Gathering:
    """What has come into a run, and what is to be done when that has ended.

    Parameters:
        hosts: how many take part; None if others may join at any time.
        ending: what is to be done.
    """

    def __init__(self, hosts: int | None, ending: AsyncExitStack) -> None:
        self.hosts = hosts
        self._ending = ending

    async def dismiss(self) -> None:
        """Tell all that the run has ended, and take the invitation away."""
        await self._ending.aclose()


async def gather(plan: Plan, terms: Terms, lost: Callable[[str], None]) -> Gathering:
    """Have all machines of the plan in the run; return when each has answered, or was given up.

    Parameters:
        plan: the machines.
        terms: what they need to join the run.
        lost: called with why a host has left.

    Raises TooFewHosts, or what keeps the invitation from being written, with nothing left behind.
    """

    def on_left(failure: Failure) -> None:
        lost(str(failure))

    async with AsyncExitStack() as ending:
        if plan.invite is not None:
            letter = encode(plan.invitation._replace(terms=terms, workers={}))
            ending.callback(post(plan.invite, letter))
        if plan.cluster is not None:
            from .dask_recruit import recruit_from_dask

            crew: DaskCrew | Crew = await recruit_from_dask(plan, plan.cluster, terms, lost)
        else:
            crew = await recruit(plan, terms, on_left)
        ending.push_async_callback(crew.dismiss)
        return Gathering(None if plan.invite is not None else crew.hosts, ending.pop_all())
    raise AssertionError  # the stack swallows nothing
