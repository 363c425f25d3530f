"""The exit report of a worker: how it ended, most likely why, and what can be done about it."""

import errno
import signal
from typing import NamedTuple

from ..wire.messages import CONNECTION_LOST, RETIRED

__all__ = ["Exit", "exit_report", "why_not_started"]

_MIB = 1 << 20

_DEFECT = (
    "Compiled code that the task called has a defect; where it was is printed above, on standard error. "
    "With --spare-origin no task runs in the program's own process, which it would end"
)

_REMEDIES = {
    signal.SIGKILL: "Most often the system kills a process when memory runs out, or a batch system does at "
    "its own limit. Let tasks hold less, or run fewer workers (-n), or see --worker-memory-limit",
    signal.SIGSEGV: _DEFECT,
    signal.SIGBUS: f"A file that the task had mapped was cut short (a full disk?), or else: {_DEFECT}",
    signal.SIGFPE: _DEFECT,
    signal.SIGILL: "Compiled code that the task called was built for another processor",
    signal.SIGABRT: "Compiled code that the task called has aborted; its last message may stand above",
    signal.SIGTERM: "It was asked to end: most often by a batch system at its time limit",
    signal.SIGXCPU: "It has used up the processor time it was allowed (ulimit -t)",
}

_STATUSES = {
    RETIRED: "It had run as many tasks as it may, or had grown beyond its memory limit, and is replaced",
    CONNECTION_LOST: "The task has closed descriptors that are not its own (os.closerange?), and so its connection",
}

_EXIT = "Something in the task has ended the process (os._exit?)"


class Exit(NamedTuple):
    """How a process ended.

    Parameters:
        pid: its number.
        host: where it was.
        code: its exit status, or the negative number of the signal that killed it.
        peak_bytes: the most memory it ever held at once.
    """

    pid: int
    host: str
    code: int
    peak_bytes: int


def exit_report(end: Exit) -> str:
    """Say in two sentences how a worker ended, and what to do.

    >>> print(exit_report(Exit(7, "here", -11, 30 << 20)))
    the worker (pid 7 on here, at most 30 MiB in memory) was killed by SIGSEGV. Compiled code that the task called \
has a defect; where it was is printed above, on standard error. With --spare-origin no task runs in the program's \
own process, which it would end.
    """
    worker = f"the worker (pid {end.pid} on {end.host}, at most {end.peak_bytes // _MIB:,} MiB in memory)"
    if end.code < 0:
        how, why = f"was killed by {_name(-end.code)}", _REMEDIES.get(-end.code, "")  # type: ignore[call-overload]
    else:
        how, why = f"exited with status {end.code}", _STATUSES.get(end.code, _EXIT)
    return f"{worker} {how}. {why}." if why else f"{worker} {how}."


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def why_not_started(problem: OSError) -> str:
    """Say why a process could not be started, and which limit it was."""
    limits = {errno.EMFILE: "ulimit -n", errno.EAGAIN: "ulimit -u, or the batch system's limit of processes"}
    hint = limits.get(problem.errno or 0)
    return f"{problem.strerror}: see {hint}" if hint else str(problem)
