"""What a batch system, or the user, has given to a run: hosts, and how to start processes on them."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from .hosts import Host, HostsError

__all__ = ["Allocation", "Environment", "ReadFile", "read_named"]

Environment = Mapping[str, str]
ReadFile = Callable[[str], str]
"""Returns the text of the file of that name. Raises OSError."""


class Allocation(NamedTuple):
    """The hosts of a run.

    Parameters:
        source: who says so, for messages: ``"Slurm job 17"``, ``"--hosts"``.
        hosts: each once, in the order given.
        launcher: what starts processes there: ``"ssh"``, ``"srun"``, ``"qrsh"`` or ``"blaunch"``.
        here: what this machine is called among them, where the batch system says so.
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
