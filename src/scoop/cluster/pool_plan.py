"""How the workers of an executor are started on several hosts.

    program ──starts──> fresh interpreter = broker ──fork──> uplink, which is the coordinator ──ssh, ...──> agents

All is as where the command line starts a run, but for two things. The program plans, so that it hears of what cannot
be; and tells the fresh interpreter the plan. And each worker calls the executor's initializer.
"""

import json
import logging
import os
import shlex
import sys
from base64 import b64encode
from collections.abc import Iterable, Mapping
from io import BytesIO

from ..errors import describe
from ..machine.cores import THREAD_LIMITS, usable_cores
from ..machine.fresh_interpreter import Elsewhere, Start, serve
from ..machine.processes import ServeUplink
from ..machine.program import Program
from .coordinator import need_packages, new_uplink
from .launchers import Allocation, Reach
from .launchers.local import is_here
from .planning.files import collect
from .planning.host_options import HostOptions
from .planning.hosts import Host, HostsError, merge, parse_host, parse_names
from .planning.invitation import Invitation, encode, python_version, read_invitation, scoop_version
from .planning.plan import Placement, Plan, check, discover, least_away, named, place

__all__ = ["find_placement", "main", "with_hosts"]


def find_placement(workers: int | None, options: HostOptions) -> Placement:
    """Return where workers are to be. Raises HostsError, or TypeError or ValueError for what makes no sense."""
    for name in ("host_timeout", "silence"):
        if not getattr(options, name) > 0:
            raise ValueError(f"{name} must be seconds, more than 0, not {describe(getattr(options, name))}")
    if not options.host_restarts >= 0:
        raise ValueError(f"host_restarts must be a whole number, 0 or more, not {describe(options.host_restarts)}")
    if not options.ssh_executable.strip():
        raise ValueError("ssh_executable must name a command, and is empty")
    allocation = _allocation(options)
    return place(allocation, is_here(allocation.hosts, allocation.here), workers, usable_cores())


def with_hosts(start: Start, placement: Placement, options: HostOptions) -> Start:
    """Return what the fresh interpreter is told. Raises HostsError, or CannotStart if packages are missing."""
    need_packages()
    plan = _plan(start, placement, options)
    check(plan)
    size = placement.here + sum(host.workers or 1 for host in placement.away)
    return start._replace(elsewhere=Elsewhere(__name__, size, _encode(plan, size, options.external_hostname)))


def main(parent: int, page: int) -> None:
    """Be the fresh interpreter. The numbers are of descriptors."""
    serve(parent, page, _uplink)


def _uplink(elsewhere: Elsewhere) -> ServeUplink:
    plan, size, name = _decode(elsewhere.plan)
    return new_uplink(plan, size, name)


def _allocation(options: HostOptions) -> Allocation:
    hosts = options.hosts
    if hosts == "auto" and options.hostfile is None:
        return discover(os.environ, _read)
    if isinstance(hosts, Mapping) and options.hostfile is None:
        return Allocation("hosts", tuple(merge(host for item in hosts.items() for host in _counted(*item))))
    if hosts is not None and not isinstance(hosts, Iterable):
        raise TypeError(f"hosts must be names of hosts, not {describe(hosts)}")
    words = [hosts] if isinstance(hosts, str) else [*(hosts or ())]
    for word in words:
        if not isinstance(word, str):
            raise TypeError(f"hosts must be names of hosts, not {describe(word)}")
    found = named(words, options.hostfile, _read)
    if found is None:
        raise HostsError(f"hosts={hosts!r} names no host: name one, or leave it out")
    return found._replace(source=options.hostfile or "hosts")


def _counted(name: str, workers: int | None) -> list[Host]:
    if workers is not None and workers < 1:
        raise ValueError(f"hosts: {name} must have 1 worker or more, or None, not {describe(workers)}")
    return [host._replace(workers=workers) for word in parse_names(name) for host in parse_host(word)]


def _plan(start: Start, placement: Placement, options: HostOptions) -> Plan:
    reach = Reach(
        options.python or sys.executable,
        os.environ.get("PYTHONPATH", ""),
        ssh=tuple(shlex.split(options.ssh_executable)),
        tunnel=options.tunnel,
        timeout=options.host_timeout,
        silence=options.silence,
        grace=options.silence,
        relay=options.relay,
        restarts=options.host_restarts,
    )
    least = least_away(len(placement.away), placement.here > 0, options.min_hosts)
    return Plan(placement.away, placement.allocation.launcher, reach, _invitation(start, placement), least)


def _invitation(start: Start, placement: Placement) -> Invitation:
    folder = os.getcwd()
    program = start.program or Program("session", "")
    try:
        files = collect(program, folder)
    except OSError as problem:
        raise HostsError(f"can't open {problem.filename!r}, a file of the program: {problem.strerror}") from None
    return Invitation(
        workers={host.place: host.workers for host in placement.away},
        python=python_version(),
        scoop=scoop_version(),
        limits=start.limits._replace(spare=False),
        program=program._replace(args=tuple(start.argv[1:])),
        files=files,
        folder=folder,
        environment={name: os.environ[name] for name in THREAD_LIMITS if name in os.environ},
        level=logging.WARNING,
        executor=b64encode(start.initializer).decode(),
    )


def _read(name: str) -> str:
    with open(name) as file:
        return file.read()


# -- the plan on its way: a line of JSON, and the invitation ---------------------------------------------------------


def _encode(plan: Plan, size: int, name: str | None) -> bytes:
    line = json.dumps((plan.hosts, plan.launcher, plan.reach, plan.least, size, name))
    return line.encode() + b"\n" + encode(plan.invitation)


def _decode(data: bytes) -> tuple[Plan, int, str | None]:
    file = BytesIO(data)
    hosts, launcher, (python, path, prolog, ssh, *rest), least, size, name = json.loads(file.readline())
    reach = Reach(python, path, prolog, tuple(ssh), *rest)
    plan = Plan(tuple(Host(*host) for host in hosts), launcher, reach, read_invitation(file), least)
    return plan, size, name
