"""The profile of ``--profile``: cProfile, on the main thread of each process, where its tasks run.

**Fibers.** cProfile keeps a stack of the calls that are open. A task that waits for others is set aside with its own
stack, and others run meanwhile: their returns would close what it has open. So at each switch all that is open counts
as ended, and nothing counts the wait. After it, the calls of the task are counted, but no more of the functions that
were open.

**Threads.** From Python 3.12 on, cProfile hears of the calls of all threads, and takes them for one stack. So those
of other threads are left out here.

**SCOOP's own functions** are left out of the result, with what they wait for.
"""

import cProfile
import marshal
import os
from collections.abc import Callable
from threading import get_ident
from typing import Any, cast

import greenlet

import scoop

__all__ = ["Stats", "last_profile", "start_profile", "without_our_functions"]

Function = tuple[str, int, str]
"""File, line and name, as in the module pstats."""

Stats = dict[Function, tuple[int, int, float, float, dict[Function, tuple[int, int, float, float]]]]
"""Of each function: calls that were not recursive, calls, own time, time; the same by callers."""

_HOME = os.path.dirname(scoop.__file__) + os.sep


class _Profile(cProfile.Profile):
    """The profile of the thread that makes it."""

    def __init__(self) -> None:
        super().__init__()
        self.thread = get_ident()


def _of_own_thread(name: str) -> Callable[..., Any]:
    heard = getattr(cProfile.Profile, name)

    def hear(self: _Profile, *event: Any) -> Any:
        return heard(self, *event) if get_ident() == self.thread else None

    return hear


for _name in dir(cProfile.Profile):
    if _name.endswith("_callback"):  # there are none before Python 3.12
        setattr(_Profile, _name, _of_own_thread(_name))

_profile: _Profile | None = None


def start_profile() -> None:
    """Profile the calling thread from now on."""
    global _profile
    _profile = _Profile()
    greenlet.settrace(_switched)
    _profile.enable()


def last_profile() -> bytes:
    """Return the profile so far, as bytes; empty if there is none. Called in each worker at the end."""
    if _profile is None:
        return b""
    _profile.snapshot_stats()
    return marshal.dumps(without_our_functions(cast(Stats, _profile.stats)))


def without_our_functions(stats: Stats) -> Stats:
    """Return a profile without functions of SCOOP's, and without the calls that these make of others in C."""
    kept = {}
    for function, (primitive, calls, own, total, callers) in stats.items():
        if _is_ours(function):
            continue
        ours = [each for caller, each in callers.items() if _is_ours(caller)] if function[0] == "~" else []
        calls -= sum(each[1] for each in ours)
        if calls > 0:
            primitive = max(0, primitive - sum(each[0] for each in ours))
            own = max(0.0, own - sum(each[2] for each in ours))  # which may be a rounding error
            total = max(0.0, total - sum(each[3] for each in ours))
            others = {caller: each for caller, each in callers.items() if not _is_ours(caller)}
            kept[function] = primitive, calls, own, total, others
    return kept


def _is_ours(function: Function) -> bool:
    return function[0].startswith(_HOME)


def _switched(_: str, __: object) -> None:
    if _profile is not None and get_ident() == _profile.thread:
        _profile.disable()  # which ends all that is open
        _profile.enable()
