"""What a program says of the hosts for an executor: as the options of the command line that have the same names."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ...tuning import TUNING

__all__ = ["HostOptions", "Hosts"]

Hosts = Iterable[str] | Mapping[str, int | None] | str | None
"""Names, or names and numbers of workers; ``"auto"`` is what a batch system has given to this job."""


class HostOptions(NamedTuple):
    """Where workers are to be, and how hosts are reached. See Executor, and the options of the command line."""

    hosts: Hosts = None
    hostfile: str | None = None
    min_hosts: int | None = None
    python: str | None = None
    ssh_executable: str = "ssh"
    external_hostname: str | None = None
    tunnel: bool = False
    host_timeout: float = 60.0
    silence: float = TUNING.silence_seconds
    relay: bool = True
    host_restarts: int = TUNING.host_restarts
