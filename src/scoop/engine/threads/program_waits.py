"""A program that waits by its own means while its process is the only one that could run its tasks.

It may wait for an event that a callback sets, for a queue, in an event loop, or sleep and look again. No call of
SCOOP's is under way then, so no thread would run a task. If that lasts for a moment, a helper thread runs them.

The I/O thread looks some times a second. So a program that does not wait in this way pays nothing for it.
"""

import sys
from collections.abc import Callable
from math import inf
from os.path import join
from threading import get_ident
from types import FrameType
from typing import Protocol

from ...identity import OWN_FOLDER
from ...tuning import TUNING
from .processor_time import processor_time

__all__ = ["ProgramWaits"]

_TASKS = tuple(join(OWN_FOLDER, folder, "") for folder in ("engine", "maps"))
"""Where a thread is that runs tasks, or that waits for them in a call of SCOOP's."""

_BELOW = tuple(join(OWN_FOLDER, folder, "") for folder in ("cli", "machine"))
"""What calls the program."""


class Helpers(Protocol):
    """What is needed of the helper threads."""

    def program_waits(self, waits: bool) -> None: ...
    def at_rest(self) -> bool: ...


class ProgramWaits:
    """Watches the thread that makes it, which is the program's main thread.

    Parameters:
        helpers: the helper threads.
        is_due: whether a task is on offer, which no other thread or process has to run.
        patience: returns how many seconds it has to wait so: other machines may be about to join.
        clock: seconds.
    """

    def __init__(
        self,
        helpers: Helpers,
        is_due: Callable[[], bool],
        patience: Callable[[], float],
        clock: Callable[[], float],
    ) -> None:
        self._thread = get_ident()
        self._helpers = helpers
        self._is_due = is_due
        self._patience = patience
        self._clock = clock
        self._looked = clock()
        self._used = 0.0  # processor time, as of the last look
        self._since = inf  # when the wait was first seen

    def look(self) -> None:
        """Look whether the program waits; have a helper thread run its tasks if it has done so for a while."""
        now, used = self._clock(), processor_time(self._thread)
        if now - self._looked < TUNING.program_look_seconds:
            return
        computes = used - self._used > (now - self._looked) / TUNING.waiting_program_parts
        self._looked, self._used = now, used
        is_over = not self._is_due() and self._helpers.at_rest()
        if computes or is_over or _is_in_a_call(sys._current_frames().get(self._thread)):
            self._since = inf
            self._helpers.program_waits(False)
            return
        self._since = min(self._since, now)
        self._helpers.program_waits(now - self._since >= self._patience())


def _is_in_a_call(frame: FrameType | None) -> bool:
    """Return whether a thread runs a task, or is in a call of SCOOP's."""
    while frame is not None and not (name := frame.f_code.co_filename).startswith(_BELOW):
        if name.startswith(_TASKS):
            return True
        frame = frame.f_back
    return False
