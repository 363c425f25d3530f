"""Tasks that may take only so much, or are to end at once, while workers of this machine run them. Pure.

A worker says when it begins a task that has limits (Began). From then on the broker looks: at the clock, and now and
then at the memory of the worker. It can do so also while compiled code holds the interpreter of the worker, in which
no thread could do anything. A task that its owner wants ended (Stop) is looked at until it has begun, or is gone.

What has reached a limit is ended with its worker, whatever that does. No other task that the worker held is blamed.
"""

from collections.abc import Callable
from math import inf
from typing import NamedTuple, Protocol

from ..tuning import TUNING
from ..wire.messages import Began, Stopped, StopReason

__all__ = ["Overrun", "TaskWatch"]

Task = tuple[int, int]  # a batch, and the number of a task in it


class Overrun(NamedTuple):
    """A task for which its worker is to be ended. ``reason``: see StopReason; None if its owner wants it ended."""

    worker: int
    task: Task
    reason: StopReason | None

    def message(self, report: str) -> Stopped | None:
        """Return what its owner is told, given which worker that was; None if it has asked for it."""
        batch, number = self.task
        return None if self.reason is None else Stopped(batch, [number], self.reason, report)


class _Watched:
    def __init__(self, seconds: float = inf, memory: float = inf, is_unwanted: bool = False) -> None:
        self.seconds = seconds
        self.memory = memory
        self.is_unwanted = is_unwanted
        self.until: float | None = None  # when it is to have ended; None before the first look


class Looks(Protocol):
    """What can be seen of workers from outside."""

    def has_begun(self, worker: int, task: Task) -> bool: ...
    def memory(self, worker: int) -> int: ...


class TaskWatch:
    """The tasks that are watched.

    Parameters:
        is_held: whether a worker holds a task.
    """

    def __init__(self, is_held: Callable[[int, Task], bool]) -> None:
        self._is_held = is_held
        self._watched: dict[tuple[int, Task], _Watched] = {}

    def __bool__(self) -> bool:
        return bool(self._watched)

    def began(self, worker: int, message: Began) -> None:
        """A worker has begun a task that has limits."""
        seconds, memory = message.milliseconds / 1000 or inf, message.memory or inf
        self._watched[worker, (message.batch, message.task)] = _Watched(seconds, memory)

    def stop(self, worker: int, task: Task) -> None:
        """A task that a worker holds is to end, if it has begun or will."""
        self._watched[worker, task] = _Watched(is_unwanted=True)

    def seconds_to_look(self, now: float) -> float:
        """Return after how many seconds to look again; infinite if there is nothing to look at."""
        return min((self._seconds_to_look(each, now) for each in self._watched.values()), default=inf)

    def look(self, now: float, looks: Looks) -> list[Overrun]:
        """Return the tasks that have reached a limit by now; forget those that are gone."""
        found = []
        for (worker, task), watched in [*self._watched.items()]:
            if not self._is_held(worker, task):
                del self._watched[worker, task]
                continue
            if watched.until is None:
                watched.until = now + watched.seconds
            if watched.is_unwanted and looks.has_begun(worker, task):
                found.append(Overrun(worker, task, None))
            elif now >= watched.until:
                found.append(Overrun(worker, task, StopReason.SECONDS))
            elif watched.memory < inf and looks.memory(worker) > watched.memory:
                found.append(Overrun(worker, task, StopReason.MEMORY))
        return found

    def _seconds_to_look(self, watched: _Watched, now: float) -> float:
        if watched.until is None:
            return 0.0
        look = TUNING.unwanted_look_seconds if watched.is_unwanted else inf
        if watched.memory < inf:
            look = min(look, TUNING.memory_look_seconds)
        return max(0.0, min(look, watched.until - now))
