"""Where the workers of a run are, so many here, the others beyond this machine, and how that is told; pure."""

import shlex
from collections.abc import Sequence
from typing import NamedTuple

from .allocation import Allocation
from .allot import allot
from .calls import Plan, calls
from .hosts import Host, HostsError

__all__ = ["Placement", "describe", "place"]


class Placement(NamedTuple):
    """Where the workers of a run are.

    Parameters:
        here: workers on this machine, the origin among them; 0 if it has no part in the run but the program itself.
        away: the other hosts.
        allocation: what they were taken from.
    """

    here: int
    away: tuple[Host, ...]
    allocation: Allocation


def place(allocation: Allocation, here: Sequence[bool], n: int | None, cores: int) -> Placement:
    """Return where workers are to be. Raises HostsError if nowhere.

    Parameters:
        allocation: the hosts.
        here: for each of them, whether it is this machine.
        n: workers in all; None is as many as the hosts have.
        cores: processors that this machine has, which is its count if it has none.
    """
    ours = {host.place for host, is_ours in zip(allocation.hosts, here, strict=True) if is_ours}
    known = [h._replace(workers=h.workers or cores) if h.place in ours else h for h in allocation.hosts]
    if len(known) == 1 and ours:
        return Placement(n or known[0].workers or cores, (), allocation)
    hosts = allot(known, n)
    if not hosts:
        raise HostsError(f"{allocation.source} leaves no worker to be started anywhere")
    count = sum(host.workers or 0 for host in hosts if host.place in ours)
    return Placement(count, tuple(host for host in hosts if host.place not in ours), allocation)


def describe(placement: Placement, plan: Plan | None) -> str:
    """Return what would be started where, in lines of text."""
    known = placement.here + sum(host.workers or 0 for host in placement.away)
    open_ended = any(host.workers is None for host in placement.away)
    count = len(placement.away) + (placement.here > 0)
    lines = [
        f"hosts from {placement.allocation.source}: {count}",
        f"workers: {known}{' and one for each processor of the hosts marked *' if open_ended else ''}",
        "",
        f"here: {_workers(placement.here)}"
        + (", the program's own process included" if placement.here else "; the program runs here, and no task"),
    ]
    lines += [f"{host.place}: {_workers(host.workers)}" for host in placement.away]
    if plan is not None:
        lines += ["", "would be started:", *(f"  {shlex.join(call.words)}" for call in calls(plan, 0))]
    return "\n".join(lines)


def _workers(count: int | None) -> str:
    return "*" if count is None else "1 worker" if count == 1 else f"{count} workers"
