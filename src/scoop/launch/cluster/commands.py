"""The command lines that start a station on a host, pure: settings in, words out.

What is secret, or long, is never on a command line: it goes to the station's standard input.
"""

import sys
from collections.abc import Sequence
from typing import NamedTuple

from .hosts import Host
from .quoting import quote_all

__all__ = ["Reach", "blaunch", "qrsh", "srun", "ssh", "station"]

_SILENCE = 15
"""Seconds after which ssh asks a silent host whether it is there; thrice unanswered, it gives up."""


class Reach(NamedTuple):
    """How hosts are reached, and how Python is started there.

    Parameters:
        python: the interpreter.
        python_path: folders for PYTHONPATH; empty leaves it as it is there.
        prolog: a shell script that bash sources before Python starts; empty for none.
        ssh: the words of the ssh command, options included.
        tunnel: whether the hosts reach us through ssh only.
        timeout: seconds that a host has to answer.
        module: the module that is the station.
    """

    python: str = sys.executable
    python_path: str = ""
    prolog: str = ""
    ssh: tuple[str, ...] = ("ssh",)
    tunnel: bool = False
    timeout: float = 60.0
    module: str = "scoop.launch.station"


def station(reach: Reach, *arguments: str) -> list[str]:
    """Return the words that start a station on the host itself."""
    words = [reach.python, "-P", "-m", reach.module, *arguments]  # nothing in the folder it starts in is imported
    if reach.python_path:
        words = ["env", f"PYTHONPATH={reach.python_path}", *words]
    if reach.prolog:
        # Its standard input is kept from the script: the invitation is on it. bash, since `module` often needs it.
        words = ["bash", "-c", '. "$0" </dev/null && exec "$@"', reach.prolog, *words]
    return words


def ssh(reach: Reach, host: Host, port: int | None = None) -> list[str]:
    """Return what starts a station by ssh: the user's own ssh, with the user's own settings.

    Parameters:
        port: of the scheduler on this machine, to be reached from there through ssh; None for no tunnel.
    """
    options = {
        "BatchMode": "yes",  # never asks for a password: nobody could type it
        "ConnectTimeout": str(max(1, round(reach.timeout))),
        "ServerAliveInterval": str(_SILENCE),
        "ServerAliveCountMax": "3",
        "ControlMaster": "no",  # uses a master that is there, and does not become one, which would outlive the run
        "LogLevel": "ERROR",  # no banners
    }
    words = [*reach.ssh, "-T", "-x", *(word for name, value in options.items() for word in ("-o", f"{name}={value}"))]
    if port is not None:
        words += ["-o", "ExitOnForwardFailure=yes", "-R", f"127.0.0.1:{port}:127.0.0.1:{port}"]
    else:
        words += ["-o", "ClearAllForwardings=yes"]  # those of the user's settings are for terminals
    if host.port is not None:
        words += ["-p", str(host.port)]
    if host.user is not None:
        words += ["-l", host.user]
    # One word for the shell there; `exec`, so that the station is what ssh's end ends.
    return [*words, "--", host.name, f"exec {quote_all(station(reach, host.place))}"]


def srun(reach: Reach, hosts: Sequence[Host]) -> list[str]:
    """Return what starts a station on each of the hosts in one step of a Slurm job. It is not read by any shell."""
    return [
        "srun",
        f"--nodes={len(hosts)}",
        f"--ntasks={len(hosts)}",
        "--ntasks-per-node=1",
        f"--nodelist={','.join(host.name for host in hosts)}",
        "--cpu-bind=none",  # all that the job has on a node is the station's
        "--mem=0",
        "--overlap",
        "--input=all",
        "--unbuffered",
        "--kill-on-bad-exit=0",
        "--wait=0",
        "--quit-on-interrupt",
        "--job-name=scoop",
        *station(reach),
    ]


def qrsh(reach: Reach, host: Host) -> list[str]:
    """Return what starts a station in a job of Grid Engine; with ``-noshell`` its words arrive as they are."""
    return ["qrsh", "-inherit", "-noshell", host.name, *station(reach, host.place)]


def blaunch(reach: Reach, host: Host) -> list[str]:
    """Return what starts a station in a job of LSF."""
    return ["blaunch", host.name, *station(reach, host.place)]
