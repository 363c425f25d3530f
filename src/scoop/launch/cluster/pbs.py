"""What PBS says of a job, pure: OpenPBS, PBS Professional, Torque.

PBS_NODEFILE has a line for each process that was asked for. Where none were (``select=2:ncpus=8``: each host is
named once, and NCPUS is more than one), a CPU that was allotted is a worker.
Hosts are reached by ssh, since pbsdsh hands on no standard input.
"""

from .allocation import Allocation, Environment, ReadFile, read_named
from .hosts import Host, HostsError, merge, parse_count

__all__ = ["parse_nodefile", "pbs"]


def pbs(environ: Environment, read: ReadFile) -> Allocation | None:
    """Return the job's hosts; None outside PBS. Raises HostsError."""
    if "PBS_JOBID" not in environ:
        return None
    source = f"PBS job {environ['PBS_JOBID']}"
    cpus = parse_count(environ.get("NCPUS", "1"), "processors (NCPUS)")
    if not environ.get("PBS_NODEFILE"):
        count = parse_count(environ["PBS_NP"], "processes (PBS_NP)") if "PBS_NP" in environ else cpus
        return Allocation(source, (Host("localhost", count),))
    hosts = parse_nodefile(read_named(environ, "PBS_NODEFILE", read), environ["PBS_NODEFILE"])
    if all(host.workers == 1 for host in hosts) and cpus > 1:
        hosts = [host._replace(workers=cpus) for host in hosts]
    return Allocation(source, tuple(hosts))


def parse_nodefile(text: str, source: str) -> list[Host]:
    """Return the hosts of a file with a line for each process. Raises HostsError, which names file, line and text."""
    hosts = []
    for number, line in enumerate(text.splitlines(), 1):
        if len(line.split()) > 1:
            raise HostsError(f"{source}, line {number}: {line!r} is not a host")
        hosts += [Host(word, 1) for word in line.split()]
    if not hosts:
        raise HostsError(f"{source} names no host")
    return merge(hosts)
