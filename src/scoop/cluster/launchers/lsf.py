"""LSF, pure: the hosts of a job, and the command that starts an agent on one."""

from ..hosts import Host, HostsError, merge, parse_count
from .common import Allocation, Environment, Reach, ReadFile, agent_command, parse_nodefile, read_named

__all__ = ["blaunch", "lsf"]


def lsf(environ: Environment, read: ReadFile) -> Allocation | None:
    """Return the job's hosts; None outside LSF. Raises HostsError.

    LSF sets several variables. LSB_MCPU_HOSTS comes first, as the shortest; LSF leaves out LSB_HOSTS if it is long.
    """
    if "LSB_JOBID" not in environ:
        return None
    if environ.get("LSB_MCPU_HOSTS"):
        hosts = _pairs(environ["LSB_MCPU_HOSTS"])
    elif environ.get("LSB_DJOB_HOSTFILE"):
        hosts = parse_nodefile(read_named(environ, "LSB_DJOB_HOSTFILE", read), environ["LSB_DJOB_HOSTFILE"])
    elif environ.get("LSB_HOSTS"):
        hosts = merge(Host(name, 1) for name in environ["LSB_HOSTS"].split())
    else:
        return None
    return Allocation(f"LSF job {environ['LSB_JOBID']}", tuple(hosts), "blaunch")


def blaunch(reach: Reach, host: Host) -> list[str]:
    """Return the command that starts an agent."""
    return ["blaunch", host.name, *agent_command(reach, host.place)]


def _pairs(text: str) -> list[Host]:
    words = text.split()
    try:
        return merge(
            Host(name, parse_count(count, "slots")) for name, count in zip(words[::2], words[1::2], strict=True)
        )
    except (ValueError, HostsError):
        raise HostsError(f"LSB_MCPU_HOSTS={text!r} is not a list of hosts, each with its slots") from None
