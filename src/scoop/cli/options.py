"""The options of ``python -m scoop``."""

import argparse
import os
import re
from collections.abc import Callable
from typing import Any, NoReturn

from ..engine.limits import Limits
from ..wire.status_page import MOST_WORKERS
from .host_options import EXAMPLES, PROGRAM, add_host_options

__all__ = ["COUNT", "new_parser"]

_EXAMPLES = """\
examples:
  python -m scoop script.py                run script.py on all processors of this machine
  python -m scoop -n 4 script.py data.csv  on four workers; the words after the script are its arguments
  python -m scoop -m package.module        a module, found as `python -m` finds it
  python -m scoop -c "from scoop import futures; print(list(futures.map(abs, [-1, -2])))"
  python -m scoop                          a session to type into (IPython's, where it is installed)
"""

_SIZE = re.compile(r"\s*(\d+(?:\.\d*)?)\s*([kmgt]?)(?:i?b)?\s*", re.IGNORECASE)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        super().error(f"{message} (python -m scoop --help tells all options)")

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Read the command line; read what follows the names of hosts as another one."""
        options = super().parse_args(args, namespace)
        rest = options.__dict__.pop(PROGRAM, None)
        if rest is None:
            return options
        after = options.program  # argparse has already taken the program from the end
        return self.parse_args([*rest, *(["--"] if after and after[0] != "--" else []), *after], options)


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Asks for the terminal's width itself: argparse would import shutil for it, which costs 2 ms at every start."""

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
        description="Run a program whose scoop.futures use all processors of this machine, and of others.\n"
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
    parser.add_argument("-v", "--verbose", action="count", default=0, help="report what starts, and what dies")
    parser.add_argument("-q", "--quiet", action="store_true", help="report errors only")
    parser.add_argument("--nice", type=int, metavar="LEVEL", help="added to all processes' niceness (-20 to 19)")
    parser.add_argument(
        "--retries",
        type=_whole("a number of retries: 0 or more"),
        default=Limits().retries,
        metavar="N",
        help="how often a task is run again after its worker died (default: %(default)s; 0: no task runs twice)",
    )
    parser.add_argument(
        "--spare-origin",
        action="store_true",
        help="run no tasks in the program's own process, only in N workers beside it: no task can end the program",
    )
    parser.add_argument(
        "--max-tasks-per-worker",
        type=_whole("a number of tasks: 1 or more", 1),
        metavar="N",
        help="replace a worker after N tasks",
    )
    parser.add_argument(
        "--worker-memory-limit",
        type=_size,
        metavar="SIZE",
        help="replace a worker that uses more memory than this (2G, 500M), after the task it runs",
    )
    parser.add_argument("-p", "--path", metavar="DIR", help="folder to run in (default: this one)")
    parser.add_argument("--debug", action="store_true", help="as -v; set scoop.DEBUG, show SCOOP's own frames")
    parser.add_argument("--version", action=_Version, nargs=0, help="print SCOOP's version and exit")
    add_host_options(parser)
    parser.add_argument("-m", dest="module", nargs=argparse.REMAINDER, metavar="MODULE", help="run a module")
    parser.add_argument("-c", dest="code", nargs=argparse.REMAINDER, metavar="CODE", help="run code")
    parser.add_argument("program", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version  # takes 20 ms, so no other run imports it

        print(f"scoop {version('scoop')}")
        parser.exit()


def _whole(meaning: str, least: int = 0) -> Callable[[str], int]:
    """Return a function that reads a whole number of at least ``least``."""

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
