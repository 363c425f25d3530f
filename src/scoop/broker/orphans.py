"""Processes that tasks have started and left behind. Linux only: elsewhere they stay.

A process whose parent has ended goes to the nearest process above that adopts orphans. So the broker gets what the
tasks of a worker have started when that worker ends, and sees that it ends with the run. What a task has started in a
session of its own (``start_new_session``) is meant to outlive it, and is left alone.
"""

import os
import signal
import sys
from collections.abc import Iterable

__all__ = ["adopt_orphans", "kill_orphans", "reap_orphans"]

_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Have the system make this process the parent of all its descendants that lose theirs."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def reap_orphans(spared: Iterable[int]) -> None:
    """Reap all children that have ended, except those whose status another call waits for."""
    for pid in _children().difference(spared):
        os.waitpid(pid, os.WNOHANG)


def kill_orphans(spared: Iterable[int], in_any_session: bool = False) -> None:
    """Kill all children except ``spared``, and the children that this process adopts when their parents die."""
    left_alone = {*spared}
    session = os.getsid(0)
    while doomed := _children() - left_alone:
        for pid in doomed:
            if in_any_session or os.getsid(pid) == session:
                try:
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
                    continue
                except PermissionError:
                    pass  # it has become another user's
            left_alone.add(pid)


def _children() -> set[int]:
    pid = os.getpid()
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return {int(word) for word in file.read().split()}
    except OSError:  # this system has no such list
        return set()
