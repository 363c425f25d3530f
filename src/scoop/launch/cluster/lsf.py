"""What LSF says of a job, pure."""

from .allocation import Allocation, Environment, ReadFile, read_named
from .hosts import Host, HostsError, merge, parse_count
from .pbs import parse_nodefile

__all__ = ["lsf"]


def lsf(environ: Environment, read: ReadFile) -> Allocation | None:
    """Return the job's hosts; None outside LSF. Raises HostsError.

    Of what LSF offers, LSB_HOSTS is left out where it would be long, and LSB_MCPU_HOSTS is the shortest.
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


def _pairs(text: str) -> list[Host]:
    words = text.split()
    try:
        return merge(
            Host(name, parse_count(count, "slots")) for name, count in zip(words[::2], words[1::2], strict=True)
        )
    except (ValueError, HostsError):
        raise HostsError(f"LSB_MCPU_HOSTS={text!r} is not hosts, each with its slots") from None
