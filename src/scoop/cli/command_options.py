"""The options of the commands that run no program: each has a help of its own, which ends in examples."""

import argparse
from collections.abc import Callable, Mapping

from .options import COUNT, RunParser, add_options
from .parser import Parser

__all__ = ["COMMAND_PARSERS", "SHELLS"]

SHELLS = ("bash", "zsh", "fish")

_HOSTS_EXAMPLES = """\
examples:
  scoop hosts node1 node2                       what they have, and how far away they are
  scoop hosts --hostfile hosts                  the hosts of a file
  scoop hosts                                   in a job of a batch system: the hosts of the job
  scoop hosts node[1-4] --ssh-executable "ssh -F my_config"
"""

_OF_PROGRAMS = (
    *("--retries", "--spare-origin", "--max-tasks-per-worker", "--worker-memory-limit", "--nice", "--debug"),
    *("--resources", "-m", "-c", "--connect", "--insecure", "--invite", "--dry-run", "--min-hosts"),
)
"""Options that mean nothing here; most are taken all the same, so that a command line need not be edited."""

_WORKER_EXAMPLES = """\
examples:
  python -m scoop --invite run.scoop script.py   on the machine of the program, which writes the file
  scoop worker --connect run.scoop               on another machine, which has a copy of the file
  scoop worker --connect run.scoop -n 4          with four workers
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

_MANPAGE_EXAMPLES = """\
examples:
  scoop manpage | man -l -                                      read it
  scoop manpage > ~/.local/share/man/man1/scoop.1               so that `man scoop` finds it
"""


def _new_hosts_parser() -> RunParser:
    parser = RunParser(
        prog="scoop hosts",
        usage="scoop hosts [HOST ...] [options]",
        description="Reach the hosts of a run, show what they have and how far away they are, and start nothing.\n"
        "The exit status is 1 if one of them cannot take part.",
        epilog=_HOSTS_EXAMPLES,
    )
    add_options(parser)
    parser.hide(*_OF_PROGRAMS)
    return parser


def _new_worker_parser() -> Parser:
    parser = Parser(
        prog="scoop worker",
        description="Join a run with workers on this machine, until the run ends.\n"
        "Ctrl-C, or SIGTERM, leaves the run after the tasks that have begun here. A second one leaves at once:\n"
        "the run repeats those tasks elsewhere.",
        epilog=_WORKER_EXAMPLES,
    )
    parser.add_argument("--connect", metavar="FILE", required=True, help="the file that the run wrote for --invite")
    parser.add_argument("-n", type=COUNT, metavar="N", help="workers here (default: all usable processors)")
    return parser


def _new_kernel_parser() -> Parser:
    parser = Parser(
        prog="scoop kernel",
        description="Make a kernel known to Jupyter, Python (SCOOP). Its workers start with it: futures.map works\n"
        "in every cell. An interrupt stops what the cell waits for, and keeps the workers.",
        epilog=_KERNEL_EXAMPLES,
    )
    add = parser.add_argument
    add("--install", action="store_true", help="make it known to Jupyter")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--user", action="store_true", help="for this user (default)")
    where.add_argument("--sys-prefix", action="store_true", help="for this environment of Python alone")
    add("-n", type=COUNT, metavar="N", help="workers of each kernel (default: all usable processors)")
    add("-f", dest="connection_file", metavar="FILE", help=argparse.SUPPRESS)
    return parser


def _new_examples_parser() -> Parser:
    parser = Parser("scoop examples", description="Copy SCOOP's examples into a folder.", epilog=_EXAMPLES_EXAMPLES)
    parser.add_argument(
        "folder", nargs="?", default="scoop-examples", metavar="FOLDER", help="a new folder (default: %(default)s)"
    )
    return parser


def _new_completion_parser() -> Parser:
    about = "Print what completes the options of the command `scoop` in a shell. It is made from the options."
    parser = Parser("scoop completion", description=about, epilog=_COMPLETION_EXAMPLES)
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))
    return parser


def _new_manpage_parser() -> Parser:
    about = "Print the manual page, made from the options."
    return Parser("scoop manpage", description=about, epilog=_MANPAGE_EXAMPLES)


COMMAND_PARSERS: Mapping[str, Callable[[], Parser]] = {
    "hosts": _new_hosts_parser,
    "worker": _new_worker_parser,
    "kernel": _new_kernel_parser,
    "examples": _new_examples_parser,
    "completion": _new_completion_parser,
    "manpage": _new_manpage_parser,
}
"""By the word that names a command: what makes the parser of the words after it."""
