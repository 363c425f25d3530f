"""What a worker is allowed, and what it does between two tasks of others.

A worker that has run its number of tasks, or has grown beyond its memory, retires at the next moment at which nothing
of the user's is left in it: between two tasks, with nobody suspended and no tasks of its own. It says so, and what it
holds and has not begun goes to others; a fresh worker takes its place.
"""

import os
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from ..wire.messages import RETIRED, Kind
from .imports import flush_streams

if TYPE_CHECKING:
    from .scheduler import Scheduler

__all__ = ["Limits", "Upkeep", "leave"]


class Limits(NamedTuple):
    """What the command line allows.

    Parameters:
        retries: how often a task is handed out again after a worker died with it.
        tasks: how many tasks of others a worker runs before it is replaced; None is no limit.
        memory: resident bytes beyond which a worker is replaced; None is no limit.
        spare: whether the origin runs no task that can run elsewhere.
    """

    retries: int = 2
    tasks: int | None = None
    memory: int | None = None
    spare: bool = False


class Upkeep:
    """What is done in a worker between two tasks, so that none leaves more behind than it may.

    Made when the main script has been imported: the folder it has left the worker in is home.
    """

    def __init__(self, scheduler: "Scheduler") -> None:
        self._scheduler = scheduler
        self._home = _folder()

    def __call__(self, suspended: int) -> None:
        """Go home from wherever the task has gone; retire if it is time. Called on the main thread."""
        if suspended:
            return  # those have not ended: it may be their folder, and their memory
        if self._home is not None and _folder() != self._home:
            try:
                os.chdir(self._home)
            except OSError:
                self._home = None  # it is there no more
        if not self._is_due():
            return
        self._scheduler.imports.flush()
        if self._scheduler.is_clean() and self._scheduler.imports.all_answered():
            self._scheduler.send(Kind.RETIRE, 0, (), b"")
            leave(RETIRED)

    def _is_due(self) -> bool:
        limits = self._scheduler.limits
        if limits.tasks is not None and self._scheduler.imports.ran >= limits.tasks:
            return True
        return limits.memory is not None and resident() > limits.memory


def _folder() -> str | None:
    try:
        return os.getcwd()
    except OSError:  # it has been deleted
        return None


def resident() -> int:
    """Return how many bytes of memory this process occupies."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # not Linux: the most it ever had will have to do
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def leave(status: int) -> NoReturn:
    """End the process of a worker at once."""
    flush_streams()
    os._exit(status)
