"""What is said of a worker that has died: how, what of most likely, and what can be done about it."""

import errno
import signal
from typing import NamedTuple

from ..wire.messages import CUT_OFF, RETIRED

__all__ = ["Death", "obituary", "why"]

_MIB = 1 << 20

_DEFECT = (
    "Compiled code that the task called has a defect; where it was is printed above, on standard error. "
    "With --spare-origin no task runs in the program's own process, which it would end"
)

_REMEDIES = {
    signal.SIGKILL: "Most often it is the system that kills, for want of memory, or a batch system, at its "
    "own limit. Let tasks hold less, or run fewer workers (-n), or see --worker-memory-limit",
    signal.SIGSEGV: _DEFECT,
    signal.SIGBUS: f"A file that the task had mapped was cut short (a full disk?), or else: {_DEFECT}",
    signal.SIGFPE: _DEFECT,
    signal.SIGILL: "Compiled code that the task called was built for another processor",
    signal.SIGABRT: "Compiled code that the task called has given up; its last words may stand above",
    signal.SIGTERM: "Somebody asked it to end: most often a batch system at its time limit",
    signal.SIGXCPU: "It has used up the processor time it was allowed (ulimit -t)",
}

_STATUSES = {
    RETIRED: "It had run as many tasks as it may, or had grown beyond its memory, and is replaced",
    CUT_OFF: "The task has closed descriptors that were not its own (os.closerange?), and with them the way home",
}

_EXIT = "Something in the task has ended the process (os._exit?)"


class Death(NamedTuple):
    """How a process ended.

    Parameters:
        pid: its number.
        host: where it was.
        code: its exit status, or the negative number of the signal that killed it.
        peak: the most memory it ever held at once, in bytes.
    """

    pid: int
    host: str
    code: int
    peak: int


def obituary(death: Death) -> str:
    """Say in two sentences how a worker died, and what to do.

    >>> print(obituary(Death(7, "here", -11, 30 << 20)))
    the worker (pid 7 on here, at most 30 MiB in memory) was killed by SIGSEGV. Compiled code that the task called \
has a defect; where it was is printed above, on standard error. With --spare-origin no task runs in the program's \
own process, which it would end.
    """
    who = f"the worker (pid {death.pid} on {death.host}, at most {death.peak // _MIB:,} MiB in memory)"
    if death.code < 0:
        how, why = f"was killed by {_name(-death.code)}", _REMEDIES.get(-death.code, "")  # type: ignore[call-overload]
    else:
        how, why = f"exited with status {death.code}", _STATUSES.get(death.code, _EXIT)
    return f"{who} {how}. {why}." if why else f"{who} {how}."


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def why(problem: OSError) -> str:
    """Say why a process could not be started, and which limit it was."""
    limits = {errno.EMFILE: "ulimit -n", errno.EAGAIN: "ulimit -u, or the batch system's limit of processes"}
    hint = limits.get(problem.errno or 0)
    return f"{problem.strerror}: see {hint}" if hint else str(problem)
