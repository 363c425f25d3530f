"""Which process ends which, even if one of them is deep in compiled code and cannot act.

the origin ends   the broker sees its socket close, and ends the workers
the broker dies   the system kills the workers (PR_SET_PDEATHSIG); the origin's I/O thread ends the origin, and if
                  compiled code keeps that thread from running, the watchdog kills the origin a moment later
"""

import os
import select
import signal
import sys
from typing import NoReturn

from ..codes import with_code_of
from ..tuning import TUNING

__all__ = ["close_all_but", "die_with_parent", "handle_of", "start_watchdog"]

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Have the system kill this process when ``parent``, which has just forked it, ends. Linux only."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # the parent ended before the call
        os._exit(1)


def close_all_but(*kept: int) -> None:
    """Close all descriptors but the standard ones and ``kept``: what a forked process inherits and has no use for."""
    start = 3
    for descriptor in sorted(kept):
        os.closerange(start, descriptor)
        start = descriptor + 1
    try:
        highest = max(map(int, os.listdir("/proc/self/fd")))
    except OSError:  # not Linux, or not mounted
        highest = int(os.sysconf("SC_OPEN_MAX"))
    os.closerange(start, highest + 1)


def handle_of(pid: int) -> int | None:
    """Return a descriptor that becomes readable when a process ends; None where the system has none (pidfd)."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def start_watchdog(origin: int) -> int | None:
    """Start, from the broker, what kills ``origin``, its parent, if the broker dies first; return the pid of that.

    It waits for the end of a pipe that only the broker holds open. Return None if it cannot be started, or the system
    cannot name a process safely (pidfd, Linux 5.3); the run then goes on without one.
    """
    handle = handle_of(origin)
    if handle is None:
        return None
    if os.getppid() != origin:  # it has ended by now, and its number may be another process's
        os.close(handle)
        return None
    try:
        ours, theirs = os.pipe()
        pid = os.fork()
    except OSError:
        return None
    if pid == 0:
        os.close(theirs)
        _watch(origin, handle, ours)
    os.close(ours)
    os.close(handle)
    return pid


def _watch(origin: int, handle: int, broker_pipe: int) -> NoReturn:
    try:
        close_all_but(handle, broker_pipe)
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        poll.register(broker_pipe, select.POLLIN)
        if not any(descriptor == handle for descriptor, _ in poll.poll()):
            poll.unregister(broker_pipe)
            if not poll.poll(TUNING.origin_ends_within_seconds * 1000):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
                os.write(2, _KILLED % origin)
    finally:
        os._exit(0)


_KILLED = with_code_of(
    "scoop: the broker has died, and compiled code kept the program (pid %d) from noticing; the watchdog has killed "
    "it. Most often the system has killed the broker for want of memory (see dmesg): run fewer workers (-n)\n"
).encode()
