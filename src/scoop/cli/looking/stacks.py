"""``scoop stacks``: what all processes of a run do right now, down to the line."""

import argparse
import sys
import time

from ...broker.askers import FULL
from ...broker.stacks_text import stacks_text
from .runs import CannotLook, look_once

__all__ = ["show_stacks"]


def show_stacks(options: argparse.Namespace) -> int:
    """Print the stacks of a run of this user's; return the exit status."""
    try:
        snapshot = look_once(options.pid, FULL)
    except CannotLook as problem:
        print(f"scoop: {problem}", file=sys.stderr)
        return 2
    print(stacks_text(snapshot, time.strftime("%H:%M:%S")), end="")
    return 0
