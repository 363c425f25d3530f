"""LSF."""

from ..planning.hosts import Host, HostsError, merge, parse_count
from . import Allocation, Environment, Reach, ReadFile, agent_command, named_hosts, read_node

__all__ = ["blaunch", "lsf"]


def lsf(environ: Environment, read: ReadFile) -> Allocation | None:
    """Return the job's hosts; None outside LSF. Raises HostsError.

    LSF sets several variables. LSB_MCPU_HOSTS comes first, as the shortest; LSF leaves out LSB_HOSTS if it is long.
    """
    if "LSB_JOBID" not in environ:
        return None
    if environ.get("LSB_MCPU_HOSTS"):
        hosts = tuple(_pairs(environ["LSB_MCPU_HOSTS"]))
    elif environ.get("LSB_DJOB_HOSTFILE"):
        hosts = named_hosts(environ, "LSB_DJOB_HOSTFILE", read, read_node)
    elif environ.get("LSB_HOSTS"):
        hosts = tuple(merge(Host(name, 1) for name in environ["LSB_HOSTS"].split()))
    else:
        return None
    return Allocation(f"LSF job {environ['LSB_JOBID']}", hosts, "blaunch")


def blaunch(reach: Reach, host: Host) -> list[str]:
    """Return the command that starts an agent; with ``-no-shell`` no shell there changes its words."""
    return ["blaunch", host.name, "-no-shell", *agent_command(reach, host.place)]


def _pairs(text: str) -> list[Host]:
    words = text.split()
    try:
        pairs = zip(words[::2], words[1::2], strict=True)
        return merge(Host(name, parse_count(count, "slots")) for name, count in pairs)
    except (ValueError, HostsError):
        raise HostsError(f"LSB_MCPU_HOSTS={text!r} is not a list of hosts, each with its slots") from None
