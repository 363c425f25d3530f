"""Launchers, a file each, pure: a parser of the hosts that it allots, and a builder of the command that it runs.

Here is what they share.
"""

import sys
from collections.abc import Callable, Mapping
from typing import NamedTuple

from ...tuning import TUNING
from ..planning.hosts import Host, HostsError, parse_lines

__all__ = [
    "Allocation",
    "Cluster",
    "Environment",
    "Reach",
    "ReadFile",
    "agent_command",
    "named_hosts",
    "read_node",
    "read_text",
]

Environment = Mapping[str, str]
ReadFile = Callable[[str], str]
"""Returns the text of the file of that name. Raises OSError."""


class Allocation(NamedTuple):
    """The hosts that a batch system, or the user, has given to a run."""

    source: str  # what gave them, for messages: "Slurm job 17", "--hosts"
    hosts: tuple[Host, ...]  # each once, in the order given
    launcher: str = "ssh"  # the command that starts processes there: "ssh", "srun", "qrsh", "blaunch" or "mpiexec"
    here: str | None = None  # the name of this machine among them, if the batch system tells it
    unused: str = ""  # what of the job is not used, and why; empty if all of it is


class Cluster(NamedTuple):
    """A cluster that is up, and that another system runs."""

    kind: str  # "Dask" or "Ray"
    address: str
    host: str = ""  # of its scheduler; empty if that is not known here
    workers: int | None = None  # that the run is to have there; None is one for each processor of the cluster


def read_text(read: ReadFile, name: str, what: str) -> str:
    """Return the text of a file. Raises HostsError, which says ``what`` the file is."""
    try:
        return read(name)
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or "it is not text"
        raise HostsError(f"cannot read {what}: {reason}") from None


def named_hosts(
    environ: Environment, variable: str, read: ReadFile, parse_line: Callable[[str], list[Host]]
) -> tuple[Host, ...]:
    """Return the hosts of the file that ``variable`` names. Raises HostsError."""
    name = environ[variable]
    return tuple(parse_lines(read_text(read, name, f"{name!r}, which {variable} names"), name, parse_line))


def read_node(line: str) -> list[Host]:
    """Read a line of a file that has one for each process."""
    if len(line.split()) > 1:
        raise HostsError(f"{line!r} is not a host")
    return [Host(word, 1) for word in line.split()]


class Reach(NamedTuple):
    """How hosts are reached, and how Python is started there."""

    python: str = sys.executable
    python_path: str = ""  # folders for PYTHONPATH; if empty, the host's own PYTHONPATH stays
    prolog: str = ""  # a shell script that bash sources before Python starts; empty for none
    ssh: tuple[str, ...] = ("ssh",)  # the command, options included
    tunnel: bool = False  # whether the hosts reach this machine through their ssh connections only
    timeout: float = 60.0  # seconds that a host has to answer
    silence: float = TUNING.silence_seconds  # without a sign of life after which the line to a host is given up
    grace: float = TUNING.silence_seconds  # seconds after that in which the host may be back
    restarts: int = 0  # how often the command may be started again if it ends before the run
    relay: bool = True  # whether hosts pass large data on to each other
    module: str = "scoop.cluster.agent"

    @property
    def back_within(self) -> float:
        """Seconds in which a machine is to join, or to be back after it was lost, before its command is ended."""
        return max(self.timeout, self.silence + self.grace)


def agent_command(reach: Reach, *arguments: str) -> list[str]:
    """Return the words that start an agent on the host itself.

    Nothing secret or long is among them: that goes to the agent's standard input.
    """
    # With -P, Python imports nothing from the folder in which it starts.
    words = [reach.python, "-P", "-m", reach.module, *arguments]
    if reach.python_path:
        words = ["env", f"PYTHONPATH={reach.python_path}", *words]
    if reach.prolog:
        # The script may not read the invitation from standard input. It is bash, since `module` often needs that.
        words = ["bash", "-c", _WITH_PROLOG, reach.prolog, *words]
    return words


_WITH_PROLOG = '. "$0" </dev/null || { echo "scoop: the prolog $0 ended with status $?" >&2; exit 1; }; exec "$@"'
