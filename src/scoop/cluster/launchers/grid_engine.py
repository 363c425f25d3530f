"""Grid Engine: SGE, and its successors (Univa, Altair, Open Cluster Scheduler)."""

from ..planning.hosts import Host, HostsError, parse_count
from . import Allocation, Environment, Reach, ReadFile, agent_command, named_hosts

__all__ = ["grid_engine", "qrsh"]


def grid_engine(environ: Environment, read: ReadFile) -> Allocation | None:
    """Return the job's hosts; None outside Grid Engine. Raises HostsError."""
    source = f"Grid Engine job {environ.get('JOB_ID', '?')}"
    if environ.get("PE_HOSTFILE"):
        hosts = named_hosts(environ, "PE_HOSTFILE", read, _parse_line)
        return Allocation(source, hosts, "qrsh", environ.get("HOSTNAME"))
    if "JOB_ID" in environ and "SGE_TASK_ID" in environ and "NSLOTS" in environ:  # a job without -pe has no file
        return Allocation(source, (Host("localhost", parse_count(environ["NSLOTS"], "slots (NSLOTS)")),))
    return None


def qrsh(reach: Reach, host: Host) -> list[str]:
    """Return the command that starts an agent; with ``-noshell`` no shell there changes its words."""
    return ["qrsh", "-inherit", "-noshell", host.name, *agent_command(reach, host.place)]


def _parse_line(line: str) -> list[Host]:
    """Read a line such as ``node2 2 all.q@node2 UNDEFINED``; a host may have several, one for each queue."""
    words = line.split()
    try:
        return [Host(words[0], parse_count(words[1], "slots"))] if words else []
    except (IndexError, HostsError):
        raise HostsError(f"{line!r} is not a host and its slots") from None
