"""From the options of a command line to a placement and a plan."""

import argparse
import os
import sys
from collections.abc import Mapping

import scoop

from ...engine.limits import Limits
from ..cores import THREAD_LIMITS, usable_cores
from ..program import Program
from .bundle import bundle
from .calls import Plan, calls
from .commands import Reach
from .discover import discover, named
from .here import is_here
from .hosts import HostsError
from .invitation import Invitation
from .placement import Placement, place
from .versions import python_version, scoop_version

__all__ = ["find_placement", "new_plan"]


def find_placement(options: argparse.Namespace, environ: Mapping[str, str]) -> Placement:
    """Return where the workers are to be: what the options name goes before what a batch system has given.

    Raises HostsError.
    """
    allocation = named(options.hosts, options.hostfile, _read) or discover(environ, _read)
    if options.launcher is not None:
        allocation = allocation._replace(launcher=options.launcher)
    return place(allocation, is_here(allocation.hosts, allocation.here), options.n, usable_cores())


def new_plan(placement: Placement, options: argparse.Namespace, program: Program, limits: Limits) -> Plan:
    """Return what is to be started beyond this machine. To be called before threads are capped and folders changed.

    Raises HostsError for options that cannot be.
    """
    missing = [name for name in options.env if name not in os.environ]
    if missing:
        raise HostsError(f"--env {missing[0]}: there is no such variable here")
    hosts = len(placement.away) + (placement.here > 0)
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
        bundle=bundle(program, current),
        folder=current,
        must_be_there=options.path is not None,
        environment={name: os.environ[name] for name in (*options.env, *THREAD_LIMITS) if name in os.environ},
        level=scoop.logger.level,
        nice=options.nice or 0,
        debug=options.debug,
    )
    away = max(0, least - (placement.here > 0))
    plan = Plan(placement.away, placement.allocation.launcher, reach, invitation, away)
    calls(plan, 0)  # refuses now what no shell would take
    return plan


def _read(name: str) -> str:
    if name == "-":
        return sys.stdin.read()
    with open(name) as file:
        return file.read()
