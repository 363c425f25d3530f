"""The options of ``python -m scoop``."""

import argparse
import os
import re
import sys
from collections.abc import Callable
from typing import Any

from ...engine.process.limits import Limits
from ...tuning import TUNING
from ...wire.status_page import MOST_WORKERS
from .parser import Parser
from .resources import read_amounts

__all__ = ["COUNT", "SECONDS", "RunParser", "add_options", "new_parser"]

_EXAMPLES = """\
examples:
  python -m scoop script.py                run script.py on all processors of this machine
  python -m scoop -n 4 script.py data.csv  on four workers; the words after the script are its arguments
  python -m scoop -m package.module        a module, found as `python -m` finds it
  python -m scoop -c "from scoop import futures; print(list(futures.map(abs, [-1, -2])))"
  python -m scoop                          an interactive session (IPython's, if it is installed)
  python -m scoop --hosts node1 node2 script.py     on all processors of two hosts, reached by ssh
  python -m scoop --hostfile hosts -n 16 script.py  sixteen workers on the hosts of a file; --dry-run shows where
  python -m scoop script.py                         in a job of Slurm, Grid Engine, PBS, LSF: on its hosts
  python -m scoop --invite FILE script.py           other machines may join the run at any time, and leave it
  python -m scoop worker --connect FILE             typed on another machine: that machine joins
  python -m scoop hosts node1 node2                 what the hosts have, and how long messages to them take
  python -m scoop --trace run.json.gz script.py     record every task; then: scoop report run.json.gz
"""

_COMMANDS = """\
  hosts [HOST ...] [options]     log in to the hosts, show what they have, and start no program
  worker --connect FILE [-n N]   join a run that was started with --invite FILE, with workers here
  submit [options] script.py     submit a job to Slurm, Grid Engine, PBS or LSF
  kernel --install [-n N]        add a kernel to Jupyter, whose cells have workers
  report FILE                    show where the time of a run went, from the file of --trace
  top [PID]                      look into a run: its workers, and what each of them does
  stacks [PID]                   print which line each process of a run is at
  info                           print the versions and the machine, for a report of a defect
  examples [FOLDER]              copy the examples into a folder
  completion SHELL               print a script that completes options in bash, zsh or fish
  manpage                        print the manual page
Each has a --help of its own. If a program here has the name of a command, SCOOP runs the program."""

_LAUNCHERS = ("ssh", "srun", "qrsh", "blaunch", "mpiexec")  # the commands that start processes on hosts
_PROFILES = (".prof", ".pstats")  # how files of profiles are called: so a script is never taken for one
_REST = "words_after_hosts"  # where --hosts leaves the words after the names: the rest of the command line

_SIZE = re.compile(r"\s*(\d+(?:\.\d*)?)\s*([kmgt]?)(?:i?b)?\s*", re.IGNORECASE)


def new_parser() -> Parser:
    parser = RunParser(
        prog="python -m scoop",
        usage="python -m scoop [options] [script.py | -m module | -c code | -] [args ...]",
        description="Run a program whose calls of scoop.futures use all processors, of this machine or of others.\n"
        "`scoop` is short for `python -m scoop`.",
        epilog=_EXAMPLES,
    )
    parser.add_argument_group("commands", _COMMANDS)
    add_options(parser)
    return parser


