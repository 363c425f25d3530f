"""What is to be started on other machines, pure: a plan in, command lines out."""

from typing import NamedTuple

from .hosts import Host
from .invitation import Invitation
from .launchers.common import Reach
from .launchers.dask import Cluster
from .launchers.grid_engine import qrsh
from .launchers.lsf import blaunch
from .launchers.slurm import srun
from .launchers.ssh import ssh
from .terms import Terms

__all__ = ["Call", "Plan", "calls", "invite", "port_of"]


class Plan(NamedTuple):
    """The part of a run that is on other machines.

    Parameters:
        hosts: without this machine.
        launcher: the command that starts processes there.
        reach: how.
        invitation: what the agents are told, without the terms.
        least: how many of the hosts must take part for the run to go on.
        invite: a file for an invitation, with which other machines can join.
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
    """One command, and the hosts on which it starts an agent."""

    words: list[str]
    hosts: tuple[str, ...]


def calls(plan: Plan, port: int | None = None) -> list[Call]:
    """Return the commands that start all agents: one for all hosts of a Slurm job, elsewhere one a host.

    Parameters:
        port: of the coordinator on this machine, to which a tunnel is to lead.
    """
    reach, hosts = plan.reach, plan.hosts
    if plan.launcher == "srun":
        return [Call(srun(reach, hosts), tuple(host.place for host in hosts))] if hosts else []
    if plan.launcher == "ssh":
        return [Call(ssh(reach, host, port if reach.tunnel else None), (host.place,)) for host in hosts]
    command = {"qrsh": qrsh, "blaunch": blaunch}[plan.launcher]
    return [Call(command(reach, host), (host.place,)) for host in hosts]


def invite(plan: Plan, terms: Terms | None) -> Invitation:
    """Return the invitation to a run on these ``terms``; without terms the agents only say what their host has."""
    if terms is not None and plan.reach.tunnel:
        terms = terms._replace(address=f"tls://127.0.0.1:{port_of(terms)}")
    return plan.invitation._replace(terms=terms)


def port_of(terms: Terms) -> int:
    """Return the port of the coordinator."""
    return int(terms.address.rpartition(":")[2])
