"""From the options to a placement (which hosts, how many workers each) and a plan (how to start them)."""

import argparse
import os
import sys

from ... import log
from ...cluster.launchers import Allocation, Environment, Reach
from ...cluster.launchers.local import is_here
from ...cluster.planning.files import collect
from ...cluster.planning.hosts import MOST_HOSTS, HostsError
from ...cluster.planning.invitation import Invitation, check_invitation_file, python_version, scoop_version
from ...cluster.planning.plan import Placement, Plan, check, discover, least_away, named, named_cluster, place
from ...engine.process.limits import Limits
from ...machine.cores import THREAD_LIMITS, usable_cores
from ...machine.program import Program

__all__ = ["find_placement", "new_plan"]


def find_placement(options: argparse.Namespace, environ: Environment) -> Placement:
    """Return where the workers are to be: on hosts that are named, or a batch system's. Raises HostsError."""
    if options.connect is not None:
        if options.hosts or options.hostfile is not None:
            raise HostsError("--connect names a cluster, and --hosts or --hostfile names hosts: give one of them")
        return Placement(0, (), Allocation(f"the cluster {options.connect}", ()))
    allocation = named(options.hosts, options.hostfile, _read) or discover(environ, _read)
    if allocation.unused:
        log.own.warning("scoop: %s", allocation.unused)
    if options.launcher is not None:
        allocation = allocation._replace(launcher=options.launcher)
    placement = place(allocation, is_here(allocation.hosts, allocation.here), options.n, usable_cores())
    _least(placement, options)
    return placement


def new_plan(placement: Placement, options: argparse.Namespace, program: Program | None, limits: Limits) -> Plan:
    """Return how to start the other machines. Call this before threads are capped: hosts cap their own.

    There is no ``program`` if the hosts are only asked what they have. Raises HostsError for options that contradict
    each other, or cannot be fulfilled.
    """
    launcher = placement.allocation.launcher
    if options.invite is not None:
        check_invitation_file(options.invite)
    cluster = None
    if options.connect is not None:
        cluster = named_cluster(options.connect, options.insecure, os.environ, _read)._replace(workers=options.n)
    start = options.python_interpreter, options.pythonpath, options.prolog or "", options.ssh_executable
    grace = options.silence if options.grace is None else options.grace
    lasting = options.silence, grace, options.host_restarts
    reach = Reach(*start, options.tunnel, options.host_timeout, *lasting, relay=options.relay)
    invitation = _invitation(placement, options, program, limits)
    least = _least(placement, options)
    plan = Plan(placement.away, launcher, reach, invitation, least, options.invite, cluster, placement.here)
    check(plan)
    return plan


def _least(placement: Placement, options: argparse.Namespace) -> int:
    away = MOST_HOSTS if options.connect is not None else len(placement.away)  # a cluster's are not known yet
    return least_away(away, placement.here > 0, options.min_hosts)


def _invitation(
    placement: Placement, options: argparse.Namespace, program: Program | None, limits: Limits
) -> Invitation:
    try:
        files = collect(program, os.getcwd()) if program else None
    except OSError as problem:
        raise HostsError(f"can't open {problem.filename!r}, a file of the program: {problem.strerror}") from None
    missing = [name for name in options.env if name not in os.environ]
    if missing:
        raise HostsError(f"--env {missing[0]}: that variable is not set here; set it, or leave the option out")
    return Invitation(
        workers={host.place: host.workers for host in placement.away},
        python=python_version(),
        scoop=scoop_version(),
        limits=limits._replace(spare=False),
        program=program,
        files=files,
        folder=os.getcwd(),
        must_be_there=options.path is not None,
        environment={name: os.environ[name] for name in (*options.env, *THREAD_LIMITS) if name in os.environ},
        level=log.printed_level(),
        nice=options.nice or 0,
        debug=options.debug,
    )


def _read(name: str) -> str:
    if name == "-":
        return sys.stdin.read()
    with open(name) as file:
        return file.read()
