"""PBS: OpenPBS, PBS Professional, Torque.

PBS_NODEFILE has a line for each process that the job asked for, and each is a worker. If the job asked for no
processes (``select=2:ncpus=8``), each host is named once and NCPUS is more than one: then each CPU is a worker.
ssh starts the agents, since PBS's own ``pbsdsh`` passes no standard input on.
"""

from ..planning.hosts import Host, parse_count
from . import Allocation, Environment, ReadFile, named_hosts, read_node

__all__ = ["pbs"]


def pbs(environ: Environment, read: ReadFile) -> Allocation | None:
    """Return the job's hosts; None outside PBS. Raises HostsError."""
    if "PBS_JOBID" not in environ:
        return None
    source = f"PBS job {environ['PBS_JOBID']}"
    cpus = parse_count(environ.get("NCPUS", "1"), "processors (NCPUS)")
    if not environ.get("PBS_NODEFILE"):
        count = parse_count(environ["PBS_NP"], "processes (PBS_NP)") if "PBS_NP" in environ else cpus
        return Allocation(source, (Host("localhost", count),))
    hosts = named_hosts(environ, "PBS_NODEFILE", read, read_node)
    if all(host.workers == 1 for host in hosts) and cpus > 1:
        hosts = tuple(host._replace(workers=cpus) for host in hosts)
    return Allocation(source, hosts)
