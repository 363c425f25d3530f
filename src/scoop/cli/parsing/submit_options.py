"""The options of ``scoop submit``."""

import argparse

from .options import COUNT
from .parser import Parser

__all__ = ["new_submit_parser"]

_SYSTEMS = ("slurm", "sge", "pbs", "lsf")

_EXAMPLES = """\
examples:
  scoop submit -N 4 -w 16 --time 1:00:00 script.py data.csv    four nodes, sixteen workers on each
  scoop submit -N 4 -w 16 -- --retries 0 script.py             options of SCOOP stand after two dashes
  scoop submit -N 2 -w 8 --dry-run script.py                   print the script, and submit nothing
  scoop submit -w 8 --array 1-10 script.py                     ten jobs; each reads SCOOP_ARRAY_INDEX
"""


def new_submit_parser() -> Parser:
    parser = Parser(
        "scoop submit",
        usage="scoop submit [options] [--] [scoop options] [script.py | -m module | -c code] [args ...]",
        description="Write a script for a job of Slurm, Grid Engine, PBS or LSF, and submit it.\n"
        "The job runs python -m scoop with all words after the options, on all nodes of the job.",
        epilog=_EXAMPLES,
    )
    add = parser.add_argument
    add("--system", choices=_SYSTEMS, help="batch system (default: the one whose commands are on PATH)")
    add("-N", "--nodes", type=COUNT, default=1, metavar="N", help="number of nodes (default: %(default)s)")
    workers = "number of workers on each node (default, in Slurm only: whole nodes, a worker for each processor)"
    add("-w", "--workers-per-node", type=COUNT, metavar="W", help=workers)
    add("-t", "--time", type=_time, metavar="TIME", help="longest time of the job: 1:30:00, 2-00:00:00, 90m, 2h, 3d")
    add("--name", metavar="NAME", default="", help="name of the job (default: that of the program)")
    add("-q", "--queue", metavar="QUEUE", default="", help="queue, or partition")
    add("-A", "--account", metavar="ACCOUNT", default="", help="account, or project, that is charged")
    output = "file for the output of the job; may contain marks of the batch system"
    add("-o", "--output", metavar="FILE", default="", help=output)
    add("--array", metavar="RANGE", default="", help="make an array of jobs: 1-10; each reads SCOOP_ARRAY_INDEX")
    add("--pe", metavar="NAME", default="mpi", help="parallel environment of Grid Engine (default: %(default)s)")
    more = "another directive, as --directive=--mem=8G; may be repeated"
    add("--directive", metavar="TEXT", action="append", default=[], help=more)
    add("--dry-run", action="store_true", help="print the script, and submit nothing")
    add("words", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


def _time(text: str) -> int:
    from ...cluster.planning.hosts import HostsError  # imported late, so help comes at once
    from ...cluster.planning.job_scripts import parse_time

    try:
        return parse_time(text)
    except HostsError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None
