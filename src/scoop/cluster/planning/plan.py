"""The plan of a run, pure: its hosts, how many workers each gets, and what starts the agents there."""

import shlex
from collections.abc import Sequence
from typing import NamedTuple

from ..launchers import Allocation, Cluster, Environment, Reach, ReadFile, read_text
from ..launchers.dask import dask_cluster
from ..launchers.grid_engine import grid_engine, qrsh
from ..launchers.local import HERE
from ..launchers.lsf import blaunch, lsf
from ..launchers.mpi import mpiexec
from ..launchers.pbs import pbs
from ..launchers.ray import ray_cluster
from ..launchers.slurm import slurm, srun
from ..launchers.ssh import ssh
from ..lines.transport import Terms
from .hosts import Host, HostsError, merge, parse_host, parse_hostfile, parse_names
from .invitation import Invitation

__all__ = ["Call", "Placement", "Plan", "named_cluster"]
__all__ += ["allot", "calls", "check", "describe", "discover", "invite", "least_away", "named", "place"]


class Placement(NamedTuple):
    """Where the workers of a run are."""

    here: int  # workers on this machine, the origin among them; 0 if only the program itself runs here
    away: tuple[Host, ...]
    allocation: Allocation  # what they were taken from


class Plan(NamedTuple):
    """The part of a run that is on other machines."""

    hosts: tuple[Host, ...]
    launcher: str  # the command that starts processes there
    reach: Reach
    invitation: Invitation  # what the agents are told, without the terms
    least: int  # how many of the hosts must take part for the run to go on
    invite: str | None = None  # a file for an invitation, with which other machines can join
    cluster: Cluster | None = None  # whose nodes are to take part
    here: int = 0  # workers on the machine of the program


class Call(NamedTuple):
    """One command, and the hosts on which it starts an agent."""

    words: list[str]
    hosts: tuple[str, ...]


def discover(environ: Environment, read: ReadFile) -> Allocation:
    """Return what the batch system that runs us has allotted; without one, this machine. Raises HostsError."""
    return slurm(environ) or grid_engine(environ, read) or pbs(environ, read) or lsf(environ, read) or HERE


def named(hosts: Sequence[str], hostfile: str | None, read: ReadFile) -> Allocation | None:
    """Return the hosts that the command line names; None if it names none. Raises HostsError.

    Each word of ``hosts`` is a host, a range, or several with commas. A host that is repeated gets as many workers.
    The ``hostfile`` called ``-`` is standard input.
    """
    if hosts and hostfile is not None:
        raise HostsError("--hosts and --hostfile both name the hosts: give one of them")
    if hosts:
        words = [word for text in hosts for word in parse_names(text)]
        return Allocation("--hosts", tuple(merge(host for word in words for host in parse_host(word))))
    if hostfile is None:
        return None
    text = read_text(read, hostfile, f"the hostfile {hostfile!r}")
    source = "standard input" if hostfile == "-" else hostfile
    return Allocation(f"--hostfile {hostfile}", tuple(parse_hostfile(text, source)))


def named_cluster(text: str, insecure: bool, environ: Environment, read: ReadFile) -> Cluster:
    """Return the cluster that ``--connect`` names. Raises HostsError."""
    return ray_cluster(text, insecure, environ) or dask_cluster(text, insecure, read)


def place(allocation: Allocation, here: Sequence[bool], n: int | None, cores: int) -> Placement:
    """Return where the workers are to be. Raises HostsError if nowhere.

    ``here`` says of each host whether it is this machine, with so many ``cores``: its number of workers if the
    allocation gives none. ``n`` is the number of workers in all; None is as many as the hosts have.
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

    Workers fill the hosts' places host by host; the rest is dealt out one by one to all hosts in turn. If a host's
    number of places is not known until it is reached (None), all workers are dealt out in turn, and hosts with a
    known number get no more than that.

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


def calls(plan: Plan, port: int | None = None) -> list[Call]:
    """Return the commands that start all agents. A tunnel is to lead to ``port``, the coordinator's."""
    reach, hosts = plan.reach, plan.hosts
    if plan.launcher == "srun":  # one command for all hosts of the job
        return [Call(srun(reach, hosts), tuple(host.place for host in hosts))] if hosts else []
    if plan.launcher == "ssh":
        return [Call(ssh(reach, host, port if reach.tunnel else None), (host.place,)) for host in hosts]
    command = {"qrsh": qrsh, "blaunch": blaunch, "mpiexec": mpiexec}[plan.launcher]
    return [Call(command(reach, host), (host.place,)) for host in hosts]


def least_away(away: int, here: bool, min_hosts: int | None) -> int:
    """Return how many of the other hosts must take part; ``min_hosts`` counts this machine. Raises HostsError."""
    hosts = away + here
    least = hosts if min_hosts is None else min_hosts
    if not 0 <= least <= hosts:
        raise HostsError(f"--min-hosts {least}: give a number from 0 to {hosts}, which is the number of hosts")
    return max(0, least - here)


def check(plan: Plan) -> None:
    """Raise HostsError if the plan contradicts itself, or a word cannot be quoted for the hosts' shells."""
    if plan.reach.tunnel and plan.launcher != "ssh":
        raise HostsError(f"--tunnel needs ssh, but {plan.launcher} starts the processes here: add --launcher ssh")
    calls(plan, 0)


def invite(plan: Plan, terms: Terms | None) -> Invitation:
    """Return the invitation to a run on these ``terms``; without terms the agents only say what their host has."""
    if terms is not None and plan.reach.tunnel:
        terms = terms._replace(address=f"tls://127.0.0.1:{terms.port}")
    return plan.invitation._replace(terms=terms)


def describe(placement: Placement, plan: Plan | None) -> str:
    here, away, allocation = placement
    known = here + sum(host.workers or 0 for host in away)
    open_ended = any(host.workers is None for host in away)
    marked = ["one for each processor of the hosts marked *"] if open_ended else []
    lines = [
        f"hosts from {allocation.source}: {len(away) + (here > 0)}",
        f"workers: {' and '.join(([str(known)] if known or not open_ended else []) + marked)}",
        "",
        f"here: {_workers(here)}" + (" beside the program" if here else "; the program runs here, and no task"),
    ]
    lines += [f"{host.place}: {_workers(host.workers)}" for host in away]
    if plan is not None:
        lines += ["", "would be started:", *(f"  {shlex.join(call.words)}" for call in calls(plan, 0))]
    return "\n".join(lines)


def _workers(count: int | None) -> str:
    return "*" if count is None else "1 worker" if count == 1 else f"{count} workers"
