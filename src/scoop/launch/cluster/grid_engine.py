"""What Grid Engine says of a job, pure: SGE, and its heirs (Univa, Altair, Open Cluster Scheduler)."""

from .allocation import Allocation, Environment, ReadFile, read_named
from .hosts import Host, HostsError, merge, parse_count

__all__ = ["grid_engine", "parse_pe_hostfile"]


def grid_engine(environ: Environment, read: ReadFile) -> Allocation | None:
    """Return the job's hosts; None outside Grid Engine. Raises HostsError."""
    job = environ.get("JOB_ID", "?")
    if environ.get("PE_HOSTFILE"):
        hosts = parse_pe_hostfile(read_named(environ, "PE_HOSTFILE", read), environ["PE_HOSTFILE"])
        return Allocation(f"Grid Engine job {job}", tuple(hosts), "qrsh", environ.get("HOSTNAME"))
    if "JOB_ID" in environ and "SGE_TASK_ID" in environ and "NSLOTS" in environ:  # without -pe there is no file
        here = Host("localhost", parse_count(environ["NSLOTS"], "slots (NSLOTS)"))
        return Allocation(f"Grid Engine job {job}", (here,))
    return None


def parse_pe_hostfile(text: str, source: str) -> list[Host]:
    """Return the hosts of a file of lines such as ``node2 2 all.q@node2 UNDEFINED``; a host may have several queues.

    Raises HostsError, which names ``source``, the line and what it says.
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
