"""Who dies with whom, also where nobody can act: in the midst of compiled code that does not let Python go.

origin ends   the broker sees its socket close, and ends the workers
broker dies   the system kills the workers (PR_SET_PDEATHSIG); the origin's link ends the origin, and if that
              cannot get a word in, the watchdog does, a moment later
"""

import os
import select
import signal
import sys
from typing import NoReturn

from ..engine.process import close_all_but

__all__ = ["adopt_orphans", "bury_orphans", "die_with_parent", "end_orphans", "start_watchdog"]

PATIENCE = 1.0
"""Seconds that the origin has to end by itself after the broker has died."""

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def die_with_parent(parent: int) -> None:
    """Have the system kill this process when ``parent``, which has just forked it, ends. Linux only."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it was faster
        os._exit(1)


def adopt_orphans() -> None:
    """Have the system make this process the parent of all its descendants that lose theirs. Linux only."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def bury_orphans(child: int) -> None:
    """Reap all children that have ended but ``child``, which is left to who waits for it."""
    for pid in _children():
        if pid != child:
            os.waitpid(pid, os.WNOHANG)


def end_orphans(spared: int | None) -> None:
    """Kill all descendants that we have adopted, and those that we adopt by that, but the child ``spared``."""
    while doomed := [pid for pid in _children() if pid != spared]:
        for pid in doomed:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _children() -> list[int]:
    pid = os.getpid()
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(word) for word in file.read().split()]
    except OSError:  # a system without that list: what has left its group stays
        return []


def start_watchdog(origin: int) -> int | None:
    """Start, in the broker, the process that ends ``origin`` should the broker die before it; return its pid.

    What tells it is a pipe that only the broker holds open. Returns None where the system offers no way to name a
    process safely (pidfd, Linux 5.3).
    """
    try:
        handle = os.pidfd_open(origin)
    except (AttributeError, OSError):
        return None
    try:
        ours, theirs = os.pipe()
        pid = os.fork()
    except OSError:  # then without: only a broker that dies early would be missed
        return None
    if pid == 0:
        os.close(theirs)
        _watch(origin, handle, ours)
    os.close(ours)
    os.close(handle)
    return pid


def _watch(origin: int, handle: int, lifeline: int) -> NoReturn:
    try:
        close_all_but(handle, lifeline)
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        poll.register(lifeline, select.POLLIN)
        if not any(descriptor == handle for descriptor, _ in poll.poll()):
            poll.unregister(lifeline)
            if not poll.poll(PATIENCE * 1000):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
                os.write(2, b"scoop: the broker has died, and pid %d, which did not notice, is killed\n" % origin)
    finally:
        os._exit(0)
