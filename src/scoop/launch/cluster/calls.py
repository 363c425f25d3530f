"""What is to be started for a run beyond this machine, pure: a plan in, command lines out."""

from typing import NamedTuple

from ...uplink.terms import Terms
from .commands import Reach, blaunch, qrsh, srun, ssh
from .dask_address import Cluster
from .hosts import Host
from .invitation import Invitation

__all__ = ["Call", "Plan", "calls", "invite", "port_of"]


class Plan(NamedTuple):
    """The part of a run that is beyond this machine.

    Parameters:
        hosts: without this machine.
        launcher: what starts processes there.
        reach: how.
        invitation: what they are told, without the terms.
        least: how many of the hosts must take part for the run to go on; all, if they are not as many.
        invite: a file for the invitation of those that join by themselves.
        cluster: a Dask cluster whose hosts are to take part.
    """

    hosts: tuple[Host, ...]
    launcher: str
    reach: Reach
    invitation: Invitation
    least: int
    invite: str | None = None
    cluster: Cluster | None = None


class Call(NamedTuple):
    """One command, and the hosts on which it starts a station."""

    words: list[str]
    hosts: tuple[str, ...]


def calls(plan: Plan, port: int | None = None) -> list[Call]:
    """Return the commands that start all stations: one a host, as few sshd take many logins at once; one for Slurm.

    Parameters:
        port: of the scheduler on this machine, which a tunnel is to lead to.
    """
    reach, hosts = plan.reach, plan.hosts
    if plan.launcher == "srun":
        return [Call(srun(reach, hosts), tuple(host.place for host in hosts))] if hosts else []
    if plan.launcher == "ssh":
        return [Call(ssh(reach, host, port if reach.tunnel else None), (host.place,)) for host in hosts]
    one = {"qrsh": qrsh, "blaunch": blaunch}[plan.launcher]
    return [Call(one(reach, host), (host.place,)) for host in hosts]


def invite(plan: Plan, terms: Terms | None) -> Invitation:
    """Return the invitation of a run on these ``terms``; without any, to say hello only."""
    if terms is not None and plan.reach.tunnel:
        terms = terms._replace(address=f"tls://127.0.0.1:{port_of(terms)}")
    return plan.invitation._replace(terms=terms)


def port_of(terms: Terms) -> int:
    """Return the port of the scheduler."""
    return int(terms.address.rpartition(":")[2])
