"""The options of the command line."""

import argparse
import os
import re
from collections.abc import Callable
from typing import Any, NoReturn

from ..engine.limits import Limits
from ..wire.board import MOST_WORKERS
from .cluster.arguments import EXAMPLES, PROGRAM, add_arguments

__all__ = ["COUNT", "new_parser"]

_EXAMPLES = """\
examples:
  python -m scoop script.py                run script.py on all processors of this machine
  python -m scoop -n 4 script.py data.csv  on four workers; what follows the script is the script's
  python -m scoop -m package.module        a module, found as `python -m` finds it
  python -m scoop -c "from scoop import futures; print(list(futures.map(abs, [-1, -2])))"
  python -m scoop                          a session to type into (IPython's, where it is installed)
"""

_SIZE = re.compile(r"\s*(\d+(?:\.\d*)?)\s*([kmgt]?)(?:i?b)?\s*", re.IGNORECASE)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        super().error(f"{message} (python -m scoop --help tells all options)")

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Read the command line; what follows the names of hosts is a command line again."""
        options = super().parse_args(args, namespace)
        rest = options.__dict__.pop(PROGRAM, None)
        if rest is None:
            return options
        after = options.program  # two dashes, and the program, are no values of any option
        return self.parse_args([*rest, *(["--"] if after and after[0] != "--" else []), *after], options)


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Python's own, which would import shutil, for 2 ms at every start, to know how wide the terminal is."""

    def __init__(self, prog: str) -> None:
        try:
            columns = int(os.environ.get("COLUMNS") or os.get_terminal_size().columns)
        except (OSError, ValueError):
            columns = 80
        super().__init__(prog, width=columns - 2)


def new_parser() -> argparse.ArgumentParser:
    """Return the parser of ``python -m scoop``."""
    parser = _Parser(
        prog="python -m scoop",
        usage="python -m scoop [options] [script.py | -m module | -c code | -] [args ...]",
        description="Run a program whose scoop.futures spread over the processors of this machine, and of others.\n"
        "`scoop` is short for `python -m scoop`.",
        epilog=_EXAMPLES + EXAMPLES,
        formatter_class=_HelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "-n",
        type=COUNT,
        metavar="N",
        help="workers, the program's own process included (default: all usable processors)",
    )
    parser.add_argument("-v", "--verbose", action="count", default=0, help="say what is started, and what dies")
    parser.add_argument("-q", "--quiet", action="store_true", help="say nothing but errors")
    parser.add_argument("--nice", type=int, metavar="LEVEL", help="niceness to run at (-20 to 19)")
    parser.add_argument(
        "--retries",
        type=_whole("a number of retries: 0 or more"),
        default=Limits().retries,
        metavar="N",
        help="how often a task is run again after a worker died with it (default: %(default)s; 0: never twice)",
    )
    parser.add_argument(
        "--spare-origin",
        action="store_true",
        help="run no tasks in the program's own process, beside N workers: whatever a task does, the program lives",
    )
    parser.add_argument(
        "--max-tasks-per-worker",
        type=_whole("a number of tasks: 1 or more", 1),
        metavar="N",
        help="replace a worker after so many tasks",
    )
    parser.add_argument(
        "--worker-memory-limit",
        type=_size,
        metavar="SIZE",
        help="replace a worker, between two tasks, that has grown beyond this (2G, 500M)",
    )
    parser.add_argument("-p", "--path", metavar="DIR", help="folder to run in (default: this one)")
    parser.add_argument("--debug", action="store_true", help="as -v; set scoop.DEBUG, show SCOOP's own frames")
    parser.add_argument("--version", action=_Version, nargs=0, help="print SCOOP's version and exit")
    add_arguments(parser)
    parser.add_argument("-m", dest="module", nargs=argparse.REMAINDER, metavar="MODULE", help="run a module")
    parser.add_argument("-c", dest="code", nargs=argparse.REMAINDER, metavar="CODE", help="run code")
    parser.add_argument("program", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version  # 20 ms that no other run should pay

        print(f"scoop {version('scoop')}")
        parser.exit()


def _whole(meaning: str, least: int = 0) -> Callable[[str], int]:
    """Return what reads a whole number of at least ``least``."""

    def read(text: str) -> int:
        try:
            if least <= int(text) < MOST_WORKERS:
                return int(text)
        except ValueError:
            pass
        raise argparse.ArgumentTypeError(f"{text!r} is not {meaning}")

    return read


COUNT = _whole("a number of workers: 1 or more", 1)
"""Reads a number of workers."""


def _size(text: str) -> int:
    found = _SIZE.fullmatch(text)
    size = int(float(found[1]) * 1024 ** " kmgt".index(found[2].lower() or " ")) if found else 0
    if size < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size, such as 500M or 2G")
    return size
