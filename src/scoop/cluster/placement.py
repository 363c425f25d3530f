"""Where the workers of a run are to be: the hosts found, and how many workers each gets; pure."""

import shlex
from collections.abc import Sequence
from typing import NamedTuple

from .hosts import Host, HostsError, merge, parse_host, parse_hostfile, parse_names
from .launchers.common import Allocation, Environment, ReadFile
from .launchers.grid_engine import grid_engine
from .launchers.local import HERE
from .launchers.lsf import lsf
from .launchers.pbs import pbs
from .launchers.slurm import slurm
from .plan import Plan, calls

__all__ = ["Placement", "allot", "describe", "discover", "named", "place"]


class Placement(NamedTuple):
    """Where the workers of a run are.

    Parameters:
        here: workers on this machine, the origin among them; 0 if only the program itself runs here.
        away: the other hosts.
        allocation: what they were taken from.
    """

    here: int
    away: tuple[Host, ...]
    allocation: Allocation


def discover(environ: Environment, read: ReadFile) -> Allocation:
    """Return what the batch system that runs us has allotted; without one, this machine. Raises HostsError.

    Parameters:
        environ: the environment.
        read: returns the text of a file.
    """
    return slurm(environ) or grid_engine(environ, read) or pbs(environ, read) or lsf(environ, read) or HERE


def named(hosts: Sequence[str], hostfile: str | None, read: ReadFile) -> Allocation | None:
    """Return the hosts that the command line names; None if it names none. Raises HostsError.

    Parameters:
        hosts: words of ``--hosts``: each is a host, a range, or several with commas. A host that is repeated gets as
            many workers.
        hostfile: the name of a hostfile; ``-`` is standard input.
        read: returns the text of the file of that name.
    """
    if hosts and hostfile is not None:
        raise HostsError("--hosts and --hostfile both name the hosts: give one of them")
    if hosts:
        words = [word for text in hosts for word in parse_names(text)]
        return Allocation("--hosts", tuple(merge(host for word in words for host in parse_host(word))))
    if hostfile is None:
        return None
    source = "standard input" if hostfile == "-" else hostfile
    try:
        return Allocation(f"--hostfile {hostfile}", tuple(parse_hostfile(read(hostfile), source)))
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or "it is not text"
        raise HostsError(f"cannot read the hostfile {hostfile!r}: {reason}") from None


def place(allocation: Allocation, here: Sequence[bool], n: int | None, cores: int) -> Placement:
    """Return where the workers are to be. Raises HostsError if nowhere.

    Parameters:
        allocation: the hosts.
        here: for each of them, whether it is this machine.
        n: workers in all; None is as many as the hosts have.
        cores: processors of this machine: its number of workers if the allocation gives none.
    """
    ours = {host.place for host, is_ours in zip(allocation.hosts, here, strict=True) if is_ours}
    known = [h._replace(workers=h.workers or cores) if h.place in ours else h for h in allocation.hosts]
    if len(known) == 1 and ours:
        return Placement(n or known[0].workers or cores, (), allocation)
    hosts = allot(known, n)
    if not hosts:
        raise HostsError(f"{allocation.source}: no worker is to be started on any host; name hosts with --hosts")
    count = sum(host.workers or 0 for host in hosts if host.place in ours)
    return Placement(count, tuple(host for host in hosts if host.place not in ours), allocation)


def allot(hosts: Sequence[Host], n: int | None) -> list[Host]:
    """Return the hosts that take part, with their numbers of workers, ``n`` in all; None is as many as they have.

    If the hosts have places enough, the workers fill them host by host; the rest is dealt out one by one to all hosts
    in turn. If a host's number of places is not known until it is reached (it is None), all workers are dealt out in
    turn, and hosts with a known number get no more than that.

    >>> [host.workers for host in allot([Host("a", 4), Host("b", 2)], 5)]
    [4, 1]
    >>> [host.workers for host in allot([Host("a", 4), Host("b", 2)], 9)]
    [6, 3]
    """
    if n is None:
        return list(hosts)
    known = [host.workers for host in hosts if host.workers is not None]
    if len(known) < len(hosts):
        counts = _deal(n, [n if host.workers is None else host.workers for host in hosts])
    elif sum(known) < n:
        extra = _deal(n - sum(known), [n] * len(known))
        counts = [count + more for count, more in zip(known, extra, strict=True)]
    else:
        counts = []
        for count in known:
            counts.append(min(count, n - sum(counts)))
    return [host._replace(workers=count) for host, count in zip(hosts, counts, strict=True) if count]


def _deal(n: int, limits: Sequence[int]) -> list[int]:
    """Deal ``n`` out in turn, to each no more than its limit; the limits add up to ``n`` or more."""
    counts = [0] * len(limits)
    while n:
        for place, limit in enumerate(limits):
            if n and counts[place] < limit:
                counts[place] += 1
                n -= 1
    return counts


def describe(placement: Placement, plan: Plan | None) -> str:
    """Return lines of text that say what would be started where."""
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
