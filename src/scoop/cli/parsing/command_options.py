"""The options of the commands that run no program: each has a help of its own, which ends in examples."""

import argparse
from collections.abc import Callable, Mapping

from .options import COUNT, SECONDS, RunParser, add_options
from .parser import Parser
from .submit_options import new_submit_parser

__all__ = ["COMMAND_PARSERS", "SHELLS"]

SHELLS = ("bash", "zsh", "fish")

_HOSTS_EXAMPLES = """\
examples:
  scoop hosts node1 node2                       what they have, and how long messages to them take
  scoop hosts --hostfile hosts                  the hosts of a file
  scoop hosts                                   in a job of a batch system: the hosts of the job
  scoop hosts node[1-4] --ssh-executable "ssh -F my_config"
"""

_OF_PROGRAMS = (
    *("--retries", "--spare-origin", "--max-tasks-per-worker", "--worker-memory-limit", "--nice", "--debug"),
    *("--resources", "--progress", "--progress=table", "--profile", "--log", "--log-json"),
    *("--initializer", "--seed", "--seed-globals", "--trace", "--trace-args", "--otel"),
    *("-m", "-c", "--connect", "--insecure", "--invite", "--dry-run", "--min-hosts"),
)
"""Options that mean nothing here; most are taken all the same, so that a command line need not be edited."""

_WORKER_EXAMPLES = """\
examples:
  python -m scoop --invite run.scoop script.py   on the machine of the program, which writes the file
  scoop worker --connect run.scoop               on another machine, which has a copy of the file
  scoop worker --connect run.scoop -n 4          with four workers
"""

_TOP_EXAMPLES = """\
examples:
  scoop top                              the only run that you have on this machine
  scoop top 4242                         the run of the program with this pid
  scoop top --once                       print the table once, and end
"""

_STACKS_EXAMPLES = """\
examples:
  scoop stacks                           the only run that you have on this machine
  scoop stacks 4242                      the run of the program with this pid
  kill -USR1 4242                        the same, printed where that program prints its errors
"""

_INFO_EXAMPLES = """\
examples:
  scoop info                             to be pasted into a report of a defect
"""

_EXAMPLES_EXAMPLES = """\
examples:
  scoop examples                         into the folder scoop-examples, which must not be there yet
  scoop examples ~/learning-scoop        into another one
  python -m scoop -n 2 scoop-examples/hello.py
"""

_KERNEL_EXAMPLES = """\
examples:
  scoop kernel --install                 Jupyter offers "Python (SCOOP)" from then on
  scoop kernel --install --sys-prefix    to this environment of Python alone
  scoop kernel --install -n 4            with four workers
"""

_COMPLETION_EXAMPLES = """\
examples:
  eval "$(scoop completion bash)"                               in ~/.bashrc
  eval "$(scoop completion zsh)"                                in ~/.zshrc, after compinit
  scoop completion fish > ~/.config/fish/completions/scoop.fish
"""

_REPORT_EXAMPLES = """\
examples:
  python -m scoop --trace run.json.gz script.py                 record a run
  scoop report run.json.gz                                      write run.html, which opens in any browser
  scoop report run.json.gz --text                               print it here
  scoop report run.json.gz --json | jq .critical_path           for other programs
"""

_MANPAGE_EXAMPLES = """\
examples:
  scoop manpage | man -l -                                      read it
  scoop manpage > ~/.local/share/man/man1/scoop.1               so that `man scoop` finds it
"""


def _new_hosts_parser() -> RunParser:
    parser = RunParser(
        prog="scoop hosts",
        usage="scoop hosts [HOST ...] [options]",
        description="Log in to the hosts of a run; show what they have and how long messages to them take.\n"
        "No program is started. The exit status is 1 if one of the hosts cannot take part.",
        epilog=_HOSTS_EXAMPLES,
    )
    add_options(parser)
    parser.hide(*_OF_PROGRAMS)
    return parser


def _new_worker_parser() -> Parser:
    parser = Parser(
        prog="scoop worker",
        description="Join a run, with workers on this machine, until the run ends.\n"
        "After Ctrl-C or SIGTERM this machine leaves when the tasks that it has begun have ended. After a second\n"
        "one it leaves at once, and the run repeats these tasks on other machines.",
        epilog=_WORKER_EXAMPLES,
    )
    parser.add_argument("--connect", metavar="FILE", required=True, help="the file that the run wrote for --invite")
    parser.add_argument("-n", type=COUNT, metavar="N", help="workers here (default: all usable processors)")
    wait = "if there is no such file yet, wait so many seconds for it (default: 0)"
    parser.add_argument("--wait", type=SECONDS, metavar="S", default=0.0, help=wait)
    return parser


