"""The options of the command line that lead beyond this machine."""

import argparse
import os
import sys
from typing import Any

__all__ = ["EXAMPLES", "LAUNCHERS", "add_arguments"]

LAUNCHERS = ("ssh", "srun", "qrsh", "blaunch")
"""What starts processes on hosts: each is a function of commands.py."""

EXAMPLES = """\
  python -m scoop --hosts node1 node2 script.py     on all processors of two hosts, reached by ssh
  python -m scoop --hostfile hosts -n 16 script.py  sixteen workers on the hosts of a file; --dry-run shows where
  python -m scoop script.py                         in a job of Slurm, Grid Engine, PBS, LSF: on what it was given
  python -m scoop --invite FILE script.py           other machines may join as it goes on, and leave
  python -m scoop worker --connect FILE             there: this machine joins
  python -m scoop hosts node1 node2                 what hosts have, and how far away they are
"""

COMMANDS = """\
  hosts [HOST ...] [options]     reach the hosts, show what they have, and start nothing
  worker --connect FILE [-n N]   join a run that was started with --invite FILE
A file or a folder here that is called hosts, or worker, is a program, and goes before."""

PROGRAM = "what_follows"
"""Where ``--hosts`` leaves what follows the names: the rest of the command line."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    group = parser.add_argument_group("beyond this machine (docs/clusters.md)", COMMANDS)
    add = group.add_argument
    add("--hosts", "--host", action=_Hosts, nargs=argparse.REMAINDER, metavar="HOST", default=[], help=_HOSTS)
    add("--hostfile", metavar="FILE", help="file of hosts: a line each, name and workers; - is stdin")
    add("--launcher", choices=LAUNCHERS, help="what starts processes there (default: the batch system's, or ssh)")
    add("--ssh-executable", metavar="CMD", type=_words, default=("ssh",), help="ssh, with options (default: ssh)")
    ours = sys.executable
    add("--python-interpreter", metavar="PATH", default=ours, help="Python there (default: this one)")
    paths = os.environ.get("PYTHONPATH", "")
    add("--pythonpath", metavar="DIRS", default=paths, help="PYTHONPATH there (default: ours)")
    add("--prolog", metavar="FILE", type=_file, help="shell script to source there before Python")
    add("--env", metavar="NAME", action="append", default=[], help="variable to hand to the hosts; may be repeated")
    add("--external-hostname", metavar="NAME", help="name or address by which the hosts reach this machine")
    add("--tunnel", action="store_true", help="let hosts reach this machine through ssh only")
    add("--host-timeout", metavar="S", type=_seconds, default=60.0, help="seconds to answer in (default: 60)")
    add("--min-hosts", metavar="N", type=int, help="hosts without which the run does not begin (default: all)")
    add("--connect", metavar="CLUSTER", help=_CLUSTER)
    add("--insecure", action="store_true", help="send a Dask cluster without TLS the run's key in clear")
    add("--invite", metavar="FILE", type=os.path.abspath, help="file to write, with which others join the run")
    add("--dry-run", action="store_true", help="show what would be started where, and start nothing")


_CLUSTER = "Dask cluster to run on: tls://host:port, tcp://host:port, or its scheduler file"
_HOSTS = "hosts to run on: names, user@name:port, node[1-4]; one that is repeated gets as many workers"


class _Hosts(argparse.Action):
    """Takes names up to the program, or the next option; leaves the rest for another pass."""

    def __call__(self, parser: Any, namespace: argparse.Namespace, values: Any, option: str | None = None) -> None:
        count = 0
        while count < len(values) and (not _begins_program(values[count]) if count else values[0][:1] != "-"):
            count += 1
        if not count:
            parser.error(f"argument {option}: expected at least one host")
        setattr(namespace, self.dest, [*getattr(namespace, self.dest), *values[:count]])
        setattr(namespace, PROGRAM, values[count:])


def _begins_program(word: str) -> bool:
    return word.startswith("-") or word.endswith(".py") or "/" in word or os.path.isfile(word) or _is_program(word)


def _is_program(folder: str) -> bool:
    return os.path.isfile(os.path.join(folder, "__main__.py"))


def _words(text: str) -> tuple[str, ...]:
    import shlex

    try:
        words = tuple(shlex.split(text))
    except ValueError as problem:
        raise argparse.ArgumentTypeError(f"{text!r}: {problem}") from None
    if not words:
        raise argparse.ArgumentTypeError("it is empty")
    return words


def _file(text: str) -> str:
    if not os.path.isfile(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no file here; the hosts look for it at the same place")
    return os.path.abspath(text)


def _seconds(text: str) -> float:
    try:
        if 0 < float(text) < 1e6:
            return float(text)
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
