"""What a worker is allowed, and how it leaves when that is used up.

A worker that has run its number of tasks, or has grown beyond its memory, retires at the next moment at which nothing
of the user's is left in it: between two tasks, with nobody suspended and no tasks of its own. It says so, and what it
holds and has not begun goes to others; a fresh worker takes its place.
"""

import os
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from ..wire.messages import Kind
from .imports import flush_streams

if TYPE_CHECKING:
    from .scheduler import Scheduler

__all__ = ["Limits", "Retirement", "leave"]


class Limits(NamedTuple):
    """What the command line allows.

    Parameters:
        retries: how often a task is handed out again after a worker died with it.
        tasks: how many tasks of others a worker runs before it is replaced; None is no limit.
        memory: resident bytes beyond which a worker is replaced; None is no limit.
    """

    retries: int = 2
    tasks: int | None = None
    memory: int | None = None


class Retirement:
    """Decides when a worker is to be replaced, and does its part of it."""

    def __init__(self, scheduler: "Scheduler", limits: Limits) -> None:
        self._scheduler = scheduler
        self._limits = limits

    def consider(self) -> None:
        """Retire if it is time and nothing is left here. Called on the main thread, between two tasks."""
        if self._is_due() and self._scheduler.is_clean():
            self._scheduler.imports.flush()
            self._scheduler.send(Kind.RETIRE, 0, (), b"")
            leave()

    def _is_due(self) -> bool:
        most, memory = self._limits.tasks, self._limits.memory
        if most is not None and self._scheduler.imports.taken >= most:
            return True
        return memory is not None and resident() > memory


def resident() -> int:
    """Return how many bytes of memory this process occupies."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # not Linux: the most it ever had will have to do
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def leave() -> NoReturn:
    """End the process of a worker at once."""
    flush_streams()
    os._exit(0)