def add_options(parser: Parser) -> None:
    add = parser.add_argument
    count = "start N workers; with 1 the program runs all tasks itself (default: one for each usable processor)"
    add("-n", type=COUNT, metavar="N", help=count)
    add("-v", "--verbose", action="count", default=0, help="also report what starts and what ends")
    add("-q", "--quiet", action="store_true", help="report errors only")
    for name, lines in (("--log", "lines"), ("--log-json", "lines of JSON")):
        add(name, metavar="FILE", type=os.path.abspath, help=f"append what -v reports to a file, as {lines}")
    progress = "show on stderr how far the run is: how many tasks have ended, the time left (estimated), the memory"
    add("--progress", action="store_const", const="line", help=progress)
    table = "the same, with a table by function"
    add("--progress=table", dest="progress", action="store_const", const="table", help=table)
    profile = "print at the end where the time went in all processes, or write it to FILE.prof, for pstats"
    add("--profile", action=_Profile, nargs=argparse.REMAINDER, metavar="[FILE.prof]", help=profile)
    add("--nice", type=_niceness, metavar="LEVEL", help="add LEVEL to the niceness of all processes (-20 to 19)")
    retries = "run a task again at most N times after its worker died (default: %(default)s; 0: no task runs twice)"
    number = _whole("a number of retries: 0 or more")
    add("--retries", type=number, default=Limits().retries, metavar="N", help=retries)
    spare = "run no task in the program's own process, so that no task can crash the program"
    add("--spare-origin", action="store_true", help=spare)
    number = _whole("a number of tasks: 1 or more", 1)
    add("--max-tasks-per-worker", type=number, metavar="N", help="replace a worker after N tasks")
    memory = "replace a worker that uses more memory than this (2G, 500M), after the task that it is running"
    add("--worker-memory-limit", type=_size, metavar="SIZE", help=memory)
    initializer = "have each process call this function before its first task: `setup:connect`"
    add("--initializer", type=_named_function, metavar="MODULE:FUNCTION", help=initializer)
    resources = "how many of something each machine has, for tasks that need it: gpu=2; may be repeated"
    add("--resources", type=read_amounts, action="extend", metavar="NAME=N", default=[], help=resources)
    number = _whole("a seed: a whole number, 0 or more", most=None)
    add("--seed", type=number, metavar="N", help="make the numbers of scoop.rng() the same in each run with this N")
    seeds = "with --seed: before each task, also seed the generators of `random` and `numpy.random`"
    add("--seed-globals", action="store_true", help=seeds)
    add("--trace", metavar="FILE", help="record every task in a file (.json, .json.gz), for `scoop report FILE`")
    number = _whole("a number of characters: 0 or more")
    characters = "with --trace, --otel: record N characters of each task's arguments (default: %(default)s; 0: none)"
    otel = "send every task as a span of OpenTelemetry, by the exporter of the program or of OTEL_TRACES_EXPORTER"
    add("--otel", action="store_true", help=otel)
    add("--trace-args", type=number, default=40, metavar="N", help=characters)
    add("-p", "--path", metavar="DIR", help="run in this folder (default: the current one)")
    add("--debug", action="store_true", help="as -v; also set scoop.DEBUG, and show SCOOP's own lines in tracebacks")
    add("--version", action=_Version, nargs=0, help="print SCOOP's version and exit")
    _add_host_options(parser)
    for name, values, why in _GONE:
        add(name, action=_Gone, nargs=values, const=why, help=argparse.SUPPRESS)
    add("-m", dest="module", nargs=argparse.REMAINDER, metavar="MODULE", help="run a module")
    add("-c", dest="code", nargs=argparse.REMAINDER, metavar="CODE", help="run code")
    add("program", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)


_GONE = (
    ("--backend", 1, "there is one kind of connection"),
    ("--broker-hostname", 1, "hosts reach this machine by the name that --external-hostname gives"),
    ("-b", 1, "every machine has one broker"),
    ("--rsh", 0, "hosts are reached by ssh, or by what --launcher names"),
)
"""Options of SCOOP 0.7, how many values they have, and why they are not needed."""


def _add_host_options(parser: Parser) -> None:
    add = parser.add_argument_group("other machines (docs/clusters.md)").add_argument
    hosts = "run on these hosts: name, user@name:port, node[1-4]; a host that is named three times has three workers"
    add("--hosts", "--host", action=_Hosts, nargs=argparse.REMAINDER, metavar="HOST ...", default=[], help=hosts)
    lines = "run on the hosts of a file: in each line a name and a number of workers (-: standard input)"
    add("--hostfile", metavar="FILE", help=lines)
    add("--launcher", choices=_LAUNCHERS, help="command that starts processes there (default: the job's, or ssh)")
    add("--ssh-executable", metavar="CMD", type=_words, default=("ssh",), help="ssh, with options (default: ssh)")
    ours = sys.executable
    add("--python-interpreter", metavar="PATH", default=ours, help="path of Python on the hosts (default: as here)")
    paths = os.environ.get("PYTHONPATH", "")
    add("--pythonpath", metavar="DIRS", default=paths, help="PYTHONPATH on the hosts (default: as here)")
    add("--prolog", metavar="FILE", type=_file, help="script that bash on the hosts sources before Python starts")
    add("--env", metavar="NAME", action="append", default=[], help="send this variable to the hosts; may be repeated")
    add("--external-hostname", metavar="NAME", help="name or address by which the hosts reach this machine")
    add("--tunnel", action="store_true", help="let the hosts reach this machine through their ssh connections")
    relay = "send large data from this machine to each host; else hosts pass it on to each other"
    add("--no-relay", dest="relay", action="store_false", help=relay)
    answer = "seconds that a host has to answer (default: 60)"
    add("--host-timeout", metavar="S", type=_seconds, default=60.0, help=answer)
    silent = f"give up the connection to a host after S seconds of silence (default: {TUNING.silence_seconds:g})"
    add("--silence", metavar="S", type=_seconds, default=TUNING.silence_seconds, help=silent)
    back = "seconds that a host then has to connect again (default: as --silence)"
    add("--grace", metavar="S", type=_seconds, help=back)
    restarts = _whole("a number of restarts: 0 or more")
    again = f"start a host again whose processes have ended, at most N times (default: {TUNING.host_restarts})"
    add("--host-restarts", metavar="N", type=restarts, default=TUNING.host_restarts, help=again)
    least = _whole("a number of hosts: 0 or more")
    add("--min-hosts", metavar="N", type=least, help="fail unless at least N hosts take part (default: all must)")
    cluster = "run on a cluster of Dask (tls://host:port, tcp://host:port, or its scheduler file) or Ray (ray:auto)"
    add("--connect", metavar="CLUSTER", help=cluster)
    add("--insecure", action="store_true", help="allow a cluster without TLS: the run's key goes unencrypted")
    add("--invite", metavar="FILE", type=os.path.abspath, help="write a file with which other machines can join")
    add("--dry-run", action="store_true", help="show what would be started, and on which host; start nothing")


