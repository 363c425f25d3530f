"""What all launchers share: the hosts that a batch system allots, and the command that starts an agent; pure."""

import sys
from collections.abc import Callable, Mapping
from typing import NamedTuple

from ..hosts import Host, HostsError, merge

__all__ = ["Allocation", "Environment", "Reach", "ReadFile", "agent_command", "parse_nodefile", "read_named"]

Environment = Mapping[str, str]
ReadFile = Callable[[str], str]
"""Returns the text of the file of that name. Raises OSError."""


class Allocation(NamedTuple):
    """The hosts that a batch system, or the user, has given to a run.

    Parameters:
        source: what gave them, for messages: ``"Slurm job 17"``, ``"--hosts"``.
        hosts: each once, in the order given.
        launcher: the command that starts processes there: ``"ssh"``, ``"srun"``, ``"qrsh"`` or ``"blaunch"``.
        here: the name of this machine among them, if the batch system tells it.
    """

    source: str
    hosts: tuple[Host, ...]
    launcher: str = "ssh"
    here: str | None = None


def read_named(environ: Environment, variable: str, read: ReadFile) -> str:
    """Return the text of the file that ``variable`` names. Raises HostsError."""
    try:
        return read(environ[variable])
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or "it is not text"
        raise HostsError(f"cannot read {environ[variable]!r}, which {variable} names: {reason}") from None


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


class Reach(NamedTuple):
    """How hosts are reached, and how Python is started there.

    Parameters:
        python: the interpreter.
        python_path: folders for PYTHONPATH; if empty, the host's own PYTHONPATH stays.
        prolog: a shell script that bash sources before Python starts; empty for none.
        ssh: the words of the ssh command, options included.
        tunnel: whether the hosts reach this machine through their ssh connections only.
        timeout: seconds that a host has to answer.
        module: the module that is the agent.
    """

    python: str = sys.executable
    python_path: str = ""
    prolog: str = ""
    ssh: tuple[str, ...] = ("ssh",)
    tunnel: bool = False
    timeout: float = 60.0
    module: str = "scoop.cluster.agent"


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
        words = ["bash", "-c", '. "$0" </dev/null && exec "$@"', reach.prolog, *words]
    return words
