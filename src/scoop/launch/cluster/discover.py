"""Which hosts a run has: those the user names, else those a batch system has given, else this machine; pure."""

from collections.abc import Sequence

from .allocation import Allocation, Environment, ReadFile
from .grid_engine import grid_engine
from .hosts import Host, HostsError, merge, parse_host, parse_hostfile, parse_names
from .lsf import lsf
from .pbs import pbs
from .slurm import slurm

__all__ = ["discover", "named"]

HERE = Allocation("this machine", (Host("localhost"),))


def discover(environ: Environment, read: ReadFile) -> Allocation:
    """Return what the batch system that runs us has allotted; without one, this machine. Raises HostsError.

    Parameters:
        environ: the environment.
        read: returns the text of a file.
    """
    return slurm(environ) or grid_engine(environ, read) or pbs(environ, read) or lsf(environ, read) or HERE


def named(hosts: Sequence[str], hostfile: str | None, read: ReadFile) -> Allocation | None:
    """Return the hosts that the command line names; None if it names none. Raises HostsError.

    Parameters:
        hosts: words of ``--hosts``, each a host, a range, or several with commas; one that is repeated has as many
            workers.
        hostfile: the name of a hostfile; ``-`` is standard input.
        read: returns the text of the file of that name.
    """
    if hosts and hostfile is not None:
        raise HostsError("--hosts and --hostfile both name the hosts: give one of them")
    if hosts:
        words = [word for text in hosts for word in parse_names(text)]
        return Allocation("--hosts", tuple(merge(host for word in words for host in parse_host(word))))
    if hostfile is None:
        return None
    source = "standard input" if hostfile == "-" else hostfile
    try:
        return Allocation(f"--hostfile {hostfile}", tuple(parse_hostfile(read(hostfile), source)))
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or "it is not text"
        raise HostsError(f"cannot read the hostfile {hostfile!r}: {reason}") from None