class RunParser(Parser):
    """Reads options, hosts and a program."""

    other_names = dict.fromkeys(("--workers", "--num-workers", "--processes", "--jobs", "-j", "-w"), "-n")

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Read the command line; read what follows the names of hosts as another one."""
        options = super().parse_args(args, namespace)
        rest = options.__dict__.pop(_REST, None)
        if rest is None:
            return options
        after = options.program  # argparse has already taken the program from the end
        return self.parse_args([*rest, *(["--"] if after and after[0] != "--" else []), *after], options)


class _Gone(argparse.Action):
    """An option of SCOOP 0.7 that has no meaning any more; ``const`` says why."""

    def __call__(self, _: object, __: object, ___: object, option: str | None = None) -> None:
        print(f"scoop: {option} is ignored: {self.const}", file=sys.stderr)


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version  # takes 20 ms, so no other run imports it

        print(f"scoop {version('scoop')}")
        parser.exit()


class _Hosts(argparse.Action):
    """Takes names up to the program, or the next option, and leaves the rest for another pass."""

    def __call__(self, parser: Any, namespace: argparse.Namespace, values: Any, option: str | None = None) -> None:
        count = 0
        while count < len(values) and not (_begins_program if count else _is_no_host)(values[count]):
            count += 1
        if not count:
            parser.error(f"argument {option}: expected at least one host")
        setattr(namespace, self.dest, [*getattr(namespace, self.dest), *values[:count]])
        setattr(namespace, _REST, values[count:])


class _Profile(argparse.Action):
    """Takes the name of a file, if what follows is one of a profile, and leaves the rest for another pass."""

    def __call__(self, _: object, namespace: argparse.Namespace, values: Any, __: str | None = None) -> None:
        named = bool(values) and values[0].endswith(_PROFILES) and values[0][:1] != "-"
        setattr(namespace, self.dest, values[0] if named else "")
        setattr(namespace, _REST, values[named:])


def _is_no_host(word: str) -> bool:
    return word.startswith("-") or word.endswith(".py") or "/" in word


def _begins_program(word: str) -> bool:
    return _is_no_host(word) or os.path.isfile(word) or os.path.isfile(os.path.join(word, "__main__.py"))


def _whole(meaning: str, least: int = 0, most: int | None = MOST_WORKERS - 1) -> Callable[[str], int]:
    def read(text: str) -> int:
        try:
            if least <= int(text) and (most is None or int(text) <= most):
                return int(text)
        except ValueError:
            pass
        raise argparse.ArgumentTypeError(f"{text!r} is not {meaning}")

    return read


COUNT = _whole("a number of workers: 1 or more", 1)


def _niceness(text: str) -> int:
    try:
        if -20 <= int(text) <= 19:
            return int(text)
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text!r} is not a level of niceness: a whole number from -20 to 19")


def _size(text: str) -> int:
    found = _SIZE.fullmatch(text)
    size = int(float(found[1]) * 1024 ** " kmgt".index(found[2].lower() or " ")) if found else 0
    if size < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size, such as 500M or 2G")
    return size


def _named_function(text: str) -> str:
    module, colon, function = text.partition(":")
    if not (colon and all(part.isidentifier() for part in f"{module}.{function}".split("."))):
        raise argparse.ArgumentTypeError(f"{text!r} is no function of a module, such as setup:connect")
    return text


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


SECONDS = _seconds
