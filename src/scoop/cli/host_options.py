"""The options of the command line that concern other machines."""

import argparse
import os
import sys
from typing import Any

__all__ = ["EXAMPLES", "PROGRAM", "add_host_options"]

_LAUNCHERS = ("ssh", "srun", "qrsh", "blaunch")
"""The commands that start processes on hosts; cluster/launchers/ has a file for each."""

EXAMPLES = """\
  python -m scoop --hosts node1 node2 script.py     on all processors of two hosts, reached by ssh
  python -m scoop --hostfile hosts -n 16 script.py  sixteen workers on the hosts of a file; --dry-run shows where
  python -m scoop script.py                         in a job of Slurm, Grid Engine, PBS, LSF: on its hosts
  python -m scoop --invite FILE script.py           other machines may join the run at any time, and leave it
  python -m scoop worker --connect FILE             typed on another machine: that machine joins
  python -m scoop hosts node1 node2                 what hosts have, and how far away they are
"""

_COMMANDS = """\
  hosts [HOST ...] [options]     reach the hosts, show what they have, and start nothing
  worker --connect FILE [-n N]   join a run that was started with --invite FILE
If a file or a folder here is called hosts, or worker, then it is the program to run."""

PROGRAM = "words_after_hosts"
"""The attribute in which ``--hosts`` leaves the words after the names: the rest of the command line."""


def add_host_options(parser: argparse.ArgumentParser) -> None:
    """Add the options to ``parser``."""
    group = parser.add_argument_group("other machines (docs/clusters.md)", _COMMANDS)
    add = group.add_argument
    add("--hosts", "--host", action=_Hosts, nargs=argparse.REMAINDER, metavar="HOST", default=[], help=_HOSTS)
    add("--hostfile", metavar="FILE", help="file of hosts: a line each, name and workers; - is standard input")
    add("--launcher", choices=_LAUNCHERS, help="command that starts processes there (default: the job's, or ssh)")
    add("--ssh-executable", metavar="CMD", type=_words, default=("ssh",), help="ssh, with options (default: ssh)")
    ours = sys.executable
    add("--python-interpreter", metavar="PATH", default=ours, help="Python there (default: the path of this one)")
    paths = os.environ.get("PYTHONPATH", "")
    add("--pythonpath", metavar="DIRS", default=paths, help="PYTHONPATH there (default: as here)")
    add("--prolog", metavar="FILE", type=_file, help="shell script that bash sources there before Python starts")
    add("--env", metavar="NAME", action="append", default=[], help="variable to send to the hosts; may be repeated")
    add("--external-hostname", metavar="NAME", help="name or address by which the hosts reach this machine")
    add("--tunnel", action="store_true", help="let hosts reach this machine through their ssh connections only")
    add("--host-timeout", metavar="S", type=_seconds, default=60.0, help="seconds a host may take (default: 60)")
    add("--min-hosts", metavar="N", type=int, help="start the run if N hosts take part (default: all must)")
    add("--connect", metavar="CLUSTER", help=_CLUSTER)
    add("--insecure", action="store_true", help="send the run's key in clear to a Dask cluster without TLS")
    add("--invite", metavar="FILE", type=os.path.abspath, help="file to write, with which other machines can join")
    add("--dry-run", action="store_true", help="show what would be started where, and start nothing")


_CLUSTER = "Dask cluster to run on: tls://host:port, tcp://host:port, or its scheduler file"
_HOSTS = "hosts to run on: names, user@name:port, node[1-4]; a name given three times gets three workers"


class _Hosts(argparse.Action):
    """Takes names up to the program, or the next option, and leaves the rest for another pass."""

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
        raise argparse.ArgumentTypeError("it is empty; name a command, such as ssh")
    return words


def _file(text: str) -> str:
    if not os.path.isfile(text):
        raise argparse.ArgumentTypeError(f"there is no file {text!r} here; the hosts look for it at the same path")
    return os.path.abspath(text)


def _seconds(text: str) -> float:
    try:
        if 0 < float(text) < 1e6:
            return float(text)
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds, more than 0")