def _new_kernel_parser() -> Parser:
    parser = Parser(
        prog="scoop kernel",
        description="Add the kernel Python (SCOOP) to Jupyter. Its workers start with it, so futures.map works\n"
        "in every cell. An interrupt stops the tasks that the cell waits for, and keeps the workers.",
        epilog=_KERNEL_EXAMPLES,
    )
    add = parser.add_argument
    add("--install", action="store_true", help="add the kernel to Jupyter")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--user", action="store_true", help="add it for this user (default)")
    where.add_argument("--sys-prefix", action="store_true", help="add it for this environment of Python only")
    add("-n", type=COUNT, metavar="N", help="workers of each kernel (default: all usable processors)")
    add("-f", dest="connection_file", metavar="FILE", help=argparse.SUPPRESS)
    return parser


def _new_top_parser() -> Parser:
    parser = Parser(
        prog="scoop top",
        description="Look into a run of yours on this machine: show what each worker runs, for how long, and\n"
        "how much memory it has. Keys: s sorts, / filters, q ends.",
        epilog=_TOP_EXAMPLES,
    )
    _add_pid(parser)
    parser.add_argument("--once", action="store_true", help="print the table once, and end")
    return parser


def _new_stacks_parser() -> Parser:
    parser = Parser(
        prog="scoop stacks",
        description="Print which line each process of a run of yours is at, and the chain of calls that wait.\n"
        "Suspended tasks are listed, too.",
        epilog=_STACKS_EXAMPLES,
    )
    _add_pid(parser)
    return parser


def _add_pid(parser: Parser) -> None:
    pid = "pid of the program or of a worker (default: the only run that you have here)"
    parser.add_argument("pid", nargs="?", type=_pid, metavar="PID", help=pid)


def _pid(text: str) -> int:
    if not (text.isdecimal() and 0 < int(text) < 1 << 31):
        raise argparse.ArgumentTypeError(f"{text!r} is not the number of a process")
    return int(text)


def _new_info_parser() -> Parser:
    about = "Print the versions, the processors, the limits, the batch system, and how long a task takes to a worker."
    return Parser("scoop info", description=about, epilog=_INFO_EXAMPLES)


def _new_examples_parser() -> Parser:
    parser = Parser("scoop examples", description="Copy SCOOP's examples into a folder.", epilog=_EXAMPLES_EXAMPLES)
    parser.add_argument(
        "folder", nargs="?", default="scoop-examples", metavar="FOLDER", help="a new folder (default: %(default)s)"
    )
    return parser


def _new_completion_parser() -> Parser:
    about = "Print a script for a shell, which completes the options of the command `scoop`."
    parser = Parser("scoop completion", description=about, epilog=_COMPLETION_EXAMPLES)
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))
    return parser


def _new_report_parser() -> Parser:
    about = "Show where the time of a run went, from the file that it has written for --trace."
    parser = Parser("scoop report", description=about, epilog=_REPORT_EXAMPLES)
    parser.add_argument(
        "trace", metavar="FILE", help="the file that --trace has written; the run may have been killed"
    )
    add = parser.add_argument
    add("-o", "--output", metavar="PAGE", help="the page to write (default: beside the file, with .html at its end)")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--text", action="store_true", help="print it as text, and write no page")
    how.add_argument("--json", action="store_true", help="print it as JSON, and write no page")
    return parser


def _new_manpage_parser() -> Parser:
    about = "Print the manual page of the command `scoop`."
    return Parser("scoop manpage", description=about, epilog=_MANPAGE_EXAMPLES)


COMMAND_PARSERS: Mapping[str, Callable[[], Parser]] = {
    "hosts": _new_hosts_parser,
    "worker": _new_worker_parser,
    "submit": new_submit_parser,
    "kernel": _new_kernel_parser,
    "report": _new_report_parser,
    "top": _new_top_parser,
    "stacks": _new_stacks_parser,
    "info": _new_info_parser,
    "examples": _new_examples_parser,
    "completion": _new_completion_parser,
    "manpage": _new_manpage_parser,
}
"""By the word that names a command: what makes the parser of the words after it."""
