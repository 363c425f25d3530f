"""From the options of a command line to a placement and a plan."""

import argparse
import os
import sys
from collections.abc import Mapping

import scoop

from ...engine.limits import Limits
from ..cores import THREAD_LIMITS, usable_cores
from ..program import Program
from .allocation import Allocation
from .bundle import bundle
from .calls import Plan, calls
from .commands import Reach
from .dask_address import named_cluster
from .discover import discover, named
from .here import is_here
from .hosts import MOST_HOSTS, HostsError
from .invitation import Invitation
from .letterbox import check
from .placement import Placement, place
from .versions import python_version, scoop_version

__all__ = ["find_placement", "new_plan"]


def find_placement(options: argparse.Namespace, environ: Mapping[str, str]) -> Placement:
    """Return where the workers are to be: what the options name goes before what a batch system has given.

    Raises HostsError.
    """
    if options.connect is not None:
        if options.hosts or options.hostfile is not None:
            raise HostsError("--connect names a cluster, --hosts or --hostfile names hosts: give one of them")
        return Placement(0, (), Allocation(f"the Dask cluster {options.connect}", ()))
    allocation = named(options.hosts, options.hostfile, _read) or discover(environ, _read)
    if options.launcher is not None:
        allocation = allocation._replace(launcher=options.launcher)
    return place(allocation, is_here(allocation.hosts, allocation.here), options.n, usable_cores())


def new_plan(placement: Placement, options: argparse.Namespace, program: Program | None, limits: Limits) -> Plan:
    """Return what is to be started beyond this machine. To be called before threads are capped and folders changed.

    Parameters:
        placement: where the workers are to be.
        options: of the command line.
        program: what they run; None if they are only to say hello.
        limits: of the workers.

    Raises HostsError for options that cannot be.
    """
    missing = [name for name in options.env if name not in os.environ]
    if missing:
        raise HostsError(f"--env {missing[0]}: there is no such variable here")
    hosts = len(placement.away) + (placement.here > 0)
    if options.connect is not None:
        hosts = MOST_HOSTS  # however many it has
    least = hosts if options.min_hosts is None else options.min_hosts
    if not 0 <= least <= hosts:
        raise HostsError(f"--min-hosts {least}: the run has {hosts}")
    if options.tunnel and placement.allocation.launcher != "ssh":
        raise HostsError(f"--tunnel needs ssh, and {placement.allocation.launcher} starts the processes here")
    reach = Reach(
        options.python_interpreter,
        options.pythonpath,
        options.prolog or "",
        options.ssh_executable,
        options.tunnel,
        options.host_timeout,
    )
    current = os.getcwd()
    invitation = Invitation(
        workers={host.place: host.workers for host in placement.away},
        python=python_version(),
        scoop=scoop_version(),
        limits=limits._replace(spare=False),
        program=program,
        bundle=bundle(program, current) if program else None,
        folder=current,
        must_be_there=options.path is not None,
        environment={name: os.environ[name] for name in (*options.env, *THREAD_LIMITS) if name in os.environ},
        level=scoop.logger.level,
        nice=options.nice or 0,
        debug=options.debug,
    )
    away = max(0, least - (placement.here > 0))
    if options.invite is not None:
        check(options.invite)
    cluster = None
    if options.connect is not None:
        cluster = named_cluster(options.connect, options.insecure, _read)._replace(workers=options.n)
    plan = Plan(placement.away, placement.allocation.launcher, reach, invitation, away, options.invite, cluster)
    calls(plan, 0)  # refuses now what no shell would take
    return plan


def _read(name: str) -> str:
    if name == "-":
        return sys.stdin.read()
    with open(name) as file:
        return file.read()
