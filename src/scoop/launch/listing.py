"""``scoop hosts``: what the hosts of a run have, and how far away they are."""

import asyncio
import os
import sys

from ..engine.limits import Limits
from .cluster.placement import describe
from .cluster.plan import find_placement, new_plan
from .cluster.table import survey, table
from .options import new_parser
from .program import CannotStart

__all__ = ["list_hosts"]


def list_hosts(words: list[str]) -> int:
    """Reach the hosts that ``words`` name, or that a batch system has given; print what they have.

    Parameters:
        words: names of hosts, then options; or options only.

    Returns the exit status: 1 if a host cannot take part.
    """
    parser = new_parser()
    options = parser.parse_args(["--hosts", *words] if words and not words[0].startswith("-") else words)
    if options.program or options.module is not None or options.code is not None:
        parser.error("hosts: no program belongs here, only hosts and options")
    if options.connect or options.invite:
        parser.error("hosts: it shows hosts that are named, or given by a batch system, not who joins by other ways")
    try:
        placement = find_placement(options, os.environ)
        plan = new_plan(placement, options, None, Limits())
    except (CannotStart, OSError) as problem:
        print(f"scoop: {problem}", file=sys.stderr)
        return 2
    if not placement.away:
        print(describe(placement, None))
        return 0
    rows = asyncio.run(survey(plan))
    print(table(rows))
    return int(any(row.problem for row in rows))
