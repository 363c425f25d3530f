"""How a worker goes back to the program's folder between two tasks of others, and retires if it is time.

A worker that has run its number of tasks, or has grown beyond its memory limit, retires at the next moment at which
nothing of the program's is left in it: between two tasks, with no suspended task and no tasks of its own. It says so,
and what it holds and has not begun goes to others. A fresh worker takes its place.
"""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn, Protocol

from ...wire.memory import own_resident_bytes
from ...wire.messages import RETIRED, Message, Retire
from ..process import instruments
from ..process.limits import Limits
from ..process.process_settings import folder_of_program
from .inbox import Inbox
from .result_sender import ResultSender

__all__ = ["Recycling", "flush_streams"]


class Retiring(Protocol):
    """The parts of the scheduler that recycling needs."""

    @property
    def limits(self) -> Limits: ...
    @property
    def inbox(self) -> Inbox: ...
    @property
    def results(self) -> ResultSender: ...
    def is_clean(self) -> bool: ...


class Recycling:
    """What is done in a worker between two tasks, so that no task leaves more behind than it may.

    Made when the main script has been imported: the folder in which that has left the worker is home, until the
    program goes to another.

    Parameters:
        scheduler: of this worker.
        send: takes a message to the broker.
        flush: returns when all that was sent has left this process.
        leave: ends the process, with a status.
    """

    def __init__(
        self,
        scheduler: Retiring,
        send: Callable[[Message], None],
        flush: Callable[[], None],
        leave: Callable[[int], NoReturn],
    ) -> None:
        self._scheduler = scheduler
        self._send = send
        self._flush = flush
        self._leave = leave
        self._home = _folder()

    def __call__(self, suspended: int) -> None:
        """Go home from wherever the task has gone; retire if it is time. Called on the main thread."""
        if suspended:
            return  # those tasks have not ended: it may be their folder, and their memory
        home = folder_of_program() or self._home
        if home is not None and _folder() != home:
            with suppress(OSError):  # it is there no more
                os.chdir(home)
        if not self._is_due():
            return
        self._scheduler.results.flush()
        if self._scheduler.is_clean() and self._scheduler.inbox.all_answered():
            if instruments.listener is not None:
                instruments.listener.down()
            self._send(Retire())
            self._flush()
            self._leave(RETIRED)

    def _is_due(self) -> bool:
        limits = self._scheduler.limits
        if limits.tasks is not None and self._scheduler.inbox.ran >= limits.tasks:
            return True
        return limits.memory is not None and own_resident_bytes() > limits.memory


def _folder() -> str | None:
    try:
        return os.getcwd()
    except OSError:  # it has been deleted
        return None


def flush_streams() -> None:
    """Write out what was printed, where that can be done."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # closed or gone, or something of the program's own
            pass
