"""A thread that stands still in one task, while another task that waits on the same thread could go on.

Most often the first waits for a lock that the second holds, and neither will ever go on. That is told once.
"""

import logging
import sys
import traceback
from collections.abc import Callable, Iterable
from threading import get_ident
from types import FrameType

from greenlet import greenlet

from ...identity import OWN_FOLDER
from ...tuning import TUNING
from ..process.named import task_name
from .fibers import Fibers
from .processor_time import processor_time

__all__ = ["Standstill"]

_log = logging.getLogger("scoop.run")


MOST_FRAMES = 4
"""Shown of each task: the innermost of the program's."""


class Standstill:
    """Watches the thread that makes it.

    Parameters:
        fibers: of this thread.
        waiting: returns the fibers that are suspended in this process.
        has_work: whether there is anything that the thread could do.
        clock: seconds.
    """

    def __init__(
        self,
        fibers: Fibers,
        waiting: Callable[[], Iterable[greenlet]],
        has_work: Callable[[], bool],
        clock: Callable[[], float],
    ) -> None:
        self._thread = get_ident()
        self._fibers = fibers
        self._waiting = waiting
        self._has_work = has_work
        self._clock = clock
        self._looked = clock()
        self._since = clock()
        self._place: tuple[object, ...] = ()
        self._told = False

    def look(self) -> Callable[[], object] | None:
        """Look once a second where the thread is; return what tells of it if that has not changed for long."""
        now = self._clock()
        if self._told or now - self._looked < TUNING.standstill_look_seconds:
            return None
        self._looked = now
        frame = sys._current_frames().get(self._thread)
        place = (id(frame), frame and frame.f_lasti, round(processor_time(self._thread), 2))
        if not self._holds_up() or place != self._place:
            self._place, self._since = place, now
            return None
        if now - self._since < TUNING.standstill_seconds or frame is None:
            return None
        self._told = True
        return lambda: self._tell(frame)

    def _holds_up(self) -> bool:
        fibers = self._fibers
        if fibers.sleeping or not fibers.suspended:
            return False
        return bool(fibers.in_line) or self._has_work()

    def _tell(self, frame: FrameType) -> None:
        others = [text for fiber in self._waiting() if (text := _stack(fiber.gr_frame))]
        _log.warning(
            "scoop: a task has stood still for %.0f s, at\n%s  and holds up another task of its thread, at\n%s"
            "  If the first waits for a lock that the other holds, neither will ever go on: see "
            "futures.with_own_thread(), or wait outside of the lock",
            self._clock() - self._since,
            _stack(frame),
            "  and\n".join(others) or "    (a task that is between two calls)\n",
        )


def _stack(frame: FrameType | None) -> str:
    """Return the innermost frames of the program's, as a traceback shows them."""
    shown = (
        [each for each in traceback.extract_stack(frame) if not each.filename.startswith(OWN_FOLDER)] if frame else []
    )
    name = task_name(frame)
    lines = [f"task {name!r}\n"] if name is not None else []
    return "".join(f"  {line}" for line in lines + traceback.format_list(shown[-MOST_FRAMES:]))
