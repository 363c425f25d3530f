"""Grid Engine, pure: the hosts of a job, and the command that starts an agent on one.

SGE, and its successors (Univa, Altair, Open Cluster Scheduler).
"""

from ..hosts import Host, HostsError, merge, parse_count
from .common import Allocation, Environment, Reach, ReadFile, agent_command, read_named

__all__ = ["grid_engine", "parse_pe_hostfile", "qrsh"]


def grid_engine(environ: Environment, read: ReadFile) -> Allocation | None:
    """Return the job's hosts; None outside Grid Engine. Raises HostsError."""
    job = environ.get("JOB_ID", "?")
    if environ.get("PE_HOSTFILE"):
        hosts = parse_pe_hostfile(read_named(environ, "PE_HOSTFILE", read), environ["PE_HOSTFILE"])
        return Allocation(f"Grid Engine job {job}", tuple(hosts), "qrsh", environ.get("HOSTNAME"))
    if "JOB_ID" in environ and "SGE_TASK_ID" in environ and "NSLOTS" in environ:  # a job without -pe has no file
        here = Host("localhost", parse_count(environ["NSLOTS"], "slots (NSLOTS)"))
        return Allocation(f"Grid Engine job {job}", (here,))
    return None


def qrsh(reach: Reach, host: Host) -> list[str]:
    """Return the command that starts an agent; with ``-noshell`` no shell there changes its words."""
    return ["qrsh", "-inherit", "-noshell", host.name, *agent_command(reach, host.place)]


def parse_pe_hostfile(text: str, source: str) -> list[Host]:
    """Return the hosts of a file of lines such as ``node2 2 all.q@node2 UNDEFINED``; a host may have several queues.

    Raises HostsError, which names ``source``, the line's number and its text.
    """
    hosts = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if words:
            try:
                hosts.append(Host(words[0], parse_count(words[1], "slots")))
            except (IndexError, HostsError):
                raise HostsError(f"{source}, line {number}: {line!r} is not a host and its slots") from None
    if not hosts:
        raise HostsError(f"{source} names no host")
    return merge(hosts)
