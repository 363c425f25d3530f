"""The broker is to run as soon as it is woken, however busy the workers keep the processors.

Linux lets a process that has been woken wait until the one that runs has had its slice, 3 ms say, unless the woken
one is content with a shorter slice: then it goes first (since Linux 6.12, by the "EEVDF" scheduler). The broker needs
some 20 us at a time. So it asks for the shortest slice there is; anybody may.
"""

import os
import struct
import sys

__all__ = ["be_prompt"]

SLICE = 100_000
"""Nanoseconds: the least that Linux grants."""

_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274, "riscv64": 274}
"""The number of the system call, by machine: Python has no name for it."""

_RESET_ON_FORK = 1
"""The flag that keeps children as they would have been: workers compute for seconds."""

_ATTRIBUTES = struct.Struct("=IIQiIQQQ")
"""Size, policy, flags, niceness, priority, runtime (the slice), deadline, period; see sched_setattr(2)."""


def be_prompt() -> None:
    """Have this process, but not its children, go first when it is woken. Elsewhere than on Linux do nothing."""
    number = _SCHED_SETATTR.get(os.uname().machine) if sys.platform == "linux" else None
    if number is None or os.sched_getscheduler(0) != os.SCHED_OTHER:  # whoever chose another policy is to have it
        return
    import ctypes

    attributes = _ATTRIBUTES.pack(_ATTRIBUTES.size, os.SCHED_OTHER, _RESET_ON_FORK, os.nice(0), 0, SLICE, 0, 0)
    ctypes.CDLL(None).syscall(number, 0, attributes, 0)  # a kernel that does not know it refuses, which does no harm
