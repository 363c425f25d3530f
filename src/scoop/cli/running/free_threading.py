"""Pythons that are built to run threads without a global lock ("3.14t"): what holds for SCOOP there.

SCOOP's own threads rely on that lock. greenlet switches it on again when it is imported, up to version 3.2; since
3.3 it leaves it off. Tasks do not need it off: each worker is a process, and runs them beside the others.
"""

import os
import sys

__all__ = ["describe_gil", "word_on_gil"]

_ON = (
    "this Python could run without the global interpreter lock (GIL), but an extension has switched the lock on, as "
    "greenlet before version 3.3 does. Tasks run in parallel all the same, since each worker is a process"
)
_OFF = (
    "this Python runs without the global interpreter lock (GIL), and SCOOP is not tested so. Set PYTHON_GIL=1: tasks "
    "run in parallel all the same, since each worker is a process"
)


def word_on_gil() -> str:
    """Return what is to be said at the start of a run about the lock of this Python; mostly nothing."""
    if "t" not in sys.abiflags:
        return ""
    is_wanted = "1" in (os.environ.get("PYTHON_GIL"), sys._xoptions.get("gil"))
    return describe_gil(is_on=sys._is_gil_enabled(), is_wanted=is_wanted)  # type: ignore[attr-defined]


def describe_gil(is_on: bool, is_wanted: bool) -> str:
    """Return what to say of the lock of a free-threaded Python. ``is_wanted``: its user has asked for the lock."""
    if is_on:
        return "" if is_wanted else _ON
    return _OFF
